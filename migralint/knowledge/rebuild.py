"""What takes the place of the dropped: a rebuilt table, a renamed column, the next enum.

A table is rebuilt so: a new one is made and filled, the old one dropped, its name given to the new.

SQLite can change little of a table in place, so its ORMs write this for most changes.
https://www.sqlite.org/lang_altertable.html#otheralter
"""

from __future__ import annotations

from itertools import chain, takewhile

from migralint.light import later
from migralint.model import UNKNOWN, Name
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from migralint.knowledge import renames
    from migralint.knowledge.schema import Schema, Table
    from migralint.knowledge.schema.objects import OwnType
    from migralint.knowledge.timeline import View
    from migralint.model import Unknown
else:
    renames = later("migralint.knowledge.renames")

SELECT = pattern(r"(?is)\bselect\b(.{1,20000}?)(?:\bfrom\b|\Z)")
WORD = pattern(r"\w+")


def record_drop(view: View, schema: Schema) -> None:
    """What the schema has at the moment of DROP TABLE: nothing later says it again."""
    name = view.operation.facts["table"]
    table = schema.tables.get(name)
    if table is None or not table.whole:
        return
    batch = view.migration.path
    sources = [schema.tables.get(source) for source in _sources(view).get(name.name, ())]
    fresh = [t for t in sources if t is not None and t.batch == batch]
    view.known["columns_dropped"] = tuple(table.columns)
    view.known["columns_of_new_tables"] = {t.name: tuple(t.columns) for t in fresh}
    view.known["numbers_of_new_tables"] = {t.name: _number(t) for t in fresh}
    references = schema.references_to(name)
    others = [c for c in references if c.table is not table]
    cascading = [c.table.name for c in others if c.on_delete == "cascade"]
    view.known["cascading_references"] = ", ".join(str(other) for other in dict.fromkeys(cascading))


def _number(table: Table) -> Name | None:
    """The column that SQLite fills in by itself: INTEGER PRIMARY KEY."""
    key = table.primary_key
    if key is None or len(key.columns) != 1:
        return None
    column = table.columns.get(key.columns[0])
    return column.name if column is not None and column.type.lower() == "integer" else None


def _sources(view: View) -> dict[str, dict[Name, None]]:
    return _renamed(view, "rename_table", "table")


def renamed_types(view: View) -> dict[str, dict[Name, None]]:
    return _renamed(view, "rename_type", "type_name")


def _renamed(view: View, kind: str, own: str) -> dict[str, dict[Name, None]]:
    """New name -> what the file gives it to, earlier or later."""
    timeline = view.timeline
    found: dict[str, dict[Name, None]] | None = timeline.cached.get(kind)
    if found is None:
        found = timeline.cached[kind] = {}
        for facts in (o.facts for o in timeline.operations if o.kind == kind):
            found.setdefault(facts["new_name"].name, {})[facts[own]] = None
    return found


def lost_columns(view: View) -> str | Unknown:
    """The columns of the dropped table that the one that takes its name lacks, or does not copy."""
    columns, made = view.fact("columns_dropped"), view.fact("columns_of_new_tables")
    source, there_and_back = _successor(view), copies(view)
    if columns is not UNKNOWN and there_and_back:
        return _lost_on_the_way(columns, there_and_back)
    if any(value is UNKNOWN for value in (columns, made)) or source not in made:
        return UNKNOWN
    kept = set(made[source])
    read: set[str] = set()  # what goes into a column of another name, or into another table
    dropped = view.fact("table").name.lower()
    for insert in view.earlier(("insert",), table=source):
        facts = insert.operation.facts
        if facts["table"] == source and facts["columns"]:
            kept &= set(facts["columns"])
    for copy in _earlier_copies(view, dropped):
        if copy.operation.kind == "insert":
            read |= _selected(copy.operation.statement.text)
    lost = [c for c in columns if c not in kept and c.name.lower() not in read]
    number = view.fact("numbers_of_new_tables")[source]
    view.known["renumbered"] = str(number) if number in lost else ""
    return ", ".join(str(column) for column in lost if column != number)


def renumbered(view: View) -> str:
    """The key that the copy leaves out, so that each row gets a new number."""
    view.fact("lost_columns")
    return str(view.known.get("renumbered", ""))


def copies(view: View) -> tuple[View, View] | None:
    """The statements that copy the rows of a dropped table away, and back into a new one."""
    table = view.fact("table")
    for back in view.later(("insert",), table=table):
        if back.fact("source") != "select":
            continue
        read = _words_of(back)
        for out in _earlier_copies(view, table.name.lower()):
            if out.fact("source") != "select" and out.fact("as_query") is not True:
                continue
            if out.fact("table").name.lower() in read:
                return out, back
    return None


def _earlier_copies(view: View, word: str) -> Iterable[View]:
    """The statements before this one that have the word, and put what they read into a table."""
    known: dict[str, list[View]] | None = view.remembered.get("copies")
    if known is None:
        known = view.remembered["copies"] = {}
        for other in view.others(("insert", "create_table")):
            if other.fact("as_query") is True or "select" in other.operation.statement.text.lower():
                for one in _words_of(other):
                    known.setdefault(one, []).append(other)
    return takewhile(lambda other: other.index < view.index, known.get(word, ()))


def _words_of(view: View) -> set[str]:
    return set(WORD.findall(view.operation.statement.text[:20_000].lower()))


def _lost_on_the_way(columns: Iterable[Name], way: tuple[View, View]) -> str | Unknown:
    """Those that one of the two does not select; UNKNOWN where one selects by a star."""
    selected = [_selected(one.operation.statement.text) for one in way]
    if not all(selected):
        return UNKNOWN
    lost = [c for c in columns if any(c.name.lower() not in names for names in selected)]
    return ", ".join(str(column) for column in lost)


def _selected(text: str) -> set[str]:
    """The words that stand between SELECT and its FROM."""
    select = SELECT.search(text)
    return set(WORD.findall(select[1].lower())) if select else set()


def drops_referenced(view: View) -> bool | Unknown:
    drops = view.timeline.cached.get("drops")
    if drops is None:  # where the last one stands of each answer
        drops = {v.fact("is_referenced"): v.index for v in view.others(("drop_table",))}
        view.timeline.cached["drops"] = drops
    last = (answer for answer in (True, UNKNOWN) if drops.get(answer, -1) > view.index)
    return next(last, False)


def _successor(view: View) -> Name | None:
    """The table that takes the dropped one's name, or whose name the dropped one gave up first."""
    same, kinds = {"new_name": view.operation.facts["table"]}, ("rename_table",)
    for rename in chain(view.later(kinds, **same), view.earlier(kinds, **same)):
        source: Name = rename.operation.facts["table"]
        return source
    return None


def lost_values(old: OwnType | None, new: OwnType | None) -> str | Unknown:
    """The values that an enum lacks of the one that it replaces."""
    if old is None or new is None:
        return UNKNOWN
    kept = set(new.values)
    return ", ".join(value for value in old.values if value not in kept)


def _next_enum(view: View) -> Name | None:
    """DROP TYPE a, then ALTER TYPE b RENAME TO a, where b was made by this migration."""
    made = view.known.get("lost_to")
    if not made:  # MySQL's MODIFY of a column that no migration made has no type's name either
        return None
    for rename in view.later(("rename_type",), new_name=view.operation.facts["type_name"]):
        source: Name = rename.operation.facts["type_name"]
        if source in made:
            return source
    return None


def _lost_to_next(view: View) -> str | Unknown:
    successor = _next_enum(view)
    lost: str | Unknown = view.known["lost_to"][successor] if successor else UNKNOWN
    return lost


def record_index_drop(view: View, schema: Schema) -> None:
    """Whether an ORM's schema can express the index that goes: it drops what it does not know."""
    index = schema.index(view.operation.facts["index"], view.operation.facts.get("table"))
    if index is not None:
        view.known["beyond_orm"] = bool(index.where or index.has_expression)


def beyond_orm(view: View) -> bool | Unknown:
    """For a column: it is generated; an index is recorded, and unknown if no migration made it."""
    if view.operation.kind != "drop_column":
        return UNKNOWN if view.operation.kind == "drop_index" else False
    generated = view.fact("old_generated")
    return False if generated is UNKNOWN else generated in ("stored", "virtual")


DERIVE: dict[str, Callable[[View], Any]] = {
    "renamed_to": lambda view: renames.renamed_to(view),
    "enum_replaced": lambda view: _next_enum(view) is not None,
    "lost_values": _lost_to_next,
    "lost_columns": lost_columns,
    "renumbered": renumbered,
    "drops_referenced": drops_referenced,
    "beyond_orm": beyond_orm,
}
UNRECORDED: dict[str, Any] = {
    "columns_dropped": UNKNOWN,
    "columns_of_new_tables": UNKNOWN,
    "numbers_of_new_tables": {},
    "cascading_references": UNKNOWN,
}
