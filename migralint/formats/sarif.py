"""SARIF 2.1.0, with the properties that GitHub code scanning asks for.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html and
https://docs.github.com/code-security/reference/code-scanning/sarif-files/sarif-support
"""

from __future__ import annotations

from migralint import __version__
from migralint.formats import Options
from migralint.formats.characters import well_formed
from migralint.formats.json_ import dumped
from migralint.formats.summary import assumption, shown_path, worst_first
from migralint.model import Finding, MigralintError, Report, Severity, Suppressed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_PROBLEMS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}
CAP = 25_000  # GitHub refuses a file with more results


def pieces(report: Report, options: Options) -> Iterator[str]:
    found = worst_first(report.findings)
    shown, allowed = found[:CAP], report.suppressed[: max(0, CAP - len(found))]
    rules = _rules([*shown, *(item.finding for item in allowed)])
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    results = [_result(finding, index, options) for finding in shown]
    for item in allowed:
        suppression = {"suppressions": [_suppression(item)]}
        results.append(_result(item.finding, index, options) | suppression)
    notices = [_notification(error, options) for error in report.errors]
    if len(found) > CAP:
        text = f"{len(found) - CAP} findings more than GitHub takes were left out."
        notices.append({"level": "warning", "message": {"text": text}})
    driver = {"name": "migralint", "semanticVersion": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the project."}}},
        "invocations": [
            {"executionSuccessful": not report.errors, "toolExecutionNotifications": notices}
        ],
        "results": results,
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return dumped({"$schema": schema, "version": "2.1.0", "runs": [run]})


def _rules(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """One descriptor a rule, with the words of its first finding."""
    first: dict[str, Finding] = {}
    for finding in findings:
        first.setdefault(finding.rule, finding)
    return [_rule(first[rule]) for rule in sorted(first)]


def _rule(finding: Finding) -> dict[str, Any]:
    title = finding.rule.replace("-", " ").capitalize()
    why = finding.why.strip() or finding.message
    more = "\n".join(f"- {reference}" for reference in finding.references)
    described = {
        "id": finding.rule,
        "name": "".join(word.capitalize() for word in finding.rule.split("-")),
        "shortDescription": {"text": f"{title}."},
        "fullDescription": {"text": why[:1000]},
        "help": {"text": why + (f"\n\nReferences:\n{more}" if more else "")},
        "defaultConfiguration": {"level": LEVELS[finding.severity]},
        "properties": {
            "tags": ["migration", "sql"],
            "problem.severity": _PROBLEMS[finding.severity],
        },
    }
    if finding.references:
        described["helpUri"] = finding.references[0]
    return described


def _result(finding: Finding, index: dict[str, int], options: Options) -> dict[str, Any]:
    parts = (finding.message, assumption(finding), finding.instead.strip("\n"))
    region = {
        "startLine": finding.line,
        "startColumn": finding.column,
        "endLine": finding.end_line,
        "endColumn": finding.end_column,
    }
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": LEVELS[finding.severity],
        "message": {"text": "\n\n".join(part for part in parts if part)},
        "locations": [{"physicalLocation": _location(finding.path, options) | {"region": region}}],
        "partialFingerprints": {"primaryLocationLineHash": f"{finding.fingerprint}:1"},
    }
    if finding.fix:
        result["fixes"] = [_fix(finding, options)]
    return result


def _fix(finding: Finding, options: Options) -> dict[str, Any]:
    replacements = [
        {
            "deletedRegion": {"charOffset": edit.start, "charLength": edit.end - edit.start},
            "insertedContent": {"text": edit.text},
        }
        for edit in finding.fix
    ]
    return {"artifactChanges": [_location(finding.path, options) | {"replacements": replacements}]}


def _location(path: str, options: Options) -> dict[str, Any]:
    """An artifactLocation: relative to the root, or a file: URI for what lies outside of it."""
    from urllib.parse import quote

    uri = quote(well_formed(shown_path(path, options)))
    if uri.startswith("/"):
        return {"artifactLocation": {"uri": f"file://{uri}"}}
    return {"artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"}}


def _suppression(item: Suppressed) -> dict[str, Any]:
    inside = item.source.startswith(item.finding.path)
    return {
        "kind": "inSource" if inside else "external",
        "status": "accepted",
        "justification": item.reason,
    }


def _notification(error: MigralintError, options: Options) -> dict[str, Any]:
    hint = f"\n\n{error.hint}" if error.hint else ""
    shown: dict[str, Any] = {"level": "error", "message": {"text": error.message + hint}}
    if error.path:
        location = _location(error.path, options)
        if error.line:
            location["region"] = {"startLine": error.line}
        shown["locations"] = [{"physicalLocation": location}]
    return shown
