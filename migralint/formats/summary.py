"""What several formats say in the same words: counts, order, places."""

from __future__ import annotations

import os

from migralint import amounts
from migralint.formats import Options
from migralint.model import Finding, MigralintError, Report, Severity

SEVERITIES = (Severity.ERROR, Severity.WARNING, Severity.INFO)


def counted(findings: tuple[Finding, ...] | list[Finding]) -> str:
    """ "2 errors, 1 warning", "" for none."""
    numbers = dict.fromkeys(SEVERITIES, 0)
    for finding in findings:
        numbers[finding.severity] += 1
    shown = {
        Severity.ERROR: amounts.counted(numbers[Severity.ERROR], "error"),
        Severity.WARNING: amounts.counted(numbers[Severity.WARNING], "warning"),
        Severity.INFO: f"{numbers[Severity.INFO]:,} info",
    }
    return ", ".join(shown[severity] for severity in SEVERITIES if numbers[severity])


def summary(report: Report) -> str:
    """One sentence: what was found, and in how much."""
    if report.findings:
        hit = len({finding.path for finding in report.findings})
        found = f"{counted(report.findings)} in {amounts.counted(hit, 'file')}"
    else:
        found = "No findings" if report.files else "Nothing was looked at"
    files = amounts.counted(report.files, "file")
    looked = f" ({files}, {amounts.counted(report.statements, 'statement')} read)"
    mended = f"; {len(report.fixed):,} fixed" if report.fixed else ""
    allowed = f"; {len(report.suppressed):,} suppressed" if report.suppressed else ""
    problems = amounts.counted(len(report.errors), "problem")
    failed = f"; {problems}, see above" if report.errors else ""
    return f"{found}{looked if report.files else ''}{mended}{allowed}{failed}."


def worst_first(findings: tuple[Finding, ...]) -> list[Finding]:
    """Sorted by severity; the order within one is kept."""
    return sorted(findings, key=lambda finding: -finding.severity)


def shown_path(path: str, options: Options) -> str:
    """The path from where the reader stands, with forward slashes."""
    if options.root == options.here or not path or path.startswith("<") or os.path.isabs(path):
        return path
    whole = os.path.join(options.root, path)
    return os.path.relpath(whole, options.here).replace(os.sep, "/")


def place(finding: Finding, options: Options) -> str:
    """path:line:column, which terminals and editors make a link of."""
    return f"{shown_path(finding.path, options)}:{finding.line}:{finding.column}"


def assumption(finding: Finding) -> str:
    """What the finding takes for granted, "" where nothing."""
    return f"assumed, because unknown: {', '.join(finding.assumed)}" if finding.assumed else ""


def error_place(error: MigralintError, options: Options) -> str:
    """path:line:column as far as the error says it."""
    parts = (shown_path(error.path, options), error.line, error.column)
    return ":".join(str(part) for part in parts if part)


def counts_by_rule(report: Report) -> list[tuple[int, str, str]]:
    """(how many, severity, rule), most first."""
    numbers: dict[tuple[str, str], int] = {}
    for finding in report.findings:
        key = (str(finding.severity), finding.rule)
        numbers[key] = numbers.get(key, 0) + 1
    return sorted(((n, *key) for key, n in numbers.items()), key=lambda row: (-row[0], row[2]))
