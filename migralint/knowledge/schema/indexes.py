"""What operations on indexes change."""

from __future__ import annotations

from migralint.knowledge.schema.constraints import OF_KEY, index_is_taken, short
from migralint.knowledge.schema.lookup import having
from migralint.knowledge.schema.objects import Index, Table, View
from migralint.model import Name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from migralint.knowledge.schema.state import State

    Facts = Mapping[str, Any]


def create_index(schema: State, facts: Facts, batch: object) -> None:
    on: Table | View = schema.views.get(facts["table"]) or schema.table_of(facts["table"])
    name = _index_name(schema, on, facts)
    if schema.index(name, on.name) is not None:
        return
    index = Index(name, on, facts, batch)
    schema.add_index(index)
    mine = having(on, index.columns[:1]) if schema.dialect == "mysql" else ()
    for own in [i for i in mine if i.variety == OF_KEY]:
        if index.columns[: len(own.columns)] == own.columns:
            schema.remove_index(own)


def _index_name(schema: State, on: Table | View, facts: Facts) -> Name:
    name: Name | None = facts.get("index")
    if name is not None and name.name:
        return Name(
            short(name).name, on.name.schema if schema.dialect == "postgres" else "", name.sql
        )
    columns = tuple(facts.get("columns", ())) + tuple(facts.get("include", ()))
    if schema.dialect == "mysql":
        first = columns[0].name if columns else "index"
        return Name(schema.numbered(on.name, first, lambda text: index_is_taken(on, text), ""))
    return schema.relation_name(on.name, columns, "idx")


def _kept(name: Name) -> Name:
    return Name(short(name).name, name.schema, name.sql)


def drop_index(schema: State, facts: Facts, batch: object) -> None:
    index = schema.index(_kept(facts["index"]), facts.get("table"))
    if index is None:
        return
    if facts.get("in_do") and isinstance(index.table, Table):
        index.table.whole = False
    if index.constraint is not None:  # MySQL: a unique key is an index and nothing else
        schema.remove_constraint(index.constraint)
    else:
        schema.remove_index(index)


def rename_index(schema: State, facts: Facts, batch: object) -> None:
    index = schema.index(_kept(facts["index"]), facts.get("table"))
    if index is None:
        return
    written = facts["new_name"]
    schema.rename_index(index, Name(short(written).name, index.name.schema, written.sql))
    if index.constraint is not None:
        schema.rename_constraint(index.constraint, short(written))
