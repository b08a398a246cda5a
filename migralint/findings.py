"""Rule and operation -> finding: the texts with the user's names, the place, the fix; no secret."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from itertools import accumulate

from migralint import suppressions
from migralint.matching import holds
from migralint.model import Edit, Finding, Migration, Operation, Severity, replace
from migralint.rules import render
from migralint.sql.tokens import NAME, WORD, tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from migralint.config import Config
    from migralint.knowledge.timeline import View
    from migralint.rules import Case, Rule
    from migralint.sql.tokens import Token

# Where this is unknown an error is but a warning, which says that the rows are assumed. It is so
# whatever else is unknown: to know less must not make a finding graver.
_SIZES = {"large_table": "table_rows"}
_EXCERPT_LINES = 6
_WIDTH = 2000  # characters of a line that an excerpt shows
_HEAD = 1000  # characters in which a statement says what it makes or drops
_SECRET = re.compile(
    r"(?i)(\bpassword\s*=?\s*E?|\bidentified\s+by\s+|\bpassword\s*\(\s*)'(?:[^'\\]|\\.|''){0,4000}'"
    r"|(\w://[^\s:/@']{1,200}:)[^\s@/']{1,400}(?=@)"
)


class Writer:
    """Makes findings for one file; keeps the offsets of its lines."""

    def __init__(self, migration: Migration, config: Config) -> None:
        self.migration = migration
        self.config = config
        self.lines: list[str] = []
        self.starts: list[int] = []  # of the lines, as offsets in the text
        self.offers: dict[tuple[str, str], str] = {}

    def finding(
        self, rule: Rule, severity: Severity, view: View, unknown: tuple[str, ...]
    ) -> Finding:
        operation = view.operation
        case = _case(rule, view)
        if case is not None and case.severity is not None and severity == rule.severity:
            severity = case.severity
        assumed = tuple(dict.fromkeys(_SIZES.get(name, name) for name in unknown))
        unsized = any(name in _SIZES for name in unknown)
        if unsized and severity is Severity.ERROR and not self.config.assume_large:
            severity = Severity.WARNING
        end_line, end_column = self.end(operation)
        fix = self.edits(rule, view)
        excerpt = self.excerpt(operation.line, end_line)
        return Finding(
            rule=rule.id,
            severity=severity,
            path=self.migration.path,
            line=operation.line,
            column=operation.column,
            end_line=end_line,
            end_column=end_column,
            message=masked(" ".join(render((case and case.message) or rule.message, view).split())),
            why=_said((case and case.why) or rule.why, view),
            instead=_said((case and case.instead) or rule.instead, view),
            operation=operation.kind,
            object=masked(str(view.fact("object"))),
            assumed=assumed,
            fix=fix,
            fingerprint=masked(" ".join(operation.statement.text[:2000].split())),
            references=rule.references,
            excerpt=excerpt,
            allow=self.offer(rule.id, _scope(operation)),
            mended=self.mended(operation.line, fix, excerpt) if fix else (),
        )

    def offer(self, rule: str, scope: str) -> str:
        """One text for all findings of a rule: there may be very many."""
        if (rule, scope) not in self.offers:
            path, layout = self.migration.path, self.migration.layout
            self.offers[rule, scope] = suppressions.offer(path, layout, rule, scope)
        return self.offers[rule, scope]

    def edits(self, rule: Rule, view: View) -> tuple[Edit, ...]:
        return _edits(rule, view.operation, self.migration.dialect)

    def with_fixes(self, finding: Finding, more: list[Edit]) -> Finding:
        """The finding of a whole statement with the fixes of more of its operations."""
        edits = {(edit.start, edit.end, edit.text): edit for edit in (*finding.fix, *more)}
        fix = tuple(sorted(edits.values(), key=lambda edit: edit.start))
        return replace(finding, fix=fix, mended=self.mended(finding.line, fix, finding.excerpt))

    def mended(self, line: int, fix: tuple[Edit, ...], excerpt: tuple[str, ...]) -> tuple[str, ...]:
        """The lines of the excerpt with the fix, where it inserts within what they show."""
        if not self.starts:
            self.starts = [0, *accumulate(len(row) + 1 for row in self.lines)]
        rows = [row[:_WIDTH] for row in self.lines[line - 1 : line - 1 + len(excerpt)]]
        for edit in reversed(fix):
            row = bisect_right(self.starts, edit.start) - line
            at = edit.start - self.starts[line - 1 + row]
            outside = not 0 <= row < len(rows) or at > _WIDTH
            if outside or edit.end != edit.start or "\n" in edit.text:
                return ()
            rows[row] = rows[row][:at] + edit.text + rows[row][at:]
        return tuple(masked(text.rstrip("\r")[:_WIDTH]) for text in rows)

    def end(self, operation: Operation) -> tuple[int, int]:
        """Line and column behind the last character."""
        text = self.migration.text[operation.start : operation.end]
        newlines = text.count("\n")
        if not newlines:
            return operation.line, operation.column + len(text)
        return operation.line + newlines, len(text) - text.rfind("\n")

    def excerpt(self, line: int, end_line: int) -> tuple[str, ...]:
        if not self.migration.text:
            return ()
        if not self.lines:
            self.lines = self.migration.text.split("\n")
        shown = self.lines[line - 1 : min(end_line, line + _EXCERPT_LINES - 1)]
        if self.migration.layout == "script":
            from migralint.scripts import mask  # knows --password, PGPASSWORD= and tokens too

            return tuple(mask(text.rstrip("\r")[:_WIDTH]) for text in shown)
        return tuple(masked(text.rstrip("\r")[:_WIDTH]) for text in shown)


def _scope(operation: Operation) -> str:
    """What a suppression of a finding on this operation is about: see suppressions.offer."""
    if operation.kind != "migration":
        return "statement"
    facts = operation.facts
    return "file" if facts.get("statements") and not facts.get("edited") else "path"


def _edits(rule: Rule, operation: Operation, dialect: str) -> tuple[Edit, ...]:
    """The rule's fix: its text behind the words with which the action, or its statement, begins."""
    beginnings = rule.fix.after.get(operation.kind, ()) if rule.fix else ()
    if rule.fix is None or not beginnings or operation.facts.get("dynamic"):
        return ()
    statement = operation.statement
    for start in (operation.start - statement.start, 0):
        head = tokens(statement.text[start : start + _HEAD], dialect)
        ends = [_after(head, words.split()) for words in beginnings]
        if any(ends):
            at = statement.start + start + max(ends)
            return (Edit(at, at, f" {rule.fix.insert}"),)
    return ()


def _after(head: list[Token], beginning: list[str]) -> int:
    """Where the beginning ends, 0 where the tokens begin otherwise."""
    index = 0
    for word in beginning:
        if index >= len(head):
            return 0
        if word == "name":
            if head[index].kind not in (WORD, NAME):
                return 0
            while [token.text for token in head[index + 1 : index + 2]] == ["."]:
                index += 2
        elif head[index].kind != WORD or head[index].text != word.lower():
            return 0
        index += 1
    return head[index - 1].end if index <= len(head) else 0


def _case(rule: Rule, view: View) -> Case | None:
    for case in rule.cases:
        if holds(case.when, view)[0] is True:
            return case
    return None


def _said(text: str, view: View) -> str:
    return masked(render(text, view)) if "{" in text else _as_it_stands(text)


@cache
def _as_it_stands(text: str) -> str:
    """A rule's text without the user's names: the same for all its findings."""
    return masked(text.strip("\n"))


def masked(text: str) -> str:
    """The text without the passwords in it."""
    low = text.lower()
    if "://" not in low and "password" not in low and "identified" not in low:
        return text
    return _SECRET.sub(lambda match: f"{match[1]}'***'" if match[1] else f"{match[2]}***", text)


def fingerprinted(findings: list[Finding]) -> Iterator[Finding]:
    """Fingerprints that survive moved lines: rule, path, statement, and which of the same it is."""
    if not findings:
        return
    from migralint.hashes import sha256

    seen: dict[str, int] = {}
    for finding in findings:
        base = "\0".join((finding.rule, finding.path, finding.object, finding.fingerprint))
        ordinal = seen[base] = seen.get(base, -1) + 1
        yield replace(
            finding, fingerprint=sha256(f"{base}\0{ordinal}".encode("utf-8", "replace")).hexdigest()
        )
