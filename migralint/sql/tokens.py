"""Statement text -> tokens: words, quoted names, strings, numbers, symbols; no comments.

One regular expression a dialect, every alternative of it bounded. A word is lower case, so that
keywords are compared without folding again; the text as written is found by the offsets.
"""

from __future__ import annotations

from itertools import islice
from sys import intern

from migralint.model import record
from migralint.regex import pattern
from migralint.sql.quotes import PLAIN, TEMPLATE_TEXT, comment_end, quote_end

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator

    Told = tuple[int, str, int, int]

# The kinds of tokens, each the number of its group in the lexer: the most frequent come first.
WORD, SYMBOL, NAME, STRING, NUMBER, PARAMETER, TEMPLATE = range(1, 8)
_OPENING, _OPERATOR = 8, 9

_SYMBOL = r"[(),;]|\.(?!\d)"
_NUMBER = r"\d[\w.]*(?:(?<=[eE])[+-]\d+)?|\.\d[\w]*"
# What `opens` a string or name is followed by what one look does not tell; a `prefix` is no word.
_OWN = {
    "postgres": {
        "prefix": r"[eEbBxXnN]'|[uU]&['\"]",
        "parameter": r"\$\d+|:(?=['\"])|:[^\W\d]\w*",
        "trivia": r"--[^\n]*",
        "opens": r"['\"]|\$(?:[^\W\d]\w*)?\$",
        # An operator of several characters ends in + or - only where one of ~!@#%^&|?` is in it.
        "operator": r"::|:=|(?:(?!--|/\*)[+\-*/<>=])*(?!--|/\*)(?:[~!@#%^&|?`](?:(?!--|/\*)"
        r"[+\-*/<>=~!@#%^&|?`])*|[*/<>=])|\S",
    },
    "mysql": {
        "prefix": r"[bBxXnN]'",
        "parameter": r"@@?[\w.$]+|:[^\W\d]\w*",
        "trivia": r"--(?=\s|\Z)[^\n]*|#[^\n]*|/\*M?!\d*|\*/",
        "opens": r"['\"`]",
        "operator": r"->>?|<=>|<>|!=|<=|>=|:=|\|\||&&|<<|>>|\S",
    },
    "sqlite": {
        "prefix": r"[xX]'",
        "parameter": r"[:@$][^\W\d]\w*",
        "trivia": r"--[^\n]*",
        "opens": r"['\"`\[]",
        "operator": r"->>?|<>|!=|<=|>=|==|\|\||<<|>>|\S",
    },
}
_LEXERS: dict[str, re.Pattern[str]] = {}
_UNICODE = pattern(r"\\\+([0-9a-fA-F]{6})|\\([0-9a-fA-F]{4})")
MOST_TOKENS = 500_000
_LONG = 1_000_000  # characters; behind it rows of literals are thinned
_MOST_LITERALS = 10_000
# What pieces of text have turned out to be: most of a project's words are met again and again.
_TOLD: dict[str, dict[str, Told]] = {}
_SHORT = 80
_MOST_TOLD = 10_000


@record
class Token:
    """`text` is lower case for a WORD, unquoted for a NAME and a STRING; [start, end) its place."""

    kind: int
    text: str
    start: int
    end: int


def _lexer(dialect: str) -> re.Pattern[str]:
    lexer = _LEXERS.get(dialect)
    if lexer is None:
        own = _OWN[dialect]
        string, name = PLAIN[dialect]
        # Most words are of several ASCII characters: those need no second look, and no tables.
        word = rf"[A-Za-z_][A-Za-z0-9_$]++[\w$]*+|(?!{own['prefix']})[^\W\d][\w$]*+"
        template = rf"\"(?:{TEMPLATE_TEXT})\"|{TEMPLATE_TEXT}"
        kinds = (word, _SYMBOL, name, string, _NUMBER, own["parameter"], template)
        opening = rf"{own['prefix']}|/\*|{own['opens']}"
        groups = (*(f"({kind})" for kind in kinds), own["trivia"], r"[\s\ufeff]++|\Z")
        ends = f"({opening})|({own['operator']})"
        lexer = _LEXERS[dialect] = pattern(rf"[ \t\r\n]*+(?:{'|'.join(groups)}|{ends})")
    return lexer


def tokens(text: str, dialect: str, limit: int = -1) -> list[Token]:
    """The tokens of `text`; at most `limit` characters of it are read. Never raises.

    There are at most MOST_TOKENS of them: what has more is no statement that can be judged.
    """
    end = len(text) if limit < 0 else min(limit, len(text))
    found = _lexed(text, dialect, end)
    return list(islice(_thinned(found), MOST_TOKENS) if end > _LONG else found)


def _lexed(text: str, dialect: str, end: int) -> Iterator[Token]:
    matches = _lexer(dialect).finditer
    told = _TOLD.setdefault(dialect, {})
    position = 0
    while position < end:
        for match in matches(text, position):  # each begins where the one before it ends
            piece = match[0]
            try:
                kind, word, space, size = told[piece]
            except KeyError:
                kind, word, space, size = _tell(match, piece, told)
            start = position + space
            position += size
            if kind < _OPENING:
                if kind:
                    yield Token(kind, word, start, position)
            else:
                found, position = _second_look(text, start, position, kind, dialect)
                if found is not None:
                    yield found
                break
            if position >= end:
                return


def _tell(match: re.Match[str], piece: str, told: dict[str, Told]) -> Told:
    """The piece's kind, its text, the space before it and its size; most come again.

    The kind of a comment is 0, that of what needs a second look _OPENING or _OPERATOR.
    """
    kind = match.lastindex or 0
    word = match[kind] if kind else ""
    space = len(piece) - len(word)
    if kind == WORD:
        word = intern(word.lower())
    elif kind in (NAME, STRING):
        word = word[1:-1]
    elif kind == _OPERATOR and (len(word) == 1 or word[-1] not in "+-"):
        kind = SYMBOL
    answer = (kind, word, space, len(piece))
    if len(piece) <= _SHORT and word != ":":  # which what follows it decides
        if len(told) >= _MOST_TOLD:
            told.clear()
        told[piece] = answer
    return answer


def _second_look(
    text: str, start: int, stop: int, group: int, dialect: str
) -> tuple[Token | None, int]:
    """An operator, or what [start, stop) opens, with the offset at which it goes on."""
    last = text[stop - 1]
    if group == _OPERATOR:
        stop = _operator_end(text[start:stop], start)
        return Token(SYMBOL, text[start:stop], start, stop), stop
    if last == "*":
        closed = comment_end(text, stop, len(text), dialect)
        return None, len(text) if closed < 0 else closed
    token = _dollar(text, start, stop) if last == "$" else _quoted(text, start, stop, dialect)
    return token, token.end


def _operator_end(operator: str, start: int) -> int:
    """PostgreSQL: `=-` is two operators, `@-` is one."""
    if any(character in "~!@#%^&|?`" for character in operator):
        return start + len(operator)
    return start + max(1, len(operator.rstrip("+-")))


def _thinned(found: Iterable[Token]) -> Iterator[Token]:
    """The tokens without the most of long rows of literals, which would fill the memory."""
    literals = 0
    for token in found:
        if token.kind in (NUMBER, STRING) or token.text == ",":
            literals += 1
            if literals > _MOST_LITERALS:
                continue
        elif token.kind in (WORD, NAME):
            literals = 0
        yield token


def _dollar(text: str, start: int, stop: int) -> Token:
    tag = text[start:stop]
    found = text.find(tag, stop)
    if found < 0:
        return Token(STRING, text[stop:], start, len(text))
    return Token(STRING, text[stop:found], start, found + len(tag))


def _quoted(text: str, start: int, stop: int, dialect: str) -> Token:
    quote = text[stop - 1]
    closed = quote_end(text, stop - 1, len(text), dialect)
    end = len(text) if closed < 0 else closed
    inside = text[stop : end if closed < 0 else end - 1]
    if quote != "[" and quote in inside:
        inside = inside.replace(quote * 2, quote)
    if start < stop - 1 and text[start] in "uU" and "\\" in inside:
        inside = _UNICODE.sub(_character, inside)
    is_name = quote in "`[" or (quote == '"' and dialect != "mysql")
    return Token(NAME if is_name else STRING, inside, start, end)


def _character(match: re.Match[str]) -> str:
    code = int(match.group(1) or match.group(2), 16)
    return chr(code) if code < 0x110000 else match.group()
