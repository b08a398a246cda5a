"""Rule and operation -> finding: the texts with the user's names, the place, the fix; no secret."""

from __future__ import annotations

import re

from migralint import suppressions
from migralint.matching import holds
from migralint.model import Edit, Finding, Migration, Operation, Severity, replace
from migralint.rules import render
from migralint.sql.tokens import WORD, tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from migralint.config import Config
    from migralint.knowledge.timeline import View
    from migralint.rules import Case, Rule

# Where only this is unknown an error is but a warning, which says that the rows are assumed.
_SIZES = {"large_table": "table_rows"}
_EXCERPT_LINES = 6
_SECRET = re.compile(
    r"(?i)(\bpassword\s*=?\s*E?|\bidentified\s+by\s+|\bpassword\s*\(\s*)'(?:[^'\\]|\\.|''){0,4000}'"
    r"|(\w://[^\s:/@']{1,200}:)[^\s@/']{1,400}(?=@)"
)


class Writer:
    """Makes findings for one file; keeps the offsets of its lines."""

    def __init__(self, migration: Migration, config: Config) -> None:
        self.migration = migration
        self.config = config
        self.lines: list[str] | None = None

    def finding(
        self, rule: Rule, severity: Severity, view: View, unknown: tuple[str, ...]
    ) -> Finding:
        operation = view.operation
        case = _case(rule, view)
        if case is not None and case.severity is not None and severity == rule.severity:
            severity = case.severity
        assumed = tuple(dict.fromkeys(_SIZES.get(name, name) for name in unknown))
        sizes_only = unknown and all(name in _SIZES for name in unknown)
        if sizes_only and severity is Severity.ERROR and not self.config.assume_large:
            severity = Severity.WARNING
        end_line, end_column = self.end(operation)
        return Finding(
            rule=rule.id,
            severity=severity,
            path=self.migration.path,
            line=operation.line,
            column=operation.column,
            end_line=end_line,
            end_column=end_column,
            message=masked(" ".join(render((case and case.message) or rule.message, view).split())),
            why=masked(render((case and case.why) or rule.why, view)),
            instead=masked(render((case and case.instead) or rule.instead, view)),
            operation=operation.kind,
            object=masked(str(view.fact("object"))),
            assumed=assumed,
            fix=_edits(rule, operation, self.migration.dialect),
            fingerprint=masked(" ".join(operation.statement.text[:2000].split())),
            references=rule.references,
            excerpt=self.excerpt(operation.line, end_line),
            allow=suppressions.offer(
                self.migration.path, self.migration.layout, rule.id, _scope(operation)
            ),
        )

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
        if self.lines is None:
            self.lines = self.migration.text.split("\n")
        shown = self.lines[line - 1 : min(end_line, line + _EXCERPT_LINES - 1)]
        if self.migration.layout == "script":
            from migralint.scripts import mask  # knows --password, PGPASSWORD= and tokens too

            return tuple(mask(text.rstrip("\r")[:2000]) for text in shown)
        return tuple(masked(text.rstrip("\r")[:2000]) for text in shown)


def _scope(operation: Operation) -> str:
    """What a suppression of a finding on this operation is about: see suppressions.offer."""
    if operation.kind != "migration":
        return "statement"
    facts = operation.facts
    return "file" if facts.get("statements") and not facts.get("edited") else "path"


def _edits(rule: Rule, operation: Operation, dialect: str) -> tuple[Edit, ...]:
    """The rule's fix: its text behind the first of its words that the action, or statement, has."""
    if rule.fix is None or operation.facts.get("dynamic"):
        return ()
    statement = operation.statement
    for start in (operation.start - statement.start, 0):
        text = statement.text[start : operation.end - statement.start]
        found = {t.text: t.end for t in reversed(tokens(text, dialect)) if t.kind == WORD}
        for word in rule.fix.after:
            if word.lower() in found:
                at = statement.start + start + found[word.lower()]
                return (Edit(at, at, f" {rule.fix.insert}"),)
    return ()


def _case(rule: Rule, view: View) -> Case | None:
    for case in rule.cases:
        if holds(case.when, view)[0] is True:
            return case
    return None


def masked(text: str) -> str:
    """The text without the passwords in it."""
    if "://" not in text and "'" not in text:
        return text
    return _SECRET.sub(lambda match: f"{match[1]}'***'" if match[1] else f"{match[2]}***", text)


def fingerprinted(findings: list[Finding]) -> Iterator[Finding]:
    """Fingerprints that survive moved lines: rule, path, statement, and which of the same it is."""
    if not findings:
        return
    from hashlib import sha256

    seen: dict[str, int] = {}
    for finding in findings:
        base = "\0".join((finding.rule, finding.path, finding.object, finding.fingerprint))
        ordinal = seen[base] = seen.get(base, -1) + 1
        yield replace(
            finding, fingerprint=sha256(f"{base}\0{ordinal}".encode("utf-8", "replace")).hexdigest()
        )
