"""What stops an apply before anything is done: the linter, the history, the rights.

The linter is the same function as everywhere; what is live here are the server's version, the sizes
of the tables, and the schema as it stands, which takes the place of the migrations applied so far.
"""

from __future__ import annotations

import os

from migralint.model import MigralintError, Migration, Severity, replace
from migralint.runner import clock, excused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from migralint.config import Config
    from migralint.model import Finding, Report
    from migralint.rules import Rule
    from migralint.runner.databases import Session
    from migralint.runner.history import State
    from migralint.runner.modes import Mode
    from migralint.runner.target import Target

DATABASE = "(the database)"
DESTRUCTIVE = "destructive"
REFUSED = 5  # the exit status
# Operations that only the owner of the table may run, in PostgreSQL.
OWNED = [
    "drop_table", "rename_table", "truncate", "add_column", "drop_column", "rename_column",
    "alter_column_type", "set_not_null", "drop_not_null", "set_default", "drop_default",
    "add_primary_key", "add_unique", "add_check", "add_foreign_key", "validate_constraint",
    "drop_constraint", "create_index", "create_trigger", "row_security", "create_policy",
]  # fmt: skip


def lint(
    target: Target, session: Session, pending: Sequence[State], modes: Sequence[Mode]
) -> Report:
    """What the rules say of the pending migrations on this database, run as we run them."""
    from migralint.lint import lint as lint_migrations

    rules = _rules(target.config)
    config = live(target, session, rules)
    text = target.db.schema_sql(session)
    dialect = target.found.url.dialect
    made = [as_run(s.local.migration, m) for s, m in zip(pending, modes, strict=True) if s.local]
    folder = made[0].folder  # the schema of one folder is no context for another
    context = Migration(
        DATABASE, text, "", "", "plain", dialect, pending=False, report=False, folder=folder
    )
    empty = excused.is_empty(target, session)
    originals = [state.local.migration for state in pending if state.local]
    made = excused.exempted(target, originals, made, empty)
    report = lint_migrations([context, *made], rules, config, clock.today())
    return excused.softened(target, report, rules, empty)


def as_run(migration: Migration, how: Mode) -> Migration:
    """The layout's own tool may use another transaction than we do. It is read already."""
    said = "file" if how.transaction else "statement"
    return replace(migration, pending=True, report=True, transaction=said, reading=how.reading)


def _rules(config: Config) -> tuple[Rule, ...]:
    from migralint import rules

    own = [os.path.join(config.root, config.rules_dir)] if config.rules_dir else []
    return rules.load([rules.builtin_directory(), *own])


def live(target: Target, session: Session, rules: Sequence[Rule]) -> Config:
    """The configuration with what the server says in place of what was assumed.

    In production a destructive operation is always an error: only a suppression lets it through.
    """
    config, server = target.config, session.server
    known = dict(config.large_tables or {})
    known.update(target.db.rows(session))
    config = replace(
        config,
        dialect=target.found.url.dialect,
        server_version=server.version,
        mariadb=server.mariadb,
        large_tables=known,
    )
    if not target.environment.is_production:
        return config
    always = {
        rule.id: "error"
        for rule in rules
        if rule.category == DESTRUCTIVE and rule.preset == "recommended"
    }
    overrides = tuple(
        replace(o, rules={k: v for k, v in o.rules.items() if k not in always})
        for o in config.overrides
    )
    return replace(config, rules={**config.rules, **always}, overrides=overrides)


ALLOWING = (
    "Change the migration, or allow the finding with a reason, in the file or under `allow:` in "
    ".migralint.yaml."
)


def refused(report: Report) -> list[Finding]:
    return [finding for finding in report.findings if finding.severity >= Severity.ERROR]


def check(
    target: Target, session: Session, pending: Sequence[State], modes: Sequence[Mode]
) -> Report:
    """MigralintError with status 5 where a finding stops the apply."""
    report = lint(target, session, pending, modes)
    hint = f"`migralint plan` shows the whole of it. {ALLOWING}{_adopting(target)}"
    refuse(target, report, "nothing was applied", hint)
    return report


def refuse(target: Target, report: Report, what: str, hint: str) -> None:
    """MigralintError with status 5 where the report has an error; `what` was not done then."""
    found = refused(report)
    if not found:
        return
    shown = "\n".join(said(finding) for finding in found[:20])
    more = f"\n... and {len(found) - 20} more" if len(found) > 20 else ""
    where = " in production, where what destroys needs a reason" * target.environment.is_production
    error = MigralintError(f"refused{where}: {what}\n{shown}{more}", hint=hint, status=REFUSED)
    error.findings = report.findings  # type: ignore[attr-defined]
    raise error


def _adopting(target: Target) -> str:
    if target.environment.is_production:
        return ""
    return "\n  Were these there before migralint? `migralint baseline` exempts what a project has."


def said(finding: Finding) -> str:
    place = f"{finding.path}:{finding.line}:{finding.column}"
    return f"{place}: {finding.severity}[{finding.rule}] {finding.message}"


def check_history(
    target: Target, states: Sequence[State], allowed: Sequence[str] = ()
) -> list[str]:
    """Refuse a history that is not what the folder says; the rest comes back as sentences."""
    failed = [state for state in states if state.state == "failed"]
    if failed:
        raise MigralintError(_failed(failed), hint=_ways_out(failed[0].name), status=5)
    notes: list[str] = []
    production = target.environment.is_production
    _judge(
        "edited", [s.name for s in states if s.edited], True, allowed, notes,
        "edited since applied", "Put the file back as it was applied, and make a new migration.",
    )  # fmt: skip
    _judge(
        "missing", [s.name for s in states if s.missing], production or bool(os.environ.get("CI")),
        allowed, notes, "applied but missing from the folder", "Is this the deployed branch?",
    )  # fmt: skip
    _judge(
        "out-of-order", [s.name for s in states if s.late], production, allowed, notes,
        "earlier than what is applied already", "Give it a version that comes last.",
    )  # fmt: skip
    return [*notes, *_marked(target, states)]


def _marked(target: Target, states: Sequence[State]) -> list[str]:
    """A byte order mark does us no harm, but a Prisma project is to be deployed by both."""
    names = [
        s.name
        for s in states
        if s.local and s.state != "applied" and s.local.data.startswith(b"\xef\xbb\xbf")
    ]
    if not names or target.layout != "prisma":
        return []
    why = "begins with a byte order mark, on which `prisma migrate deploy` fails; save it without"
    return [f"{name} {why}" for name in names[:3]]


def _judge(
    kind: str,
    names: list[str],
    stops: bool,
    allowed: Sequence[str],
    notes: list[str],
    what: str,
    hint: str,
) -> None:
    if not names:
        return
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    text = f"{what}: {', '.join(names[:3])}{more}"
    if stops and kind not in allowed:
        raise MigralintError(
            text, hint=f"{hint} `--allow {kind}` applies the pending ones anyway.", status=5
        )
    notes.append(text)


def _failed(failed: Sequence[State]) -> str:
    from migralint.runner.history import shown_time

    parts = []
    for state in failed:
        row = next(row for row in state.rows if row.finished is None and row.rolled_back is None)
        told = f": {row.logs.strip()}" if row.logs and row.logs.strip() else ""
        parts.append(
            f"{state.name} failed or was cut short (started {shown_time(row.started)}){told}"
        )
    return "nothing is applied while a migration stands as failed\n" + "\n".join(parts)


def _ways_out(name: str) -> str:
    return (
        "See what of it is in the database. Then either finish it by hand and type\n"
        f"  `migralint resolve --applied {name}`, or undo it and type\n"
        f"  `migralint resolve --rolled-back {name}`, after which `migralint apply` runs it again."
    )


def check_empty(target: Target, session: Session) -> None:
    """No history, but tables: somebody else made them (Prisma's P3005)."""
    from migralint.runner.history import OTHERS

    tables = target.db.tables(session)
    if not tables:
        return
    other = next((OTHERS[name] for name in tables if name in OTHERS), "")
    managed = f" {other} has kept a history in it." if other else ""
    first = target.locals[0].name if target.locals else "NAME"
    raise MigralintError(
        f"{target.found.url.shown} has tables ({', '.join(tables[:3])}"
        f"{' ...' if len(tables) > 3 else ''}) but no history of migrations.{managed}",
        hint="Record what is there already, a migration at a time or up to a version:\n"
        f"  `migralint resolve --applied {first}` or `migralint resolve --applied-to VERSION`",
        status=5,
    )


def check_rights(target: Target, session: Session, modes: Sequence[Mode]) -> None:
    """Before the first statement: a migration without a transaction cannot be taken back."""
    made: set[str] = set()
    owned: dict[str, None] = {}
    for mode in modes:
        for step in mode.steps:
            for operation in step.operations:
                name = str(operation.facts.get("table", ""))
                if operation.kind == "create_table":
                    made.add(name)
                elif operation.kind in OWNED and name and name not in made:
                    owned[name] = None
    place = target.db.table(session, target.table)
    lacking = target.db.missing_rights(session, place, list(owned))
    if lacking:
        raise MigralintError("; ".join(lacking), hint="Nothing was applied.", status=4)
