"""One migration: run it, record it, and know afterwards what is in the database.

In a transaction the history row is part of it: after a kill at any moment either both are there or
neither. Without one the row is made first, and says after a kill how far things had come.
"""

from __future__ import annotations

from migralint.model import record, replace
from migralint.runner import history
from migralint.runner.databases import ServerError
from migralint.runner.modes import Mode
from migralint.runner.progress import pause
from migralint.runner.signals import Interrupted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.runner.databases import Database, Session
    from migralint.runner.history import Local
    from migralint.runner.modes import Step
    from migralint.runner.progress import Progress, Watch
    from migralint.runner.signals import Received

LONGEST_PAUSE = 30.0
LEFT_OPEN = "the migration leaves a transaction open, so what it began was rolled back"
ENDED = "the migration ends the transaction by itself; what comes before is committed"


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


def execute(run: Run, session: Session, local: Local, mode: Mode) -> Outcome:
    run.progress.begin(local.name, mode)
    if not mode.transaction:
        return _by_statement(run, session, local, mode)
    for attempt in range(1, run.retries + 2):
        outcome = _whole(run, session, local, mode)
        error = outcome.error
        if error is None or outcome.state != "rolled back":
            return outcome
        if error.outside:
            again = replace(mode, transaction=False, reason=f"the server says: {error.message}")
            run.progress.begin(local.name, again)
            return _by_statement(run, session, local, again)
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
    try:
        history.insert_rolled_back(run.db, session, run.table, local, logs(outcome))
    except ServerError:
        pass  # the disk is full, the rights are gone: the failure itself is what is reported


def logs(outcome: Outcome) -> str:
    """What the history keeps of a failure."""
    line = outcome.step.statement.line if outcome.step else 0
    place = f"line {line}: " if line else ""
    return f"{place}{outcome.error or 'interrupted'}"[:8000]


def _whole(run: Run, session: Session, local: Local, mode: Mode) -> Outcome:
    """All statements and the row in one transaction."""
    db, committing = run.db, False
    step: Step | None = None
    try:
        db.begin(session, mode.settings)
        if session.url.dialect == "sqlite" and _is_there(run, session, local):
            db.rollback(session)
            return Outcome("skipped", session, mode)
        before = _violations(run, session, mode)
        for number, step in enumerate(mode.steps, 1):
            run.progress.statement(number, len(mode.steps), step)
            _send(run, session, step)
            if db.state(session) != "open":
                return _ended_itself(run, session, local, mode, number, step)
        step = None
        _check_violations(run, session, mode, before)
        committing = True
        db.commit(session, *history.insert_finished(db, session, run.table, local))
        run.progress.end(len(mode.steps))
        return Outcome("applied", session, mode)
    except ServerError as error:
        if run.received.number:
            return _interrupted(run, session, local, mode, step, run.received.number)
        return _rolled_back(run, session, local, mode, error, step, committing)
    except Interrupted as stop:
        return _interrupted(run, session, local, mode, step, stop.number)


def _send(run: Run, session: Session, step: Step) -> None:
    run.watch.started()
    try:
        run.db.run(session, step.statement.text, step.data)
    finally:
        run.watch.stopped()


def _is_there(run: Run, session: Session, local: Local) -> bool:
    place = run.db.table(session, run.table)
    sql = f"SELECT 1 FROM {place} WHERE migration_name = ? AND rolled_back_at IS NULL"
    return bool(run.db.query(session, sql, (local.name,)))


def _violations(run: Run, session: Session, mode: Mode) -> dict[tuple[str, str], int]:
    if not mode.settings:
        return {}
    from migralint.runner.databases.sqlite import violations

    return violations(session)


def _check_violations(
    run: Run, session: Session, mode: Mode, before: dict[tuple[str, str], int]
) -> None:
    """Foreign keys were off, so the check that SQLite would have made is made before the commit."""
    for (table, parent), count in _violations(run, session, mode).items():
        if count > before.get((table, parent), 0):
            raise ServerError(
                f"{count} rows of {table} refer to rows of {parent} that are not there",
                "foreign_key_check",
            )


def _ended_itself(
    run: Run, session: Session, local: Local, mode: Mode, number: int, step: Step
) -> Outcome:
    """A COMMIT that nobody could see in the file: stop, and leave a failed row."""
    if run.db.state(session) == "broken":
        run.db.rollback(session)
    error = ServerError(ENDED)
    outcome = Outcome("failed", session, mode, error, step, number)
    history.insert_failed(run.db, session, run.table, local, logs(outcome))
    return outcome


def _rolled_back(
    run: Run, session: Session, local: Local, mode: Mode, error: ServerError, step: Step | None,
    committing: bool,
) -> Outcome:  # fmt: skip
    """The server has refused a statement, or is gone. Only a lost COMMIT leaves a doubt."""
    blockers = tuple(run.watch.blockers) if error.busy else ()
    state = "rolled back"
    if error.lost or run.db.state(session) == "lost":
        error.lost = True
        state = "unknown" if committing else state
        session = _again(run, session)
        if run.db.state(session) != "lost" and committing:
            state = "applied" if _is_there(run, session, local) else "rolled back"
    else:
        run.db.rollback(session)
    if state == "applied":
        run.progress.end(len(mode.steps))
        return Outcome(state, session, mode)
    return Outcome(state, session, mode, error, step, blockers=blockers)


def _again(run: Run, session: Session) -> Session:
    from migralint.model import MigralintError

    try:
        return run.db.recover(session)
    except MigralintError:
        return session


def _interrupted(
    run: Run, session: Session, local: Local, mode: Mode, step: Step | None, number: int
) -> Outcome:
    """psycopg has cancelled the statement; what is open is rolled back, and the history looked at."""
    session = _again(run, session)
    if run.db.state(session) == "lost":
        return Outcome("unknown", session, mode, step=step, signal=number)
    run.db.rollback(session)
    state = "applied" if _is_there(run, session, local) else "rolled back"
    return Outcome(state, session, mode, step=step, signal=number)


def _by_statement(run: Run, session: Session, local: Local, mode: Mode) -> Outcome:
    """Statement by statement, between a started row and its end."""
    db = run.db
    db.reset(session)
    db.hold(session)
    if session.url.dialect == "sqlite" and _skips(run, session, local):
        return Outcome("skipped", session, mode)
    row = history.insert_started(db, session, run.table, local)
    step: Step | None = None
    committed = 0
    try:
        for number, step in enumerate(mode.steps, 1):
            run.progress.statement(number, len(mode.steps), step)
            if db.state(session) == "idle" and len(mode.steps) > 1:
                history.write_logs(db, session, run.table, row, _running(number, mode, step))
            _patiently(run, session, step)
            committed = number if db.state(session) == "idle" else committed
        if db.state(session) != "idle":
            db.rollback(session)
            raise ServerError(LEFT_OPEN)
        db.reset(session)
        history.finish(db, session, run.table, row)
        db.let_go(session)
    except (ServerError, Interrupted) as reason:
        return _failed(run, session, mode, row, reason, step, committed)
    run.progress.end(len(mode.steps))
    return Outcome("applied", session, mode)


def _skips(run: Run, session: Session, local: Local) -> bool:
    """Take SQLite's lock by a write, and see whether another process was first."""
    run.db.begin(session, {})
    there = _is_there(run, session, local)
    run.db.commit(session)
    if there:
        run.db.let_go(session)
    return there


def _running(number: int, mode: Mode, step: Step) -> str:
    done = f"{number - 1} of {len(mode.steps)} statements are done"
    return f"migralint: {done}; running the one at line {step.statement.line}"


def _patiently(run: Run, session: Session, step: Step) -> None:
    """A statement by itself is atomic, so one that met a lock can be sent again."""
    build = any(op.facts.get("concurrently") is True for op in step.operations)
    if build:
        _clean_up(run, session, step)
        run.db.concurrent(session, True)
    try:
        for attempt in range(1, run.retries + 2):
            try:
                return _send(run, session, step)
            except ServerError as error:
                again = error.busy and not build and run.db.state(session) == "idle"
                if not again or attempt > run.retries:
                    raise
                who = f"; in the way: {run.watch.blockers[0]}" if run.watch.blockers else ""
                run.progress.note(f"{run.progress.name}: {error.message}{who}; trying again")
            pause(min(2.0 ** (attempt - 1), LONGEST_PAUSE))
    finally:
        if build and run.db.state(session) == "idle":
            run.db.concurrent(session, False)


def _clean_up(run: Run, session: Session, step: Step) -> None:
    """An INVALID index of this name is what an earlier attempt has left: it goes, unless it grows."""
    names = {str(op.facts["index"]): op for op in step.operations if op.kind == "create_index"}
    for index, table, growing in run.db.invalid_indexes(session) if names else ():
        if _plain(index) not in {_plain(name) for name in names}:
            continue
        if growing:
            raise ServerError(
                f"another session is building {index} on {table}", hint="Wait for it."
            )
        run.progress.note(f"dropping the INVALID index {index} that an earlier attempt has left")
        run.db.query(session, f"DROP INDEX CONCURRENTLY {index}")


def _plain(name: str) -> str:
    """The last part of a name, folded as PostgreSQL folds it."""
    last = name.rpartition(".")[2]
    return last[1:-1] if last.startswith('"') else last.lower()


def _failed(
    run: Run, session: Session, mode: Mode, row: str, reason: BaseException, step: Step | None,
    committed: int,
) -> Outcome:  # fmt: skip
    error = reason if isinstance(reason, ServerError) else None
    signal = run.received.number or (reason.number if isinstance(reason, Interrupted) else 0)
    blockers = tuple(run.watch.blockers) if error and error.busy else ()
    session = _again(run, session)
    outcome = Outcome(
        "failed", session, mode, None if signal else error, step, committed, signal, blockers
    )
    if run.db.state(session) == "lost":
        return outcome
    try:
        if run.db.state(session) != "idle":
            run.db.rollback(session)
        run.db.reset(session)
        history.write_logs(run.db, session, run.table, row, logs(outcome))
        invalid = tuple(
            name for name, _, _ in run.db.invalid_indexes(session) if _named(mode, name)
        )
        run.db.let_go(session)
    except ServerError:
        return outcome
    return replace(outcome, invalid=invalid)


def _named(mode: Mode, index: str) -> bool:
    return any(
        op.kind == "create_index" and _plain(str(op.facts["index"])) == _plain(index)
        for step in mode.steps
        for op in step.operations
    )
