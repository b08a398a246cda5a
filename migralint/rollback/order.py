"""Which migration may be taken back: the newest applied one, or one that stands as failed."""

from __future__ import annotations

from migralint.model import MigralintError
from migralint.runner.resolve import close_to

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from migralint.runner.history import Row, State

OUT_OF_ORDER = "out-of-order"


def choose(
    states: Sequence[State], rows: Sequence[Row], name: str, allowed: Sequence[str] = ()
) -> tuple[State, list[str]]:
    """(the migration, what the person should know). MigralintError with status 5 says why not."""
    state = _named(states, name)
    if state.state in ("pending", "rolled back"):
        done = state.state == "rolled back"
        raise MigralintError(
            f"{state.name} is {'rolled back already' if done else 'not applied'}",
            hint=f"`migralint rollback --check {state.name}` tells whether its folder is withdrawn."
            if done
            else "`migralint status` lists what is applied.",
        )
    if state.repeatable:
        raise MigralintError(
            f"{state.name} is applied again whenever it changes",
            hint="Put its file back to what it was; `migralint apply` does the rest.",
        )
    _refuse_failed(states, state)
    notes = []
    later = _later(states, rows, state)
    if later:
        shown = ", ".join(later[:3]) + (f" and {len(later) - 3} more" if len(later) > 3 else "")
        if OUT_OF_ORDER not in allowed:
            raise MigralintError(
                f"{state.name} is not the newest: {shown} came after it and may build on it",
                hint=f"First `migralint rollback {later[0]}`; "
                f"or, where nothing of them does, --allow {OUT_OF_ORDER}.",
                status=5,
            )
        notes.append(f"out of order: {shown} came after it and stay")
    if state.edited:
        notes.append(f"{state.name} was edited since it was applied: does the script undo it still")
    if state.local is None:
        notes.append(f"{state.name} is not in the folder")
    return state, notes


def _named(states: Sequence[State], name: str) -> State:
    name = name.rstrip("/").rpartition("/")[2]
    found = [s for s in states if s.name == name]
    found = found or [s for s in states if s.local and s.local.migration.version == name]
    if len(found) != 1:
        what = f"several migrations are {name}" if found else f"there is no migration {name}"
        raise MigralintError(what, hint=close_to(name, [s.name for s in states]))
    return found[0]


def _refuse_failed(states: Sequence[State], state: State) -> None:
    others = [s.name for s in states if s.state == "failed" and s is not state]
    if others:
        raise MigralintError(
            f"{others[0]} stands as failed, so it is not known what is in the database",
            hint=f"Say first what became of it: `migralint resolve --rolled-back {others[0]}`, "
            "or --applied.",
            status=5,
        )


def _later(states: Sequence[State], rows: Sequence[Row], state: State) -> list[str]:
    """What is applied and comes after it in the folder, or came after it in time; last first."""
    begun = {row.name: number for number, row in enumerate(rows) if row.rolled_back is None}
    order = {s.name: number for number, s in enumerate(states) if s.local}
    found = [
        s.name
        for s in states
        if s.state == "applied"
        and s is not state
        and (
            begun[s.name] > begun[state.name]
            or order.get(s.name, -1) > order.get(state.name, len(order))
        )
    ]
    return sorted(found, key=lambda name: begun[name], reverse=True)
