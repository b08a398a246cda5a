"""What repairs a difference on MySQL and MariaDB. Each statement commits by itself."""

from __future__ import annotations

import re

from migralint.catalog import properties
from migralint.catalog.names import taken_apart
from migralint.catalog.repair import impossible, lossy
from migralint.model import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migralint.catalog import Difference, Snapshot
    from migralint.catalog.names import Object

WHOLE = ("view", "trigger", "procedure", "function", "event")
TYPE = re.compile(r"\w+(?:\([^)]*\))?(?: unsigned)?(?: zerofill)?")
PARTS = ("column", "index", "constraint")


def statements(
    difference: Difference, place: Object, all_: Sequence[Difference], expected: Snapshot,
    found: Snapshot,
) -> list[str]:  # fmt: skip
    wanted, present = properties(difference.expected), properties(difference.found)
    if place.kind in WHOLE:
        drop = [f"DROP {place.kind.upper()} {marked(place.name)};"] if present else []
        return [*drop, *([f"{wanted['definition']};"] if wanted else [])]
    if place.kind == "table":
        return [_table(place.name, wanted, present, expected)]
    if place.kind not in PARTS:
        return [impossible(difference.object, "no SQL is given; compare the two definitions")]
    here, there = (f"table {place.table}" in s.objects for s in (expected, found))
    if here != there and not (here and _is_foreign(place, wanted)):
        return []  # said with the table
    if place.kind == "column":
        return [_column(place, wanted, present)]
    return _part(place, wanted, present)


def _is_foreign(place: Object, of: Mapping[str, str]) -> bool:
    """A foreign key comes after all tables."""
    return place.kind == "constraint" and " FOREIGN KEY " in of["definition"]


def _table(
    name: str, wanted: Mapping[str, str], present: Mapping[str, str], expected: Snapshot
) -> str:
    if present and not wanted:
        return lossy(f"DROP TABLE {marked(name)};", "loses the rows of the table")
    options = wanted.get("options", "")
    if present:
        return _changed(name, options, present.get("options", ""))
    lines: dict[str, list[str]] = {kind: [] for kind in PARTS}
    for object_, text in expected.objects.items():
        place, of = taken_apart(object_), properties(text)
        if place.table == name and place.kind in PARTS and not _is_foreign(place, of):
            line = f"{marked(place.part)} {of['is']}" if "is" in of else of["definition"]
            lines[place.kind].append(line)
    body = ",\n    ".join(line for kind in PARTS for line in lines[kind])
    return f"CREATE TABLE {marked(name)} (\n    {body}\n) {options};"


def _changed(name: str, options: str, present: str) -> str:
    """Engine and partitions stand in the options too."""
    copied = re.compile(r"ENGINE=\w+|PARTITION BY.*", re.DOTALL)
    if copied.findall(options) == copied.findall(present):
        return f"ALTER TABLE {marked(name)} {copied.sub('', options)};"
    if "PARTITION BY" in present and "PARTITION BY" not in options:
        options += "\nREMOVE PARTITIONING"
    return lossy(
        f"ALTER TABLE {marked(name)} {options};", "writes the whole table anew under a lock"
    )


def _column(place: Object, wanted: Mapping[str, str], present: Mapping[str, str]) -> str:
    table, name = marked(place.table), marked(place.part)
    if not wanted:
        drop = f"ALTER TABLE {table} DROP COLUMN {name};"
        return lossy(drop, "loses what is in the column")
    if not present:
        return f"ALTER TABLE {table} ADD COLUMN {name} {wanted['is']};"
    sql = f"ALTER TABLE {table} MODIFY COLUMN {name} {wanted['is']};"
    if _loses(present["is"], wanted["is"]):
        return lossy(sql, "may lose a part of the values, where the server is not strict")
    return sql


def _loses(present: str, wanted: str) -> bool:
    """Not surely harmless."""
    from migralint.knowledge.type_changes import narrowing

    types = [found[0] if (found := TYPE.match(text)) else text for text in (present, wanted)]
    if types[0] == types[1]:
        return False
    loses = narrowing(types[0], types[1], "mysql")
    return loses is UNKNOWN or bool(loses)


def _part(place: Object, wanted: Mapping[str, str], present: Mapping[str, str]) -> list[str]:
    table = marked(place.table)
    made = []
    if present:
        made.append(f"ALTER TABLE {table} DROP {_dropped(place, present['definition'])};")
    if wanted:
        made.append(f"ALTER TABLE {table} ADD {wanted['definition']};")
    return made


def _dropped(place: Object, line: str) -> str:
    if line.startswith("PRIMARY KEY"):
        return "PRIMARY KEY"
    if place.kind == "index":
        return f"INDEX {marked(place.part)}"
    return f"{'FOREIGN KEY' if ' FOREIGN KEY ' in line else 'CONSTRAINT'} {marked(place.part)}"


def marked(name: str) -> str:
    return name if name.startswith("`") else f"`{name}`"
