"""What does not stop an apply: what a project has adopted, what an empty database cannot lose.

A project that adopts migralint exempts the migrations that it has (`migralint baseline`, `since:`).
Elsewhere than in production that holds for an apply as it does for the linter. In production it
holds for an empty database only: what destroys data needs its reason where there are data.
"""

from __future__ import annotations

from migralint import baseline
from migralint.model import Severity, replace
from migralint.source import WorkTree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from migralint.model import Finding, Migration, Report
    from migralint.rules import Rule
    from migralint.runner.databases import Session
    from migralint.runner.target import Target

# Categories of rules that speak of rows that are there, and of code that runs on them.
OF_DATA = frozenset(["destructive", "locking", "compatibility", "data"])
HARMLESS = "The database is empty, so this does not stop it. "


def is_empty(target: Target, session: Session) -> bool:
    """No table but the history, in any schema."""
    known = (name.rpartition(".")[2] for name in target.db.rows(session))
    return all(name == target.table for name in known)


def exempted(
    target: Target, originals: Sequence[Migration], made: Sequence[Migration], empty: bool
) -> list[Migration]:
    """`made` are to be linted; those that the baseline or `since:` exempts become context."""
    if target.environment.is_production and not empty:
        return list(made)
    source = WorkTree(target.config.root)
    entries = baseline.read(source, baseline.place(target.config.path))
    kept, _ = baseline.exempted(made, entries)
    pairs = zip(kept, originals, strict=True)
    return [replace(m, report=m.report and original.report) for m, original in pairs]


def softened(target: Target, report: Report, rules: Sequence[Rule], empty: bool) -> Report:
    """On an empty database, elsewhere than in production, errors about data are warnings."""
    if not empty or target.environment.is_production:
        return report
    of_data = {rule.id for rule in rules if rule.category in OF_DATA}
    findings = (_warning(f) if f.rule in of_data else f for f in report.findings)
    return replace(report, findings=tuple(findings))


def _warning(finding: Finding) -> Finding:
    if finding.severity < Severity.ERROR:
        return finding
    return replace(finding, severity=Severity.WARNING, why=HARMLESS + finding.why)
