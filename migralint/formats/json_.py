"""The JSON format, and the writing of JSON that the other formats share.

The shape is a contract with other people's programs: migralint/schemas/report.schema.json
describes it, and `schema_version` counts up when a field changes its meaning or goes away.
"""

from __future__ import annotations

from migralint import __version__
from migralint.formats import Options
from migralint.formats.characters import well_formed
from migralint.model import Finding, MigralintError, Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SCHEMA_VERSION = 1


def render(report: Report, options: Options) -> str:
    fixed = {"fixed": [finding_fields(item) for item in report.fixed]} if report.fixed else {}
    return dump(
        {
            "schema_version": SCHEMA_VERSION,
            "tool": {"name": "migralint", "version": __version__},
            "files": report.files,
            "statements": report.statements,
            "findings": [finding_fields(finding) for finding in report.findings],
            "suppressed": [
                {**finding_fields(item.finding), "reason": item.reason, "source": item.source}
                for item in report.suppressed
            ],
            "errors": [_error(error) for error in report.errors],
            **fixed,
        }
    )


def finding_fields(finding: Finding) -> dict[str, Any]:
    """Lines and columns are 1-based and count code points; the span ends before end_column."""
    edits = [{"start": e.start, "end": e.end, "text": e.text} for e in finding.fix]
    return {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "end_line": finding.end_line,
        "end_column": finding.end_column,
        "message": finding.message,
        "why": finding.why,
        "instead": finding.instead,
        "operation": finding.operation,
        "object": finding.object,
        "assumed": list(finding.assumed),
        "fix": {"edits": edits} if edits else None,
        "fingerprint": finding.fingerprint,
    }


def _error(error: MigralintError) -> dict[str, Any]:
    return {
        "message": error.message,
        "path": error.path,
        "line": error.line,
        "column": error.column,
        "hint": error.hint,
    }


def dump(document: Any) -> str:
    """The document as JSON in ASCII, which every stream and every parser takes."""
    import json

    return json.dumps(_well_formed(document), indent=2) + "\n"


def _well_formed(value: Any) -> Any:
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, dict):
        return {key: _well_formed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_well_formed(item) for item in value]
    return value
