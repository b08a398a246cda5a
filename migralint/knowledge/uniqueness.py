"""Whether a unique key is proven by another one: some of its columns are unique already."""

from __future__ import annotations

from itertools import chain

from migralint.knowledge.schema.lookup import EXPRESSION, having, involving, of_kind
from migralint.model import Name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Set
    from typing import Any

    from migralint.knowledge.schema import Schema, Table
    from migralint.knowledge.timeline import View

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
    known = (table.columns.get(name) for name in facts.get("columns", ()))
    columns = {c.name for c in known if c is not None and c.batch not in fresh}
    found = chain(_standing(table, columns, fresh), _dropped(view, columns))
    view.known["unique_already"] = any(columns.issuperset(key) for key in found)


def _standing(
    table: Table, columns: Iterable[Name], fresh: Set[str] = frozenset()
) -> Iterator[tuple[Name, ...]]:
    """The keys that have any of the columns, without those that a `fresh` migration has made."""
    for column in columns:
        for c in involving(table, column):
            if c.kind in _KEYS and c.batch not in fresh and _is_key(c.columns):
                yield c.columns
        for i in having(table, (column,)):
            if i.unique and not i.where and i.batch not in fresh and _is_key(i.columns):
                yield i.columns


def _is_key(columns: tuple[Name, ...]) -> bool:
    return bool(columns) and all(column.name != EXPRESSION for column in columns)


def alone(view: View, table: Table) -> set[str]:
    """The columns of which each is a key by itself, of some rows at least."""
    known: dict[Table, set[str]] = view.remembered.setdefault("alone", {})
    if table not in known:
        known[table] = _alone(table)
    return known[table]


def _alone(table: Table) -> set[str]:
    keys = [c.columns for c in (*of_kind(table, "primary_key"), *of_kind(table, "unique"))]
    keys += [i.columns for i in table.indexes.values() if i.unique]
    return {key[0].name for key in keys if len(key) == 1}


def record_dropped(view: View, schema: Schema) -> None:
    """A key that goes has held until now."""
    facts = view.operation.facts
    table = schema.tables.get(view.fact("table"))
    name = facts.get("index") or facts.get("constraint")
    if table is None or name is None:
        return
    constraint = table.constraints.get(Name(name.name))
    names = dict.fromkeys((Name(name.name), Name(name.name, table.name.schema)))
    things = (constraint, *map(table.indexes.get, names))
    own = [thing.columns for thing in things if thing is not None and thing.columns]
    fresh = view.timeline.fresh
    key = next((key for key in own if key in _standing(table, key[:1], fresh)), ())
    view.known["key_dropped"] = key
    for column in key[:1]:
        dropped = view.remembered.setdefault("keys_dropped", {})
        dropped.setdefault((view.fact("table"), column), []).append(key)


def _dropped(view: View, columns: Iterable[Name]) -> Iterator[tuple[Name, ...]]:
    """The keys that have gone in this migration, and began with one of the columns."""
    table = view.operation.facts["table"]
    dropped = view.remembered.get("keys_dropped", {})
    if not dropped or any(True for _ in view.earlier(("insert", "update"), table=table)):
        return
    for column in columns:
        yield from dropped.get((table, column), ())


def lost_key(view: View) -> tuple[Name, ...]:
    """The columns of a key that goes, where none is left on just these when the migration ends."""
    key: tuple[Name, ...] = view.fact("key_dropped")
    table = view.timeline.schema.tables.get(view.fact("table")) if key else None
    if table is None or any(set(other) == set(key) for other in _standing(table, key[:1])):
        return ()
    return key


DERIVE: dict[str, Callable[[View], Any]] = {"lost_key": lost_key}
UNRECORDED: dict[str, Any] = {"unique_already": False, "key_dropped": ()}
