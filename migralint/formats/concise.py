"""One line a finding, as compilers write it: editors and problem matchers know how to read it."""

from __future__ import annotations

from migralint.formats import Options
from migralint.formats.characters import one_line, visible
from migralint.formats.summary import SEVERITIES, assumption, error_place, place, summary
from migralint.model import Finding, MigralintError, Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_WORDS = {severity: str(severity) for severity in SEVERITIES}


def pieces(report: Report, options: Options) -> Iterator[str]:
    for line in _lines(report, options):
        yield f"{line}\n"


def _lines(report: Report, options: Options) -> Iterator[str]:
    if options.statistics:
        from migralint.formats.text import statistics

        yield from statistics(report, options)
    else:
        for finding in report.findings:
            yield _finding(finding, options)
    for error in report.errors:
        yield _error(error, options)
    if not options.quiet:
        for note in report.notes:
            yield f"note: {one_line(note, options.encoding)}"
        yield summary(report)


def _finding(finding: Finding, options: Options) -> str:
    where = visible(place(finding, options), options.encoding)
    assumed = f" ({assumption(finding)})" if finding.assumed else ""
    message = one_line(finding.message + assumed, options.encoding)
    return f"{where}: {_WORDS[finding.severity]}[{visible(finding.rule)}] {message}"


def _error(error: MigralintError, options: Options) -> str:
    where = visible(error_place(error, options), options.encoding)
    hint = f" ({error.hint})" if error.hint else ""
    message = one_line(error.message + hint, options.encoding)
    return f"{where}: error: {message}" if where else f"error: {message}"
