"""The readable names of a snapshot's objects, taken apart again."""

from __future__ import annotations

import re

from migralint.model import Record

# Longer ones first where one begins like another.
KINDS = (
    "row level security of", "replica identity of", "storage parameter",
    "text search configuration", "text search dictionary", "foreign data wrapper",
    "default privileges of", "materialized view",
    "security label of", "operator family", "operator class", "event trigger", "inheritance of",
    "clustering of", "user mapping for", "subscription", "publication", "default of", "comment on",
    "constraint", "extension", "procedure", "partition", "aggregate", "statistics", "collation",
    "base type", "cast from", "sequence", "function", "grant on", "operator", "language", "trigger",
    "foreign key on", "unique on", "check on", "event", "column", "domain", "policy", "schema",
    "server", "index", "range", "table", "enum", "rule", "type", "view",
)  # fmt: skip
IDENTIFIER = r'"(?:[^"]|"")+"|`(?:[^`]|``)+`|[^"`.\s]+'
_ON = re.compile(rf"({IDENTIFIER}) on (.+)", re.DOTALL)
_PARAMETER = re.compile(r"(\S+) of (.+)", re.DOTALL)
_LAST = re.compile(rf"(.+)\.({IDENTIFIER})", re.DOTALL)
MEMBER = re.compile(r"(table|schema) (.+) in publication (.+)", re.DOTALL)


class Object(Record):
    """`kind` is one of KINDS, or "publication member"; `name` is what stands behind it; `table` the
    table that it is a part of, "" for what stands by itself; `part` its name there."""

    kind: str
    name: str
    table: str = ""
    part: str = ""


def taken_apart(name: str) -> Object:
    if MEMBER.fullmatch(name):
        return Object("publication member", name)
    kind = next((k for k in KINDS if name.startswith(f"{k} ")), name.partition(" ")[0])
    rest = name[len(kind) + 1 :]
    if kind in ("column", "default of"):
        found = _LAST.fullmatch(rest)
        return Object(kind, rest, found[1], found[2]) if found else Object(kind, rest)
    if kind in ("constraint", "trigger", "rule", "policy", "storage parameter", "index"):
        found = (_PARAMETER if kind == "storage parameter" else _ON).fullmatch(rest)
        return Object(kind, rest, found[2], found[1]) if found else Object(kind, rest)
    if kind in ("row level security of", "replica identity of", "clustering of", "partition"):
        return Object(kind, rest, rest)
    if kind == "inheritance of":
        child, _, parent = rest.partition(" from ")
        return Object(kind, rest, child, parent)
    if kind in ("unique on", "foreign key on", "check on"):
        table, _, part = rest.partition(" (")
        return Object(kind, rest, table, f"({part}")
    return Object(kind, rest)
