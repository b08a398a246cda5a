"""Which rows of today would make a pending statement fail: one question each, as a query.

`ASK` maps an operation's kind to the function that asks. It answers with questions, with the reason
why a query of today cannot decide it, or with nothing where the data does not matter.
"""

from __future__ import annotations

from migralint.model import UNKNOWN, Name
from migralint.preflight.data import keys, partitions, types
from migralint.preflight.data.question import Question, Undecided, qualified

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from migralint.model import Operation
    from migralint.preflight.data.standing import Moment, Standing

    Answer = Question | Undecided
    Ask = Callable[[Moment, Operation], Iterable[Answer]]

__all__ = ["ASK", "Question", "Undecided", "ask"]


def ask(moment: Moment, operation: Operation) -> list[Answer]:
    """What has to be asked before the operation, while `moment` stands in front of it."""
    facts = operation.facts
    asks = ASK.get(operation.kind)
    if facts.get("in_routine"):
        return []
    if operation.kind in ("add_domain_constraint", "set_domain_not_null"):
        return list(_domain(moment, operation))
    table = facts.get("table")
    if asks is None or table is None or not table.name or "{{" in table.name:
        return []
    if moment.table(table).is_empty and operation.kind not in (
        "attach_partition",
        "create_table",
        "insert",
    ):
        return []
    return list(asks(moment, operation))


def _not_null(moment: Moment, operation: Operation) -> Iterable[Answer]:
    table, column = operation.facts["table"], operation.facts["column"]
    return _filled(moment, table, column, f"making {table}.{column} NOT NULL")


def _filled(moment: Moment, table: Name, column: Name, said: str) -> Iterable[Answer]:
    standing = moment.table(table)
    if column in standing.required or standing.untold((column,)):
        return
    if standing.filled.get(column) == standing.written(column) and not moment.anywhere:
        return
    where = f"{qualified(table, column, moment.dialect)} IS NULL"
    yield Question(said, "NULL in it", table, (column,), where, "23502")


def _modified(moment: Moment, operation: Operation) -> Iterable[Answer]:
    """MySQL's MODIFY and CHANGE: NOT NULL and the type come with one definition."""
    facts = operation.facts
    table, column = facts["table"], types.column_of(moment, operation)
    if facts.get("nullable") is False:
        yield from _filled(moment, table, column, f"making {table}.{column} NOT NULL")
    yield from types.ask(moment, operation)


def _added_column(moment: Moment, operation: Operation) -> Iterable[Answer]:
    facts = operation.facts
    table, column, standing = facts["table"], facts["column"], moment.table(facts["table"])
    if facts.get("nullable", True) is not False or facts.get("inline"):
        return
    if facts.get("if_not_exists") and column in standing.columns:
        return
    if moment.dialect == "mysql":  # it gives each type a first value of its own
        return
    has_value = ("has_default", "serial", "identity", "auto_increment")
    if any(facts.get(name) for name in has_value):
        return
    said = f"adding the required column {table}.{column}"
    if facts.get("generated"):
        yield from _generated(moment, table, str(facts.get("expression") or ""), said)
        return
    yield Question(f"{said} without a default", "no value for it", table, (), "", "23502")


def _generated(moment: Moment, table: Name, expression: str, said: str) -> Iterable[Answer]:
    if expression:
        used = keys.mentioned(moment.table(table), expression)
        yield Question(said, "NULL in it", table, used, f"({expression}) IS NULL", "23502")


def _domain(moment: Moment, operation: Operation) -> Iterable[Answer]:
    if not operation.facts.get("not_valid"):
        name = operation.facts["type_name"]
        why = f"the server checks every column of the domain {name}"
        yield Undecided(f"the change of {name}", why)


def _unique(moment: Moment, operation: Operation) -> Iterable[Answer]:
    facts = operation.facts
    standing = moment.table(facts["table"])
    if operation.kind == "create_index":
        if _is_there(standing, facts):
            return
        yield from keys.computed(moment, operation)
        if not facts.get("unique"):
            return
    if _using(facts) or facts.get("not_enforced") or _has(moment, facts):
        return
    yield from keys.duplicates(moment, operation)


def _using(facts: Any) -> bool:
    """USING INDEX: the index has decided."""
    return bool(facts.get("using_index") and facts["using_index"].name)


def _is_there(standing: Standing, facts: Any) -> bool:
    found = facts["index"].name in standing.indexes
    return bool(found and (facts.get("if_not_exists") or facts.get("guarded")))


def _primary_key(moment: Moment, operation: Operation) -> Iterable[Answer]:
    facts = operation.facts
    columns = facts.get("columns") or ()
    if _using(facts):
        columns = moment.table(facts["table"]).indexes.get(facts["using_index"].name, ())
    if columns is UNKNOWN or moment.dialect == "sqlite":
        return
    for column in columns:
        said = f"the primary key of {facts['table']}"
        yield from _filled(moment, facts["table"], column, said)
    if not _using(facts) and columns:
        yield from keys.duplicates(moment, operation)


def _check(moment: Moment, operation: Operation) -> Iterable[Answer]:
    facts = operation.facts
    if facts.get("not_valid") or facts.get("not_enforced") or _has(moment, facts):
        return
    yield from _checked(moment, operation)


def _has(moment: Moment, facts: Any) -> bool:
    """A block that asks first, or handles the duplicate, finds the constraint there."""
    name = facts.get("constraint")
    known = moment.table(facts["table"]).constraints
    return bool(facts.get("guarded") and name is not None and name.name in known)


def _checked(moment: Moment, operation: Operation) -> Iterable[Answer]:
    facts = operation.facts
    table, expression = facts["table"], facts.get("expression")
    said = f"the check {_named(facts)}on {table}"
    if not expression or expression is UNKNOWN:
        yield Undecided(said, "its condition could not be read")
        return
    used = keys.mentioned(moment.table(table), expression)
    yield Question(said, "against it", table, used, f"NOT ({expression})", "23514")


def _named(facts: Any) -> str:
    name = facts.get("constraint")
    return f"{name} " if name is not None and name.name else ""


def _foreign_key(moment: Moment, operation: Operation) -> Iterable[Answer]:
    facts = operation.facts
    if facts.get("not_valid") or facts.get("not_enforced") or _has(moment, facts):
        return
    yield from keys.orphans(moment, operation)


def _validated(moment: Moment, operation: Operation) -> Iterable[Answer]:
    facts = operation.facts
    table, name = facts["table"], facts["constraint"]
    made = moment.not_valid.get((table, name.name))
    if made is None:
        if name.name not in moment.table(table).constraints:
            yield Undecided(f"VALIDATE CONSTRAINT {name}", "the constraint was not found")
        return
    yield from (_checked if made.kind == "add_check" else keys.orphans)(moment, made)


def _constrained_not_null(moment: Moment, operation: Operation) -> Iterable[Answer]:
    facts = operation.facts
    if not facts.get("not_valid"):
        table, column = facts["table"], facts["column"]
        yield from _filled(moment, table, column, f"making {table}.{column} NOT NULL")


def _inserted(moment: Moment, operation: Operation) -> Iterable[Answer]:
    """Into a new table from others: what it requires and they may lack."""
    from migralint.preflight.data.rebuild import rows_of

    facts = operation.facts
    table, standing = facts["table"], moment.table(facts["table"])
    rows = rows_of(moment, operation) if standing.is_empty else None
    if rows is None:
        return
    for column in facts["columns"]:
        if column in standing.required and column not in standing.key:
            where = f"{column.sql} IS NULL"
            said = f"the copy into {table}, where {column} is required"
            yield Question(said, "NULL in it", table, (column,), where, "23502", f"{rows} AS made")


ASK: dict[str, Ask] = {
    "set_not_null": _not_null, "add_column": _added_column, "modify_column": _modified,
    "alter_column_type": types.ask,
    "add_unique": _unique, "create_index": _unique, "add_primary_key": _primary_key,
    "add_check": _check, "add_foreign_key": _foreign_key, "add_exclusion": keys.excluded,
    "validate_constraint": _validated, "add_not_null_constraint": _constrained_not_null,
    "attach_partition": partitions.attached, "create_table": partitions.made,
    "insert": _inserted,
}  # fmt: skip
