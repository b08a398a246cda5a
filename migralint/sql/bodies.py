"""Bodies that SQL itself brackets, whose `;` end no statement.

BEGIN ATOMIC ... END of PostgreSQL's functions, BEGIN ... END of MySQL's and SQLite's routines and
triggers, and the parentheses of CREATE RULE ... DO (...; ...).
"""

from __future__ import annotations

from migralint.regex import pattern
from migralint.sql.quotes import PLAIN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WORD = r"\b(?:begin(?:\s+atomic)?|case|end(?:\s+(?:if|loop|while|repeat|case))?)\b|[()]"


class Body:
    """How deep in its body a statement is; counts forward through its text, each part once."""

    def __init__(self, text: str, start: int, dialect: str, form: str) -> None:
        self.form = form
        self.text = text
        self.dialect = dialect
        self.depth = 0
        self.counted = start
        self.passed = 0  # of the strings and comments

    def holds(self, end: int, skipped: Sequence[tuple[int, int]]) -> bool:
        """Whether `end` stands inside; `skipped` are comments and strings, not the plain ones."""
        for start, stop in self._code(end, skipped):
            self._count(start, stop)
        return self.depth > 0

    def _code(self, end: int, skipped: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        while self.passed < len(skipped):
            start, stop = skipped[self.passed]
            self.passed += 1
            yield self.counted, start
            self.counted = stop
        yield self.counted, end
        self.counted = end

    def _count(self, start: int, stop: int) -> None:
        words = pattern(f"(?i){'|'.join(PLAIN[self.dialect])}|({_WORD})")
        for match in words.finditer(self.text, start, stop):
            word = (match.group(1) or "").lower()
            if self.form == "rule":
                self.depth += (word == "(") - (word == ")")
            elif word.startswith("begin"):
                # PostgreSQL has bodies without quotes only as BEGIN ATOMIC.
                self.depth += self.dialect != "postgres" or word != "begin"
            elif word == "case":
                self.depth += self.depth > 0
            elif self._ends(word):
                self.depth -= self.depth > 0

    def _ends(self, word: str) -> bool:
        """MySQL's END IF and END LOOP end what was not counted."""
        if word in ("end", "end case"):
            return True
        return word.startswith("end") and self.dialect != "mysql"
