"""docs/formats.md: the formats, each with what it makes of the same two statements."""

from __future__ import annotations

from migralint.config import Config
from migralint.formats import FORMATS, Options, render
from migralint.lint import lint
from migralint.model import Migration, Report
from migralint.rules import builtin_directory, load
from scripts.pages import MADE, page, table

PATH = "migrations/7_sessions.sql"
SQL = 'CREATE INDEX sessions_user_idx ON sessions ("userId");\nDROP TABLE sessions_old;\n'
LANGUAGES = {
    "json": "json",
    "sarif": "json",
    "gitlab": "json",
    "junit": "xml",
    "markdown": "markdown",
}
LINES = 28
START = """\
`--output FORMAT` writes to standard output, `--output FORMAT=FILE` to a file (whole or not at
all); the option can be repeated, so one run makes the annotations, the report and the summary.
On GitHub Actions annotations and the step's summary come without asking.

No format lets a control or bidirectional character of the SQL through, and a password in a
statement is masked in all of them. Lines and columns are 1-based and count code points; a
fingerprint stays the same when lines above it move."""
OTHER = """\
## For editors

`ci/problem-matcher.json` is a problem matcher for `--output concise`: on GitHub with `echo
"::add-matcher::ci/problem-matcher.json"`, in VS Code as the `problemMatcher` of a task. An
editor that lints what is not saved yet gives it on standard input:

    migralint lint --output json --stdin-filename prisma/migrations/20260301120000_a/migration.sql -
"""


def formats_page() -> str:
    report = sample()
    lines = ["# Formats", "", MADE, "", START, ""]
    lines += table(
        ("format", "what it is"), [(f"[{n}](#{n})", about) for n, about in FORMATS.items()]
    )
    for name, about in FORMATS.items():
        lines += [f"## {name}", "", f"{about[0].upper()}{about[1:]}.", ""]
        if name != "html":
            lines += example(render(name, report, Options()), LANGUAGES.get(name, "text"))
    return page([*lines, *OTHER.split("\n")])


def example(text: str, language: str) -> list[str]:
    rows = [row if len(row) < 160 else f"{row[:157]}..." for row in text.rstrip("\n").split("\n")]
    cut = [*rows[:LINES], "..."] if len(rows) > LINES else rows
    return [f"````{language}", *cut, "````", ""]


def sample() -> Report:
    migration = Migration(PATH, SQL, "7", "sessions", "plain", "postgres", transaction="file")
    return lint(
        [migration], load([builtin_directory()]), Config(large_tables={"sessions": 2_000_000})
    )
