"""The plan: the pending migrations in order, what each statement locks, for how long, findings.

`apply` executes the same modes and asks the same linter. Nothing is written.
"""

from __future__ import annotations

from migralint.model import UNKNOWN, record, replace
from migralint.runner import gate, history
from migralint.runner.apply import check_files, up_to
from migralint.runner.modes import mode
from migralint.runner.target import answering, judged, open_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from migralint.config import Config
    from migralint.knowledge.schema import Schema
    from migralint.knowledge.timeline import View
    from migralint.model import Finding, Report
    from migralint.runner.environment import Environment
    from migralint.runner.history import State
    from migralint.runner.modes import Mode
    from migralint.runner.target import Target

# Bytes a second: what a modest server manages while it serves others. An estimate says how many
# zeros a duration has, not more.
WRITES = 40_000_000
READS = 400_000_000


@record
class Effect:
    """What one operation does. `blocks`: "reads and writes", "writes", "nothing", "unknown".

    `seconds` is the time that it takes itself, None where the size is not known; `held` is how long
    its lock stays: to the end of the transaction where there is one.
    """

    operation: str
    object: str
    line: int
    lock: str = ""
    blocks: str = "nothing"
    rewrites: bool = False
    scans: bool = False
    bytes: int | None = None
    seconds: float | None = 0.0
    held: float | None = 0.0


@record
class Planned:
    """One migration: how it is run, what its operations do, what the rules say."""

    name: str
    path: str
    mode: Mode
    effects: tuple[Effect, ...]
    findings: tuple[Finding, ...]


@record
class Plan:
    server: str
    environment: Environment
    planned: tuple[Planned, ...]
    report: Report | None
    notes: tuple[str, ...]

    @property
    def refused(self) -> bool:
        return self.report is not None and bool(gate.refused(self.report))


def plan(target: Target, only_to: str, allowed: Sequence[str] = ()) -> Plan:
    check_files(target)
    session = open_session(target, False)
    target = judged(target, session)
    try:
        with answering(session.url):
            rows = history.read(target.db, session, target.table)
            states = history.states(target.locals, rows or ())
            notes = gate.check_history(target, states, allowed)
            pending = up_to(states, only_to)
            if not pending:
                return Plan(session.server.shown, target.environment, (), None, tuple(notes))
            if rows is None:
                gate.check_empty(target, session)
            modes = [mode(state.local.migration, target.db) for state in pending if state.local]
            report = gate.lint(target, session, pending, modes)
            sizes = target.db.sizes(session)
            text = target.db.schema_sql(session)
            config = gate.live(target, session, ())
        schema = _schema(text, target.found.url.dialect)
        planned = [
            _planned(state, how, report, config, schema, sizes)
            for state, how in zip(pending, modes, strict=True)
        ]
        return Plan(session.server.shown, target.environment, tuple(planned), report, tuple(notes))
    finally:
        target.db.close(session)


def _schema(text: str, dialect: str) -> Schema:
    from migralint.knowledge.schema import Schema
    from migralint.sql.operations import operations
    from migralint.sql.statements import split

    schema = Schema(dialect)
    for statement in split(text, dialect):
        for operation in operations(statement, dialect):
            schema.apply(operation, gate.DATABASE)
    return schema


def _planned(
    state: State,
    how: Mode,
    report: Report,
    config: Config,
    schema: Schema,
    sizes: Mapping[str, int],
) -> Planned:
    from migralint.knowledge.timeline import Timeline

    assert state.local is not None
    migration = gate.as_run(state.local.migration, how)
    made = [operation for step in how.steps for operation in step.operations]
    timeline = Timeline(migration, made, schema, config, frozenset((migration.path,)))
    effects = [_effect(view, sizes) for view in timeline.views if _counts(view)]
    if how.transaction:
        effects = list(_held(effects))
    findings = tuple(f for f in report.findings if f.path == migration.path)
    return Planned(state.name, migration.path, how, tuple(effects), findings)


def _counts(view: View) -> bool:
    """Columns and constraints inside of CREATE TABLE are part of it."""
    return view.operation.facts.get("inline") is not True


def _effect(view: View, sizes: Mapping[str, int]) -> Effect:
    operation = view.operation
    table = view.fact("table")
    lock = view.fact("lock")
    rewrites, scans = view.fact("rewrites_table"), view.fact("scans_table")
    known = (
        sizes.get(str(table).replace('"', "").replace("`", "")) if table is not UNKNOWN else None
    )
    new = view.fact("new_table") is True
    size = 0 if new else known
    return Effect(
        operation.kind,
        str(view.fact("object")),
        operation.line,
        "" if new or lock is UNKNOWN else str(lock),
        "nothing" if new else _blocks(view),
        rewrites is True and not new,
        scans is True and not new,
        size,
        *[_seconds(rewrites, scans, size)] * 2,
    )


def _blocks(view: View) -> str:
    reads, writes = view.fact("blocks_reads"), view.fact("blocks_writes")
    if reads is True:
        return "reads and writes"
    if writes is True:
        return "writes"
    return "unknown" if UNKNOWN in (reads, writes) else "nothing"


def _seconds(rewrites: Any, scans: Any, size: int | None) -> float | None:
    if rewrites is not True and scans is not True:
        return 0.0
    return None if size is None else size / (WRITES if rewrites is True else READS)


def _held(effects: Sequence[Effect]) -> Iterator[Effect]:
    """A lock stays until the commit, so it is held while all that follows is carried out."""
    for index, effect in enumerate(effects):
        rest = [later.seconds for later in effects[index:]]
        known = [seconds for seconds in rest if seconds is not None]
        yield replace(effect, held=None if len(known) < len(rest) else sum(known))
