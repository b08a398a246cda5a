"""The JSON format, and the writing of JSON that the other formats share.

The shape is a contract with other people's programs: migralint/schemas/report.schema.json
describes it, and `schema_version` counts up when a field changes its meaning or goes away.
"""

from __future__ import annotations

from collections.abc import Iterator
from json import dumps
from json.encoder import encode_basestring_ascii as encoded

from migralint import __version__
from migralint.formats import Options
from migralint.formats.characters import well_formed
from migralint.model import Finding, MigralintError, Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from migralint.model import Suppressed

SCHEMA_VERSION = 1


def pieces(report: Report, options: Options) -> Iterator[str]:
    yield from dumped(
        {
            "schema_version": SCHEMA_VERSION,
            "tool": {"name": "migralint", "version": __version__},
            "files": report.files,
            "statements": report.statements,
            "findings": map(finding_fields, report.findings),
            "suppressed": map(_suppressed, report.suppressed),
            "errors": map(_error, report.errors),
            **({"fixed": map(finding_fields, report.fixed)} if report.fixed else {}),
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


def _suppressed(item: Suppressed) -> dict[str, Any]:
    return {**finding_fields(item.finding), "reason": item.reason, "source": item.source}


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
    return "".join(dumped(document))


def dumped(document: Any) -> Iterator[str]:
    """The same in pieces: it may be an iterator, or a dictionary with iterators in it, which are
    asked one by one."""
    if isinstance(document, dict) and document:
        between = "{"
        for key, value in document.items():
            yield f"{between}\n  {encoded(key)}: "
            yield from _pieces(value, "\n  ")
            between = ","
        yield "\n}"
    else:
        yield from _pieces(document, "\n")
    yield "\n"


def _pieces(value: Any, margin: str) -> Iterator[str]:
    if not isinstance(value, Iterator):
        yield _indented(value, margin)
        return
    between = "["
    for item in value:
        yield f"{between}{margin}  {_indented(item, f'{margin}  ')}"
        between = ","
    yield f"{margin}]" if between == "," else "[]"


def _indented(value: Any, margin: str) -> str:
    """As json.dumps writes it with indent=2; `margin` is the line end with the space behind it."""
    if isinstance(value, str):
        return encoded(well_formed(value))
    inner = f"{margin}  "
    if isinstance(value, dict) and value:
        fields = [f"{inner}{encoded(key)}: {_indented(item, inner)}" for key, item in value.items()]
        return f"{{{','.join(fields)}{margin}}}"
    if isinstance(value, list) and value:
        return f"[{','.join([inner + _indented(item, inner) for item in value])}{margin}]"
    return dumps(value)
