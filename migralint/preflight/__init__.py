"""Everything that can be known before an apply, without writing anything.

Each check is a function of one shape in CHECKS. What a check cannot find out it says as a warning;
what does not concern the database at hand is not said at all.
"""

from __future__ import annotations

from migralint.preflight import (
    activity,
    activity_mysql,
    backups,
    data,
    leftovers,
    records,
    replication,
    rights,
    server,
    space,
    work,
)
from migralint.preflight.asked import Asked, Options
from migralint.preflight.check import Check, warned, worst
from migralint.runner import history
from migralint.runner.databases import ServerError, unreachable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from migralint.runner.databases import Session
    from migralint.runner.plan import Plan
    from migralint.runner.target import Target

__all__ = ["CHECKS", "Check", "Options", "preflight", "worst"]


def _data(asked: Asked) -> Iterable[Check]:
    limit = asked.options.data_timeout
    if not asked.planned:
        return ()
    if not limit:
        return (warned("data", "the data was not asked (--no-data)"),)
    pending = [
        (planned.path, [o for step in planned.mode.steps for o in step.operations])
        for planned in asked.planned
    ]
    return data.check(asked.target.db, asked.session, pending, limit)


CHECKS: tuple[tuple[str, Callable[[Asked], Iterable[Check]]], ...] = (
    ("database URL", server.url),
    ("reachable", server.reachable),
    ("server version", server.version),
    ("environment", server.environment),
    ("primary", server.primary),
    ("connections", server.connections),
    ("lock_timeout", server.timeouts),
    ("history", records.history),
    ("pending", records.pending),
    ("rights", rights.rights),
    ("lint", work.findings),
    ("destructive", work.destruction),
    ("locks", work.locks),
    ("data", _data),
    ("disk space", space.disk),
    ("activity", activity.activity),
    ("activity", activity_mysql.activity),
    ("replication", replication.replication),
    ("leftovers", leftovers.leftovers),
    ("backup", backups.backup),
)


def preflight(
    target: Target,
    session: Session,
    plan: Plan | None,
    options: Options | None = None,
    problem: str = "",
) -> tuple[Check, ...]:
    """All checks in their order. `plan` None: none could be made, and `problem` says why.

    MigralintError with status 4 where the connection is lost on the way.
    """
    try:
        rows = history.read(target.db, session, target.table)
    except ServerError as error:
        raise unreachable(session.url, str(error)) from None
    states = tuple(history.states(target.locals, rows or ()))
    has_history = rows is not None
    asked = Asked(target, session, plan, states, has_history, options or Options(), problem)
    return tuple(check for name, function in CHECKS for check in _asked(name, function, asked))


def _asked(
    name: str, function: Callable[[Asked], Iterable[Check]], asked: Asked
) -> Iterable[Check]:
    try:
        return list(function(asked))
    except ServerError as error:
        if error.lost:
            raise unreachable(asked.session.url, str(error)) from None
        return [warned(name, f"it could not be found out: {error.message} ({error.code})")]
