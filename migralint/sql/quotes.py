"""Where strings, quoted names, dollar quotes and comments end, by the rules of each dialect.

Written with `str.find`: a regular expression may need a hundred times a string's size in memory.
"""

from __future__ import annotations

from migralint.regex import pattern

DOLLAR = pattern(r"\$(?:[^\W\d]\w*)?\$")
EXECUTABLE = pattern(r"/\*M?!\d*")  # MySQL runs what stands in /*! */
# {{ }}, {% %} and ${ }; none holds the beginning of another, which keeps the search linear.
TEMPLATE_TEXT = (
    r"\{\{[^{}]*+(?:[{}](?![{}])[^{}]*+)*+\}\}"
    r"|\{%[^%{]*+(?:%(?!\})[^%{]*+)*+%\}"
    r"|\$\{[^{}]*+\}"
)
# Strings and names that one look tells, those that begin with a template left out: (string, name).
_DOUBLE = r"\"(?!\{\{)[^\"]*+\"(?!\")"
_BACKTICKS = r"`[^`]*+`(?!`)"
PLAIN = {
    "postgres": (r"'[^'\\]*+'(?!')", _DOUBLE),
    "mysql": (r"'[^'\\]*+'(?!')|\"[^\"\\]*+\"(?!\")", _BACKTICKS),
    "sqlite": (r"'[^']*+'(?!')", rf"{_DOUBLE}|{_BACKTICKS}|\[[^\]]*+\]"),
}
_ESCAPED = {quote: pattern(rf"[\\{quote}]") for quote in "'\"`"}
_NESTED = pattern(r"/\*|\*/")


def quote_end(text: str, start: int, end: int, dialect: str) -> int:
    """The offset behind the quote that opens at `start`, -1 where it is never closed."""
    quote = text[start]
    if quote == "[":
        return text.find("]", start, end) + 1 or -1
    if has_backslash_escapes(text, start, dialect):
        return _escaped_end(text, start + 1, end, quote)
    return plain_end(text, start + 1, end, quote)


def has_backslash_escapes(text: str, start: int, dialect: str) -> bool:
    quote = text[start]
    if dialect == "mysql":
        return quote != "`"
    if dialect != "postgres" or quote != "'" or start == 0 or text[start - 1] not in "eE":
        return False
    before = text[start - 2] if start > 1 else " "
    return not (before.isalnum() or before in "_$")


def plain_end(text: str, position: int, end: int, quote: str) -> int:
    """The offset behind the closing quote, -1 where there is none; a doubled quote stays inside."""
    while True:
        found = text.find(quote, position, end)
        if found < 0:
            return -1
        if not text.startswith(quote, found + 1, end):
            return found + 1
        position = found + 2


def _escaped_end(text: str, position: int, end: int, quote: str) -> int:
    search = _ESCAPED[quote].search
    while True:
        match = search(text, position, end)
        if match is None:
            return -1
        position = match.end()
        if match.group() == "\\" or text.startswith(quote, position, end):
            position += 1
        else:
            return position


def comment_end(text: str, position: int, end: int, dialect: str) -> int:
    """The offset behind the comment whose `/*` ends at `position`, -1 where it is never closed."""
    if dialect != "postgres":
        found = text.find("*/", position, end)
        return found + 2 if found >= 0 else -1
    depth = 1
    while depth:
        match = _NESTED.search(text, position, end)
        if match is None:
            return -1
        depth += 1 if match.group() == "/*" else -1
        position = match.end()
    return position
