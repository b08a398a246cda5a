"""One page for a browser: each migration with its statements and findings, and what waits for it.

It needs nothing from anywhere: the style is in it, there is no script, no font and no image. Light
and dark follow the reader's system.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from html import escape
from operator import itemgetter

from migralint import __version__, amounts
from migralint.formats import Options
from migralint.formats.characters import lines, one_line
from migralint.formats.html_timeline import picture
from migralint.formats.summary import assumption, counted, error_place, shown_path, summary
from migralint.model import Finding, MigralintError, Report, Severity, Step, Suppressed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# (rule, title, text) -> where the page has said it already
Told = dict[tuple[str, str, str], tuple[str, int]]

LEGEND = (
    ("all", "reads and writes wait"),
    ("writes", "writes wait"),
    ("goes", "locked, others go on"),
    ("open", "not known"),
    ("goes unknown", "length depends on the table's size"),
)
ESTIMATES = (
    "Durations are estimated from the sizes of the tables: they say how many zeros there are, not "
    "more. The time that a lock is waited for is not in them."
)


def pieces(report: Report, options: Options) -> list[str]:
    parts = [_head(report), "<main>\n", *(_error(error, options) for error in report.errors)]
    by_path: dict[str, list[Finding]] = {path: [] for path in report.paths}
    for finding in report.findings:
        by_path.setdefault(finding.path, []).append(finding)
    loud = [path for path, findings in by_path.items() if findings]
    if len(loud) > 1:
        parts.append(_contents(loud, by_path, options))
    steps: dict[str, list[Step]] = {path: [] for path in loud}
    for step in report.steps:
        steps.setdefault(step.path, []).append(step)
    told: Told = {}
    parts += [_file(path, by_path[path], steps[path], options, told) for path in loud]
    parts.append(_quiet([path for path, found in by_path.items() if not found], options))
    parts.append(_suppressed(report.suppressed, options))
    parts += [f'<p class="note">{_text(note)}</p>\n' for note in report.notes]
    parts.append("</main>\n")
    style = _style()
    return [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>migralint: {_text(summary(report))}</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n{''.join(parts)}</body>\n</html>\n"
    ]


def _style() -> str:
    with open(os.path.join(os.path.dirname(__file__), "html.css"), encoding="utf-8") as file:
        return file.read()


def _head(report: Report) -> str:
    numbers = dict.fromkeys(reversed(Severity), 0)
    for finding in report.findings:
        numbers[finding.severity] += 1
    badges = "".join(
        f'<li class="{severity}"><b>{count:,}</b> {severity}{_plural(severity, count)}</li>'
        for severity, count in numbers.items()
        if count or severity is Severity.ERROR
    )
    if report.suppressed:
        badges += f"<li><b>{len(report.suppressed):,}</b> allowed</li>"
    return (
        f"<header>\n<h1>migralint</h1>\n<p>{_text(summary(report))}</p>\n"
        f'<ul class="badges">{badges}</ul>\n{_legend(report)}'
        f'<p class="version">migralint {__version__}</p>\n</header>\n'
    )


def _plural(severity: Severity, count: int) -> str:
    return "" if count == 1 or severity is Severity.INFO else "s"


def _legend(report: Report) -> str:
    if not any(step.lock for step in report.steps):
        return ""
    items = "".join(f'<li><i class="{kind}"></i>{said}</li>' for kind, said in LEGEND)
    return f'<ul class="legend">{items}</ul>\n<p class="note">{ESTIMATES}</p>\n'


def _contents(paths: Sequence[str], by_path: dict[str, list[Finding]], options: Options) -> str:
    items = "".join(
        f'<li><a href="#{_anchor(path)}">{_text(shown_path(path, options))}</a> '
        f"{_text(counted(by_path[path]))}</li>\n"
        for path in paths
    )
    listed = f"<ol>\n{items}</ol>"
    if len(paths) > 12:
        listed = (
            f"<details><summary>{len(paths):,} files with findings</summary>\n{listed}</details>"
        )
    return f"<nav>{listed}</nav>\n"


def _anchor(path: str) -> str:
    from hashlib import sha256

    return f"f{sha256(path.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def _file(
    path: str, findings: list[Finding], steps: list[Step], options: Options, told: Told
) -> str:
    statements: dict[tuple[int, str], list[Finding]] = {(s.line, s.text): [] for s in steps}
    apart: list[Finding] = []
    places = list(statements)
    for finding in findings:
        place = _statement(finding, places)
        (apart if place is None else statements[place]).append(finding)
    body = [
        picture(steps),
        *(_finding(finding, options, told, with_source=True) for finding in apart),
    ]
    clean: list[tuple[int, str]] = []
    for place, found in statements.items():
        if not found:
            clean.append(place)
            continue
        body += [_clean(clean), _source(*place), *(_finding(f, options, told) for f in found)]
        clean = []
    title = _text(shown_path(path, options))
    return (
        f'<section class="file" id="{_anchor(path)}">\n<h2>{title}</h2>\n'
        f"{''.join(body)}{_clean(clean)}</section>\n"
    )


def _statement(finding: Finding, places: list[tuple[int, str]]) -> tuple[int, str] | None:
    """The statement that a finding of an operation stands in."""
    if finding.operation in ("migration", "suppression", "file", "run_command"):
        return None
    behind = bisect_right(places, finding.line, key=itemgetter(0))
    line, text = places[behind - 1] if behind else (finding.line + 1, "")
    return (line, text) if line <= finding.line <= line + text.count("\n") else None


def _source(line: int, text: str) -> str:
    rows = lines(text)
    numbered = "".join(
        f'<span class="row"><span class="n">{line + index}</span>{escape(row)}\n</span>'
        for index, row in enumerate(rows)
    )
    return f'<pre class="source"><code>{numbered}</code></pre>\n'


def _clean(places: Sequence[tuple[int, str]]) -> str:
    if not places:
        return ""
    shown = "".join(_source(*place) for place in places)
    said = f"{amounts.counted(len(places), 'statement')} without findings"
    return f'<details class="clean"><summary>{said}</summary>\n{shown}</details>\n'


def _finding(finding: Finding, options: Options, told: Told, with_source: bool = False) -> str:
    severity = str(finding.severity)
    excerpt = "\n".join(finding.excerpt)
    parts = [
        f'<article class="finding {severity}">\n<h3><span class="severity">{severity}</span> '
        f"{_rule(finding)}</h3>\n"
        f'<p class="message">{_text(finding.message)}</p>\n',
        _source(finding.line, excerpt) if with_source and excerpt.strip() else "",
        f'<p class="assumed">{_text(assumption(finding))}</p>\n' if finding.assumed else "",
        _once("Why", finding.why, finding, options, told),
        _once("Instead", finding.instead, finding, options, told),
    ]
    if finding.allow:
        allow = escape("\n".join(lines(finding.allow)))
        title = "<summary>To allow it</summary>"
        parts.append(f'<details class="allow">{title}<pre>{allow}</pre></details>\n')
    return "".join([*parts, "</article>\n"])


def _rule(finding: Finding) -> str:
    """Its name, with the manual behind it; only web addresses, for rules may be the project's."""
    name = _text(finding.rule)
    urls = [url for url in finding.references if url.startswith(("https://", "http://"))]
    if not urls:
        return f'<span class="rule">{name}</span>'
    return f'<a class="rule" href="{escape(one_line(urls[0]), quote=True)}">{name}</a>'


def _once(title: str, text: str, finding: Finding, options: Options, told: Told) -> str:
    """A text of the rule; folded where the page has said it already, word for word."""
    if not text.strip():
        return ""
    path, line = told.setdefault((finding.rule, title, text), (finding.path, finding.line))
    if (path, line) == (finding.path, finding.line):
        return f"<h4>{title}</h4>\n{_part(text)}"
    where = "" if path == finding.path else f" of {shown_path(path, options)}"
    said = _text(f"{title}: as for line {line}{where}")
    return f'<details class="again"><summary>{said}</summary>\n{_part(text)}</details>\n'


def _part(text: str) -> str:
    """Paragraphs, and what is indented by four spaces as code."""
    shown: list[str] = []
    prose: list[str] = []
    code: list[str] = []
    for line in [*lines(text.strip("\n")), ""]:
        if line.startswith("    "):
            shown += _paragraph(prose)
            prose = []
            code.append(line[4:])
        elif line.strip():
            shown += _code(code)
            code = []
            prose.append(line)
        elif code:
            code.append("")
        else:
            shown += _paragraph(prose)
            prose = []
    return "".join([*shown, *_paragraph(prose), *_code(code)])


def _paragraph(rows: list[str]) -> list[str]:
    return [f"<p>{escape(' '.join(rows))}</p>\n"] if rows else []


def _code(rows: list[str]) -> list[str]:
    text = "\n".join(rows).strip("\n")
    return [f'<pre class="instead"><code>{escape(text)}</code></pre>\n'] if text else []


def _quiet(paths: Sequence[str], options: Options) -> str:
    if not paths:
        return ""
    items = "".join(f"<li>{_text(shown_path(path, options))}</li>\n" for path in paths)
    said = f"{amounts.counted(len(paths), 'file')} without findings"
    return f'<details class="quiet"><summary>{said}</summary>\n<ul>\n{items}</ul></details>\n'


def _suppressed(items: Sequence[Suppressed], options: Options) -> str:
    if not items:
        return ""
    rows = "".join(
        f"<tr><td>{_text(shown_path(item.finding.path, options))}:{item.finding.line}</td>"
        f"<td>{_text(item.finding.rule)}</td><td>{_text(item.reason)}</td></tr>\n"
        for item in items
    )
    return (
        '<section class="file">\n<h2>Allowed</h2>\n<div class="scroll"><table>\n<tr><th>where</th>'
        f"<th>rule</th><th>why it is safe</th></tr>\n{rows}</table></div>\n</section>\n"
    )


def _error(error: MigralintError, options: Options) -> str:
    where = error_place(error, options)
    hint = f"<br>{_text(error.hint)}" if error.hint else ""
    return f'<p class="problem"><b>{_text(where)}</b> {_text(error.message)}{hint}</p>\n'


def _text(text: str) -> str:
    return escape(one_line(text))
