"""Run a migration on a scratch database as `apply` would, and look at each statement.

In one transaction where apply uses one. Elsewhere each statement has one of its own, which changes
nothing of what it does, except where the server refuses that: those are observed from outside.
"""

from __future__ import annotations

import time

from migralint.catalog.beyond import is_beyond
from migralint.model import MigralintError, Record, replace
from migralint.runner import gate
from migralint.runner.databases import ServerError
from migralint.runner.failure import error_of
from migralint.runner.history import Local, name_of
from migralint.runner.modes import mode
from migralint.runner.outcome import Outcome
from migralint.runner.whole import ENDED
from migralint.trace import measuring
from migralint.trace.comparing import Measured
from migralint.trace.outside import observe
from migralint.trace.predicting import expected
from migralint.trace.telling import shown, told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from migralint.config import Config
    from migralint.knowledge.schema import Schema
    from migralint.knowledge.timeline import View
    from migralint.model import Migration
    from migralint.runner.databases import Database, Session
    from migralint.runner.modes import Mode, Step
    from migralint.trace import Traced
    from migralint.trace.measuring import Catalog

# They take no lock, and SET TRANSACTION must come before any question of ours.
SETTINGS = frozenset(("set", "reset", "session"))
CONTROL = frozenset(("begin", "commit", "rollback", "savepoint"))
BEYOND = "it reaches beyond the scratch database"


class Trace(Record):
    """A migration on the scratch database. `error` is what apply would say where it fails, and
    `committed` how many statements stay then."""

    local: Local
    mode: Mode
    traced: tuple[Traced, ...]
    error: MigralintError | None = None
    committed: int = 0

    @property
    def differs(self) -> bool:
        return any(one.differences for one in self.traced)


class Run(Record):
    """`existing` are the OIDs of what was there before the migration; `views` by statement;
    `stays` counts the statements done at each moment when no transaction was open."""

    db: Database
    session: Session
    local: Local
    how: Mode
    existing: frozenset[int]
    views: Mapping[int, list[View]]
    done: list[Traced]
    stays: list[int]


def trace_migration(
    db: Database, session: Session, migration: Migration, version: int = 0
) -> tuple[Traced, ...]:
    from migralint.config import Config

    local = Local(name_of(migration), migration, migration.text.encode())
    server = session.server
    config = Config(
        dialect=session.url.dialect,
        server_version=version or server.version,
        mariadb=server.mariadb,
    )
    found = follow(db, session, local, config)
    if found.error is not None:
        raise found.error
    return found.traced


def follow(
    db: Database, session: Session, local: Local, config: Config, schema: Schema | None = None
) -> Trace:
    """`schema` is what the prediction starts from (the database itself where it is not given)."""
    how = mode(local.migration, db)
    run = _prepared(db, session, local, how, config, schema)
    try:
        _in_transaction(run) if how.transaction else _by_statement(run)
    except ServerError as error:
        if how.transaction and error.outside:
            db.rollback(session)
            how = replace(how, transaction=False, reason=f"the server says: {error.message}")
            run = _prepared(db, session, local, how, config, None)
            try:
                _by_statement(run)
            except ServerError as other:
                return _failed(run, other)
        else:
            return _failed(run, error)
    return Trace(local, how, tuple(run.done))


def _prepared(
    db: Database, session: Session, local: Local, how: Mode, config: Config, schema: Schema | None
) -> Run:
    from migralint.knowledge.timeline import Timeline
    from migralint.runner.plan import schema_of

    if schema is None:
        schema = schema_of(db.schema_sql(session), session.url.dialect)
    migration = gate.as_run(local.migration, how)
    made = [operation for step in how.steps for operation in step.operations]
    timeline = Timeline(migration, made, schema, config, frozenset((migration.path,)))
    views: dict[int, list[View]] = {}
    for view in timeline.views:
        views.setdefault(view.operation.statement.start, []).append(view)
    existing = frozenset(measuring.catalog(db, session).relations)
    return Run(db, session, local, how, existing, views, [], [0])


def _failed(run: Run, error: ServerError) -> Trace:
    """As apply reports it: the statement, the server's words, what stays."""
    step = run.how.steps[len(run.done)] if len(run.done) < len(run.how.steps) else None
    committed = run.stays[-1]
    if run.db.state(run.session) not in ("idle", "lost"):
        run.db.rollback(run.session)
    state = "rolled back" if run.how.transaction else "failed"
    outcome = Outcome(state, run.session, run.how, error, step, committed)
    problem = error_of(run.local, outcome, 0)
    return Trace(run.local, run.how, tuple(run.done), problem, committed)


def _in_transaction(run: Run) -> None:
    run.db.begin(run.session, run.how.settings)
    before: Catalog | None = None
    for step in run.how.steps:
        before = _one(run, step, before)
        if run.db.state(run.session) != "open":
            raise ServerError(ENDED)
    run.db.commit(run.session)


def _by_statement(run: Run) -> None:
    db, session = run.db, run.session
    db.reset(session)
    for step in run.how.steps:
        kinds = {operation.kind for operation in step.operations}
        if db.state(session) == "open" or kinds & CONTROL or is_beyond(step, session.url):
            _one(run, step)
        elif any(db.refuses_transaction(o.kind, o.facts) for o in step.operations):
            _outside(run, step)
        else:
            _alone(run, step)
        if db.state(session) == "idle":
            run.stays.append(len(run.done))
    if db.state(session) != "idle":
        db.rollback(session)


def _alone(run: Run, step: Step) -> None:
    run.db.begin(run.session, {}, True)
    try:
        _one(run, step)
    except ServerError as error:
        if not error.outside:
            raise
        run.db.rollback(run.session)
        _outside(run, step)
        return
    if run.db.state(run.session) == "open":
        run.db.commit(run.session, "", (), True)


def _one(run: Run, step: Step, before: Catalog | None = None) -> Catalog | None:
    """Run it in the transaction that is open, and look; what is there afterwards comes back.

    `before` is of this transaction: outside, the counters of rows start anew at any moment.
    """
    db, session = run.db, run.session
    if is_beyond(step, session.url):
        how = run.how.transaction
        run.done.append(shown(run, step, state="not run", said=BEYOND, transaction=how))
        return before
    quiet = {operation.kind for operation in step.operations} <= SETTINGS
    held: set[tuple[int, str]] = set()
    if not quiet:
        before = before or measuring.catalog(db, session)
        held = measuring.locks(db, session)
    began = time.perf_counter()
    db.run(session, step.statement.text, step.data)
    seconds = time.perf_counter() - began
    if quiet or before is None:
        run.done.append(shown(run, step, seconds=seconds, transaction=run.how.transaction))
        return before
    after = measuring.catalog(db, session)
    now = measuring.locks(db, session)
    measured = Measured(
        before,
        _by_oid(run, now - held, before),
        _by_oid(run, held, before),
        frozenset(measuring.rewritten(before, after, run.existing)),
        frozenset(measuring.read(before, after, run.existing)),
    )
    run.done.append(told(run, step, measured, seconds, True))
    missed = set(run.done[-1].predicted_scans) - set(run.done[-1].scans)
    return None if missed else after  # a question of ours may have read a row of those


def _outside(run: Run, step: Step) -> None:
    db, session = run.db, run.session
    before = measuring.catalog(db, session)
    build = any(o.facts.get("concurrently") is True for o in step.operations)
    if build:
        db.concurrent(session, True)
    tables = _tables(run, step, before, ("r", "p"))
    leaves = _tables(run, step, before, ("r",))
    statement = step.statement.text
    seen = observe(db, session, tables, leaves, lambda: db.run(session, statement, step.data))
    if build:
        db.concurrent(session, False)
    after = measuring.catalog(db, session)
    measured = Measured(
        before,
        _by_oid(run, seen.locks, before),
        {},
        frozenset(measuring.rewritten(before, after, run.existing)),
        seen.read or frozenset(),
        frozenset(before.relations) - frozenset(after.relations),
    )
    run.done.append(told(run, step, measured, seen.seconds, False, seen.read is not None))


def _tables(run: Run, step: Step, before: Catalog, kinds: tuple[str, ...]) -> list[str]:
    """What the bystanders hold: the tables that the statement is predicted to lock."""
    from migralint.runner.databases.postgres.session import quoted

    awaited = expected(run.views.get(step.statement.start, []), before, run.existing).wanted
    oids = {oid for wanted in awaited for oid in wanted.oids if wanted.least}
    found = [before.relations[oid] for oid in sorted(oids)]
    return [f"{quoted(r.schema)}.{quoted(r.name)}" for r in found if r.kind in kinds]


def _by_oid(run: Run, pairs: set[tuple[int, str]], before: Catalog) -> dict[int, frozenset[str]]:
    found: dict[int, set[str]] = {}
    for oid, lock in pairs:
        if oid in run.existing and oid in before.relations:
            found.setdefault(oid, set()).add(lock)
    return {oid: frozenset(locks) for oid, locks in found.items()}
