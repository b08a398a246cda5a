"""Statement text -> tokens: words, quoted names, strings, numbers, symbols; no comments.

One regular expression a dialect, every alternative of it bounded. A word is lower case, so that
keywords are compared without folding again; the text as written is found by the offsets.
"""

from __future__ import annotations

import re
from itertools import islice

from migralint.model import record
from migralint.sql.quotes import TEMPLATE_TEXT, comment_end, quote_end

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WORD, NAME, STRING, NUMBER, SYMBOL, PARAMETER, TEMPLATE = range(7)

# The most frequent alternatives come first; "string" and "name" are those without a second look.
_COMMON = {
    "word": r"[^\W\d][\w$]*",
    "single": r"[(),;]|\.(?!\d)",
    "template": rf"\"(?:{TEMPLATE_TEXT})\"|{TEMPLATE_TEXT}",
    "comment": r"/\*",
    "number": r"\d[\w.]*(?:(?<=[eE])[+-]\d+)?|\.\d[\w]*",
    "end": r"\Z",
}
_GROUPS = {
    "postgres": {
        "prefixed": r"[eEbBxXnN]'|[uU]&['\"]",
        "string": r"'[^'\\]*+'(?!')",
        "name": r"\"(?!\{\{)[^\"]*+\"(?!\")",
        "trivia": r"--[^\n]*",
        "quote": r"['\"]",
        "parameter": r"\$\d+|:(?=['\"])|:[^\W\d]\w*",
        "dollar": r"\$(?:[^\W\d]\w*)?\$",
        # An operator of several characters ends in + or - only where one of ~!@#%^&|?` is in it.
        "symbol": r"::|:=|(?:(?!--|/\*)[+\-*/<>=])*(?!--|/\*)(?:[~!@#%^&|?`](?:(?!--|/\*)"
        r"[+\-*/<>=~!@#%^&|?`])*|[*/<>=])|\S",
    },
    "mysql": {
        "prefixed": r"[bBxXnN]'",
        "string": r"'[^'\\]*+'(?!')|\"[^\"\\]*+\"(?!\")",
        "name": r"`[^`]*+`(?!`)",
        "trivia": r"--(?=\s|\Z)[^\n]*|#[^\n]*|/\*M?!\d*|\*/",
        "quote": r"['\"`]",
        "parameter": r"@@?[\w.$]+|:[^\W\d]\w*",
        "symbol": r"->>?|<=>|<>|!=|<=|>=|:=|\|\||&&|<<|>>|\S",
    },
    "sqlite": {
        "prefixed": r"[xX]'",
        "string": r"'[^']*+'(?!')",
        "name": r"\"(?!\{\{)[^\"]*+\"(?!\")|`[^`]*+`(?!`)",
        "trivia": r"--[^\n]*",
        "quote": r"['\"`\[]",
        "parameter": r"[:@$][^\W\d]\w*",
        "symbol": r"->>?|<>|!=|<=|>=|==|\|\||<<|>>|\S",
    },
}
_ORDER = (
    "prefixed", "word", "single", "string", "name", "trivia", "comment", "template", "quote",
    "parameter", "dollar", "number", "symbol", "end",
)  # fmt: skip
_LEXERS: dict[str, re.Pattern[str]] = {}
_UNICODE = re.compile(r"\\\+([0-9a-fA-F]{6})|\\([0-9a-fA-F]{4})")
MOST_TOKENS = 500_000
_LONG = 1_000_000  # characters; behind it rows of literals are thinned
_MOST_LITERALS = 10_000
_KINDS = {"single": SYMBOL, "number": NUMBER, "parameter": PARAMETER, "template": TEMPLATE}


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
        groups = {**_COMMON, **_GROUPS[dialect]}
        parts = "|".join(f"(?P<{name}>{groups[name]})" for name in _ORDER if name in groups)
        lexer = _LEXERS[dialect] = re.compile(rf"[\s\ufeff]*+(?:{parts})", re.S)
    return lexer


def tokens(text: str, dialect: str, limit: int = -1) -> list[Token]:
    """The tokens of `text`; at most `limit` characters of it are read. Never raises.

    There are at most MOST_TOKENS of them: what has more is no statement that can be judged.
    """
    end = len(text) if limit < 0 else min(limit, len(text))
    found = _lexed(text, dialect, end)
    return list(islice(_thinned(found), MOST_TOKENS) if end > _LONG else found)


def _lexed(text: str, dialect: str, end: int) -> Iterator[Token]:
    lexer = _lexer(dialect)
    match_at = lexer.match
    groups = ["", *lexer.groupindex]
    position = 0
    while position < end:
        match = match_at(text, position)
        assert match is not None  # one alternative takes any character, and one the end
        index = match.lastindex or 0
        group = groups[index]
        start, position = match.span(index)
        if group == "word":
            yield Token(WORD, text[start:position].lower(), start, position)
        elif group in _KINDS:
            yield Token(_KINDS[group], text[start:position], start, position)
        elif group == "string" or group == "name":
            kind = STRING if group == "string" else NAME
            yield Token(kind, text[start + 1 : position - 1], start, position)
        elif group == "symbol":
            if position - start > 1 and text[position - 1] in "+-" and dialect == "postgres":
                position = _operator_end(text[start:position], start)
            yield Token(SYMBOL, text[start:position], start, position)
        elif group in ("quote", "prefixed", "dollar"):
            token = _quoted(text, start, position, group, dialect)
            yield token
            position = token.end
        elif group == "comment":
            closed = comment_end(text, position, len(text), dialect)
            position = len(text) if closed < 0 else closed


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


def _quoted(text: str, start: int, stop: int, group: str, dialect: str) -> Token:
    if group == "dollar":
        tag = text[start:stop]
        found = text.find(tag, stop)
        end = len(text) if found < 0 else found + len(tag)
        return Token(STRING, text[stop : len(text) if found < 0 else found], start, end)
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
