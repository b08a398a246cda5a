"""The schema that the migrations so far have made, from their operations alone.

A replay: `apply` takes one operation after the other. What the operations do not say (a table that an
earlier migration outside the folder made, dynamic SQL) is simply not in here, and a fact that needs
it is UNKNOWN.
"""

from __future__ import annotations

from migralint.model import Name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from migralint.model import Operation


class Column:
    """`batch` is the migration that added it; `filled` once an UPDATE or a default gave it values."""

    __slots__ = ("batch", "default", "filled", "generated", "name", "nullable", "type")

    def __init__(self, name: Name, facts: Any, batch: object) -> None:
        self.name = name
        self.type: str = facts.get("type", "")
        self.nullable: bool = facts.get("nullable", True)
        self.default: str = facts.get("default", "")
        self.generated: str = "identity" if facts.get("identity") else facts.get("generated", "")
        self.batch = batch
        self.filled = bool(self.default and self.default.lower() != "null") or facts.get("serial", False)


class Constraint:
    """`kind` is the operation's, without "add_"; `valid` is false until NOT VALID is validated."""

    __slots__ = (
        "batch", "columns", "expression", "kind", "name", "on_delete", "references", "valid",
    )  # fmt: skip

    def __init__(self, name: Name, kind: str, facts: Any, batch: object) -> None:
        self.name = name
        self.kind = kind
        self.columns: tuple[Name, ...] = tuple(facts.get("columns", ()))
        self.expression: str = facts.get("expression", "")
        self.references: Name | None = facts.get("references")
        self.on_delete: str = facts.get("on_delete", "")
        self.valid = not facts.get("not_valid", False)
        self.batch = batch


class Index:
    __slots__ = ("batch", "columns", "facts", "name", "table", "unique")

    def __init__(self, name: Name, table: Name, facts: Any, batch: object) -> None:
        self.name = name
        self.table = table
        self.columns: tuple[Name, ...] = tuple(facts.get("columns", ()))
        self.unique: bool = facts.get("unique", False)
        self.facts = facts
        self.batch = batch


class Table:
    """`whole` where its CREATE TABLE was seen: only then a column that is not here does not exist."""

    __slots__ = ("batch", "columns", "constraints", "facts", "name", "partitioned", "temporary", "whole")

    def __init__(self, name: Name, batch: object, facts: Any, whole: bool) -> None:
        self.name = name
        self.batch = batch
        self.facts = facts
        self.columns: dict[Name, Column] = {}
        self.constraints: dict[Name, Constraint] = {}
        self.temporary: bool = facts.get("temporary", False)
        self.partitioned: bool = facts.get("partitioned", False)
        self.whole = whole


class Schema:
    """Names -> what they are. `batch` marks what the migration at hand makes."""

    def __init__(self) -> None:
        self.tables: dict[Name, Table] = {}
        self.indexes: dict[Name, Index] = {}
        self.types: dict[Name, list[str]] = {}
        self.type_batches: dict[Name, object] = {}
        self.varieties: dict[Name, str] = {}

    def apply(self, operation: Operation, batch: object) -> None:
        """What the operation changes; an operation inside a function's body changes nothing."""
        step = _STEPS.get(operation.kind)
        if step is not None:
            step(self, operation.facts, batch)

    def column(self, table: Name, column: Name) -> Column | None:
        known = self.tables.get(table)
        return known.columns.get(column) if known else None

    def table_of(self, name: Name, batch: object) -> Table:
        """The table, made known (not whole) where no CREATE TABLE was seen."""
        known = self.tables.get(name)
        if known is None:
            known = self.tables[name] = Table(name, None, {}, whole=False)
        return known


def _create_table(schema: Schema, facts: Any, batch: object) -> None:
    name = facts["table"]
    if name in schema.tables and schema.tables[name].whole and facts.get("if_not_exists"):
        return
    whole = not (facts.get("as_query") or facts.get("like") or facts.get("inherits") or facts.get("of_type") or facts.get("partition_of"))
    schema.tables[name] = Table(name, batch, facts, whole)


def _drop_table(schema: Schema, facts: Any, batch: object) -> None:
    schema.tables.pop(facts["table"], None)
    for name in [n for n, index in schema.indexes.items() if index.table == facts["table"]]:
        del schema.indexes[name]


def _rename_table(schema: Schema, facts: Any, batch: object) -> None:
    old, written = facts["table"], facts["new_name"]
    new = Name(written.name, written.schema or old.schema, written.sql)
    table = schema.tables.pop(old, None)
    if table is not None:
        table.name = new
        schema.tables[new] = table
    for index in schema.indexes.values():
        if index.table == old:
            index.table = new


def _add_column(schema: Schema, facts: Any, batch: object) -> None:
    table = schema.table_of(facts["table"], batch)
    if facts["column"] in table.columns and facts.get("if_not_exists"):
        return
    table.columns[facts["column"]] = Column(facts["column"], facts, batch)


def _drop_column(schema: Schema, facts: Any, batch: object) -> None:
    table = schema.tables.get(facts["table"])
    if table is None:
        return
    column = facts["column"]
    table.columns.pop(column, None)
    for name in [n for n, c in table.constraints.items() if column in c.columns]:
        del table.constraints[name]
    for name in [n for n, i in schema.indexes.items() if i.table == table.name and column in i.columns]:
        del schema.indexes[name]


def _rename_column(schema: Schema, facts: Any, batch: object) -> None:
    table = schema.tables.get(facts["table"])
    if table is None:
        return
    old, new = facts["column"], facts["new_name"]
    column = table.columns.pop(old, None)
    if column is not None:
        column.name = new
        table.columns[new] = column
    holders: Iterable[Any] = [*table.constraints.values(), *(i for i in schema.indexes.values() if i.table == table.name)]
    for holder in holders:
        holder.columns = tuple(new if name == old else name for name in holder.columns)


def _change_column(attribute: str, value: Callable[[Any], Any]) -> Callable[[Schema, Any, object], None]:
    def change(schema: Schema, facts: Any, batch: object) -> None:
        table = schema.table_of(facts["table"], batch)
        column = table.columns.get(facts["column"])
        if column is None and not table.whole:  # made before the folder begins
            column = table.columns[facts["column"]] = Column(facts["column"], {}, None)
        if column is not None:
            setattr(column, attribute, value(facts))

    return change


def _modify_column(schema: Schema, facts: Any, batch: object) -> None:
    name = facts.get("new_name") or facts["column"]
    column = schema.column(facts["table"], name)
    if column is not None:
        column.type, column.nullable = facts["type"], facts.get("nullable", True)
        column.default = facts.get("default", "")


def _add_constraint(schema: Schema, facts: Any, batch: object, kind: str) -> None:
    table = schema.table_of(facts["table"], batch)
    index = schema.indexes.pop(facts["using_index"], None) if facts.get("using_index") else None
    name = facts["constraint"]
    if not name.name:
        name = Name(f"({kind} {len(table.constraints)})")
    constraint = table.constraints[name] = Constraint(name, kind, facts, batch)
    if index is not None:
        constraint.columns = index.columns
    if kind == "primary_key":
        for column in constraint.columns:
            if column in table.columns:
                table.columns[column].nullable = False


def _adds(kind: str) -> Callable[[Schema, Any, object], None]:
    return lambda schema, facts, batch: _add_constraint(schema, facts, batch, kind)


def _validate(schema: Schema, facts: Any, batch: object) -> None:
    table = schema.tables.get(facts["table"])
    if table and facts["constraint"] in table.constraints:
        table.constraints[facts["constraint"]].valid = True


def _drop_constraint(schema: Schema, facts: Any, batch: object) -> None:
    table = schema.tables.get(facts["table"])
    if table:
        table.constraints.pop(facts["constraint"], None)


def _rename_constraint(schema: Schema, facts: Any, batch: object) -> None:
    table = schema.tables.get(facts["table"])
    constraint = table.constraints.pop(facts["constraint"], None) if table else None
    if table and constraint:
        constraint.name = facts["new_name"]
        table.constraints[constraint.name] = constraint


def _create_index(schema: Schema, facts: Any, batch: object) -> None:
    name = facts.get("index")
    if name is not None and name.name:
        schema.indexes.setdefault(name, Index(name, facts["table"], facts, batch))


def _drop_index(schema: Schema, facts: Any, batch: object) -> None:
    schema.indexes.pop(facts["index"], None)


def _rename_index(schema: Schema, facts: Any, batch: object) -> None:
    index = schema.indexes.pop(facts["index"], None)
    if index is not None:
        index.name = facts["new_name"]
        schema.indexes[index.name] = index


def _create_type(schema: Schema, facts: Any, batch: object) -> None:
    name = facts["type_name"]
    schema.types[name] = facts["values"].split("\n") if facts.get("values") else []
    schema.varieties[name] = facts["variety"]
    schema.type_batches[name] = batch


def _create_domain(schema: Schema, facts: Any, batch: object) -> None:
    constrained = facts.get("check") or not facts.get("nullable", True)
    schema.varieties[facts["type_name"]] = "constrained domain" if constrained else f"domain {facts['type']}"
    schema.type_batches[facts["type_name"]] = batch


def _drop_type(schema: Schema, facts: Any, batch: object) -> None:
    for known in (schema.types, schema.varieties, schema.type_batches):
        known.pop(facts["type_name"], None)  # type: ignore[attr-defined]


def _rename_type(schema: Schema, facts: Any, batch: object) -> None:
    old, written = facts["type_name"], facts["new_name"]
    new = Name(written.name, written.schema or old.schema, written.sql)
    for known in (schema.types, schema.varieties, schema.type_batches):
        if old in known:
            known[new] = known.pop(old)  # type: ignore[attr-defined]


def _add_enum_value(schema: Schema, facts: Any, batch: object) -> None:
    values = schema.types.get(facts["type_name"])
    if values is not None and facts["value"] not in values:
        values.append(facts["value"])


def _rename_enum_value(schema: Schema, facts: Any, batch: object) -> None:
    values = schema.types.get(facts["type_name"])
    if values and facts["value"] in values:
        values[values.index(facts["value"])] = facts["new_value"]


def _update(schema: Schema, facts: Any, batch: object) -> None:
    for column in facts.get("columns", ()):
        known = schema.column(facts["table"], column)
        if known is not None:
            known.filled = True


_STEPS: dict[str, Callable[[Schema, Any, object], None]] = {
    "create_table": _create_table, "drop_table": _drop_table, "rename_table": _rename_table,
    "add_column": _add_column, "drop_column": _drop_column, "rename_column": _rename_column,
    "alter_column_type": _change_column("type", lambda facts: facts["type"]),
    "set_not_null": _change_column("nullable", lambda facts: False),
    "drop_not_null": _change_column("nullable", lambda facts: True),
    "set_default": _change_column("default", lambda facts: facts["default"]),
    "drop_default": _change_column("default", lambda facts: ""),
    "modify_column": _modify_column,
    "add_primary_key": _adds("primary_key"), "add_unique": _adds("unique"), "add_check": _adds("check"),
    "add_foreign_key": _adds("foreign_key"), "add_exclusion": _adds("exclusion"),
    "add_not_null_constraint": _adds("not_null"),
    "validate_constraint": _validate, "drop_constraint": _drop_constraint,
    "rename_constraint": _rename_constraint, "create_index": _create_index, "drop_index": _drop_index,
    "rename_index": _rename_index, "create_type": _create_type, "create_domain": _create_domain,
    "drop_type": _drop_type, "drop_domain": _drop_type, "rename_type": _rename_type,
    "add_enum_value": _add_enum_value, "rename_enum_value": _rename_enum_value, "update": _update,
}  # fmt: skip
