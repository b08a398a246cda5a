"""A Report as text: one module a format (its `pieces`), imported when it is asked for.

Every format is made from the Report alone, and none lets a control character of the SQL reach its
reader: a terminal obeys escape sequences, and a reviewer believes what bidirectional marks show.
"""

from __future__ import annotations

from migralint.model import Record, Report, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

FORMATS = {
    "text": "for people: the source with a caret, why, and what to write instead (the default)",
    "concise": "one line a finding: path:line:col: severity[rule] message",
    "json": "everything, with a schema (migralint/schemas/report.schema.json)",
    "sarif": "SARIF 2.1.0, for GitHub code scanning and other viewers",
    "github": "annotations of GitHub Actions (on by themselves there)",
    "gitlab": "GitLab's code quality report",
    "junit": "JUnit XML, for the test tab of any CI",
    "markdown": "for a pull-request comment or a step summary",
    "html": "one page for a browser, with what the deploy locks before and after the advice",
}

_MODULES = {"json": "json_"}
_PIECE = 65_536  # characters that are written at once


class Options(Record):
    """How to write, as far as the Report does not say it.

    Paths are shown from the folder `here`, where the reader is, and not from the project's `root`
    (both absolute), unless they are "".
    `limit` is the size in bytes of what takes no more (a comment on GitHub). `fail_on` is the
    severity from which a finding fails the run.
    """

    width: int = 100
    color: bool = False
    encoding: str = "utf-8"
    root: str = ""
    here: str = ""
    limit: int = 65_536
    fail_on: Severity = Severity.ERROR
    quiet: bool = False
    verbose: bool = False
    statistics: bool = False


def render(name: str, report: Report, options: Options | None = None) -> str:
    """The report in the format of that name, a key of FORMATS."""
    return "".join(pieces(name, report, options or Options()))


def pieces(name: str, report: Report, options: Options) -> Iterator[str]:
    """The same, one piece after the other: the whole may be a hundred megabytes long."""
    module = __import__(f"{__name__}.{_MODULES.get(name, name)}", fromlist=["pieces"])
    held: list[str] = []
    size = 0
    for part in module.pieces(report, options):
        held.append(part)
        size += len(part)
        if size >= _PIECE:
            yield "".join(held)
            held, size = [], 0
    yield "".join(held)
