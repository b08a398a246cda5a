"""`.env` files, read as the dotenv package that Prisma uses reads them, with its ${NAME} expansion.

https://github.com/motdotla/dotenv#what-rules-does-the-parsing-engine-follow
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

LINE = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?([\w.-]+)(?:[ \t]*=[ \t]*|:[ \t]+)
        ( '(?:\\'|[^'])*' | "(?:\\"|[^"])*" | `(?:\\`|[^`])*` | [^#\r\n]* )
        [ \t]*(?:\#[^\r\n]*)?$""",
    re.MULTILINE | re.VERBOSE,
)
REFERENCE = re.compile(r"(\\)?\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))")


def parse(text: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables of the file; a reference takes the environment's value before the file's."""
    values: dict[str, str] = {}
    for found in LINE.finditer(text.removeprefix("\ufeff").replace("\r\n", "\n")):
        name, value = found[1], found[2].strip()
        quoted = value[0] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"`" else ""
        if quoted:
            value = value[1:-1]
        if quoted == '"':
            value = value.replace("\\n", "\n").replace("\\r", "\r")
        values[name] = value if quoted == "'" else _expand(value, values, environ)
    return values


def _expand(value: str, values: Mapping[str, str], environ: Mapping[str, str]) -> str:
    def one(found: re.Match[str]) -> str:
        if found[1]:
            return found[0][1:]
        name = found[2] or found[4]
        return environ.get(name, values.get(name, found[3] or ""))

    return REFERENCE.sub(one, value)
