"""Checks of what the pending migrations do: locks and for how long, findings, what is destroyed."""

from __future__ import annotations

from migralint.amounts import counted
from migralint.knowledge import effects, estimates
from migralint.preflight.check import failed, passed, warned
from migralint.preflight.data import asking
from migralint.preflight.data.question import quote
from migralint.runner import gate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from migralint.model import Name, Operation
    from migralint.preflight.asked import Asked
    from migralint.preflight.check import Check
    from migralint.runner.plan import Planned

SHOWN = 10
# undefined_table, undefined_column; MySQL's numbers; SQLite says no more than this
_ABSENT = ("42P01", "42703", "1146", "1054")
FELT = 1.0  # seconds for which requests that wait are not noticed
TAKING = ("drop_table", "drop_column", "truncate", "delete", "drop_schema", "drop_database",
          "drop_owned")  # fmt: skip


def locks(asked: Asked) -> Iterable[Check]:
    """Which statements keep the application waiting for longer than a moment."""
    if not asked.planned:
        return
    name = "locks"
    blocking = [
        (planned, effect)
        for planned in asked.planned
        for effect in planned.effects
        if effect.blocks != "nothing"
        and effect.lock
        and (effect.held is None or effect.held >= FELT)
    ]
    if not blocking:
        yield passed(name, "no pending statement is expected to hold a lock for longer than 1 s")
        return
    lines = [
        f"{planned.path}:{effect.line}: {effects.said(effect)}" for planned, effect in blocking
    ]
    known = [effect.held for _, effect in blocking if effect.held is not None]
    longest = f", the longest about {estimates.shown(max(known))}" if known else ""
    statements = counted(len(blocking), "statement")
    said = f"{statements} will keep the application waiting{longest}"
    yield warned(name, said, _cut(lines), "A quiet hour, or the safer way that `lint` tells.")


def _cut(lines: list[str]) -> list[str]:
    return lines[:SHOWN] + [f"... and {len(lines) - SHOWN} more"] * (len(lines) > SHOWN)


def findings(asked: Asked) -> Iterable[Check]:
    report = asked.plan.report if asked.plan else None
    if report is None:
        return
    errors, name = gate.refused(report), "lint"
    others = [finding for finding in report.findings if finding not in errors]
    if errors:
        lines = _cut([gate.said(finding) for finding in errors])
        hint = "`migralint apply` refuses these; `migralint plan` shows the whole of it."
        yield failed(name, counted(len(errors), "error"), lines, hint)
    elif others:
        lines = _cut([gate.said(finding) for finding in others])
        yield warned(name, counted(len(others), "finding") + ", no error", lines)
    else:
        yield passed(name, "no findings")
    if report.suppressed:
        lines = _cut([f"{s.finding.path}:{s.finding.line}: {s.finding.rule} ({s.reason})"
                      for s in report.suppressed])  # fmt: skip
        yield warned("allowed", counted(len(report.suppressed), "allowed finding"), lines,
                     "Do the reasons still hold?")  # fmt: skip


def destruction(asked: Asked) -> Iterable[Check]:
    """What is taken away, with the rows that go; counted where the data may be asked."""
    if not asked.planned:
        return
    taking = list(_taking(asked))
    if not taking:
        yield passed("destructive", "no pending statement takes data away")
        return
    lines: list[str] = []
    harmless: list[str] = []
    for planned, operation in taking:
        rows, text = _rows(asked, operation)
        place = f"{planned.path}:{operation.line}"
        told = f"{place}: {operation.kind} {_object(operation)}: {text}"
        (harmless if rows == 0 else lines).append(told)
    said = counted(len(taking), "destructive statement")
    if lines:
        of = f", {len(harmless)} of them with nothing to lose" if harmless else ""
        hint = "What goes is in the backup alone."
        yield warned("destructive", f"{said}{of}", _cut([*lines, *harmless]), hint)
    else:
        yield passed("destructive", f"{said}, and no row goes: {harmless[0].partition(': ')[2]}")


def _taking(asked: Asked) -> Iterator[tuple[Planned, Operation]]:
    """Of tables that are there today; in SQLite not those that are rebuilt under their name."""
    made: set[Name] = set()
    for planned, operation in asked.operations():
        table = operation.facts.get("table")
        if operation.kind == "create_table":
            made.add(operation.facts["table"])
        elif operation.kind in TAKING and table not in made and not _rebuilt(planned, operation):
            yield planned, operation


def _rebuilt(planned: Planned, operation: Operation) -> bool:
    """SQLite's way to change a table: another one takes its rows and its name."""
    if operation.kind != "drop_table":
        return False
    table = operation.facts["table"].name
    later = [o for step in planned.mode.steps for o in step.operations if o.start > operation.start]
    return any(o.kind == "rename_table" and o.facts["new_name"].name == table for o in later)


def _object(operation: Operation) -> str:
    facts = operation.facts
    table = facts.get("table") or facts.get("schema") or facts.get("database") or facts.get("role")
    return f"{table}.{facts['column']}" if "column" in facts else str(table)


def _rows(asked: Asked, operation: Operation) -> tuple[int | None, str]:
    facts, kind = operation.facts, operation.kind
    table = facts.get("table")
    if table is None:
        return None, "everything in it"
    counts = f"count({facts['column'].sql})" if kind == "drop_column" else "count(*)"
    where = f" WHERE {facts['where']}" if kind == "delete" and facts.get("where") else ""
    if kind == "delete" and facts.get("joined"):
        return None, "how many rows is not known"
    named = quote(table.name, asked.dialect)
    sql = f"SELECT {counts} FROM {table.sql} AS {named}{where}"
    limit = asked.options.data_timeout
    answer = asking.ask(asked.target.db, asked.session, sql, limit) if limit else None
    what = "value" if kind == "drop_column" else "row"
    if answer is not None and answer.rows is not None:
        count = int(answer.rows[0][0])
        return count, counted(count, what)
    if answer is not None and answer.code in _ABSENT:
        return 0, "it is not there today"
    known = asked.target.db.rows(asked.session).get(table.name)
    return None, "how many rows is not known" if known is None else f"about {counted(known, 'row')}"
