"""Statement text -> tokens: words, quoted names, strings, numbers, symbols; no comments.

One regular expression a dialect, every alternative of it bounded, cuts the text into pieces: a
token with the space before it. Most pieces come again and again, so that what one is gets found out
once: tokens that are written alike are one object, and where each stands is kept beside them.
"""

from __future__ import annotations

from itertools import accumulate, compress, islice
from sys import intern

from migralint.regex import pattern
from migralint.sql.quotes import PLAIN, TEMPLATE_TEXT, comment_end, quote_end

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator

    # What cuts a text into pieces, the last of which is all behind an opening; what tells a piece;
    # what pieces have turned out to be: most of a project's words are met again and again.
    Lexer = tuple[re.Pattern[str], re.Pattern[str], dict[str, "Token"]]

# The kinds of tokens, each the number of its group in the lexer: the most frequent come first.
WORD, SYMBOL, NAME, STRING, NUMBER, PARAMETER, TEMPLATE = range(1, 8)
_NOTHING, _OPENING, _OPERATOR = 0, 8, 9

_SYMBOL = r"[(),;]|\.(?!\d)"
_NUMBER = r"\d[\w.]*(?:(?<=[eE])[+-]\d+)?|\.\d[\w]*"
# What `opens` a string or name is followed by what one look does not tell; a `prefix` is no word.
_OWN = {
    "postgres": {
        "prefix": r"[eEbBxXnN]'|[uU]&['\"]",
        "parameter": r"\$\d+|:[^\W\d]\w*",
        "trivia": r"--[^\n]*",
        "opens": r"['\"]|\$(?:[^\W\d]\w*)?\$|:(?=['\"])",
        # An operator of several characters ends in + or - only where one of ~!@#%^&|?` is in it.
        "operator": r"::|:=|(?:(?!--|/\*)[+\-*/<>=]){0,15}(?!--|/\*)(?:[~!@#%^&|?`](?:(?!--|/\*)"
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
_LEXERS: dict[str, Lexer] = {}
_UNICODE = pattern(r"\\\+([0-9a-fA-F]{6})|\\([0-9a-fA-F]{4})")
MOST_TOKENS = 500_000
_LONG = 1_000_000  # characters; behind it rows of literals are thinned
_MOST_LITERALS = 10_000
_SHORT = 80  # characters; longer pieces seldom come again
_MOST_TOLD = 10_000


class Token:
    """`text` is lower case for a WORD, unquoted for a NAME and a STRING; `written` is the source.

    `word` and `symbol` are the text of a token of that kind, "" for any other.
    """

    __slots__ = ("kind", "symbol", "text", "word", "written")

    def __init__(self, kind: int, text: str, written: str) -> None:
        self.kind = kind
        self.text = text
        self.written = written
        self.word = text if kind == WORD else ""
        self.symbol = text if kind == SYMBOL else ""


_TRIVIA = Token(_NOTHING, "", "")


def tokens(text: str, dialect: str, limit: int = -1) -> list[Token]:
    """The tokens of `text`; at most `limit` characters of it are read. Never raises.

    There are at most MOST_TOKENS of a long text: what has more is no statement that can be judged.
    """
    return lexed(text, dialect, limit)[0]


def placed(text: str, dialect: str, limit: int = -1) -> Iterator[tuple[Token, int, int]]:
    """The tokens of `text`, each with the offsets at which it begins and ends."""
    for token, end in zip(*lexed(text, dialect, limit), strict=True):
        yield token, end - len(token.written), end


def lexed(text: str, dialect: str, limit: int = -1) -> tuple[list[Token], list[int]]:
    """The tokens of `text` and the offsets at which they end."""
    end = len(text) if limit < 0 else min(limit, len(text))
    if end < len(text) or end > _LONG:
        found, ends, position = list[Token](), list[int](), 0
    else:
        found, ends, position = _at_once(text, dialect)
    if position < end:
        rest = _one_by_one(text, dialect, position, end)
        for token, position in islice(_thinned(rest), MOST_TOKENS) if end > _LONG else rest:
            found.append(token)
            ends.append(position)
    return found, ends


def _lexer(dialect: str) -> Lexer:
    lexer = _LEXERS.get(dialect)
    if lexer is None:
        own = _OWN[dialect]
        string, name = PLAIN[dialect]
        # Most words are of several ASCII characters: those need no second look, and no tables.
        word = rf"[A-Za-z_][A-Za-z0-9_$]++[\w$]*+|(?!{own['prefix']})[^\W\d][\w$]*+"
        template = rf"\"(?:{TEMPLATE_TEXT})\"|{TEMPLATE_TEXT}"
        kinds = (word, _SYMBOL, name, string, _NUMBER, own["parameter"], template)
        trivia = rf"{own['trivia']}|[\s\ufeff]++|\Z"
        opening = rf"{own['prefix']}|/\*|{own['opens']}"
        space, operator = r"[ \t\r\n]*+", own["operator"]
        pieces = rf"{space}(?:{'|'.join(kinds)}|{trivia}|(?:{opening})(?s:.*+)|{operator})"
        groups = "|".join(f"({kind})" for kind in kinds)
        tells = rf"{space}(?:{groups}|{trivia}|({opening})|({operator}))"
        lexer = _LEXERS[dialect] = (pattern(pieces), pattern(tells), {})
    return lexer


def _at_once(text: str, dialect: str) -> tuple[list[Token], list[int], int]:
    """The tokens up to the first that needs a second look, their ends, and where that begins."""
    lexer, tells, told = _lexer(dialect)
    pieces = lexer.findall(text)
    pieces.pop()  # nothing, at the end
    known = told.get
    read = [known(piece) or _tell(piece, tells, told) for piece in pieces]
    ends = [*accumulate(map(len, pieces))]
    position = len(text)
    if read and read[-1].kind == _OPENING:
        position -= len(pieces[-1])
        del read[-1], ends[-1]
    if _TRIVIA in read:
        kinds = [token.kind for token in read]
        read, ends = [*compress(read, kinds)], [*compress(ends, kinds)]
    return read, ends, position


def _one_by_one(text: str, dialect: str, position: int, end: int) -> Iterator[tuple[Token, int]]:
    """The tokens from `position` on, each with its end; none begins at `end` or behind it."""
    _, tells, told = _lexer(dialect)
    while position < end:
        for match in tells.finditer(text, position):  # each begins where the one before it ends
            opens = match.lastindex == _OPENING
            if opens:
                token, position = _second_look(text, *match.span(_OPENING), dialect)
            else:
                piece, position = match[0], match.end()
                token = told.get(piece) or _tell(piece, tells, told)
            if token.kind:
                yield token, position
            if opens or position >= end:
                break


def _tell(piece: str, tells: re.Pattern[str], told: dict[str, Token]) -> Token:
    """What the piece is; an opening and what stands behind it is told by its beginning."""
    match = tells.match(piece)
    assert match is not None  # as it is a piece
    kind = match.lastindex
    if not kind:
        token = _TRIVIA
    else:
        written = match[kind]
        if kind == WORD:
            token = Token(kind, intern(written.lower()), written)
        elif kind in (NAME, STRING):
            token = Token(kind, written[1:-1], written)
        else:
            token = Token(SYMBOL if kind == _OPERATOR else kind, written, written)
    if len(piece) <= _SHORT:
        if len(told) >= _MOST_TOLD:
            told.clear()
        told[piece] = token
    return token


def _second_look(text: str, start: int, stop: int, dialect: str) -> tuple[Token, int]:
    """What [start, stop) opens, with the offset at which it ends."""
    last = text[stop - 1]
    if last == "*":
        closed = comment_end(text, stop, len(text), dialect)
        return _TRIVIA, len(text) if closed < 0 else closed
    if last == ":":  # psql puts a variable's value into the quotes that follow
        return Token(PARAMETER, last, last), stop
    return _dollar(text, start, stop) if last == "$" else _quoted(text, start, stop, dialect)


def _thinned(found: Iterable[tuple[Token, int]]) -> Iterator[tuple[Token, int]]:
    """The tokens without the most of long rows of literals, which would fill the memory."""
    literals = 0
    for token, end in found:
        if token.kind in (NUMBER, STRING) or token.text == ",":
            literals += 1
            if literals > _MOST_LITERALS:
                continue
        elif token.kind in (WORD, NAME):
            literals = 0
        yield token, end


def _dollar(text: str, start: int, stop: int) -> tuple[Token, int]:
    tag = text[start:stop]
    found = text.find(tag, stop)
    end = len(text) if found < 0 else found + len(tag)
    inside = text[stop:end] if found < 0 else text[stop:found]
    return Token(STRING, inside, text[start:end]), end


def _quoted(text: str, start: int, stop: int, dialect: str) -> tuple[Token, int]:
    quote = text[stop - 1]
    closed = quote_end(text, stop - 1, len(text), dialect)
    end = len(text) if closed < 0 else closed
    inside = text[stop : end if closed < 0 else end - 1]
    if quote != "[" and quote in inside:
        inside = inside.replace(quote * 2, quote)
    if start < stop - 1 and text[start] in "uU" and "\\" in inside:
        inside = _UNICODE.sub(_character, inside)
    is_name = quote in "`[" or (quote == '"' and dialect != "mysql")
    return Token(NAME if is_name else STRING, inside, text[start:end]), end


def _character(match: re.Match[str]) -> str:
    code = int(match.group(1) or match.group(2), 16)
    return chr(code) if code < 0x110000 else match.group()
