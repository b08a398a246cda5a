"""What operations on columns change."""

from __future__ import annotations

from migralint.knowledge.schema.constraints import drop_constraint_of
from migralint.knowledge.schema.lookup import involving, narrow, reading, renamed_in
from migralint.knowledge.schema.objects import Column, Constraint, Expanded, Index, Table, mentions
from migralint.knowledge.schema.state import gone, made
from migralint.light import later
from migralint.model import Name
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from migralint.knowledge.schema import tables
    from migralint.knowledge.schema.state import State

    Facts = Mapping[str, Any]
    Step = Callable[[State, Facts, object], None]
else:
    tables = later("migralint.knowledge.schema.tables")

_COPY = pattern(r'\s*"?[\w$]+"?\s*=\s*"?([\w$]+)"?(?:\s*::\s*[\w$]+)?\s*\Z')
_YOUNG = pattern(r"_?(?:new|old|tmp|temp|v?2|next|bigint)_?")
_OLD = pattern(r"_?(?:old|tmp|temp)_?")


def add_column(schema: State, facts: Facts, batch: object) -> None:
    table = schema.table_of(facts["table"])
    name = facts["column"]
    if name in table.columns and made(facts) and not facts.get("inline"):
        schema.skipped = (schema.statement, name)
        return
    column = Column(name, facts, batch)
    schema.add_column(table, column)
    if schema.dialect == "postgres" and (column.generated == "identity" or facts.get("serial")):
        column.sequence = schema.relation_name(table.name, (name,), "seq")
        schema.sequences[column.sequence] = column
        column.default = column.default or ("nextval()" if facts.get("serial") else "")


def drop_column(schema: State, facts: Facts, batch: object) -> None:
    table = schema.tables.get(facts["table"])
    if table is None:
        return
    name = facts["column"]
    column = table.columns.pop(name, None)
    if column is None:
        table.whole = table.whole and gone(facts)
        return
    if facts.get("in_do"):
        table.whole = False  # a condition decides whether it goes
    schema.forget_column(column)
    keys = [index.constraint for index in reading(table, name) if index.constraint is not None]
    for constraint in dict.fromkeys((*involving(table, name), *keys)):
        if involves(constraint, name):
            drop_constraint_of(schema, constraint, cascade=True)
    for index in reading(table, name):
        _without_key(schema, index, name)
    if facts.get("cascade"):
        tables.drop_readers(schema, table.name, name)


def involves(constraint: Constraint, column: Name) -> bool:
    """Whether the constraint goes with the column."""
    if column in constraint.columns or (constraint.index and column in constraint.index.include):
        return True
    return bool(constraint.expression) and mentions(constraint.expression, column.name)


def _without_key(schema: State, index: Index, column: Name) -> None:
    """PostgreSQL drops the index, MySQL only takes the column out of it."""
    rest = tuple(c for c in index.columns if c != column)
    if schema.dialect == "mysql" and rest:
        narrow(index, rest)
        return
    schema.remove_index(index)


def rename_column(schema: State, facts: Facts, batch: object) -> None:
    table = schema.tables.get(facts["table"])
    if table is None:
        return
    old, new = facts["column"], facts["new_name"]
    column = table.columns.pop(old, None)
    if column is None:
        table.whole = table.whole and gone(facts)
        return
    if facts.get("in_do"):
        table.whole = False
    column.name = new
    table.columns[new] = column

    def renamed(names: tuple[Name, ...]) -> tuple[Name, ...]:
        return tuple(new if name == old else name for name in names)

    for constraint in involving(table, old):
        constraint.columns = renamed(constraint.columns)
        constraint.expression = _replaced(constraint.expression, old, new)
    for index in reading(table, old):
        index.columns, index.include = renamed(index.columns), renamed(index.include)
        index.keys, index.where = _replaced(index.keys, old, new), _replaced(index.where, old, new)
    renamed_in(table, old, new)
    for constraint in schema.references_to(table.name):
        constraint.references_columns = renamed(constraint.references_columns)


def _replaced(text: str, old: Name, new: Name) -> str:
    if old.name not in text:
        return text
    import re

    return re.sub(
        rf'(?<![\w$"]){re.escape(old.name)}(?![\w$"])|"{re.escape(old.name)}"',
        lambda _: new.sql,
        text,
    )


def change_column(attribute: str, value: Callable[[Facts], Any]) -> Step:
    def change(schema: State, facts: Facts, batch: object) -> None:
        column = _changed(schema, facts)
        if column is not None:
            setattr(column, attribute, value(facts))

    return change


def _changed(schema: State, facts: Facts) -> Column | None:
    table = schema.table_of(facts["table"])
    column = table.columns.get(facts["column"])
    if column is None:  # made before the folder begins, or by what could not be read
        table.whole = table.whole and gone(facts)
        if not table.whole:
            column = table.columns[facts["column"]] = Column(facts["column"], {}, None)
    return column


def alter_type(schema: State, facts: Facts, batch: object) -> None:
    column = _changed(schema, facts)
    if column is None:
        return
    if column.own is not None:
        column.own.columns.pop(column, None)
        column.own = None
    column.type = facts["type"]
    schema.add_column(schema.table_of(facts["table"]), column)


def modify_column(schema: State, facts: Facts, batch: object) -> None:
    name = facts.get("new_name") or facts["column"]
    column = schema.column(facts["table"], name)
    if column is not None:
        fresh = Column(name, facts, column.batch)
        fresh.filled = column.filled or fresh.filled
        key = schema.tables[facts["table"]].primary_key
        fresh.nullable = fresh.nullable and not (key is not None and name in key.columns)
        schema.add_column(schema.tables[facts["table"]], fresh)


def update(schema: State, facts: Facts, batch: object) -> None:
    columns = facts.get("columns", ())
    for column in columns:
        known = schema.column(facts["table"], column)
        if known is not None:
            known.filled = True
    if len(columns) == 1 and columns[0].name in facts.get("assignments", ""):
        _copied(schema, schema.tables.get(facts["table"]), columns[0], facts["assignments"])


def _copied(schema: State, table: Table | None, target: Name, assignment: str) -> None:
    """SET id_new = id: the old column is meant to go, if the names say so and the new is young."""
    match = _COPY.match(assignment)
    if table is None or match is None or match[1] == target.name:
        return
    old, new = table.columns.get(Name(match[1])), table.columns.get(target)
    related = _YOUNG.sub("", target.name.lower())
    if old is None or new is None or related != _OLD.sub("", match[1].lower()):
        return
    if schema.number - schema.numbers.get(new.batch, 0) <= 3:
        schema.begun(Expanded(table, old, new))
