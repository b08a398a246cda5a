"""One line a finding, as compilers write it: editors and problem matchers know how to read it."""

from __future__ import annotations

from migralint.formats import Options
from migralint.formats.characters import one_line, visible
from migralint.formats.summary import assumption, error_place, place, summary
from migralint.model import Finding, MigralintError, Report


def render(report: Report, options: Options) -> str:
    if options.statistics:
        from migralint.formats.text import statistics

        shown = statistics(report, options)
    else:
        shown = [_finding(finding, options) for finding in report.findings]
    shown.extend(_error(error, options) for error in report.errors)
    if not options.quiet:
        shown.extend(f"note: {one_line(note, options.encoding)}" for note in report.notes)
        shown.append(summary(report))
    return "".join(f"{line}\n" for line in shown)


def _finding(finding: Finding, options: Options) -> str:
    where = visible(place(finding, options), options.encoding)
    assumed = f" ({assumption(finding)})" if finding.assumed else ""
    message = one_line(finding.message + assumed, options.encoding)
    return f"{where}: {finding.severity}[{visible(finding.rule)}] {message}"


def _error(error: MigralintError, options: Options) -> str:
    where = visible(error_place(error, options), options.encoding)
    hint = f" ({error.hint})" if error.hint else ""
    message = one_line(error.message + hint, options.encoding)
    return f"{where}: error: {message}" if where else f"error: {message}"
