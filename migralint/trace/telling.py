"""What was measured and what was predicted of one statement, put together."""

from __future__ import annotations

from migralint.model import replace
from migralint.trace import SHOWN, Traced, comparing
from migralint.trace.comparing import TABLES, Measured
from migralint.trace.predicting import Expected, descendants, expected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from migralint.runner.modes import Step
    from migralint.trace.running import Run

NAMES = """
    SELECT c.oid::bigint, pg_catalog.format('%I.%I', n.nspname, c.relname)
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid IN ({}) AND c.relkind IN ('r', 'm')
"""


def told(
    run: Run, step: Step, found: Measured, seconds: float, inside: bool, counted: bool = True
) -> Traced:
    relations = found.before.relations
    awaited = expected(run.views.get(step.statement.start, []), found.before, run.existing)
    if not counted:
        awaited = replace(awaited, scans={})
    doubted = _doubted(awaited, found) if counted else frozenset[int]()
    compared = comparing.compare(awaited, replace(found, empty=_empty(run, doubted)))
    name = found.before.named

    def tables(oids: frozenset[int]) -> tuple[str, ...]:
        return tuple(name(oid) for oid in sorted(oids) if relations[oid].kind in TABLES)

    def sure(predictions: Mapping[int, object]) -> tuple[str, ...]:
        return tuple(name(oid) for oid in predictions if predictions[oid] is True)

    locks = {
        name(oid): awaited.strongest(oid)
        for wanted in awaited.wanted
        for oid in wanted.oids
        if wanted.least
    }
    return shown(
        run,
        step,
        locks=comparing.named_locks(found),
        rewrites=tables(found.rewritten),
        scans=tables(found.read),
        seconds=seconds,
        transaction=inside,
        predicted=locks,
        predicted_rewrites=sure(awaited.rewrites),
        predicted_scans=sure(awaited.scans),
        held=compared.held,
        assumed=compared.assumed,
        differences=compared.differences,
    )


def _doubted(awaited: Expected, found: Measured) -> frozenset[int]:
    """The tables that were to be read and were not: perhaps they have no rows."""
    scans = [oid for oid, scan in awaited.scans.items() if scan is True and oid not in found.read]
    asked = {part for oid in scans for part in awaited.parts.get(oid, (oid,))}
    return descendants(asked, found.before) - found.read


def _empty(run: Run, oids: frozenset[int]) -> frozenset[int]:
    """Which of them have none. The question takes a weak lock, and counts as a read afterwards:
    so it is asked last, and of no others."""
    db, session = run.db, run.session
    if not oids or db.state(session) not in ("idle", "open"):
        return frozenset()
    names = db.query(session, NAMES.format(", ".join(map(str, sorted(oids)))))
    return frozenset(
        oid for oid, name in names if not db.query(session, f"SELECT 1 FROM {name} LIMIT 1")
    )


def shown(run: Run, step: Step, **found: object) -> Traced:
    from migralint.findings import masked

    statement = step.statement
    text = masked(" ".join(statement.text[:4000].split()))
    shown = text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."
    return Traced(run.local.migration.path, statement.line, shown, **found)  # type: ignore[arg-type]
