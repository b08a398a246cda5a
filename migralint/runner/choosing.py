"""Which of the pending migrations are applied: all, or those up to a version; some wait.

    -- migralint: withhold (no running code may need what this takes away)

So the last step of expand and contract is marked. Applied together with the steps before it, it
would break the code that still runs. In staging and in production it is passed by, and later ones
go ahead, until `--only-to` names it (or the last of several in a row). A development or test
database has no such code, and neither has one in which nothing is applied yet: there it is a
migration like any other. Other tools do not know the mark.
"""

from __future__ import annotations

import re

from migralint.model import MigralintError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from migralint.runner.history import State
    from migralint.runner.target import Target

PENDING = ("pending", "rolled back")
RUNNING = ("staging", "production")
WITHHOLD = "-- migralint: withhold (no running code may need what this takes away)\n"
# A line of its own. Inside a string it would hold the migration back too, which is seen at once.
_MARK = re.compile(r"(?m)^[ \t]{0,80}--[ \t]{0,80}migralint:[ \t]{0,80}withhold\b")


def chosen(
    target: Target, states: Sequence[State], only_to: str
) -> tuple[list[State], tuple[str, ...]]:
    """The pending ones to apply, in order, and the names of those that wait."""
    pending = up_to(states, only_to)
    waiting = withheld(target, states, _named(states, only_to) if only_to else "")
    return [state for state in pending if state.name not in waiting], waiting


def up_to(states: Sequence[State], version: str) -> list[State]:
    """The pending ones, in order, to this version or name and not beyond."""
    pending = [s for s in states if s.local and s.state in PENDING]
    if not version:
        return pending
    order = [s.name for s in states if s.local]
    last = order.index(_named(states, version))
    return [s for s in pending if order.index(s.name) <= last]


def _named(states: Sequence[State], version: str) -> str:
    names = [s.name for s in states if s.local and version in (s.name, s.local.migration.version)]
    names = names or [s.name for s in states if s.local and _digits(s.name) == version]
    if len(names) != 1:
        which = f"several migrations are {version}" if names else f"there is no migration {version}"
        raise MigralintError(which, hint="--only-to takes the version or the whole name.")
    return names[0]


def _digits(name: str) -> str:
    found = re.match(r"\d+", name)
    return found[0] if found else ""


def is_marked(state: State) -> bool:
    return state.local is not None and _MARK.search(state.local.migration.text) is not None


def withheld(target: Target, states: Sequence[State], named: str = "") -> tuple[str, ...]:
    """The names of the pending ones that wait, without what is let go by naming one."""
    if target.environment.name not in RUNNING or all(s.state != "applied" for s in states):
        return ()
    free = _released(states, named)
    waiting = (s.name for s in states if s.state in PENDING and is_marked(s))
    return tuple(name for name in waiting if name not in free)


def _released(states: Sequence[State], named: str) -> set[str]:
    """A marked one, with the marked ones right before it: they are steps of one change."""
    found: set[str] = set()
    for state in reversed(states):
        if state.name != named and not found:
            continue
        if not is_marked(state):
            break
        found.add(state.name)
    return found


def said(target: Target, names: Sequence[str]) -> list[str]:
    """A sentence for the person, none where nothing waits."""
    if not names:
        return []
    other = "`prisma migrate deploy`" if target.layout == "prisma" else "another tool"
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    name = names[0] if len(names) == 1 else "NAME"
    return [
        f"withheld until it is named: {shown}. Once no running code needs what it takes away, "
        f"`--only-to {name}` applies it; {other} would not wait"
    ]
