"""Checks of the history against the folder: failed, edited, missing, late, pending."""

from __future__ import annotations

from migralint.amounts import counted
from migralint.preflight.check import failed, passed, warned
from migralint.runner import choosing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from migralint.preflight.asked import Asked
    from migralint.preflight.check import Check
    from migralint.runner.history import State

SHOWN = 10


def history(asked: Asked) -> Iterable[Check]:
    """What stands in the way of an apply, by the same rules as apply's own."""
    states, strict = asked.states, asked.target.environment.is_production
    found = [
        *_each(states, "failed", True, "failed", "`migralint resolve` says what became of it."),
        *_each(
            states, "edited", True, "edited since applied",
            "Put the file back as it was applied, and make a new migration.",
        ),
        *_each(
            states, "missing", strict, "applied, but missing from the folder",
            "Is this the deployed branch?",
        ),
        *_each(
            states, "late", strict, "earlier than what is applied already",
            "Give it a version that comes last.",
        ),
    ]  # fmt: skip
    if not asked.has_history:
        found += _none(asked)
    applied = sum(state.state == "applied" for state in states)
    return found or [
        passed("history", f"{counted(applied, 'migration')} applied, as in the folder")
    ]


def _none(asked: Asked) -> list[Check]:
    tables = asked.target.db.tables(asked.session)
    if not tables:
        return [passed("history", "the database is empty: there is no history yet")]
    return [
        failed(
            "history",
            f"there are tables ({', '.join(tables[:3])}) but no history of migrations",
            hint="`migralint resolve --applied-to VERSION` records what is there already.",
        )
    ]


_TESTS = {
    "failed": lambda state: state.state == "failed",
    "edited": lambda state: state.edited,
    "missing": lambda state: state.missing and state.state != "failed",
    "late": lambda state: state.late,
}


def _each(states: Sequence[State], kind: str, stops: bool, said: str, hint: str) -> Iterable[Check]:
    names = [state.name for state in states if _TESTS[kind](state)]
    if names:
        more = [f"... and {len(names) - SHOWN} more"] * (len(names) > SHOWN)
        text = f"{counted(len(names), 'migration')} {said}"
        make = failed if stops else warned
        yield make("history", text, (*names[:SHOWN], *more), hint)


def pending(asked: Asked) -> Iterable[Check]:
    if asked.problem:
        yield failed("pending", asked.problem)
        return
    names = [planned.name for planned in asked.planned]
    waiting = asked.plan.withheld if asked.plan else ()
    for text in choosing.said(asked.target, waiting):
        yield passed("pending", text)
    if not names:
        if not waiting:
            yield passed("pending", "nothing is pending")
        return
    without = [p for p in asked.planned if not p.mode.transaction and asked.dialect != "mysql"]
    said = counted(len(names), "pending migration")
    if asked.dialect == "mysql":
        hint = "A migration that fails half way stays half applied: MySQL commits each statement."
        yield warned("pending", said, names[:SHOWN], hint)
    elif without:
        lines = [f"{p.name} runs without a transaction: {p.mode.reason}" for p in without[:SHOWN]]
        hint = "One that fails half way without a transaction stays half applied."
        yield warned("pending", said, lines, hint)
    else:
        yield passed("pending", f"{said}, each in a transaction: {', '.join(names[:3])}"
                     f"{' ...' if len(names) > 3 else ''}")  # fmt: skip
