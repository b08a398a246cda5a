"""The format for people: what happens, where, why, and what to type.

A rule that is found many times in a file explains itself once: `why`, `instead` and the way to
allow it are left out where they would repeat, word for word, what stands above.
"""

from __future__ import annotations

from migralint.formats import Options
from migralint.formats.characters import fold, lines, one_line, visible
from migralint.formats.excerpt import excerpt
from migralint.formats.summary import (
    assumption,
    counts_by_rule,
    error_place,
    place,
    summary,
)
from migralint.model import Finding, MigralintError, Report, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

STYLES = {
    "error": "1;31",
    "warning": "1;33",
    "info": "1;36",
    "bold": "1",
    "dim": "2",
    "good": "1;32",
    "gutter": "34",
}
_LABELS = (("why", "why"), ("instead", "instead"), ("allow", "to allow it"))
_INDENT = 4
MANY = 100  # findings, from which somebody who tries migralint on an old project wants the way out


def pieces(report: Report, options: Options) -> Iterator[str]:
    between = ""
    for part in filter(None, _parts(report, options)):
        yield between + "\n".join(part) + "\n"
        between = "\n"


def _parts(report: Report, options: Options) -> Iterator[list[str]]:
    """The lines of each, between which one is left empty."""
    if options.statistics:
        yield statistics(report, options)
    else:
        explained: dict[tuple[str, str, str, str], int] = {}
        for finding in report.findings:
            yield _finding(finding, options, explained)
    if not options.quiet:
        yield _fixed(report, options)
    if options.verbose:
        yield _suppressed(report, options)
    for error in report.errors:
        yield _error(error, options)
    if not options.quiet:
        yield [*_notes(_said(report, options), options), _closing(report, options)]


def paint(text: str, style: str, options: Options) -> str:
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if options.color and text.strip() else text


def _finding(
    finding: Finding, options: Options, explained: dict[tuple[str, str, str, str], int]
) -> list[str]:
    """`explained` remembers on which line of a file a rule has said a text already."""
    gutter = len(str(finding.line + max(len(finding.excerpt) - 1, 0)))
    shown = [*_heading(finding, options), *_source(finding, gutter, options)]
    if finding.assumed:
        note = visible(assumption(finding), options.encoding)
        shown.append(f"{' ' * gutter} {paint('=', 'gutter', options)} {note}")
    above = 0
    for field, label in _LABELS:
        text: str = getattr(finding, field).strip("\n")
        if not text.strip():
            continue
        key = (finding.path, finding.rule, field, text)
        if key in explained:
            above = explained[key]
            continue
        explained[key] = finding.line
        shown.extend(_labelled(label, text, options))
    if above:
        shown.append(paint(f"  (the rest as for line {above})", "dim", options))
    return shown


def _heading(finding: Finding, options: Options) -> list[str]:
    severity = str(finding.severity)
    name = f"{severity}[{visible(finding.rule, options.encoding)}]"
    message = one_line(finding.message, options.encoding)
    first, *rest = fold(f"{name}: {message}", options.width)
    first = paint(name, severity, options) + first.removeprefix(name)
    return [first, *(f"  {line}" for line in rest)]


def _source(finding: Finding, gutter: int, options: Options) -> list[str]:
    where = visible(place(finding, options), options.encoding)
    shown = [f"{' ' * gutter}{paint('-->', 'gutter', options)} {where}"]
    bar = paint("|", "gutter", options)
    rows = excerpt(finding, options.width - gutter - 3, options.encoding)
    if rows:
        shown.append(f"{' ' * gutter} {bar}")
    for row in rows:
        number = str(row.number or "").rjust(gutter)
        text = paint(row.text, str(finding.severity), options) if row.mark else row.text
        shown.append(f"{paint(number, 'gutter', options)} {bar} {text}".rstrip())
    return shown


def _labelled(label: str, text: str, options: Options) -> list[str]:
    """`label: text`, the following lines indented; what the text itself indents is code."""
    first, *rest = prose(text, options.width - _INDENT, len(label), options.encoding)
    start = f"  {paint(label + ':', 'bold', options)}"
    head = [start, f"{' ' * _INDENT}{first}"] if first.startswith(" ") else [f"{start} {first}"]
    return [*head, *(f"{' ' * _INDENT}{line}".rstrip() for line in rest)]


def prose(text: str, room: int, taken: int, encoding: str) -> list[str]:
    """Paragraphs folded to `room` columns, of which the first has some taken; code as it is."""
    folded: list[str] = []
    paragraph: list[str] = []

    def close() -> None:
        if paragraph:
            folded.extend(fold(" ".join(paragraph), room, 0 if folded else taken))
            paragraph.clear()

    for line in lines(text, encoding):
        if line.startswith("    ") or not line:
            close()
            folded.append(line)
        else:
            if line.startswith(("- ", "* ")):
                close()
            paragraph.append(line)
    close()
    return folded


def _fixed(report: Report, options: Options) -> list[str]:
    """The lines are those of the file as it was."""
    shown = []
    for finding in report.fixed:
        where = visible(place(finding, options), options.encoding)
        message = one_line(finding.message, options.encoding)
        rule = visible(finding.rule, options.encoding)
        shown.append(f"{paint('fixed', 'good', options)}[{rule}] {where}: {message}")
    return shown


def _suppressed(report: Report, options: Options) -> list[str]:
    shown = []
    for item in report.suppressed:
        where = visible(place(item.finding, options), options.encoding)
        reason = one_line(f"{item.reason} ({item.source})", options.encoding)
        rule = visible(item.finding.rule, options.encoding)
        shown.append(f"{paint('suppressed', 'dim', options)}[{rule}] {where}: {reason}")
    return shown


def _error(error: MigralintError, options: Options) -> list[str]:
    where = visible(error_place(error, options), options.encoding)
    message = one_line(error.message, options.encoding)
    head = f"{paint('error', 'error', options)}: {f'{where}: ' if where else ''}{message}"
    return [head, *(f"  {line}" for line in lines(error.hint, options.encoding) if line)]


def _said(report: Report, options: Options) -> tuple[str, ...]:
    said = report.notes
    ready = sum(1 for finding in report.findings if finding.fix)
    if ready and not report.fixed:
        said = (*said, f"--fix mends {ready} of these, where the migration is new; --diff shows it")
    if len(report.findings) < MANY or options.statistics:
        return said
    return (*said, "`migralint baseline` exempts what is here already; --statistics counts by rule")


def _notes(notes: tuple[str, ...], options: Options) -> list[str]:
    shown: list[str] = []
    for note in notes:
        first, *rest = fold(one_line(note, options.encoding), options.width - 8) or [""]
        shown.append(f"{paint('note', 'bold', options)}: {first}")
        shown.extend(f"  {line}" for line in rest)
    return shown


def _closing(report: Report, options: Options) -> str:
    worst = max((finding.severity for finding in report.findings), default=None)
    if report.errors or worst == Severity.ERROR:
        return paint(summary(report), "error", options)
    if worst is not None:
        return paint(summary(report), str(worst), options)
    return paint(summary(report), "good" if report.files else "bold", options)


def statistics(report: Report, options: Options) -> list[str]:
    """How often each rule was found, most first."""
    rows = counts_by_rule(report)
    size = len(str(rows[0][0])) if rows else 0
    return [
        f"{str(count).rjust(size)}  {paint(severity.ljust(7), severity, options)}  "
        f"{visible(rule, options.encoding)}"
        for count, severity, rule in rows
    ]
