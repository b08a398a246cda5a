"""In which transaction an operation runs, what that transaction already holds, and its timeouts."""

from __future__ import annotations

from itertools import takewhile

from migralint.model import UNKNOWN
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from migralint.knowledge.timeline import View
    from migralint.model import Unknown

# They send statement by statement, so what follows a COMMIT of the file is in no transaction. Those
# that send the file as one query begin another one with the next statement, without a word.
_ONE_BY_ONE = frozenset(("drizzle", "flyway", "goose", "atlas"))
_EXECUTE = pattern(r"(?i)\bexecute\s+(?:function|procedure)\b")
_TIME = pattern(r"\s*'?\s*(\d{1,12}(?:\.\d{1,6})?)\s*(us|ms|s|min|h|d)?\s*'?\s*\Z")
_UNITS = {"us": 0.001, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000, "": 1}


def wrapped(view: View) -> bool | Unknown:
    """The runner opens a transaction, or sends the file as one query of several statements."""
    mode = view.migration.transaction
    if mode is UNKNOWN:
        return UNKNOWN
    return mode == "file" or (mode == "query" and view.timeline.statements > 1)


def transaction_mode(view: View) -> str:
    mode = view.migration.transaction
    return "unknown" if mode is UNKNOWN else str(mode)


def in_transaction(view: View) -> bool | Unknown:
    if view.explicit or view.fact("in_do"):
        return True
    return False if _left(view) else wrapped(view)


def _left(view: View) -> bool:
    """An earlier COMMIT or ROLLBACK of the file has ended the runner's transaction."""
    if view.migration.layout not in _ONE_BY_ONE:
        return False
    return any(not end.fact("in_routine") for end in view.earlier(("commit", "rollback")))


def atomic(view: View) -> bool | Unknown:
    """MySQL commits at every DDL statement, whatever the runner does."""
    if view.timeline.statements < 2:
        return True
    return False if view.migration.dialect == "mysql" else wrapped(view)


def _same_transaction(view: View, other: View) -> bool | Unknown:
    """Two operations of one statement always share one, explicit BEGINs decide, then the runner."""
    if view.operation.statement is other.operation.statement:
        return True
    if view.explicit or other.explicit:
        return view.transaction == other.transaction
    first, last = sorted((view, other), key=lambda one: one.index)
    for end in first.later(("commit", "rollback")):  # it ends the runner's transaction, too
        return wrapped(view) if end.index > last.index else False
    return wrapped(view)


def _any_shared(view: View, others: Iterable[View]) -> bool | Unknown:
    """Whether one of the others runs in the transaction of `view`."""
    found: bool | Unknown = False
    for answer in (_same_transaction(view, other) for other in others):
        if answer is True:
            return True
        found = UNKNOWN if answer is UNKNOWN else found
    return found


def after_blocking_lock(view: View) -> bool | Unknown:
    """Whether an earlier statement of the transaction locks an existing table against all."""
    holder = _lock_holders(view).get(_unit(view))
    if holder is None or holder.index > view.index:
        return False
    own = holder.operation.statement is view.operation.statement
    return False if own else _same_transaction(view, holder)


def _unit(view: View) -> int:
    """The number of the explicit transaction, 0 outside: only within one can a lock be shared."""
    return view.transaction if view.explicit else 0


def _lock_holders(view: View) -> dict[int, View]:
    """For each transaction of the file the first holder of such a lock; later ones add nothing."""
    timeline = view.timeline
    holders: dict[int, View] | None = timeline.cached.get("lock_holders")
    if holders is None:
        first: dict[int, View] = {}
        for other in timeline.views:
            if _unit(other) in first or other.fact("new_table") is True:
                continue
            if (
                other.fact("lock") == "ACCESS EXCLUSIVE"
                and other.fact("temporary_table") is not True
            ):
                first[_unit(other)] = other
        holders = timeline.cached["lock_holders"] = first
    return holders


def locks_another_table(view: View) -> bool | Unknown:
    """Whether an earlier statement of the transaction blocks writes on another existing table."""
    own = view.fact("table")
    blockers = _write_blockers(view).get(_unit(view), {})
    others = [h for table, h in blockers.items() if h.index < view.index and table != own]
    return _any_shared(view, others)


def _write_blockers(view: View) -> dict[int, dict[object, View]]:
    """For each transaction the first such statements on two tables: no more are needed."""
    timeline = view.timeline
    blockers: dict[int, dict[object, View]] | None = timeline.cached.get("write_blockers")
    if blockers is None:
        first: dict[int, dict[object, View]] = {}
        for other in timeline.views:
            seen = first.setdefault(_unit(other), {})
            table = other.fact("table")
            if (
                len(seen) > 1
                or table is UNKNOWN
                or table in seen
                or other.fact("new_table") is not False
            ):
                continue
            if other.fact("blocks_writes") is True:
                seen[table] = other
        blockers = timeline.cached["write_blockers"] = first
    return blockers


# They name values of types and use none.
_NAMES_VALUES = ("comment", "add_enum_value", "rename_enum_value", "create_type")


def used_value(view: View) -> bool | Unknown:
    """Whether the value that is added to the enum is used later in the same transaction."""
    from bisect import bisect_right

    value = view.fact("value")
    literal = "'" + value.replace("'", "''") + "'"
    own = view.operation.statement
    drops = view.later(("drop_type",), type_name=view.fact("type_name"))
    gone = next((drop.index for drop in drops), len(view.timeline.views))
    quoting = _quoting(view).get(value.partition("'")[0], [])
    start = bisect_right(quoting, view.index, key=_index)
    later = map(quoting.__getitem__, range(start, len(quoting)))
    users = (
        other
        for other in takewhile(lambda one: one.index < gone, later)
        if other.operation.statement is not own and literal in _evaluated(other)
    )
    return _any_shared(view, users)


def _index(view: View) -> int:
    return view.index


def _quoting(view: View) -> dict[str, list[View]]:
    """What stands between any two quotes of the file -> the operations that have it."""
    timeline = view.timeline
    found: dict[str, list[View]] | None = timeline.cached.get("quoting")
    if found is None:
        found = timeline.cached["quoting"] = {}
        users = (v for v in timeline.views if v.operation.kind not in _NAMES_VALUES)
        last = {v.operation.statement.start: v for v in users}  # the last one answers for all
        for other in last.values():
            for part in set(_evaluated(other).split("'")[1:-1]):
                found.setdefault(part, []).append(other)
    return found


def _evaluated(view: View) -> str:
    """The statement without what it only keeps: a trigger's arguments, which are strings, and the
    body of a routine, which is looked at when it is called, unless its language is SQL."""
    facts, text = view.operation.facts, view.operation.statement.text
    if view.operation.kind == "create_routine" and facts.get("language", "sql") != "sql":
        return text.replace(facts.get("body") or "\0", "")
    if view.operation.kind == "create_trigger":
        return _EXECUTE.split(text)[0]
    return text


def commit_follows(view: View) -> bool:
    return any(True for _ in view.later(("commit", "rollback")))


def lock_timeout(view: View) -> str:
    return str(view.fact("settings").get("lock_timeout", ""))


def lock_timeout_ms(view: View) -> int | Unknown:
    return milliseconds(lock_timeout(view) or "0")


def value_ms(view: View) -> int | Unknown:
    return milliseconds(view.fact("value"))


def milliseconds(text: str) -> int | Unknown:
    """What PostgreSQL makes of a time setting: 5s, '2 min', 5000."""
    match = _TIME.match(text)
    if match is None:
        return 0 if text.strip().lower() in ("default", "") else UNKNOWN
    return int(float(match.group(1)) * _UNITS[match.group(2) or ""])


DERIVE: dict[str, Callable[[View], Any]] = {
    "wrapped": wrapped,
    "transaction_mode": transaction_mode,
    "in_transaction": in_transaction,
    "explicit_transaction": lambda view: view.explicit,
    "atomic": atomic,
    "after_blocking_lock": after_blocking_lock,
    "locks_another_table": locks_another_table,
    "used_value": used_value,
    "commit_follows": commit_follows,
    "foreign_keys": lambda view: view.migration.foreign_keys,
    "lock_timeout": lock_timeout,
    "lock_timeout_ms": lock_timeout_ms,
    "value_ms": value_ms,
}
