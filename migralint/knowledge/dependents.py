"""What hangs on a table, a column or a type when something is done to it: recorded at that moment.

A thing that was found is a fact; one that was not found is absent only where the schema is certain.
"""

from __future__ import annotations

from itertools import chain, islice

from migralint.knowledge.schema.lookup import involving, naming, of_kind, reading
from migralint.knowledge.schema.objects import Table, mentions
from migralint.model import UNKNOWN, Name
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from migralint.knowledge.schema import Constraint, Schema
    from migralint.knowledge.schema import View as Query
    from migralint.knowledge.timeline import View
    from migralint.model import Unknown

_SAID = 20
_STAR = pattern(r"\bselect (?:distinct )?\*")
_KIND = {"primary_key": "primary key", "foreign_key": "foreign key"}


def record_users(view: View, schema: Schema, table: Table, column: Name) -> None:
    """What stands on the column: an index, a check, a foreign key, or one that refers to it."""
    constraints = involving(table, column)
    indexes = reading(table, column)
    found = {
        "column_indexed": bool(indexes),
        "column_in_expression_index": any(i.where or i.has_expression for i in indexes),
        "column_has_check": any(
            c.kind == "check" and mentions(c.expression, column.name) for c in constraints
        ),
        "column_references": any(
            c.kind == "foreign_key" and column in c.columns for c in constraints
        ),
        "column_is_referenced": any(refers(c, column) for c in schema.references_to(table.name)),
    }
    for fact, value in found.items():
        view.known[fact] = value or schema.absent(table)


def refers(constraint: Constraint, column: Name) -> bool:
    """Whether the foreign key refers to the column; one that names none, to the primary key."""
    return column in constraint.references_columns or not constraint.references_columns


def record_drop_column(view: View, schema: Schema) -> None:
    """The indexes and constraints that go with the column, and what of other tables needs it."""
    table = schema.tables.get(view.operation.facts["table"])
    if table is None:
        return
    column = view.operation.facts["column"]
    record_users(view, schema, table, column)
    indexes = (f"index {i.name}" for i in reading(table, column) if i.constraint is None)
    constraints = (
        f"{_KIND.get(c.kind, c.kind)} {c.name}"
        for c in involving(table, column)
        if column in c.columns or (c.expression and mentions(c.expression, column.name))
    )
    view.known["goes_with"] = listed(chain(indexes, constraints))
    queries = naming(schema, table.name, column)
    views = (f"view {v.name}" for v in queries if reads(schema, v, table, column))
    keys = (
        _key(c)
        for c in schema.references_to(table.name)
        if column in c.references_columns and c.table is not table
    )
    view.known["used_by"] = listed(chain(views, keys))


def _key(constraint: Constraint) -> str:
    return f"foreign key {constraint.name} of {constraint.table.name}"


def listed(things: Iterable[str]) -> str:
    """a, b and c; of very many the first ones, and others"""
    said = [*islice(things, _SAID + 1)] or [""]
    *rest, last = [*said[:_SAID], "others"] if len(said) > _SAID else said
    return f"{', '.join(rest)} and {last}" if rest else last


def reads(schema: Schema, query: Query, table: Table, column: Name) -> bool:
    """Whether the view surely reads the column: no other relation in it has one of the name."""
    named = column.name in query.words
    known = table.columns.get(column)
    if not named and not (known is not None and schema.is_later(query.batch, known.batch)):
        return False  # by its star it reads what was there when it was made
    if not query.joins(table.name.name):
        return False
    others = False
    for name in (name for word in query.words for name in schema.namesakes(word)):
        other = schema.tables.get(name)
        if other is not None and other is not table:
            others = True
            if not other.whole or column in other.columns:
                return False
        if schema.views.get(name) not in (None, query):
            return False
    if named:
        return _names(query.text, column.name)
    return not others and bool(_STAR.search(query.text))


def _names(text: str, column: str) -> bool:
    """Whether the name stands in the query other than as a new name, a function or a string."""
    import re

    found = re.finditer(rf"(?<![\w$]){re.escape(column)}(?![\w$])\"?(\s{{0,9}}\()?", text, re.I)
    before = ((one[1], text[max(one.start() - 40, 0) : one.start()]) for one in found)
    return any(not call and not head.rstrip(' "').endswith(" as") for call, head in before)


def record_table(view: View, schema: Schema) -> None:
    """Foreign keys, partitions: what decides which other tables are locked or emptied too."""
    facts, known = view.operation.facts, view.known
    name = facts.get("partition_of") or facts["table"]
    table = schema.tables.get(name)
    if table is None:
        return
    absent = schema.absent(table)
    referring = (c for c in schema.references_to(name) if c.table is not table)
    known["has_foreign_key"] = any(True for _ in of_kind(table, "foreign_key")) or absent
    known["is_referenced"] = any(True for _ in referring) or absent
    known["is_partition"] = table.partition or absent
    known["has_default_partition"] = table.default_partition is not None or absent
    if view.operation.kind in ("truncate", "drop_table") and facts.get("cascade"):
        if view.operation.kind == "truncate":
            known["used_by"] = listed(map(str, _followed(schema, name)))
        else:
            keys = (_key(c) for c in schema.references_to(name) if c.table is not table)
            views = (f"view {v.name}" for v in naming(schema, name) if v.joins(name.name))
            known["used_by"] = listed(chain(keys, views))


def _followed(schema: Schema, name: Name) -> Iterator[Name]:
    """The tables that refer to this one, those that refer to these ..., each once."""
    found, todo = {name}, [name]
    for one in todo:
        for other in (c.table.name for c in schema.references_to(one)):
            if other not in found:
                found.add(other)
                todo.append(other)
                yield other


def record_attach(view: View, schema: Schema) -> None:
    """Whether a CHECK may spare the scan: only if the partition has a valid one at all."""
    record_table(view, schema)
    partition = schema.tables.get(view.operation.facts["partition"])
    checks = partition and any(c.valid for c in of_kind(partition, "check"))
    view.known["check_proves_partition"] = (
        UNKNOWN if checks else schema.absent(partition) if partition else UNKNOWN
    )


def record_type_users(view: View, schema: Schema) -> None:
    """Whether tables use the type, or the things that DROP ... CASCADE takes along."""
    facts, known = view.operation.facts, view.known
    name = facts["type_name"]
    own = schema.types.get(name)
    if own is not None:
        known["used_by_tables"] = bool(own.columns) or schema.absent(None)
        known["used_by"] = listed(
            f"{table.name}.{column.name}" for column, table in own.columns.items()
        )
    known["type_has_tables"] = bool(schema.typed.get(name)) or schema.absent(None)


def record_owner(view: View, schema: Schema) -> None:
    """DROP SEQUENCE and DROP SCHEMA: whether a table hangs on it."""
    facts = view.operation.facts
    if "sequence" in facts:
        if schema.sequences.get(facts["sequence"]) is not None:
            view.known["used_by_tables"] = True
        return
    namespace = "" if facts["schema"].name == "public" else facts["schema"].name
    view.known["used_by_tables"] = any(
        n.schema == namespace for n in schema.tables
    ) or schema.absent(None)


def generated_columns(table: Table, schema: Schema) -> bool | Unknown:
    columns = table.columns.values() if table in schema.generating else ()
    found = any(column.generated in ("stored", "virtual") for column in columns)
    return found or schema.absent(table)
