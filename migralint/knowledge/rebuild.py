"""Rebuilt tables: a new one is made and filled, the old one dropped, its name given to the new.

SQLite can change little of a table in place, so its ORMs write this for most changes.
https://www.sqlite.org/lang_altertable.html#otheralter
"""

from __future__ import annotations

from migralint.model import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from migralint.knowledge.schema import Schema
    from migralint.knowledge.timeline import View
    from migralint.model import Name, Unknown


def record_drop(view: View, schema: Schema) -> None:
    """What the schema has at the moment of DROP TABLE: nothing later says it again."""
    name = view.operation.facts["table"]
    table = schema.tables.get(name)
    if table is None or not table.whole:
        return
    batch = view.migration.path
    fresh = {t.name: tuple(t.columns) for t in schema.tables.values() if t.batch == batch}
    view.known["columns_dropped"] = tuple(table.columns)
    view.known["columns_of_new_tables"] = fresh
    references = schema.references_to(name)
    others = [c for c in references if c.table is not table]
    cascading = [c.table.name for c in others if c.on_delete == "cascade"]
    view.known["cascading_references"] = ", ".join(str(other) for other in dict.fromkeys(cascading))


def lost_columns(view: View) -> str | Unknown:
    """The columns of the dropped table that the one that takes its name lacks, or does not copy."""
    columns, made = view.fact("columns_dropped"), view.fact("columns_of_new_tables")
    source = _successor(view)
    if any(value is UNKNOWN for value in (columns, made)) or source not in made:
        return UNKNOWN
    kept = set(made[source])
    for insert in view.earlier(("insert",), table=source):
        facts = insert.operation.facts
        if facts["table"] == source and facts["columns"]:
            kept &= set(facts["columns"])
    return ", ".join(str(column) for column in columns if column not in kept)


def _successor(view: View) -> Name | None:
    """The table that takes the dropped one's name, or whose name the dropped one gave up first."""
    same, kinds = {"new_name": view.operation.facts["table"]}, ("rename_table",)
    for rename in (*view.later(kinds, **same), *view.earlier(kinds, **same)):
        source: Name = rename.operation.facts["table"]
        return source
    return None


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
    "columns_dropped": lambda view: UNKNOWN,
    "columns_of_new_tables": lambda view: UNKNOWN,
    "cascading_references": lambda view: UNKNOWN,
    "lost_columns": lost_columns,
    "beyond_orm": beyond_orm,
}
