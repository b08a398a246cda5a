"""Annotations of GitHub Actions: workflow commands that the runner finds in the log.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
GitHub keeps ten annotations of each level for a step and drops the others without a word, so the
most severe are written first, and how many were left out is said in an annotation of its own.
"""

from __future__ import annotations

from migralint.formats import Options
from migralint.formats.characters import lines, visible
from migralint.formats.summary import SEVERITIES, assumption, counted, shown_path, worst_first
from migralint.model import Finding, MigralintError, Report, Severity

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
CAP = 10


def pieces(report: Report, options: Options) -> list[str]:
    errors = [_error(error, options) for error in report.errors[:CAP]]
    room = {Severity.ERROR: CAP - len(errors), Severity.WARNING: CAP, Severity.INFO: CAP - 1}
    shown: list[str] = []
    cut: list[Finding] = []
    ordered = worst_first(report.findings)
    for severity in SEVERITIES:
        same = [finding for finding in ordered if finding.severity == severity]
        shown.extend(_finding(finding, options) for finding in same[: room[severity]])
        cut.extend(same[room[severity] :])
    if cut:
        more = f"{counted(cut)} more than GitHub shows for one step: see the log of this step."
        shown.append(command("notice", {"title": "migralint"}, more))
    return [f"{line}\n" for line in [*errors, *shown]]


def _finding(finding: Finding, options: Options) -> str:
    properties = {
        "title": f"migralint: {finding.rule}",
        "file": shown_path(finding.path, options),
        "line": str(finding.line),
        "endLine": str(finding.end_line),
    }
    if finding.line == finding.end_line:  # with several lines GitHub refuses columns
        properties["col"] = str(finding.column)
        properties["endColumn"] = str(finding.end_column)
    parts = (finding.message, assumption(finding), finding.instead)
    message = "\n\n".join(part.strip("\n") for part in parts if part)
    return command(LEVELS[finding.severity], properties, message)


def _error(error: MigralintError, options: Options) -> str:
    properties = {"title": "migralint"}
    if error.path:
        properties["file"] = shown_path(error.path, options)
    if error.path and error.line:
        properties["line"] = str(error.line)
    hint = f"\n\n{error.hint}" if error.hint else ""
    return command("error", properties, error.message + hint)


def command(level: str, properties: dict[str, str], message: str) -> str:
    """A workflow command, escaped so that no text of the SQL can end it or begin another."""
    text = "\n".join(lines(message))
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{level} {given}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(visible(text)).replace(":", "%3A").replace(",", "%2C")
