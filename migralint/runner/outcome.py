"""What a run of one migration needs and what comes of it."""

from __future__ import annotations

from migralint.model import MigralintError, record
from migralint.runner.databases import ServerError
from migralint.runner.modes import Mode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.runner.databases import Database, Session
    from migralint.runner.history import Local
    from migralint.runner.modes import Step
    from migralint.runner.progress import Progress, Watch
    from migralint.runner.signals import Received

LONGEST_PAUSE = 30.0


@record
class Run:
    """What stays the same for all migrations of an apply."""

    db: Database
    table: str
    progress: Progress
    watch: Watch
    received: Received
    retries: int = 5


@record
class Outcome:
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
    place = run.db.table(session, run.table)
    sql = f"SELECT 1 FROM {place} WHERE migration_name = ? AND rolled_back_at IS NULL"
    return bool(run.db.query(session, sql, (local.name,)))


def again(run: Run, session: Session) -> Session:
    try:
        return run.db.recover(session)
    except MigralintError:
        return session
