"""What an apply has done, as JSON: for scripts that go on from there."""

from __future__ import annotations

from migralint.runner import gate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from migralint.model import Finding, MigralintError
    from migralint.runner.apply import Result
    from migralint.runner.history import Local
    from migralint.runner.outcome import Outcome
    from migralint.runner.target import Target


def as_json(
    target: Target, result: Result | None = None, error: MigralintError | None = None
) -> dict[str, Any]:
    """`outcome`: applied, up to date, refused, failed, interrupted, or error (nothing was tried).

    `failed` is the migration that stopped it, `error` what is said of that to a person.
    """
    from migralint.runner.apply import Result

    result = result or Result()
    failed = getattr(error, "failed", None)
    findings = getattr(error, "findings", result.report.findings if result.report else ())
    return {
        "schema_version": 1,
        "database": target.found.url.shown,
        "environment": target.environment.name,
        "folder": target.folder,
        "outcome": _outcome(result, error),
        "applied": list(getattr(error, "applied", result.applied)),
        "skipped": list(result.skipped),
        "withheld": list(result.withheld),
        "failed": _failed(*failed) if failed else None,
        "findings": [finding_entry(finding) for finding in findings],
        "error": _error(error) if error else None,
    }


def _outcome(result: Result, error: MigralintError | None) -> str:
    if error is None:
        return "applied" if result.applied or result.skipped else "up to date"
    if error.status >= 128:
        return "interrupted"
    if getattr(error, "failed", None):
        return "failed"
    return "refused" if error.status == gate.REFUSED else "error"


def _error(error: MigralintError) -> dict[str, Any]:
    return {"status": error.status, "message": error.message, "hint": error.hint}


def _failed(local: Local, outcome: Outcome) -> dict[str, Any]:
    """`state`: rolled back (nothing of it stays), failed (a part may), unknown, applied."""
    from migralint.runner.failure import place

    line, column = place(outcome)
    error = outcome.error
    return {
        "name": local.name,
        "path": local.migration.path,
        "line": line or None,
        "column": column or None,
        "state": outcome.state,
        "transaction": outcome.mode.transaction,
        "statements": len(outcome.mode.steps),
        "committed": outcome.committed,
        "attempts": outcome.attempts,
        "code": error.code if error else None,
        "message": error.message if error else None,
        "detail": error.detail if error else None,
        "hint": error.hint if error else None,
        "connection_lost": bool(error and error.lost),
        "in_the_way": list(outcome.blockers),
        "invalid_indexes": list(outcome.invalid),
    }


def finding_entry(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "message": finding.message,
    }
