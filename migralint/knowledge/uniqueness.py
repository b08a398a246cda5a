"""Whether a unique key is proven by another one: some of its columns are unique already."""

from __future__ import annotations

from migralint.knowledge.schema.objects import EXPRESSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Set
    from typing import Any

    from migralint.knowledge.schema import Schema, Table
    from migralint.knowledge.timeline import View
    from migralint.model import Name

_KEYS = ("primary_key", "unique")


def record_unique(view: View, schema: Schema) -> None:
    facts = view.operation.facts
    if view.operation.kind == "create_index" and not facts.get("unique"):
        return
    table = schema.tables.get(facts["table"])
    if table is None or facts.get("nulls_not_distinct"):
        return
    if view.migration.dialect == "mysql" and facts.get("has_expression"):
        return  # the beginnings of what is unique need not be
    fresh = view.timeline.fresh
    old = {name for name, column in table.columns.items() if column.batch not in fresh}
    columns = old.intersection(facts.get("columns", ()))
    found = [*_standing(table, fresh), *_dropped(view)]
    view.known["unique_already"] = any(columns.issuperset(key) for key in found)


def _standing(table: Table, fresh: Set[str] = frozenset()) -> list[tuple[Name, ...]]:
    """The keys of the table, without those that a `fresh` migration has made."""
    keys = [
        c.columns for c in table.constraints.values() if c.kind in _KEYS and c.batch not in fresh
    ]
    keys += [
        i.columns
        for i in table.indexes.values()
        if i.unique and not i.where and i.batch not in fresh
    ]
    return [key for key in keys if key and all(column.name != EXPRESSION for column in key)]


def alone(table: Table) -> set[str]:
    """The columns of which each is a key by itself, of some rows at least."""
    keys = [*_standing(table), *(i.columns for i in table.indexes.values() if i.unique)]
    return {key[0].name for key in keys if len(key) == 1}


def record_dropped(view: View, schema: Schema) -> None:
    """A key that goes has held until now."""
    facts = view.operation.facts
    table = schema.tables.get(view.fact("table"))
    name = facts.get("index") or facts.get("constraint")
    if table is None or name is None:
        return
    own = [c.columns for key, c in table.constraints.items() if key.name == name.name]
    own += [i.columns for key, i in table.indexes.items() if key.name == name.name]
    keys = _standing(table, view.timeline.fresh)
    view.known["key_dropped"] = next((columns for columns in own if columns in keys), ())


def _dropped(view: View) -> list[tuple[Name, ...]]:
    table = view.operation.facts["table"]
    if any(True for _ in view.earlier(("insert", "update"), table=table)):
        return []
    drops = view.earlier(("drop_index", "drop_constraint"))
    return [key for v in drops if v.fact("table") == table and (key := v.fact("key_dropped"))]


UNRECORDED: dict[str, Any] = {"unique_already": False, "key_dropped": ()}
