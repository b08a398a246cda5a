"""Whether a change of a Drizzle schema asks for a migration: its tables, enums, views as written.

TypeScript is not parsed: a definition is what stands between the brackets of `pgTable(...)` and the
like, without comments, spaces and what only the client does ($type, $defaultFn, $onUpdate).
"""

from __future__ import annotations

from migralint.regex import pattern

PIECE = pattern(
    r"""(?s)(?P<comment>//[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z))"""
    r"""|(?P<text>"(?:[^"\\\n]|\\.)*+"?|'(?:[^'\\\n]|\\.)*+'?|`(?:[^`\\]|\\.)*+`?)|(?P<space>\s++)""",
)
DEFINED = pattern(r"const(\w{1,200})=(?:\w{1,60}\.)?(?:\w{0,60}(?:[tT]able|View|Enum|Sequence))\(")
CLIENT_ONLY = pattern(r"\.\$(?:type<[^()]{0,2000}>|default(?:Fn)?|onUpdate(?:Fn)?)\(")


def meaning(text: str) -> dict[str, str]:
    """Name -> definition, in the order of the file."""
    plain = PIECE.sub(lambda match: match["text"] or "", text)
    found: dict[str, str] = {}
    for match in DEFINED.finditer(plain):
        found[match[1]] = _without_client(plain[match.start() : _end(plain, match.end())])
    return found


def _end(text: str, start: int) -> int:
    """Where the bracket that stands before `start` is closed."""
    depth, at = 1, start
    while depth and at < len(text):
        quoted = PIECE.match(text, at)
        if quoted and quoted["text"]:
            at = quoted.end()
            continue
        depth += (text[at] in "([{") - (text[at] in ")]}")
        at += 1
    return at


def _without_client(text: str) -> str:
    parts, at = [], 0
    for match in CLIENT_ONLY.finditer(text):
        if match.start() >= at:
            parts.append(text[at : match.start()])
            at = _end(text, match.end())
    return "".join([*parts, text[at:]]).replace(",)", ")").replace(",}", "}")


def changed(old: str, new: str) -> list[str]:
    """The tables, enums and views that a migration would change."""
    before, now = meaning(old), meaning(new)
    return [name for name in dict.fromkeys((*now, *before)) if before.get(name) != now.get(name)]
