"""After a rollback the folder decides: what still lies there, the next deploy applies again.

Prisma's too: a row that is rolled back is pending to it (measured on the real engine).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from migralint.runner.history import State


def taken_back(state: State) -> bool:
    """It was applied once and then rolled back, not only tried."""
    return state.state == "rolled back" and any(row.finished is not None for row in state.rows)


def still_there(states: Sequence[State]) -> list[State]:
    """Those that were rolled back and lie in the folder as they were."""
    return [state for state in states if state.comes_again]


def said(state: State, folder: str) -> str:
    """What became of the folder of a migration that is rolled back, in a sentence."""
    if state.local is None:
        return f"{state.name} is rolled back, and {folder} holds it no more."
    if not state.comes_again:
        return f"{state.name} is rolled back, and {folder} holds another migration in its place."
    return (
        f"{state.name} is rolled back, but {folder} still holds it as it was: "
        "the next deploy, Prisma's too, would apply it again."
    )


def advice(state: State) -> str:
    """What to type."""
    from migralint.history.paths import shell, unit

    if state.local is None:
        return ""
    place = shell(unit(state.local.migration.path))
    recursive = "-r " if place != shell(state.local.migration.path) else ""
    return (
        f"Withdraw it, `git rm {recursive}{place}`, or replace what it holds, "
        f"in every branch that is deployed; `migralint rollback --check {state.name}` looks again."
    )
