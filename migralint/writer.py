"""Rule and operation -> finding: the severity, what its texts are made of, the place, the fix."""

from __future__ import annotations

from migralint.findings import facts_of, found, masked, words
from migralint.light import cache
from migralint.model import Edit, Migration, Operation, Severity
from migralint.rules import printed
from migralint.sql.tokens import NAME, WORD, placed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from migralint.config import Config
    from migralint.findings import Found
    from migralint.knowledge.timeline import View
    from migralint.rules import Rule
    from migralint.sql.tokens import Token

# Where this is unknown an error is but a warning, which says that the rows are assumed. It is so
# whatever else is unknown: to know less must not make a finding graver.
_SIZES = {"large_table": "table_rows"}
_HEAD = 1000  # characters in which a statement says what it makes or drops


class Writer:
    """Makes findings for one file."""

    def __init__(self, migration: Migration, config: Config) -> None:
        self.migration = migration
        self.config = config

    def finding(
        self, rule: Rule, severity: Severity, view: View, unknown: tuple[str, ...], case: int
    ) -> Found:
        """`unknown` are the facts that were, `case` is the number of the rule's, -1 for none."""
        operation, statement = view.operation, view.operation.statement
        own = rule.cases[case].severity if case >= 0 else None
        if own is not None and severity == rule.severity:
            severity = own
        if unknown:
            unsized = any(name in _SIZES for name in unknown)
            if unsized and severity is Severity.ERROR and not self.config.assume_large:
                severity = Severity.WARNING
            unknown = _assumed(unknown)
        values = [masked(str(view.fact("object")))]
        for name in facts_of(words(rule, case)):
            values.append(masked(printed(name, view.fact(name))))
        return found(
            rule,
            case,
            severity,
            self.migration,
            operation.kind,
            (
                operation.line, operation.column, operation.start,
                operation.end - operation.start, operation.start - statement.start,
                statement.end - statement.start,
            ),
            _scope(operation),
            tuple(values),
            unknown,
            self.edits(rule, view),
        )  # fmt: skip

    def edits(self, rule: Rule, view: View) -> tuple[Edit, ...]:
        return _edits(rule, view.operation, self.migration.dialect)


@cache
def _assumed(unknown: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_SIZES.get(name, name) for name in unknown))


def with_fixes(finding: Found, more: list[Edit]) -> None:
    """Add to the finding of a whole statement the fixes of more of its operations."""
    edits = {(edit.start, edit.end, edit.text): edit for edit in (*finding.fix, *more)}
    own: Any = finding
    own.fix = tuple(sorted(edits.values(), key=lambda edit: edit.start))


def _scope(operation: Operation) -> str:
    """What a suppression of a finding on this operation is about: see suppressions.offer."""
    if operation.kind == "suppression":
        return "suppression"
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
        head = [*placed(statement.text[start : start + _HEAD], dialect)]
        ends = [_after(head, words.split()) for words in beginnings]
        if any(ends):
            at = statement.start + start + max(ends)
            return (Edit(at, at, f" {rule.fix.insert}"),)
    return ()


def _after(head: list[tuple[Token, int, int]], beginning: list[str]) -> int:
    """Where the beginning ends, 0 where the tokens begin otherwise."""
    index = 0
    for word in beginning:
        if index >= len(head):
            return 0
        if word == "name":
            if head[index][0].kind not in (WORD, NAME):
                return 0
            while [token.text for token, _, _ in head[index + 1 : index + 2]] == ["."]:
                index += 2
        elif head[index][0].word != word.lower():
            return 0
        index += 1
    return head[index - 1][2] if index <= len(head) else 0
