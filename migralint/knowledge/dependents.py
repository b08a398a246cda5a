"""What hangs on a table, a column or a type when something is done to it: recorded at that moment.

A thing that was found is a fact; one that was not found is absent only where the schema is certain.
"""

from __future__ import annotations

from migralint.knowledge.schema.lookup import reading
from migralint.knowledge.schema.objects import Table, mentions
from migralint.model import UNKNOWN, Name
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from migralint.knowledge.schema import Constraint, Schema
    from migralint.knowledge.schema import View as Query
    from migralint.knowledge.timeline import View
    from migralint.model import Unknown

_STAR = pattern(r"\bselect (?:distinct )?\*")
_KIND = {"primary_key": "primary key", "foreign_key": "foreign key"}


def record_users(view: View, schema: Schema, table: Table, column: Name) -> None:
    """What stands on the column: an index, a check, a foreign key, or one that refers to it."""
    constraints = table.constraints.values()
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
    goes = [f"index {i.name}" for i in reading(table, column) if i.constraint is None]
    goes += [
        f"{_KIND.get(c.kind, c.kind)} {c.name}"
        for c in table.constraints.values()
        if column in c.columns or (c.expression and mentions(c.expression, column.name))
    ]
    view.known["goes_with"] = listed(goes)
    needs = [f"view {v.name}" for v in schema.views.values() if reads(schema, v, table, column)]
    needs += [
        f"foreign key {c.name} of {c.table.name}"
        for c in schema.references_to(table.name)
        if column in c.references_columns and c.table is not table
    ]
    view.known["used_by"] = listed(needs)


def listed(things: Iterable[str]) -> str:
    """a, b and c"""
    *rest, last = [*things] or [""]
    return f"{', '.join(rest)} and {last}" if rest else last


def reads(schema: Schema, query: Query, table: Table, column: Name) -> bool:
    """Whether the view surely reads the column: no other relation in it has one of the name."""
    words = query.words
    if table.name.name not in words or not (column.name in words or "*" in query.query):
        return False
    if not query.joins(table.name.name):
        return False
    named = [Name(word, namespace) for word in words for namespace in schema.schemas]
    views = [v for name in named if (v := schema.views.get(name)) and v is not query]
    others = [t for name in named if (t := schema.tables.get(name)) and t is not table]
    if views or any(not other.whole or column in other.columns for other in others):
        return False
    if column.name in query.words:
        return _names(query.text, column.name)
    known = table.columns.get(column)
    made_later = known is not None and schema.is_later(query.batch, known.batch)
    return made_later and not others and bool(_STAR.search(query.text))


def _names(text: str, column: str) -> bool:
    """Whether the name stands in the query other than as a new name, a function or a string."""
    import re

    found = re.finditer(rf"(?<![\w$]){re.escape(column)}(?![\w$])\"?(\s{{0,9}}\()?", text, re.I)
    return any(not one[1] and not text[: one.start()].rstrip(' "').endswith(" as") for one in found)


def record_table(view: View, schema: Schema) -> None:
    """Foreign keys, partitions: what decides which other tables are locked or emptied too."""
    facts, known = view.operation.facts, view.known
    name = facts.get("partition_of") or facts["table"]
    table = schema.tables.get(name)
    if table is None:
        return
    absent = schema.absent(table)
    keys = any(c.kind == "foreign_key" for c in table.constraints.values())
    referring = [c for c in schema.references_to(name) if c.table is not table]
    known["has_foreign_key"] = keys or absent
    known["is_referenced"] = bool(referring) or absent
    known["is_partition"] = table.partition or absent
    known["has_default_partition"] = table.default_partition is not None or absent
    if view.operation.kind in ("truncate", "drop_table") and facts.get("cascade"):
        needs = [str(other) for other in _followed(schema, name)]
        if view.operation.kind == "drop_table":
            needs = [f"foreign key {c.name} of {c.table.name}" for c in referring]
            needs += [f"view {v.name}" for v in schema.views.values() if v.joins(name.name)]
        known["used_by"] = listed(needs)


def _followed(schema: Schema, name: Name) -> list[Name]:
    """The tables that refer to this one, those that refer to these ..., each once."""
    found: dict[Name, None] = {name: None}
    for one in (todo := [name]):
        for other in (c.table.name for c in schema.references_to(one)):
            if other not in found:
                found[other] = None
                todo.append(other)
    return [*found][1:]


def record_attach(view: View, schema: Schema) -> None:
    """Whether a CHECK may spare the scan: only if the partition has a valid one at all."""
    record_table(view, schema)
    partition = schema.tables.get(view.operation.facts["partition"])
    checks = partition and any(
        c.kind == "check" and c.valid for c in partition.constraints.values()
    )
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
    typed = any(table.facts.get("of_type") == name for table in schema.tables.values())
    known["type_has_tables"] = typed or schema.absent(None)


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
    found = any(column.generated in ("stored", "virtual") for column in table.columns.values())
    return found or schema.absent(table)


UNRECORDED = {"goes_with": "", "used_by": ""}
