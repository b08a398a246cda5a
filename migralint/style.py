"""`--style`: sqlfluff's findings on new migrations, as findings of ours (extra `style`).

Off unless asked for, and never more than `info`: it is taste. What a tool has generated is left
out, and so are sqlfluff's rules on quoting and long lines, which such SQL breaks everywhere. A
project's `.sqlfluff` is not read: it can name Python to load, and linting a pull request never runs
what is in it.
"""

from __future__ import annotations

from migralint.findings import masked
from migralint.model import Finding, MigralintError, Report, Severity, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from migralint.model import Migration

# quoted identifiers (RF05, RF06), long lines (LT05), the last line's end (LT12)
EXCLUDED = "RF05,RF06,LT05,LT12"
DIALECTS = {"postgres": "postgres", "mysql": "mysql", "sqlite": "sqlite"}
RULES = "https://docs.sqlfluff.com/en/stable/reference/rules.html"
LONGEST = 100_000  # characters; sqlfluff needs seconds for so many
UNREAD = "PRS"


def with_style(report: Report, migrations: Sequence[Migration], named: bool = False) -> Report:
    """The report with the findings of sqlfluff in their places.

    Looked at are the new migrations of the run; where they were `named`, all that are reported.
    """
    linter = _Linter()
    looked: list[Migration] = []
    found: list[Finding] = []
    notes: list[str] = []
    for migration in migrations:
        if not migration.report or migration.problem or not (migration.pending or named):
            continue
        if len(migration.text) > LONGEST:
            notes.append(f"style: {migration.path} is too long for sqlfluff")
            continue
        looked.append(migration)
        found += linter.findings(migration)
    files = "1 migration" if len(looked) == 1 else f"{len(looked)} migrations"
    which = "" if looked else "; --changed, --staged or a path say which are new"
    notes.append(f"style: sqlfluff {linter.version} looked at {files}{which}")
    order = {path: index for index, path in enumerate(report.paths)}
    merged = sorted(
        (*report.findings, *found),
        key=lambda f: (order.get(f.path, len(order)), f.line, f.column, -f.severity, f.rule),
    )
    return replace(report, findings=tuple(merged), notes=(*report.notes, *notes))


class _Linter:
    """sqlfluff, with one configuration a dialect."""

    def __init__(self) -> None:
        try:
            import sqlfluff
            from sqlfluff.core import FluffConfig, Linter
        except ImportError:
            raise MigralintError(
                "--style needs sqlfluff", hint='pip install "migralint[style]"', status=2
            ) from None
        self.version: str = sqlfluff.__version__
        self.config = FluffConfig
        self.linter = Linter
        self.known: dict[str, Any] = {}

    def of(self, dialect: str) -> Any:
        if dialect not in self.known:
            settings: Any = {
                "dialect": DIALECTS.get(dialect, "ansi"),
                "templater": "raw",  # Jinja would run what stands in the file
                "exclude_rules": EXCLUDED,
            }
            config = self.config(overrides=settings, ignore_local_config=True)
            self.known[dialect] = self.linter(config=config)
        return self.known[dialect]

    def findings(self, migration: Migration) -> Iterator[Finding]:
        """What sqlfluff cannot read is one finding more; it takes nothing away."""
        try:
            linted = self.of(migration.dialect).lint_string(migration.text)
        except (RecursionError, ValueError) as error:
            yield _finding(migration, UNREAD, 1, 1, f"sqlfluff gave up: {error}")
            return
        left_out = _generated(migration)
        for violation in linted.get_violations():
            line = max(violation.line_no, 1)
            code = violation.rule_code()
            if code != UNREAD and any(first <= line <= last for first, last in left_out):
                continue
            yield _finding(migration, code, line, max(violation.line_pos, 1), violation.desc())


def _generated(migration: Migration) -> list[tuple[int, int]]:
    """The lines of the statements that the layout's tool wrote."""
    from migralint.knowledge.marks import generated_statements
    from migralint.sql.statements import split

    statements = split(migration.text, migration.dialect, migration.forward)
    starts = generated_statements(migration, statements)
    return [(s.line, s.line + s.text.count("\n")) for s in statements if s.start in starts]


def _finding(migration: Migration, code: str, line: int, column: int, message: str) -> Finding:
    from hashlib import sha256

    lines = migration.text.split("\n")
    shown = lines[line - 1].rstrip("\r")[:2000] if line <= len(lines) else ""
    end = min(column + 1, len(shown) + 1)
    base = "\0".join((code, migration.path, " ".join(shown.split()), str(column)))
    return Finding(
        rule=f"sqlfluff-{code.lower()}",
        severity=Severity.INFO,
        path=migration.path,
        line=line,
        column=column,
        end_line=line,
        end_column=max(end, column),
        message=masked(" ".join(message.split())),
        operation="style",
        fingerprint=sha256(base.encode("utf-8", "surrogatepass")).hexdigest(),
        references=()
        if code == UNREAD
        else ("https://docs.sqlfluff.com/en/stable/reference/rules.html",),
        excerpt=(masked(shown),),
        allow="" if code == UNREAD else f"at the end of the line\n    -- noqa: {code}",
    )
