"""Markdown for a pull-request comment or a step summary.

GitHub takes 65,536 characters in a comment; what does not fit is counted, not dropped without a
word. The hidden marker in the first line lets a bot find its comment again and replace it.
"""

from __future__ import annotations

from migralint import amounts
from migralint.formats import Options
from migralint.formats.characters import lines, one_line, visible
from migralint.formats.summary import (
    assumption,
    error_place,
    shown_path,
    summary,
    worst_first,
)
from migralint.model import Finding, MigralintError, Report, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MARKER = "<!-- migralint -->"
_SIGNS = {Severity.ERROR: "🔴", Severity.WARNING: "🟡", Severity.INFO: "🔵"}
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
_MARKUP = {**_ENTITIES, **{character: f"\\{character}" for character in "\\`*_{}[]()#+-.!|~$=:"}}
_TAIL = 200  # bytes kept for the line that says what was cut


def pieces(report: Report, options: Options) -> Iterator[str]:
    head = f"{MARKER}\n### migralint\n\n{escaped(summary(report))}\n"
    yield head
    used = len(head.encode())
    for index, block in enumerate(_blocks(report, options)):
        used += len(block.encode())
        if used > options.limit - _TAIL:
            left = len(report.errors) + len(report.findings) - index
            if left > 0:
                yield f"\n... and {amounts.counted(left, 'finding')} more.\n"
            break
        yield block


def _blocks(report: Report, options: Options) -> Iterator[str]:
    for error in report.errors:
        yield _error(error, options)
    told: dict[tuple[str, str], str] = {}
    for finding in worst_first(report.findings):
        yield _finding(finding, options, told)
    if report.suppressed:
        yield _suppressed(report, options)
    for note in report.notes:
        yield f"\n{escaped(note)}\n"


def _finding(finding: Finding, options: Options, told: dict[tuple[str, str], str]) -> str:
    """`told` remembers where the comment has given a reason already: its room is limited."""
    where = f"{shown_path(finding.path, options)}:{finding.line}"
    title = (
        f"{_SIGNS[finding.severity]} {finding.severity} <b>{_html(finding.rule)}</b> "
        f"{_code(where)}<br>{_html(finding.message)}"
    )
    source = "\n".join(visible(line) for line in finding.excerpt)
    first = told.setdefault((finding.rule, finding.why), where)
    parts = [
        escaped(assumption(finding)),
        _change(finding) or (fenced(source, "sql") if source else ""),
        prose(finding.why) if first == where else f"Why: as for {_code(first)}",
        prose(finding.instead),
    ]
    body = "\n\n".join(part for part in parts if part)
    return f"\n<details><summary>{title}</summary>\n\n{body}\n\n</details>\n"


def _change(finding: Finding) -> str:
    """The fix as a diff, "" where there is none. GitHub's own suggestions stand at a line of a
    review and not in a comment, so the command is named that makes it."""
    if not finding.mended:
        return ""
    rows: list[str] = []
    for old, new in zip(finding.excerpt, finding.mended, strict=True):
        rows += [f"  {visible(old)}"] if old == new else [f"- {visible(old)}", f"+ {visible(new)}"]
    return fenced("\n".join(rows), "diff") + "\n\n`migralint lint --fix` writes this."


def _error(error: MigralintError, options: Options) -> str:
    where = error_place(error, options)
    hint = f"<br>{_html(error.hint)}" if error.hint else ""
    return f"\n⛔ {_code(where)} {_html(error.message)}{hint}\n"


def _suppressed(report: Report, options: Options) -> str:
    """Who reviews a pull request should see what it lets through, and with what reason."""
    items = []
    for item in report.suppressed:
        where = f"{shown_path(item.finding.path, options)}:{item.finding.line}"
        rule, reason = _html(item.finding.rule), _html(item.reason)
        items.append(f"<li><b>{rule}</b> {_code(where)}: {reason}</li>\n")
    title = f"<summary>{len(items):,} suppressed</summary>"
    return f"\n<details>{title}\n<ul>\n{''.join(items)}</ul>\n</details>\n"


def prose(text: str) -> str:
    """Paragraphs escaped, code (what is indented by four spaces) fenced."""
    shown: list[str] = []
    code: list[str] = []
    for line in [*lines(text.strip("\n")), "end"]:
        if line.startswith("    ") or (code and not line):
            code.append(line[4:])
            continue
        if code:
            language = "console" if code[0].startswith("$ ") else "sql"
            shown.extend(["", fenced("\n".join(code).rstrip("\n"), language), ""])
            code = []
        shown.append(escaped(line))
    return "\n".join(shown[:-1]).strip("\n")


def fenced(text: str, language: str) -> str:
    """The text as a code block; the fence is longer than any run of backticks in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"


def escaped(text: str) -> str:
    """One line in which nothing is markup, and no @name calls anybody."""
    return _uncalled("".join(_MARKUP.get(character, character) for character in one_line(text)))


def _html(text: str) -> str:
    return _uncalled(_entities(text))


def _code(text: str) -> str:
    return f"<code>{_entities(text)}</code>"


def _entities(text: str) -> str:
    return "".join(_ENTITIES.get(character, character) for character in one_line(text))


def _uncalled(text: str) -> str:
    """A zero-width space after each @, so that GitHub notifies nobody."""
    return text.replace("@", "@&#8203;")
