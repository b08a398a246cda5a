"""One migration: whole where that is possible, once more where another session was in the way."""

from __future__ import annotations

from contextlib import suppress

from migralint.model import replace
from migralint.runner.by_statement import by_statement
from migralint.runner.databases import ServerError
from migralint.runner.outcome import LONGEST_PAUSE, logs
from migralint.runner.progress import pause
from migralint.runner.whole import in_transaction

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.runner.databases import Session
    from migralint.runner.history import Local
    from migralint.runner.modes import Mode
    from migralint.runner.outcome import Outcome, Run


def execute(
    run: Run, session: Session, local: Local, mode: Mode, untouched: bool = False
) -> Outcome:
    """`untouched`: nothing has changed the settings of the session since it was opened."""
    run.progress.begin(local.name, mode)
    if not mode.transaction:
        return by_statement(run, session, local, mode)
    for attempt in range(1, run.retries + 2):
        first = attempt == 1 and run.retries > 0
        outcome = in_transaction(run, session, local, mode, untouched and first)
        error = outcome.error
        if error is None or outcome.state != "rolled back":
            return outcome
        if error.outside:
            alone = replace(mode, transaction=False, reason=f"the server says: {error.message}")
            run.progress.begin(local.name, alone)
            return by_statement(run, session, local, alone)
        if not error.busy or attempt > run.retries:
            break
        _announce(run, outcome, attempt)
        pause(min(2.0 ** (attempt - 1), LONGEST_PAUSE))
    _leave_trace(run, session, local, outcome)
    return replace(outcome, attempts=attempt)


def _announce(run: Run, outcome: Outcome, attempt: int) -> None:
    said = outcome.error.message if outcome.error else ""
    who = f"; in the way: {outcome.blockers[0]}" if outcome.blockers else ""
    run.progress.note(f"{run.progress.name}: {said}{who}; rolled back, trying again ({attempt})")


def _leave_trace(run: Run, session: Session, local: Local, outcome: Outcome) -> None:
    """A row that says what happened, rolled back already: it stops nobody."""
    with suppress(ServerError):  # the disk is full, say: the failure itself is what is reported
        run.writing.insert_rolled_back(run.db, session, run.table, local, logs(outcome))
