"""In which order repairs work: drops first, and everything after what it is made of."""

from __future__ import annotations

from migralint.catalog.names import taken_apart

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from migralint.catalog import Difference, Snapshot
    from migralint.catalog.names import Object

    Rank = tuple[int, int, int, str]

DROPS = (
    "event trigger", "publication member", "publication", "comment on", "grant on",
    "default privileges of", "policy", "rule", "trigger", "default of", "row level security of",
    "view", "statistics", "clustering of", "replica identity of", "foreign key", "constraint",
    "unique on", "foreign key on", "check on", "index", "partition", "inheritance of",
    "storage parameter", "column", "table", "event", "function", "sequence", "type",
    "enum", "extension", "schema",
)  # fmt: skip
MAKES = (
    "schema", "extension", "enum", "type", "sequence", "function", "table",
    "late function", "column", "owned by", "constraint", "unique on", "check on", "index",
    "partition", "inheritance of", "foreign key", "foreign key on", "storage parameter", "view",
    "index of a view", "default of", "replica identity of", "clustering of", "statistics",
    "row level security of", "policy", "trigger", "rule", "aggregate", "event trigger", "event",
    "publication", "publication member", "grant on", "default privileges of", "comment on",
)  # fmt: skip
# Kinds that can be made of one another stand together, by how deep they are.
FAMILIES = {
    "materialized view": "view", "domain": "type", "range": "type", "procedure": "function",
}  # fmt: skip


def ranking(
    differences: Sequence[Difference], expected: Snapshot
) -> Callable[[Difference, Object, int], Rank]:
    """What to sort by: of a difference, and of the number of the statement in its repair."""
    tables = [d.object[6:] for d in differences if d.object.startswith("table ")]
    missing = [name for name in tables if f"table {name}" in expected.objects]
    deep = depths({d.object: d.expected or d.found for d in differences})

    def rank(difference: Difference, place: Object, number: int) -> Rank:
        kind = _kind(difference, place, number, missing, expected)
        drops = difference.state == "extra"
        order = DROPS if drops else MAKES
        position = order.index(kind) if kind in order else len(order)
        depth = deep.get(difference.object, 0)
        definition = difference.expected or difference.found
        # what stands on a partitioned table comes after what stands on its partitions
        depth += "partitioned" in definition or " ON ONLY " in definition
        name = f"{difference.object}\0{number:03}"
        return (int(not drops), position, -depth if drops else depth, name)

    return rank


def _kind(
    difference: Difference, place: Object, number: int, tables: Iterable[str], expected: Snapshot
) -> str:
    definition = difference.expected or difference.found
    kind = FAMILIES.get(place.kind, place.kind)
    if kind == "constraint" and " FOREIGN KEY " in definition.partition("\n")[0]:
        return "foreign key"
    if kind == "sequence" and number:
        return "owned by"
    if kind == "index":
        of = definition.rpartition("table: ")[2].partition("\n")[0]
        return "index of a view" if f"materialized view {of}" in expected.objects else kind
    if kind == "function":
        head, _, body = definition.partition("\n   LANGUAGE ")
        at_once = "\n  RETURN " in body or "BEGIN ATOMIC" in body  # read when it is made
        seen = definition if at_once else head
        return "late function" if any(table in seen for table in tables) else kind
    return kind


def depths(definitions: Mapping[str, str]) -> dict[str, int]:
    """How many views (or types, or functions) deep one of them stands on others of these."""
    members: dict[str, dict[str, str]] = {"view": {}, "type": {}, "function": {}}
    placed: dict[str, tuple[str, str]] = {}
    for object_, text in definitions.items():
        place = taken_apart(object_)
        family = FAMILIES.get(place.kind, place.kind)
        if family in members:
            name = place.name.partition("(")[0] if family == "function" else place.name
            members[family][name] = members[family].get(name, "") + text  # of one name: together
            placed[object_] = (family, name)
    known: dict[str, dict[str, int]] = {family: {} for family in members}
    return {o: _depth(name, members[f], known[f]) for o, (f, name) in placed.items()}


def _depth(name: str, members: Mapping[str, str], known: dict[str, int]) -> int:
    if name not in known:
        known[name] = 0  # a circle, which there cannot be, ends here
        below = [other for other in members if other != name and other in members[name]]
        known[name] = max((_depth(other, members, known) + 1 for other in below), default=0)
    return known[name]
