"""Apply the pending migrations: one applier at a time, linted first, each recorded with itself."""

from __future__ import annotations

import time

from migralint.model import MigralintError, Record, replace
from migralint.runner import choosing, gate, history
from migralint.runner.creating import open_or_create
from migralint.runner.execute import execute
from migralint.runner.failure import error_of
from migralint.runner.modes import mode
from migralint.runner.outcome import Run
from migralint.runner.progress import Watch, pause
from migralint.runner.reading import patiently
from migralint.runner.target import answering, judged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from migralint.model import Report
    from migralint.runner.databases import Session
    from migralint.runner.history import State
    from migralint.runner.modes import Mode
    from migralint.runner.progress import Progress
    from migralint.runner.signals import Received
    from migralint.runner.target import Target


class Options(Record):
    only_to: str = ""
    lock_wait: float = 120
    lock_timeout: str = "5s"
    statement_timeout: str = ""
    retries: int = 5
    allowed: tuple[str, ...] = ()


class Result(Record):
    applied: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    report: Report | None = None
    notes: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()


def apply(target: Target, options: Options, progress: Progress, received: Received) -> Result:
    """What was applied. MigralintError says what was not: 1 failed, 4 no database, 5 refused."""
    check_files(target)
    session = open_or_create(target, options.lock_timeout, options.statement_timeout, progress.note)
    before, target = target, judged(target, session)
    if target.environment != before.environment:
        progress.note(f"{target.environment.name}: {target.environment.why}")
    watch = Watch(target.db, session, progress)
    run = Run(target.db, target.table, progress, watch, received, options.retries)
    try:
        with answering(session.url):
            rows = history.read(target.db, session, target.table)
            if rows is not None and not _needs(target, options, rows):
                return Result()
            take_lock(target, session, options.lock_wait, progress)
            return _locked(target, session, options, run)
    finally:
        watch.close()
        target.db.close(session)


def _needs(target: Target, options: Options, rows: Sequence[history.Row]) -> bool:
    """Is there anything to do or to complain of? If not, no lock is needed to say so."""
    states = history.states(target.locals, rows)
    todo = any(s.state != "applied" or s.edited or s.missing for s in states)
    return todo or bool(options.only_to)


def check_files(target: Target) -> None:
    """A file that cannot be read stops everything before there is a connection."""
    bad = [local.migration for local in target.locals if local.migration.problem]
    if bad:
        raise MigralintError(
            f"{bad[0].problem}: it is not applied, and neither is anything else",
            path=bad[0].path,
            line=bad[0].problem_line,
        )


def take_lock(target: Target, session: Session, wait: float, progress: Progress) -> None:
    """Polled: a waiter inside the server would deadlock with CREATE INDEX CONCURRENTLY."""
    deadline = time.monotonic() + wait
    interval, told = 0.05, False
    while not target.db.lock(session):
        if time.monotonic() > deadline:
            who = target.db.holder(session)
            raise MigralintError(
                f"another applier holds the lock: {who or 'it does not show itself'}",
                hint=f"Waited {wait:.0f} s (--lock-wait). Nothing was applied.",
                status=4,
            )
        if not told and interval > 0.3:
            told = True
            progress.note(f"waiting for another applier: {target.db.holder(session)}")
        pause(interval)
        interval = min(interval * 1.5, 1.0)


def _locked(target: Target, session: Session, options: Options, run: Run) -> Result:
    db = target.db
    rows = history.read(db, session, target.table)
    states = history.states(target.locals, rows or ())
    for note in gate.check_history(target, states, options.allowed):
        run.progress.note(f"warning: {note}")
    pending, waiting = choosing.chosen(target, states, options.only_to)
    for note in choosing.said(target, waiting):
        run.progress.note(note)
    if not pending:
        return Result(withheld=waiting)
    if rows is None:
        gate.check_empty(target, session)
    modes = [mode(state.local.migration, db) for state in pending if state.local]
    report = patiently(
        db, session, options.retries, run.progress.note,
        lambda: gate.check(target, session, pending, modes),
    )  # fmt: skip
    gate.check_rights(target, session, modes)
    if rows is None:
        _create(target, session)
    return replace(_run(target, session, run, pending, modes, report), withheld=waiting)


def _create(target: Target, session: Session) -> None:
    """SQLite's appliers are kept apart by the file's lock only: another may have been first."""
    from migralint.runner.databases import ServerError

    try:
        history.create(target.db, session, target.table)
    except ServerError as error:
        if history.read(target.db, session, target.table) is None:
            raise MigralintError(f"cannot make the history table: {error}", status=4) from None


def _run(
    target: Target, session: Session, run: Run, pending: Sequence[State], modes: Sequence[Mode],
    report: Report,
) -> Result:  # fmt: skip
    applied: list[str] = []
    skipped: list[str] = []
    untouched = True
    for state, how in zip(pending, modes, strict=True):
        assert state.local is not None
        outcome = execute(run, session, state.local, how, untouched)
        untouched = untouched and how.transaction and how.leaves_session_alone
        session = outcome.session
        if outcome.signal or outcome.state not in ("applied", "skipped"):
            error = error_of(state.local, outcome, len(applied))
            error.applied = tuple(applied)  # type: ignore[attr-defined]
            raise error
        (applied if outcome.state == "applied" else skipped).append(state.name)
    return Result(tuple(applied), tuple(skipped), report)
