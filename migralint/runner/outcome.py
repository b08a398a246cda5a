"""What a run of one migration needs and what comes of it."""

from __future__ import annotations

from migralint.model import MigralintError, Record
from migralint.runner import rows
from migralint.runner.databases import ServerError
from migralint.runner.modes import Mode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.runner.databases import Database, Session
    from migralint.runner.history import Local
    from migralint.runner.modes import Step
    from migralint.runner.progress import Progress, Watch
    from migralint.runner.rows import Writing
    from migralint.runner.signals import Received

LONGEST_PAUSE = 30.0


class Run(Record):
    """What stays the same for all migrations of an apply. `writing` writes the history: the rows of
    what is applied, or those of what is rolled back."""

    db: Database
    table: str
    progress: Progress
    watch: Watch
    received: Received
    retries: int = 5
    writing: Writing = rows


class Outcome(Record):
    """`state`: applied, skipped (somebody else applied it), rolled back, failed, unknown.

    `committed` counts the statements that stay in the database when it failed; `session` is the one
    to go on with.
    """

    state: str
    session: Session
    mode: Mode
    error: ServerError | None = None
    step: Step | None = None
    committed: int = 0
    signal: int = 0
    blockers: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()
    attempts: int = 1


def logs(outcome: Outcome) -> str:
    """What the history keeps of a failure."""
    line = outcome.step.statement.line if outcome.step else 0
    place = f"line {line}: " if line else ""
    return f"{place}{outcome.error or 'interrupted'}"[:8000]


def send(run: Run, session: Session, step: Step) -> None:
    run.watch.started()
    try:
        run.db.run(session, step.statement.text, step.data)
    finally:
        run.watch.stopped()


def is_there(run: Run, session: Session, local: Local) -> bool:
    return run.writing.is_done(run.db, session, run.table, local)


def again(run: Run, session: Session) -> Session:
    try:
        return run.db.recover(session)
    except MigralintError:
        return session
