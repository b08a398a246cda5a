"""Whether a change of schema.prisma asks for a migration: what of it reaches the database.

Comments, the generator, the datasource, the other side of a relation and what Prisma's client does
by itself (@updatedAt, uuid() ...) make no SQL.
"""

from __future__ import annotations

from migralint.regex import pattern

COMMENT = pattern(r'("(?:[^"\\\n]|\\.){0,2000}")|//[^\n]*')
BLOCK = pattern(r"(?m)^[ \t]*(model|enum|view|type)\s{1,20}(\w{1,200})\s{0,20}\{([^}]*)\}")
SCALARS = frozenset(
    ("String", "Int", "BigInt", "Float", "Decimal", "Boolean", "DateTime", "Json", "Bytes")
)
CLIENT_ONLY = pattern(
    r"@updatedAt\b|@default\((?:uuid|cuid|nanoid|ulid|auto)\([^)]{0,40}\)\)|@@?ignore\b"
)


def meaning(text: str) -> dict[str, tuple[str, ...]]:
    """Model or enum -> its lines as far as they make SQL, sorted."""
    blocks = BLOCK.findall(COMMENT.sub(lambda match: match[1] or "", text))
    models = {name for kind, name, _ in blocks if kind in ("model", "view")}
    enums = {name for kind, name, _ in blocks if kind in ("enum", "type")} | SCALARS
    lines = {name: [_line(t, models, enums) for t in body.split("\n")] for _, name, body in blocks}
    return {
        f"{kind} {name}": tuple(sorted(filter(None, lines[name])))
        for kind, name, _ in blocks
        if kind in ("model", "enum")
    }


def _line(text: str, models: set[str], others: set[str]) -> str:
    """The line without what only the client reads; of a relation only its foreign key. A list of
    what this file does not define is taken for the other side of a relation."""
    words = CLIENT_ONLY.sub("", text).split()
    kind = words[1].rstrip("[]?") if len(words) > 1 else ""
    elsewhere = kind not in others and words[1:2] and words[1].endswith("[]")
    if kind in models or elsewhere or "@relation(" in text:
        return " ".join(words[1:]) if "fields:" in text else ""
    return " ".join(words)


def changed(old: str, new: str) -> list[str]:
    """The models and enums that a migration would change."""
    before, now = meaning(old), meaning(new)
    return [name for name in dict.fromkeys((*now, *before)) if before.get(name) != now.get(name)]
