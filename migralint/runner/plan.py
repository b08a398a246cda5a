"""The plan: the pending migrations in order, what each statement locks, for how long, findings.

`apply` executes the same modes and asks the same linter. Nothing is written.
"""

from __future__ import annotations

from migralint.knowledge.effects import Effect, effect, held_together, is_own
from migralint.model import Record, Sizes, replace
from migralint.runner import choosing, gate, history
from migralint.runner.apply import check_files
from migralint.runner.creating import open_or_imagine
from migralint.runner.modes import mode
from migralint.runner.reading import patiently
from migralint.runner.target import answering, judged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from migralint.config import Config
    from migralint.knowledge.schema import Schema
    from migralint.model import Finding, Report
    from migralint.runner.databases import Session
    from migralint.runner.environment import Environment
    from migralint.runner.history import State
    from migralint.runner.modes import Mode
    from migralint.runner.target import Target
RETRIES = 2


class Planned(Record):
    """One migration: how it is run, what its operations do, what the rules say."""

    name: str
    path: str
    mode: Mode
    effects: tuple[Effect, ...]
    findings: tuple[Finding, ...]


class Plan(Record):
    server: str
    environment: Environment
    planned: tuple[Planned, ...]
    report: Report | None
    notes: tuple[str, ...]
    withheld: tuple[str, ...] = ()

    @property
    def refused(self) -> bool:
        return self.report is not None and bool(gate.refused(self.report))


def plan(target: Target, only_to: str, allowed: Sequence[str] = ()) -> Plan:
    check_files(target)
    target, session, absent = open_or_imagine(target)
    target = judged(target, session)
    try:
        with answering(session.url):
            rows = None if absent else history.read(target.db, session, target.table)
            states = history.states(target.locals, rows or ())
            notes = [absent] * bool(absent) + gate.check_history(target, states, allowed)
            pending, waiting = choosing.chosen(target, states, only_to)
            notes += choosing.said(target, waiting)
            bare = Plan(session.server.shown, target.environment, (), None, tuple(notes), waiting)
            if not pending:
                return bare
            if rows is None:
                gate.check_empty(target, session)
            modes = [mode(state.local.migration, target.db) for state in pending if state.local]
            found, report = patiently(
                target.db, session, RETRIES, lambda _: None,
                lambda: linted(target, session, pending, modes),
            )  # fmt: skip
        return replace(bare, planned=found, report=report)
    finally:
        target.db.close(session)


def linted(
    target: Target, session: Session, pending: Sequence[State], modes: Sequence[Mode]
) -> tuple[tuple[Planned, ...], Report]:
    """What the migrations do, and what the rules say of them."""
    report = gate.lint(target, session, pending, modes)
    return planned(target, session, pending, modes, report), report


def planned(
    target: Target, session: Session, pending: Sequence[State], modes: Sequence[Mode],
    report: Report,
) -> tuple[Planned, ...]:  # fmt: skip
    """What each of these migrations does to the schema as it stands in the database."""
    schema = schema_of(target.db.schema_sql(session), target.found.url.dialect)
    config = _with_bytes(gate.live(target, session, ()), target, session)
    paths = [state.local.migration.path for state in pending if state.local]
    return tuple(
        _planned(state, how, report, config, schema, frozenset(paths[: number + 1]))
        for number, (state, how) in enumerate(zip(pending, modes, strict=True))
    )


def _with_bytes(config: Config, target: Target, session: Session) -> Config:
    """With the bytes of the tables as they are, in place of a snapshot's."""
    tables = {name: (None, size) for name, size in target.db.sizes(session).items()}
    return replace(config, sizes=Sizes("", target.found.url.dialect, "", tables))


def schema_of(text: str, dialect: str) -> Schema:
    from migralint.knowledge.schema import Schema
    from migralint.sql.operations import operations
    from migralint.sql.statements import split

    schema = Schema(dialect)
    for statement in split(text, dialect):
        for operation in operations(statement, dialect):
            schema.apply(operation, gate.DATABASE)
    return schema


def _planned(
    state: State, how: Mode, report: Report, config: Config, schema: Schema, fresh: frozenset[str]
) -> Planned:
    """`fresh` are the paths of the pending ones to this: their tables are new to running code."""
    from migralint.knowledge.timeline import Timeline

    assert state.local is not None
    migration = gate.as_run(state.local.migration, how)
    made = [operation for step in how.steps for operation in step.operations]
    timeline = Timeline(migration, made, schema, config, fresh)
    effects = [effect(view) for view in timeline.views if is_own(view)]
    if how.transaction:
        effects = list(held_together(effects))
    findings = tuple(f for f in report.findings if f.path == migration.path)
    return Planned(state.name, migration.path, how, tuple(effects), findings)
