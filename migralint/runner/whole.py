"""A migration and its history row in one transaction: after a kill both are there, or neither."""

from __future__ import annotations

from migralint.runner.databases import ServerError
from migralint.runner.outcome import Outcome, again, is_there, logs, send
from migralint.runner.signals import Interrupted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.runner.databases import Session
    from migralint.runner.history import Local
    from migralint.runner.modes import Mode, Step
    from migralint.runner.outcome import Run

ENDED = "the migration ends the transaction by itself; what comes before is committed"


def in_transaction(
    run: Run, session: Session, local: Local, mode: Mode, untouched: bool
) -> Outcome:
    """All statements and the row in one transaction."""
    db, committing = run.db, False
    step: Step | None = None
    try:
        if untouched and mode.steps and mode.leaves_session_alone:
            committing = True
            if _at_once(run, session, local, mode):
                run.progress.end(len(mode.steps))
                return Outcome("applied", session, mode)
            committing = False
        db.begin(session, mode.settings, untouched)
        if session.url.dialect == "sqlite" and is_there(run, session, local):
            db.rollback(session)
            return Outcome("skipped", session, mode)
        before = _violations(run, session, mode)
        for number, step in enumerate(mode.steps, 1):
            run.progress.statement(number, len(mode.steps), step)
            send(run, session, step)
            if db.state(session) != "open":
                return _ended_itself(run, session, local, mode, number, step)
        step = None
        _check_violations(run, session, mode, before)
        committing = True
        sql, values = run.writing.insert_finished(db, session, run.table, local)
        db.commit(session, sql, values, mode.leaves_session_alone)
        run.progress.end(len(mode.steps))
        return Outcome("applied", session, mode)
    except ServerError as error:
        if run.received.number:
            return _interrupted(run, session, local, mode, step, run.received.number)
        return _rolled_back(run, session, local, mode, error, step, committing)
    except Interrupted as stop:
        return _interrupted(run, session, local, mode, step, stop.number)


def _at_once(run: Run, session: Session, local: Local, mode: Mode) -> bool:
    """Try it in one message. What fails is rolled back and sent again, statement by statement, so
    that it can be said which one it was; after a lock, that is the next attempt."""
    sql, values = run.writing.insert_finished(run.db, session, run.table, local)
    run.progress.statement(1, len(mode.steps), mode.steps[0])
    run.watch.started()
    try:
        texts = [step.statement.text for step in mode.steps]
        return run.db.at_once(session, texts, sql, values)
    except ServerError as error:
        if error.lost or error.busy or run.db.state(session) == "lost":
            raise
        run.db.rollback(session)
        return False
    finally:
        run.watch.stopped()


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
    run.writing.insert_failed(run.db, session, run.table, local, logs(outcome))
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
        session = again(run, session)
        if run.db.state(session) != "lost" and committing:
            state = "applied" if is_there(run, session, local) else "rolled back"
    else:
        run.db.rollback(session)
    if state == "applied":
        run.progress.end(len(mode.steps))
        return Outcome(state, session, mode)
    return Outcome(state, session, mode, error, step, blockers=blockers)


def _interrupted(
    run: Run, session: Session, local: Local, mode: Mode, step: Step | None, number: int
) -> Outcome:
    """The statement is cancelled; what is open is rolled back, and the history looked at."""
    session = again(run, session)
    if run.db.state(session) == "lost":
        return Outcome("unknown", session, mode, step=step, signal=number)
    run.db.rollback(session)
    state = "applied" if is_there(run, session, local) else "rolled back"
    return Outcome(state, session, mode, step=step, signal=number)
