"""The schema that the migrations so far have made, from their operations alone.

A replay: `apply` takes one operation after the other. What the operations do not say (a table that
an earlier migration outside the folder made, dynamic SQL) is simply not in here, and a fact that
needs it is UNKNOWN.
"""

from __future__ import annotations

from migralint.knowledge.schema import columns, constraints
from migralint.knowledge.schema.objects import Column, Constraint, Index, OwnType, Table, View
from migralint.knowledge.schema.state import State
from migralint.light import later

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from migralint.knowledge.schema import indexes, others, partitions, tables
    from migralint.model import Name, Operation

    Step = Callable[[State, Mapping[str, Any], object], None]
else:
    indexes = later("migralint.knowledge.schema.indexes")
    others = later("migralint.knowledge.schema.others")
    partitions = later("migralint.knowledge.schema.partitions")
    tables = later("migralint.knowledge.schema.tables")

__all__ = ["Column", "Constraint", "Index", "OwnType", "Schema", "Table", "View"]


class Schema(State):
    """Names -> what they are. `batch` marks what the migration at hand makes."""

    def apply(self, operation: Operation, batch: object) -> None:
        """What the operation changes; an operation inside a function's body changes nothing."""
        if batch != self.batch:
            self.begin(batch)
        kind, facts = operation.kind, operation.facts
        table = facts.get("table")
        known = self.tables.get(table) if table is not None else None
        if known is not None and known.batch != batch and batch != self.proven:
            self.proven, self.proofs = batch, self.proofs + 1
        if table is not None and known is None:
            if facts.get("if_table_exists") and not self.has_relation(table):
                return
            self._is_unknown(table, kind, facts)
        step = _STEPS.get(kind)
        statement = operation.statement
        if step is None or (statement is self.skipped[0] and self.skips(operation)):
            return
        self.statement = statement
        step(self, facts, batch)
        if known is not None and known.children:  # what is passed down is done to a known table
            if kind in _PASSED_DOWN:
                self._pass_down(step, known, facts, batch)
            elif kind in _HANDED_DOWN and not facts.get("only"):
                partitions.hand_down(self, known, kind, batch)

    def _pass_down(self, step: Step, table: Table, facts: Mapping[str, Any], batch: object) -> None:
        for child in partitions.below(table):
            step(self, {**facts, "table": child.name}, batch)

    def begin(self, batch: object) -> None:
        """The next migration, if it is another; the last one's temporary tables end with it."""
        if batch == self.batch:
            return
        for table in self.temporary:
            if self.tables.get(table.name) is table:
                tables.forget_table(self, table)
        self.temporary = []
        self.batch = batch
        self.number += 1
        self.numbers.setdefault(batch, self.number)

    def skips(self, operation: Operation) -> bool:
        """Whether the operation is a part of a statement whose IF NOT EXISTS found something."""
        statement, column = self.skipped
        if operation.statement is not statement or not operation.facts.get("inline"):
            return False
        return column is None or column in operation.facts.get("columns", ())

    def _is_unknown(self, table: Name, kind: str, facts: Mapping[str, Any]) -> None:
        """Something is done with a table that no migration made: they are not all here."""
        if (
            kind == "create_table"
            or not table.name
            or facts.get("if_exists")
            or facts.get("guarded")
        ):
            return
        if "{{" in table.name:
            if kind not in ("select", "insert", "update", "delete"):
                self.gap("the name of a table is not known")
        elif not self.has_relation(table) and table not in self.doubtful:
            self.open_schemas.add(table.schema)


# What PostgreSQL does to the children of a table as well, partitions or heirs.
_PASSED_DOWN = frozenset(
    (
        *("add_column", "drop_column", "rename_column", "alter_column_type", "set_not_null"),
        *("drop_not_null", "set_default", "drop_default", "set_expression", "drop_expression"),
    )
)
# What it makes on them too, under names of their own.
_HANDED_DOWN = frozenset(
    [
        "add_primary_key",
        "add_unique",
        "add_check",
        "add_foreign_key",
        "add_exclusion",
        "create_index",
    ]
)
_STEPS: dict[str, Step] = {
    "create_table": tables.create_table, "drop_table": tables.drop_table,
    "rename_table": tables.rename_table, "set_schema": tables.set_schema,
    "add_column": columns.add_column, "drop_column": columns.drop_column,
    "rename_column": columns.rename_column, "alter_column_type": columns.alter_type,
    "set_not_null": columns.change_column("nullable", lambda facts: False),
    "drop_not_null": columns.change_column("nullable", lambda facts: True),
    "set_default": columns.change_column("default", lambda facts: facts["default"]),
    "drop_default": columns.change_column("default", lambda facts: ""),
    "add_identity": columns.change_column("generated", lambda facts: "identity"),
    "drop_identity": columns.change_column("generated", lambda facts: ""),
    "drop_expression": columns.change_column("generated", lambda facts: ""),
    "modify_column": columns.modify_column, "update": columns.update,
    "attach_partition": partitions.attach_partition,
    "detach_partition": partitions.detach_partition,
    "set_inheritance": partitions.set_inheritance,
    "add_primary_key": constraints.adds("primary_key"), "add_unique": constraints.adds("unique"),
    "add_check": constraints.adds("check"), "add_foreign_key": constraints.adds("foreign_key"),
    "add_exclusion": constraints.adds("exclusion"),
    "add_not_null_constraint": constraints.adds("not_null"),
    "validate_constraint": constraints.validate, "drop_constraint": constraints.drop_constraint,
    "rename_constraint": constraints.rename_constraint,
    "create_index": indexes.create_index, "drop_index": indexes.drop_index,
    "rename_index": indexes.rename_index,
    "create_type": others.create_type, "create_domain": others.create_domain,
    "add_domain_constraint": others.constrain_domain,
    "set_domain_not_null": others.constrain_domain,
    "alter_domain": others.alter_domain,
    "drop_type": others.drop_type, "drop_domain": others.drop_type,
    "rename_type": others.rename_type,
    "add_enum_value": others.add_enum_value, "rename_enum_value": others.rename_enum_value,
    "create_view": others.create_view, "drop_view": others.drop_view,
    "alter_view": others.alter_view, "set_engine": others.set_engine,
    "create_sequence": others.create_sequence, "drop_sequence": others.drop_sequence,
    "alter_sequence": others.alter_sequence,
    "create_policy": others.create_policy, "drop_policy": others.drop_policy,
    "row_security": others.row_security, "create_trigger": others.create_trigger,
    "drop_trigger": others.drop_trigger,
    "enable_trigger": lambda s, f, b: others.switch_trigger(s, f, b, True),
    "disable_trigger": lambda s, f, b: others.switch_trigger(s, f, b, False),
    "drop_schema": others.drop_schema, "rename_schema": others.rename_schema,
    "set": others.set_parameter, "create_routine": others.create_routine,
    "select": others.called, "call": others.called,
    "dynamic_sql": others.unread, "unparsed": others.unread, "drop_owned": others.unread,
}  # fmt: skip
