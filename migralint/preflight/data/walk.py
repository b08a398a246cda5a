"""What each pending operation does to the tables as far as the data questions are concerned."""

from __future__ import annotations

from itertools import groupby

from migralint.knowledge.type_changes import narrowing
from migralint.model import UNKNOWN, Name
from migralint.preflight.data import writes
from migralint.preflight.data.standing import Moment, Standing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from migralint.model import Operation

# Functions that a dump or a tool calls and that change no row of a table.
HARMLESS = frozenset((
    "set_config", "setval", "currval", "now", "current_setting", "to_regclass", "pg_notify",
    "pg_advisory_lock", "pg_advisory_xact_lock", "version",
))  # fmt: skip
_OPAQUE = ("call", "dynamic_sql", "unparsed", "merge")


def step(moment: Moment, operation: Operation, place: str) -> None:
    """Go behind the operation; `place` says where it stands, for messages."""
    facts, kind = operation.facts, operation.kind
    if facts.get("in_routine"):
        return
    if kind in _OPAQUE or (kind == "select" and not _is_harmless(str(facts.get("functions", "")))):
        moment.anywhere = moment.anywhere or place
        return
    if kind == "do_block":
        writes.block(moment, str(facts.get("body") or ""), place)
        return
    follow = _STEPS.get(kind)
    if follow is None:
        return
    if facts.get("in_do") and kind in _ALTERING:
        # whether the block gets there is not known
        moment.table(facts["table"]).touch(place, _named(facts))
        if kind == "add_column" and facts["column"] in moment.table(facts["table"]).columns:
            return
    follow(moment, operation, facts, place)


def _named(facts: Mapping[str, Any]) -> tuple[Name, ...]:
    return tuple(facts[name] for name in ("column", "new_name") if name in facts)


def _is_harmless(functions: str) -> bool:
    from migralint.knowledge.volatility import is_volatile

    return all(
        name.rpartition(".")[2] in HARMLESS or is_volatile(f"{name}()") is False
        for name in functions.split()
    )


def _create_table(moment: Moment, operation: Operation, facts: Any, place: str) -> None:
    known = moment.tables.get(facts["table"])
    if facts.get("if_not_exists") and known is not None and known.columns:
        return
    made = moment.tables[facts["table"]] = Standing("")
    if facts.get("as_query"):
        made.touch(place)


def _drop_table(moment: Moment, operation: Operation, facts: Any, place: str) -> None:
    moment.tables.pop(facts["table"], None)


def _rename_table(moment: Moment, operation: Operation, facts: Any, place: str) -> None:
    old, new = facts["table"], facts["new_name"]
    known = moment.tables.pop(old, None) or Standing(old.sql)
    moment.tables[Name(new.name, old.schema, new.sql)] = known


def _add_column(moment: Moment, operation: Operation, facts: Any, place: str) -> None:
    """Its value today: NULL, or a default that is the same for all rows."""
    standing, column = moment.table(facts["table"]), facts["column"]
    if facts.get("if_not_exists") and column in standing.columns:
        return
    standing.columns[column] = _first_value(moment, facts)
    standing.types[column] = facts.get("type", "")
    standing.changed = True
    if _is_distinct(facts):
        standing.distinct.add(column)
    if not facts.get("nullable", True):
        standing.required.add(column)


def _first_value(moment: Moment, facts: Any) -> str | None:
    if any(facts.get(name) for name in ("serial", "identity", "auto_increment")):
        return None
    if facts.get("generated"):
        expression = str(facts.get("expression") or "")
        return f"({expression})" if expression else None
    default = str(facts.get("default") or "")
    if not default or default.lower() == "null":
        return "NULL" if moment.dialect != "postgres" else _cast(moment, "NULL", facts)
    from migralint.knowledge.volatility import is_volatile

    if facts.get("default") is UNKNOWN or is_volatile(default) is not False:
        return None
    return _cast(moment, f"({default})", facts)


def _is_distinct(facts: Any) -> bool:
    """Each row gets a value of its own."""
    if any(facts.get(name) for name in ("serial", "identity", "auto_increment")):
        return True
    default = str(facts.get("default") or "").lower()
    return default.startswith(("gen_random_uuid", "uuid_generate_v", "nextval", "uuidv7"))


def _cast(moment: Moment, value: str, facts: Any) -> str:
    """With its type, where that is there today."""
    type_text = str(facts.get("type", ""))
    if moment.dialect != "postgres" or not type_text:
        return value
    from migralint.knowledge import types

    read = types.read(type_text)
    return f"{value}::{type_text}" if read is not UNKNOWN and read.builtin else value


def _drop_column(moment: Moment, operation: Operation, facts: Any, place: str) -> None:
    standing = moment.table(facts["table"])
    if standing.columns.pop(facts["column"], None) is not None:
        standing.changed = True
    standing.key = () if facts["column"] in standing.key else standing.key


def _rename_column(moment: Moment, operation: Operation, facts: Any, place: str) -> None:
    standing, old, new = moment.table(facts["table"]), facts["column"], facts["new_name"]
    standing.changed = True
    standing.columns[new] = standing.columns.pop(old, old.sql)
    standing.types[new] = standing.types.pop(old, "")
    standing.key = tuple(new if column == old else column for column in standing.key)
    if old in standing.required:
        standing.required.add(new)


def _change_type(moment: Moment, operation: Operation, facts: Any, place: str) -> None:
    """NULL stays NULL; without USING a value stays what it was, unless the type is narrower."""
    standing, column = moment.table(facts["table"]), facts["column"]
    old, new = standing.types.get(column, ""), str(facts.get("type", ""))
    if moment.enum(new) is None and narrowing(old, new, moment.dialect) is not False:
        standing.recast[column] = place
    from migralint.preflight.data.types import only_casts

    if facts.get("using") and not only_casts(facts["using"], column):
        standing.touch(place, (column,))
    standing.types[column] = facts.get("type", "")


def _modify(moment: Moment, operation: Operation, facts: Any, place: str) -> None:
    if (
        facts["new_name"] != facts["column"]
        and facts["column"] in moment.table(facts["table"]).columns
    ):
        _rename_column(moment, operation, facts, place)
    standing, column = moment.table(facts["table"]), facts["new_name"]
    standing.types[column] = facts.get("type", "")
    if not facts.get("nullable", True):
        standing.required.add(column)


def _set_not_null(moment: Moment, operation: Operation, facts: Any, place: str) -> None:
    moment.table(facts["table"]).required.add(facts["column"])


def _drop_not_null(moment: Moment, operation: Operation, facts: Any, place: str) -> None:
    moment.table(facts["table"]).required.discard(facts["column"])


def _constraint(moment: Moment, operation: Operation, facts: Any, place: str) -> None:
    """One that is not checked now will be by VALIDATE CONSTRAINT."""
    name, standing = facts.get("constraint"), moment.table(facts["table"])
    if operation.kind == "add_primary_key" and facts.get("columns"):
        standing.key = standing.key or tuple(facts["columns"])
    if name is None or not name.name:
        return
    standing.constraints.add(name.name)
    if facts.get("not_valid"):
        moment.not_valid[facts["table"], name.name] = operation


def _drop_constraint(moment: Moment, operation: Operation, facts: Any, place: str) -> None:
    standing, name = moment.table(facts["table"]), facts["constraint"].name
    standing.constraints.discard(name)
    held = standing.references.pop(name, None)
    if held is not None:
        standing.released[held] = (standing.changes, moment.table(held[1]).changes)


def _index(moment: Moment, operation: Operation, facts: Any, place: str) -> None:
    if facts["index"].name:
        moment.table(facts["table"]).indexes[facts["index"].name] = facts["columns"]


def _drop_index(moment: Moment, operation: Operation, facts: Any, place: str) -> None:
    for standing in moment.tables.values():
        standing.indexes.pop(facts["index"].name, None)


def _create_type(moment: Moment, operation: Operation, facts: Any, place: str) -> None:
    if facts.get("variety") == "enum" and facts.get("values") is not UNKNOWN:
        values = str(facts.get("values", ""))
        moment.enums[facts["type_name"]] = values.split("\n") if values else []


def _rename_type(moment: Moment, operation: Operation, facts: Any, place: str) -> None:
    """The columns of the type follow its new name."""
    old, new = facts["type_name"], facts["new_name"]
    if old not in moment.enums:
        return
    named = Name(new.name, old.schema, new.sql)
    moment.enums[named] = moment.enums.pop(old)
    for standing in moment.tables.values():
        for column, text in standing.types.items():
            if text.replace("[]", "").strip('"') == old.name:
                standing.types[column] = text.replace(old.name, new.name)


def _add_enum_value(moment: Moment, operation: Operation, facts: Any, place: str) -> None:
    moment.enums.get(facts["type_name"], []).append(facts["value"])


def _rename_enum_value(moment: Moment, operation: Operation, facts: Any, place: str) -> None:
    moment.enums.pop(facts["type_name"], None)


# PostgreSQL carries out the actions of one ALTER TABLE in this order, however they are written:
# AlterTablePass in src/backend/commands/tablecmds.c.
_PASSES = (
    ("drop_column", "drop_constraint", "drop_not_null", "drop_default"),
    ("alter_column_type",),
    ("add_column",),
    ("set_not_null", "set_default", "set_expression", "add_identity"),
    ("add_primary_key", "add_unique", "add_exclusion"),
    ("add_check", "add_foreign_key", "validate_constraint"),
)
_PASS = {kind: number for number, kinds in enumerate(_PASSES) for kind in kinds}


def ordered(operations: Iterable[Operation], dialect: str) -> Iterator[Operation]:
    """The operations as the server carries them out."""
    for _, group in groupby(operations, key=lambda operation: operation.statement.start):
        actions = list(group)
        if dialect == "postgres" and all(operation.kind in _PASS for operation in actions):
            actions.sort(key=lambda operation: _PASS[operation.kind])
        yield from actions


_ALTERING = ("add_column", "drop_column", "rename_column", "alter_column_type", "modify_column")
_STEPS: dict[str, Callable[[Moment, Operation, Any, str], None]] = {
    "create_table": _create_table, "drop_table": _drop_table, "rename_table": _rename_table,
    "add_column": _add_column, "drop_column": _drop_column, "rename_column": _rename_column,
    "alter_column_type": _change_type, "modify_column": _modify,
    "update": writes.update, "insert": writes.insert, "copy": writes.copy,
    "delete": writes.remove, "truncate": writes.remove,
    "set_not_null": _set_not_null, "drop_not_null": _drop_not_null,
    "add_check": _constraint, "add_foreign_key": _constraint, "add_unique": _constraint,
    "add_primary_key": _constraint, "add_exclusion": _constraint,
    "drop_constraint": _drop_constraint, "create_index": _index, "drop_index": _drop_index,
    "create_type": _create_type, "rename_type": _rename_type,
    "add_enum_value": _add_enum_value, "rename_enum_value": _rename_enum_value,
}  # fmt: skip
