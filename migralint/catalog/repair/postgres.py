"""What repairs a difference on PostgreSQL, kind by kind. Names stand quoted as they are needed."""

from __future__ import annotations

from functools import lru_cache

from migralint.catalog import properties
from migralint.catalog.names import taken_apart
from migralint.catalog.repair import columns, impossible, lossy
from migralint.catalog.repair.access import ACCESS
from migralint.catalog.repair.parts import PARTS
from migralint.catalog.repair.types import TYPES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migralint.catalog import Difference, Snapshot
    from migralint.catalog.names import Object

# kind -> (make, drop, change); each takes the place, the wanted and the present properties.
HANDLERS = {**PARTS, **TYPES, **ACCESS}
# Parts of a table that a CREATE TABLE of ours brings, or a DROP TABLE takes along.
WITH_TABLE = frozenset(
    ["column", "constraint", "trigger", "rule", "policy", "storage parameter", "partition",
     "inheritance of", "row level security of", "replica identity of", "clustering of"]
)  # fmt: skip


def statements(
    difference: Difference,
    place: Object,
    all_: Sequence[Difference],
    expected: Snapshot,
    found: Snapshot,
) -> list[str]:
    name, state = difference.object, difference.state
    wanted, present = properties(difference.expected), properties(difference.found)
    table = place.table or wanted.get("table", "") or present.get("table", "")
    if state == "extra" and _goes_along(place, table, present, expected, found):
        return []  # it goes with its table or column, which is said there
    if _comes_with(place, table, difference, all_, expected, found):
        return []
    if place.kind == "table":
        return _table(place.name, wanted, present, expected)
    if place.kind == "column":
        if state == "missing" and f"table {table}" not in found.objects:
            return columns.details(table, place.part, wanted)  # the rest came with its table
        return columns.statements(table, place.part, wanted, present, expected.server)
    if place.kind not in HANDLERS:
        return [impossible(name, "no SQL can be given; compare the two definitions")]
    renamed = _renamed(place, wanted, found)
    if renamed:
        return [renamed]
    make, drop, change = HANDLERS[place.kind]
    if state == "missing":
        return make(place, wanted)
    if state == "extra":
        return drop(place, present)
    changed = change(place, wanted, present)
    if changed is not None:
        return changed
    return [*drop(place, present), *make(place, wanted), *_again(name, place, expected, found)]


def _renamed(place: Object, wanted: Mapping[str, str], found: Snapshot) -> str:
    """The sequence of an identity column that is there under another name."""
    if place.kind != "sequence" or "identity of" not in wanted:
        return ""
    for name, text in found.objects.items():
        of = properties(text).get("identity of") if name.startswith("sequence ") else ""
        if of == wanted["identity of"] and name != f"sequence {place.name}":
            return f"ALTER {name.replace('sequence', 'SEQUENCE', 1)} RENAME TO {_last(place.name)};"
    return ""


def _last(name: str) -> str:
    return taken_apart(f"column {name}").part


def _goes_along(
    place: Object, table: str, present: Mapping[str, str], expected: Snapshot, found: Snapshot
) -> bool:
    """Does it stand on a table, or belong to a column, that is extra itself?"""
    if place.kind == "sequence":
        return f"column {present.get('owned by', '')}" not in expected.objects and (
            "owned by" in present
        )
    part = place.kind in WITH_TABLE or place.kind in ("index", "statistics")
    name = f"table {table}"
    return part and name in found.objects and name not in expected.objects


def _comes_with(
    place: Object, table: str, difference: Difference, all_: Sequence[Difference],
    expected: Snapshot, found: Snapshot,
) -> bool:  # fmt: skip
    """What a partition (or a child) gets or loses together with its parent."""
    if place.kind not in ("column", "constraint", "index"):
        return False
    if place.kind != "column" and difference.state != "extra":
        return False  # made on the child first, it is taken over by the parent's
    parents = {*_parents(expected).get(table, ())} & {*_parents(found).get(table, ())}
    if not parents:
        return False
    others = [other.object for other in all_ if other.state == difference.state]
    if place.kind == "index":
        of = (properties(found.objects.get(name, "")).get("table") for name in others)
        return any(table in parents for table in of)
    if place.kind == "column":
        return any(f"column {parent}.{place.part}" in others for parent in parents)
    ends = tuple(f" on {parent}" for parent in parents)
    return any(name.startswith("constraint ") and name.endswith(ends) for name in others)


@lru_cache(maxsize=2)
def _parents(snapshot: Snapshot) -> dict[str, list[str]]:
    """By table: of what it is a partition, or a child."""
    found: dict[str, list[str]] = {}
    for name, text in snapshot.objects.items():
        if name.startswith(("partition ", "inheritance of ")):
            place = taken_apart(name)
            parent = place.part or properties(text)["parent"]
            found.setdefault(place.table, []).append(parent)
    return found


def _table(
    name: str, wanted: Mapping[str, str], present: Mapping[str, str], expected: Snapshot
) -> list[str]:
    if not wanted:
        return [lossy(f"DROP TABLE {name};", "loses the rows of the table")]
    if not present:
        return [_created(name, wanted, expected)]
    changed = {n for n in {*wanted, *present} if wanted.get(n) != present.get(n)}
    made = []
    if "persistence" in changed:
        made.append(f"ALTER TABLE {name} SET {'UN' * ('persistence' in wanted)}LOGGED;")
    if "tablespace" in changed:
        made.append(f"ALTER TABLE {name} SET TABLESPACE {wanted.get('tablespace', 'pg_default')};")
    if "access method" in changed and expected.server >= 15:
        made.append(f"ALTER TABLE {name} SET ACCESS METHOD {wanted.get('access method', 'heap')};")
    rest = changed - {"persistence", "tablespace", "access method"}
    if rest:
        what = ", ".join(sorted(rest))
        made.append(
            impossible(f"table {name}", f"{what} cannot be changed; make it anew, move the rows")
        )
    return made


def _created(name: str, wanted: Mapping[str, str], expected: Snapshot) -> str:
    if wanted["kind"] == "foreign table":
        return impossible(
            f"table {name}", "a foreign table: its options may hold what we do not ask for"
        )
    identities = _identities(expected)
    parts = [
        f"    {columns.definition(part, properties(text), identities.get(f'{name}.{part}', ''))}"
        for part, text in _columns(expected).get(name, [])
    ]
    body = ",\n".join(parts)
    unlogged = "UNLOGGED " * ("persistence" in wanted)
    of_type = f" OF {wanted['of type']}" if "of type" in wanted else f" (\n{body}\n)"
    tail = f" PARTITION BY {wanted['partition key']}" if "partition key" in wanted else ""
    tail += f" USING {wanted['access method']}" if "access method" in wanted else ""
    tail += f" TABLESPACE {wanted['tablespace']}" if "tablespace" in wanted else ""
    return f"CREATE {unlogged}TABLE {name}{of_type}{tail};"


@lru_cache(maxsize=2)
def _columns(snapshot: Snapshot) -> dict[str, list[tuple[str, str]]]:
    """By table: (column, definition)."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, text in snapshot.objects.items():
        if name.startswith("column "):
            place = taken_apart(name)
            found.setdefault(place.table, []).append((place.part, text))
    return found


@lru_cache(maxsize=2)
def _identities(snapshot: Snapshot) -> dict[str, str]:
    """By column: its sequence, where that has another name than the server would give it."""
    found: dict[str, str] = {}
    for name, text in snapshot.objects.items():
        column = properties(text).get("identity of", "") if name.startswith("sequence ") else ""
        schema, _, usual = column.partition(".")
        if column and name != f"sequence {schema}.{usual.replace('.', '_')}_seq":
            found[column] = name[9:]
    return found


def _again(name: str, place: Object, expected: Snapshot, found: Snapshot) -> list[str]:
    """What a drop has taken along and stands as it was expected: comments, grants, indexes."""
    kind = {"view": "table", "materialized view": "table"}.get(place.kind, place.kind)
    taken = (
        f"comment on {name}",
        f"grant on {kind} {place.name} to ",
        f"clustering of {place.name}",
    )
    made = []
    for other, text in expected.objects.items():
        goes = other == taken[0] or other.startswith(taken[1])
        goes |= place.kind == "materialized view" and (
            properties(text).get("table") == place.name and other.startswith("index ")
        )
        goes |= (
            place.kind == "view"
            and other.endswith(f" on {place.name}")
            and (other.startswith(("trigger ", "rule ")))
        )
        if goes and found.objects.get(other) == text:
            part = taken_apart(other)
            made += HANDLERS[part.kind][0](part, properties(text))
    return made
