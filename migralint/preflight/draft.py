"""The plan that preflight looks at: also made where apply would refuse to begin.

A failed or edited migration is a check of its own; that there is one must not hide the others.
"""

from __future__ import annotations

from migralint.model import MigralintError
from migralint.runner import gate, history
from migralint.runner.apply import check_files, up_to
from migralint.runner.modes import mode
from migralint.runner.plan import Plan, planned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.runner.databases import Session
    from migralint.runner.target import Target


def draft(target: Target, session: Session, only_to: str = "") -> tuple[Plan | None, str]:
    """(the plan, ""), or (None, why there is none): a file that cannot be read or run."""
    rows = history.read(target.db, session, target.table)
    states = history.states(target.locals, rows or ())
    pending = up_to(states, only_to)
    try:
        check_files(target)
        modes = [mode(state.local.migration, target.db) for state in pending if state.local]
    except MigralintError as error:
        return None, str(error)
    shown, environment = session.server.shown, target.environment
    if not pending:
        return Plan(shown, environment, (), None, ()), ""
    report = gate.lint(target, session, pending, modes)
    found = planned(target, session, pending, modes, report)
    return Plan(shown, environment, found, report, ()), ""
