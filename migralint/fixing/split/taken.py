"""Findings -> what becomes of each statement: replay, recipes, and what speaks against it."""

from __future__ import annotations

from migralint.fixing.split import files, text
from migralint.fixing.split.parts import Found
from migralint.fixing.split.recipes import RECIPES
from migralint.fixing.split.touching import SESSION
from migralint.knowledge.schema import Schema
from migralint.knowledge.timeline import Timeline
from migralint.model import Record
from migralint.sql.operations import operations
from migralint.sql.statements import split as statements_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migralint.config import Config
    from migralint.fixing.split.parts import Change
    from migralint.knowledge.schema import Index
    from migralint.knowledge.timeline import View
    from migralint.model import Edit, Finding, Migration, Name, Statement
    from migralint.rules import Rule

HARMLESS = frozenset(("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"))
DIALECTS = {
    "mysql": "MySQL and MariaDB: what this blocks, no sequence of migrations spares; gh-ost or "
    "pt-online-schema-change copies the table beside the running application",
    "sqlite": "SQLite has one writer and no statement that would block less: nothing to split",
}


class Taken(Record):
    """A migration with what its findings lead to. `changes` are by (start, end) of the operation,
    in order; `done` the findings that they take away, `refused` the others with a reason, `indexes`
    those that stand before."""

    migration: Migration
    statements: tuple[Statement, ...]
    views: Mapping[int, tuple[View, ...]]
    changes: tuple[tuple[View, Change], ...]
    done: tuple[Finding, ...]
    refused: tuple[tuple[Finding, str], ...]
    indexes: Mapping[Name, Index]


def take(
    migrations: Sequence[Migration],
    migration: Migration,
    findings: Sequence[Finding],
    rules: Mapping[str, Rule],
    config: Config,
) -> Taken:
    statements = statements_of(migration.text, migration.dialect, migration.forward)
    before, timeline = _replayed(migrations, migration, statements, config)
    views: dict[int, tuple[View, ...]] = {}
    for view in timeline.views:
        start = view.operation.statement.start
        views[start] = (*views.get(start, ()), view)
    why = whole_refused(migration, views, statements)
    changes: list[tuple[View, Change]] = []
    done: list[Finding] = []
    refused: list[tuple[Finding, str]] = []
    for finding in findings:
        at = _view(timeline, finding)
        made = why or (_made(finding, at, before, rules) if at else "its statement was not found")
        if isinstance(made, str):
            refused.append((finding, made))
        elif at is not None and not any(view is at for view, _ in changes):
            changes.append((at, made))
            done.append(finding)
    changes.sort(key=lambda change: change[0].index)
    return Taken(
        migration,
        tuple(statements),
        views,
        tuple(changes),
        tuple(done),
        tuple(refused),
        before.indexes,
    )


def _replayed(
    migrations: Sequence[Migration],
    migration: Migration,
    statements: Sequence[Statement],
    config: Config,
) -> tuple[Schema, Timeline]:
    """The schema in front of the migration, and the migration on a schema of its own."""
    made = [o for s in statements for o in operations(s, migration.dialect)]
    complete = migration.layout == "prisma"
    before, after = (Schema(migration.dialect, complete=complete) for _ in range(2))
    fresh = {migration.path}
    for other in migrations:
        if other.path == migration.path:
            break
        if (other.folder, other.dialect) != (migration.folder, migration.dialect):
            continue
        if other.pending:
            fresh.add(other.path)
        for schema in (before, after):
            if other.problem:
                schema.gap("a file could not be read")
                continue
            for statement in statements_of(other.text, other.dialect, other.forward):
                for operation in operations(statement, other.dialect):
                    schema.apply(operation, other.path)
    return before, Timeline(migration, made, after, config, frozenset(fresh))


def _view(timeline: Timeline, finding: Finding) -> View | None:
    for view in timeline.views:
        own = view.operation
        at = (own.line, own.column, own.kind)
        if at == (finding.line, finding.column, finding.operation) and finding.object == str(
            view.fact("object")
        ):
            return view
    return None


def whole_refused(
    migration: Migration, views: Mapping[int, tuple[View, ...]], statements: Sequence[Statement]
) -> str:
    """Why no statement of the migration may leave it, "" if they may."""
    if migration.dialect in DIALECTS:
        return DIALECTS[migration.dialect]
    if migration.layout in files.NEVER:
        return files.NEVER[migration.layout]
    if "+goose StatementBegin" in migration.text:
        return "it has statements between `+goose StatementBegin` and `StatementEnd`"
    for statement in statements:
        kinds = {view.operation.kind for view in views.get(statement.start, ())}
        if statement.form != "sql" or kinds & {"rollback", "savepoint", "psql_command"}:
            return (
                f"line {statement.line}: {' '.join(statement.text.split()[:2])} concerns the rest"
            )
        for view in views.get(statement.start, ()):
            own = view.operation
            if own.kind == "set" and str(own.facts["parameter"]).lower() not in HARMLESS:
                return f"SET {own.facts['parameter']} (line {own.line}) holds for all that follows"
            if own.kind in ("reset", "session", "lock_table"):
                return (
                    f"line {own.line}: {own.statement.text.split()[0]} holds for all that follows"
                )
    return _own_transaction(views, statements)


def _own_transaction(views: Mapping[int, tuple[View, ...]], statements: Sequence[Statement]) -> str:
    """BEGIN and COMMIT around the whole file are fine: what leaves it needs none."""
    kinds = [views[s.start][0].operation.kind if s.start in views else "" for s in statements]
    control = [i for i, kind in enumerate(kinds) if kind in ("begin", "commit")]
    first = next((i for i, kind in enumerate(kinds) if kind not in SESSION or kind == "begin"), 0)
    if not control or (control == [first, len(kinds) - 1] and kinds[first] == "begin"):
        return ""
    return f"line {statements[control[0]].line}: the file controls transactions by itself"


def _made(finding: Finding, view: View, before: Schema, rules: Mapping[str, Rule]) -> Change | str:
    for fact, where in (
        ("in_do", "a DO block"),
        ("in_routine", "a function"),
        ("dynamic", "EXECUTE"),
    ):
        if view.operation.facts.get(fact) or view.fact(fact) is True:
            return f"it stands inside {where}"
    if view.operation.facts.get("if_table_exists"):
        return "ALTER TABLE IF EXISTS: whether there is anything to do is not known"
    rule = rules[finding.rule]
    found = Found(finding, view, before)
    made = RECIPES[rule.split](found)
    if isinstance(made, str) or not any(piece.way == "batches" for piece in made.later):
        return made
    if found.version < 11:
        return "before PostgreSQL 11 no statement can commit what it has done so far"
    return files.NO_BATCHES.get(view.migration.layout, made)


def changes_of(taken: Taken, statement: Statement) -> list[Change]:
    return [c for v, c in taken.changes if v.operation.statement.start == statement.start]


def edits_of(taken: Taken, statement: Statement) -> list[Edit] | None:
    """What is edited in the statement; None where nothing of it is left."""
    own = [(v, c) for v, c in taken.changes if v.operation.statement.start == statement.start]
    spans = text.actions(taken.views.get(statement.start, ()))
    gone = {(v.operation.start, v.operation.end) for v, c in own if c.gone}
    cut = text.cuts(spans, gone) if gone else []
    if cut is None:
        return None
    return [*cut, *(e for _, c in own if not c.gone for e in c.edits)]
