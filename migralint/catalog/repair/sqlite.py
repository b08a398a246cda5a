"""What repairs a difference in an SQLite file.

SQLite can add and drop columns, and make and drop whole objects; anything else about a table is
made anew by copying it, and only a person can say that nobody writes meanwhile.
https://www.sqlite.org/lang_altertable.html#otheralter
"""

from __future__ import annotations

from migralint.catalog import properties
from migralint.catalog.names import taken_apart
from migralint.catalog.repair import impossible, lossy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from migralint.catalog import Difference, Snapshot
    from migralint.catalog.names import Object

REBUILD = (
    "SQLite cannot change that in place; make a migration that makes the table anew and copies the "
    "rows (https://www.sqlite.org/lang_altertable.html#otheralter)"
)
WHOLE = ("index", "view", "trigger")


def statements(
    difference: Difference, place: Object, all_: Sequence[Difference], expected: Snapshot,
    found: Snapshot,
) -> list[str]:  # fmt: skip
    wanted, present = properties(difference.expected), properties(difference.found)
    state, name = difference.state, place.name
    if place.kind in WHOLE:
        table = (wanted or present)["table"]
        if state == "extra" and _is_gone(table, expected, found):
            return []
        drop = [f"DROP {place.kind.upper()} {name};"] if present else []
        return [*drop, *([f"{wanted['definition'].rstrip(';')};"] if wanted else [])]
    if place.kind == "table":
        return [_table(name, wanted, present, expected)]
    if _is_gone(place.table, expected, found) or _is_gone(place.table, found, expected):
        return []  # said with the table
    if place.kind == "column":
        return [_column(place, wanted, present)]
    return [impossible(difference.object, REBUILD)]


def _is_gone(table: str, there: Snapshot, here: Snapshot) -> bool:
    return f"table {table}" in here.objects and f"table {table}" not in there.objects


def _table(
    name: str, wanted: Mapping[str, str], present: Mapping[str, str], expected: Snapshot
) -> str:
    if not wanted:
        return lossy(f"DROP TABLE {name};", "loses the rows of the table")
    if present:
        return impossible(f"table {name}", REBUILD)
    if wanted["kind"] == "virtual":
        return f"{wanted['definition']};"
    options = f" {wanted['options']}" if "options" in wanted else ""
    body = ",\n    ".join(_parts(name, expected))
    return f"CREATE TABLE {name} (\n    {body}\n){options};"


def _parts(table: str, expected: Snapshot) -> Iterator[str]:
    keys: dict[int, str] = {}
    parts = []
    for object_, text in expected.objects.items():
        place, of = taken_apart(object_), properties(text)
        if place.table != table:
            continue
        if place.kind == "column":
            yield definition(place.part, of)
            if "primary key" in of and "AUTOINCREMENT" not in of.get("more", ""):
                keys[int(of["primary key"])] = place.part
        elif place.kind in ("unique on", "check on", "foreign key on"):
            parts.append(of["definition"])
    if keys:
        yield f"PRIMARY KEY ({', '.join(keys[number] for number in sorted(keys))})"
    yield from parts


def definition(name: str, of: Mapping[str, str]) -> str:
    kind = "" if of["type"] == "NONE" else f" {of['type']}"
    default = f" DEFAULT {_default(of['default'])}" if "default" in of else ""
    null = " NOT NULL" * (of["nullable"] == "no")
    more = of.get("more", "")
    if "AUTOINCREMENT" in more:
        more = "PRIMARY KEY AUTOINCREMENT " + more.replace("AUTOINCREMENT", "").strip()
    if "generated" in of and not more.upper().endswith(of["generated"].upper()):
        more += f" {of['generated'].upper()}"
    return f"{name}{kind}{null}{default} {more}".rstrip()


def _default(text: str) -> str:
    """The pragma leaves out the parentheses that an expression needs."""
    import re

    simple = re.fullmatch(r"[+-]?[\d.]+|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\w+", text)
    return text if simple else f"({text})"


def _column(place: Object, wanted: Mapping[str, str], present: Mapping[str, str]) -> str:
    if not wanted:
        drop = f"ALTER TABLE {place.table} DROP COLUMN {place.part};"
        return lossy(drop, "loses what is in the column")
    constant = wanted.get("default", "").upper() not in (
        "CURRENT_TIMESTAMP",
        "CURRENT_DATE",
        "CURRENT_TIME",
    )
    fits = wanted["nullable"] == "yes" or "default" in wanted
    if (
        not present
        and constant
        and fits
        and "primary key" not in wanted
        and "generated" not in wanted
    ):
        return f"ALTER TABLE {place.table} ADD COLUMN {definition(place.part, wanted)};"
    return impossible(f"column {place.name}", REBUILD)
