"""`migralint trace`: the pending migrations, or named files, on a scratch copy of the schema."""

from __future__ import annotations

import os

from migralint.model import MigralintError, Migration, Record, replace
from migralint.runner import choosing, gate, history
from migralint.runner.apply import check_files
from migralint.runner.target import answering, judged, open_session
from migralint.trace import filling
from migralint.trace.running import Trace, follow
from migralint.trace.scratch import copy, dumped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from migralint.config import Config
    from migralint.runner.databases import Session
    from migralint.runner.history import Local, State
    from migralint.runner.signals import Received
    from migralint.runner.target import Target

WITHOUT = {
    "sqlite": "SQLite has no locks on tables: a migration locks the whole file, and nobody else "
    "writes until it is done. There is nothing to trace.",
    "mysql": "what MySQL and MariaDB lock cannot be traced by migralint yet; `migralint plan` says "
    "what their documentation and measurements say",
}


class Options(Record):
    """`rows` for each table; `files` instead of the pending migrations; `here`: the scratch copy
    may be made on a production server."""

    only_to: str = ""
    files: tuple[str, ...] = ()
    rows: int = 500
    replay: bool = False
    scratch_url: str = ""
    here: bool = False


class Traces(Record):
    """`rows` is how many the tables have got; `notes` say what could not be done as asked."""

    target: Target
    server: str
    traces: tuple[Trace, ...]
    notes: tuple[str, ...]
    rows: int = 0

    @property
    def wrong(self) -> bool:
        return any(trace.differs or trace.error for trace in self.traces)


def trace(target: Target, options: Options, received: Received) -> Traces:
    """Differences and failures are in what comes back; MigralintError where nothing was traced."""
    if target.found.url.dialect in WITHOUT:
        raise MigralintError(WITHOUT[target.found.url.dialect])
    check_files(target)
    session = open_session(target, False)
    target = judged(target, session)
    notes: list[str] = []
    try:
        with answering(session.url):
            rows = history.read(target.db, session, target.table)
            states = history.states(target.locals, rows or ())
            chosen = _chosen(target, options, session, states, rows is None, notes)
            server = session.server.shown
            if not chosen:
                return Traces(target, server, (), tuple(notes))
            _refuse_production(target, options)
            config = gate.live(target, session, ())
            text = _text(target, options, session, notes)
    finally:
        target.db.close(session)
    applied = [s.local for s in states if s.local and s.state == "applied"]
    made = copy(target, options.scratch_url, text, applied, received)
    with made as scratch, answering(scratch.url):
        config = replace(config, server_version=scratch.server.version)
        traces = _traces(target, scratch, chosen, config, options.rows, notes)
    return Traces(target, server, tuple(traces), tuple(dict.fromkeys(notes)), options.rows)


def _chosen(
    target: Target,
    options: Options,
    session: Session,
    states: Sequence[State],
    no_history: bool,
    notes: list[str],
) -> list[Local]:
    if options.files:
        return [_named(target, path) for path in options.files]
    notes += gate.check_history(target, states, ("edited", "missing", "out-of-order"))
    if no_history:
        gate.check_empty(target, session)
    pending, waiting = choosing.chosen(target, states, options.only_to)
    notes += choosing.said(target, waiting)
    return [state.local for state in pending if state.local]


def _named(target: Target, path: str) -> Local:
    """A migration of the folder, or any other file of SQL."""
    relative = os.path.relpath(os.path.abspath(path), target.config.root).replace(os.sep, "/")
    for local in target.locals:
        if local.migration.path == relative:
            return local
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise MigralintError(f"cannot read {path}: {reason}") from None
    dialect = target.found.url.dialect
    migration = Migration(relative, text, "", relative, target.layout, dialect)
    return history.Local(history.name_of(migration), migration, text.encode())


def _refuse_production(target: Target, options: Options) -> None:
    if target.environment.is_production and not (options.scratch_url or options.here):
        raise MigralintError(
            f"production ({target.environment.why}): a scratch database is not made on its server "
            "without being told to",
            hint="--scratch-url URL names an empty database elsewhere. --on-this-server makes the "
            f"copy here: CREATE DATABASE, the schema without its rows, {options.rows} made-up rows "
            "in each table, the pending migrations, DROP DATABASE. That is work for the server's "
            "disk and a checkpoint, and locks nothing in your database.",
            status=5,
        )


def _text(target: Target, options: Options, session: Session, notes: list[str]) -> str | None:
    """The schema as SQL; None where the applied migrations are to make it."""
    from migralint.backup.postgres.dump import program

    if options.replay:
        return None
    try:
        tool = program("pg_dump", session.server.version)
    except MigralintError as error:
        notes.append(f"{error.message}; so the applied migrations are replayed instead")
        return None
    return dumped(target, session, tool)


def _traces(
    target: Target,
    scratch: Session,
    chosen: Sequence[Local],
    config: Config,
    rows: int,
    notes: list[str],
) -> list[Trace]:
    """In order, up to the first that fails."""
    from migralint.runner.plan import schema_of

    db, tried, found = target.db, set[int](), list[Trace]()
    schema = schema_of(db.schema_sql(scratch), scratch.url.dialect)
    for local in chosen:
        if rows:
            db.reset(scratch)
            notes += filling.fill(db, scratch, rows, tried)
        traced = follow(db, scratch, local, config, schema)
        if traced.error is not None and rows and not traced.committed:
            notes.append(_without_rows(local, traced.error))
            filling.emptied(db, scratch)
            schema = schema_of(db.schema_sql(scratch), scratch.url.dialect)
            traced = follow(db, scratch, local, config, schema)
            tried.clear()  # the next migration shall have rows again
        found.append(traced)
        if traced.error is not None:
            break
    return found


def _without_rows(local: Local, error: MigralintError) -> str:
    said = error.message.split("\n")[0].partition("failed: ")[2] or error.message.split("\n")[0]
    return f"{local.name} fails on made-up rows ({said}); it was traced on empty tables instead"
