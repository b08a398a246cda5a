"""A migration statement by statement, where the database cannot have it whole.

The history row is made first, and says after a kill how far things had come.
"""

from __future__ import annotations

from migralint.model import replace
from migralint.runner.databases import ServerError
from migralint.runner.outcome import LONGEST_PAUSE, Outcome, again, is_there, logs, send
from migralint.runner.progress import pause
from migralint.runner.signals import Interrupted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.runner.databases import Session
    from migralint.runner.history import Local
    from migralint.runner.modes import Mode, Step
    from migralint.runner.outcome import Run

DEADLOCK = "40P01"
LEFT_OPEN = "the migration leaves a transaction open, so what it began was rolled back"


def by_statement(run: Run, session: Session, local: Local, mode: Mode) -> Outcome:
    """Statement by statement, between a started row and its end."""
    db = run.db
    db.reset(session)
    db.hold(session)
    if session.url.dialect == "sqlite" and _skips(run, session, local):
        return Outcome("skipped", session, mode)
    row = run.writing.insert_started(db, session, run.table, local)
    step: Step | None = None
    committed = 0
    try:
        for number, step in enumerate(mode.steps, 1):
            run.progress.statement(number, len(mode.steps), step)
            if db.state(session) == "idle" and len(mode.steps) > 1:
                run.writing.write_logs(db, session, run.table, row, _running(number, mode, step))
            _patiently(run, session, step)
            committed = number if db.state(session) == "idle" else committed
        if db.state(session) != "idle":
            db.rollback(session)
            raise ServerError(LEFT_OPEN)
        db.reset(session)
        run.writing.finish(db, session, run.table, row)
        db.let_go(session)
    except (ServerError, Interrupted) as reason:
        return _failed(run, session, mode, row, reason, step, committed)
    run.progress.end(len(mode.steps))
    return Outcome("applied", session, mode)


def _skips(run: Run, session: Session, local: Local) -> bool:
    """Take SQLite's lock by a write, and see whether another process was first."""
    run.db.begin(session, {})
    there = is_there(run, session, local)
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
        run.db.concurrent(session, True)
    try:
        for attempt in range(1, run.retries + 2):
            if build:
                _clean_up(run, session, step)
            try:
                return send(run, session, step)
            except ServerError as error:
                again = _is_named_build(step) and error.code == DEADLOCK if build else error.busy
                if not again or attempt > run.retries or run.db.state(session) != "idle":
                    raise
                for waiter in run.db.end_waits(session) if build else ():
                    run.progress.note(f"ended the wait for the applier's lock of {waiter}")
                who = f"; in the way: {run.watch.blockers[0]}" if run.watch.blockers else ""
                run.progress.note(f"{run.progress.name}: {error.message}{who}; trying again")
            pause(min(2.0 ** (attempt - 1), LONGEST_PAUSE))
    finally:
        if build and run.db.state(session) == "idle":
            run.db.concurrent(session, False)


def _is_named_build(step: Step) -> bool:
    """After a deadlock (with a `prisma migrate deploy` that waits for the lock, say) what is left
    of this build can be told by its name, and it is begun anew."""
    return all(op.kind == "create_index" and op.facts.get("index") for op in step.operations)


def _clean_up(run: Run, session: Session, step: Step) -> None:
    """An INVALID index of this name is left from an earlier attempt: it goes, unless it grows."""
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
    session = again(run, session)
    outcome = Outcome(
        "failed", session, mode, None if signal else error, step, committed, signal, blockers
    )
    if run.db.state(session) == "lost":
        return outcome
    try:
        if run.db.state(session) != "idle":
            run.db.rollback(session)
        run.db.reset(session)
        run.writing.write_logs(run.db, session, run.table, row, logs(outcome))
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
