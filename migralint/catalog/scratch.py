"""A scratch database that migrations are applied to, and that is gone afterwards in any case."""

from __future__ import annotations

import os
from contextlib import contextmanager

from migralint.catalog import HISTORIES, Snapshot, snapshot
from migralint.catalog.beyond import is_beyond
from migralint.model import MigralintError, replace
from migralint.runner import history
from migralint.runner.databases import ServerError
from migralint.runner.environment import Found
from migralint.runner.execute import execute
from migralint.runner.modes import mode
from migralint.runner.outcome import Run
from migralint.runner.progress import Progress, Watch
from migralint.runner.signals import Interrupted
from migralint.runner.target import answering
from migralint.runner.url import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migralint.runner.databases import Session
    from migralint.runner.history import Local
    from migralint.runner.modes import Mode
    from migralint.runner.outcome import Outcome
    from migralint.runner.signals import Received
    from migralint.runner.target import Target
    from migralint.runner.url import Url


def replayed(
    target: Target,
    locals_: Sequence[Local],
    received: Received,
    given: str = "",
    skipped: list[str] | None = None,
) -> Snapshot:
    """What these migrations make of an empty database. `given` is the URL of one to use; `skipped`
    gets the places of statements that were left out (see beyond.py).

    Run it under `signals.watched()`: a signal ends it, and the scratch database is dropped.
    """
    with scratch(target, given) as session, answering(session.url):
        target.db.ensure_schema(session)
        history.create(target.db, session, target.table)
        last = apply_all(target, session, locals_, received, skipped)
        try:
            return snapshot(target.db, last)
        finally:
            if last.connection is not session.connection:
                target.db.close(last)


@contextmanager
def scratch(target: Target, given: str = "") -> Iterator[Session]:
    """A session in an empty database: a new one on the same server, which is dropped afterwards, or
    the empty one of `given`, which is emptied again."""
    if given:
        with _given(target, given) as session:
            yield session
        return
    url = _own(target)
    refused = False
    try:
        try:
            _make(target, url)
        except MigralintError:
            refused = True
            raise
        session = target.db.connect(url, ("5s", ""), True)
        try:
            yield session
        finally:
            target.db.close(session)
    finally:
        if not refused:
            _drop(target, url)


@contextmanager
def _given(target: Target, given: str) -> Iterator[Session]:
    from migralint.catalog.emptying import empty

    url = parse(given, "--scratch-url", os.getcwd())
    if url.dialect != target.found.url.dialect:
        raise MigralintError(f"--scratch-url is for {url.dialect}, not {target.found.url.dialect}")
    session = target.db.connect(url, ("5s", ""), True)
    try:
        before = _refuse_full(target, session)
        try:
            yield session
        finally:
            # the session may be gone, or somewhere inside a transaction
            target.db.close(session)
            session = target.db.connect(url, ("5s", ""), True)
            empty(target.db, session, before)
    finally:
        target.db.close(session)


def _own(target: Target) -> Url:
    """A name that nobody has; for SQLite a file in a folder of its own."""
    if target.found.url.dialect == "sqlite":
        import tempfile

        folder = tempfile.mkdtemp(prefix="migralint-")
        return replace(target.found.url, database=os.path.join(folder, "scratch.db"))
    name = f"migralint_scratch_{os.getpid()}_{os.urandom(4).hex()}"
    return replace(target.found.url, database=name)


def _make(target: Target, url: Url) -> None:
    if url.dialect == "sqlite":
        return
    try:
        _aside(target, f"CREATE DATABASE {url.database}{_like(target, url)}")
    except ServerError as error:
        raise MigralintError(
            f"no scratch database could be made: {error.message}",
            hint="Give the right (ALTER ROLE ... CREATEDB), or an empty database: --scratch-url.",
            status=4,
        ) from None


def _like(target: Target, url: Url) -> str:
    """MySQL's tables take character set and collation from their database."""
    if url.dialect != "mysql":
        return ""
    sql = """SELECT default_character_set_name, default_collation_name
             FROM information_schema.schemata WHERE schema_name = ?"""
    found = _aside(target, sql, target.found.url.database)
    return f" CHARACTER SET {found[0][0]} COLLATE {found[0][1]}" if found else ""


def _drop(target: Target, url: Url) -> None:
    if url.dialect == "sqlite":
        import shutil

        return shutil.rmtree(os.path.dirname(url.database), ignore_errors=True)
    sql = f"DROP DATABASE IF EXISTS {url.database}{{force}}"
    try:
        try:
            _aside(target, sql)
        except Interrupted:
            _aside(target, sql)  # a signal comes once; the database goes first
            raise
    except ServerError as error:
        raise MigralintError(
            f"the scratch database {url.database} could not be dropped: {error.message}",
            hint=f"Drop it by hand: DROP DATABASE {url.database};",
            status=4,
        ) from None


def _aside(target: Target, sql: str, *values: object) -> list[tuple[str, ...]]:
    """On a connection of its own: the other one may be in the middle of something."""
    session = target.db.connect(target.found.url, ("5s", ""), False)
    postgres = session.url.dialect == "postgres" and session.server.version >= 13
    try:
        sql = sql.replace("{force}", " WITH (FORCE)" if postgres else "")
        return target.db.query(session, sql, values)
    finally:
        target.db.close(session)


def _refuse_full(target: Target, session: Session) -> Snapshot:
    """Every new database of PostgreSQL has the schema public and the language plpgsql."""
    before = snapshot(target.db, session)
    ours = ("schema ", "extension ", "grant on schema ", "comment on ")
    full = [name for name in before.objects if not name.startswith(ours)]
    full += [name for name in target.db.tables(session) if name in HISTORIES]
    if full:
        raise MigralintError(
            f"--scratch-url is not empty: it holds {full[0]}",
            hint="It must be an empty database that nobody needs.",
        )
    return before


def apply_all(
    target: Target,
    session: Session,
    locals_: Sequence[Local],
    received: Received,
    skipped: list[str] | None = None,
) -> Session:
    """Apply migrations without judging them; the first that fails ends it. The session that comes
    back is the one to go on with."""
    import io

    progress = Progress(io.StringIO(), quiet=True)
    aside = replace(target, found=Found(session.url, "the scratch database"))
    watch = Watch(target.db, session, progress)
    run = Run(target.db, aside.table, progress, watch, received, 0)
    try:
        for local in locals_:
            how = _kept(mode(local.migration, target.db), local, target, skipped)
            outcome = execute(run, session, local, how)
            session = outcome.session
            if outcome.signal:
                raise Interrupted(outcome.signal)
            if outcome.state != "applied":
                raise _failed(local, outcome)
        return session
    finally:
        watch.close()


def _kept(how: Mode, local: Local, target: Target, skipped: list[str] | None) -> Mode:
    """Without what would reach beyond the scratch database."""
    origin = target.found.url
    kept = tuple(step for step in how.steps if not is_beyond(step, origin))
    if len(kept) == len(how.steps):
        return how
    if skipped is not None:
        path = local.migration.path
        skipped += [f"{path}:{s.statement.line}" for s in how.steps if s not in kept]
    return replace(how, steps=kept)


def _failed(local: Local, outcome: Outcome) -> MigralintError:
    return MigralintError(
        f"{local.name} cannot be replayed: {outcome.error or outcome.state}",
        path=local.migration.path,
        line=outcome.step.statement.line if outcome.step else 0,
        hint="Nothing was compared. The database itself was not touched.",
        status=4,
    )
