"""The plan that preflight looks at: also made where apply would refuse to begin.

A failed or edited migration is a check of its own; that there is one must not hide the others.
"""

from __future__ import annotations

from migralint.model import MigralintError
from migralint.runner import choosing, history
from migralint.runner.apply import check_files
from migralint.runner.modes import mode
from migralint.runner.plan import Plan, linted
from migralint.runner.reading import patiently

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.runner.databases import Session
    from migralint.runner.target import Target


def draft(target: Target, session: Session, only_to: str = "") -> tuple[Plan | None, str]:
    """(the plan, ""), or (None, why there is none): a file that cannot be read or run."""
    rows = history.read(target.db, session, target.table)
    states = history.states(target.locals, rows or ())
    pending, waiting = choosing.chosen(target, states, only_to)
    notes = tuple(choosing.said(target, waiting))
    try:
        check_files(target)
        modes = [mode(state.local.migration, target.db) for state in pending if state.local]
    except MigralintError as error:
        return None, str(error)
    shown, environment = session.server.shown, target.environment
    if not pending:
        return Plan(shown, environment, (), None, notes, waiting), ""
    try:
        found, report = patiently(
            target.db, session, 0, lambda _: None, lambda: linted(target, session, pending, modes)
        )
    except MigralintError as error:
        return None, error.message
    return Plan(shown, environment, found, report, notes, waiting), ""
