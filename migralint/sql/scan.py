"""The state of one pass over a text: the statement at hand, and those that have been read."""

from __future__ import annotations

import re

from migralint.model import Comment, Statement

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.sql.bodies import Body

# What the scanner stops at. A backslash outside strings is psql's; a "{" may open a template.
_STOPS = {
    "postgres": r"""['";\\$]|--|/\*|\{[{%]""",
    "mysql": r"""['"`;#]|--(?=\s|>|$)|/\*|\{[{%]|\$\{|(?im:^[ \t]*delimiter[ \t])""",
    "sqlite": r"""['"`;\[]|--|/\*|\{[{%]|\$\{""",
}


class Scan:
    """What statements.py knows while it goes through a text."""

    def __init__(self, text: str, dialect: str) -> None:
        self.text = text
        self.dialect = dialect
        self.separate_by(";")
        self.statements: list[Statement] = []
        self.comments: list[Comment] = []
        self.line, self.line_start, self.line_at = 1, 0, 0
        self.open_bodies = 0
        self.reset()

    def separate_by(self, separator: str) -> None:
        self.separator = separator
        stops = _STOPS[self.dialect]
        self.stops = re.compile(stops if separator == ";" else f"{re.escape(separator)}|{stops}")

    def reset(self) -> None:
        """The next statement begins here or later."""
        self.first = -1  # offset of the first character of code
        self.skipped: list[tuple[int, int]] = []  # strings, comments, templates
        self.trivia: list[tuple[int, int]] = []  # comments, and templates that only say if and end
        self.problem = ""
        self.executable = False
        self.body: Body | None = None
        self.fallback = -1

    def line_of(self, position: int) -> int:
        """The line, counted on from the last one asked for; `line_start` is where it begins."""
        text, at = self.text, self.line_at
        newlines = text.count("\n", *sorted((at, position)))
        if newlines:
            self.line += newlines if position > at else -newlines
            self.line_start = text.rfind("\n", at if position > at else 0, position) + 1
        self.line_at = position
        return self.line

    def code(self, start: int, end: int) -> None:
        """[start, end) is not a comment: remember where the statement's code begins."""
        if self.first < 0:
            text = self.text
            while start < end and (text[start].isspace() or text[start] == "\ufeff"):
                start += 1
            if start < end:
                self.first = start

    def comment(self, start: int, end: int) -> None:
        self.comments.append(Comment(self.text[start:end], start, end, self.line_of(start)))
        self.skipped.append((start, end))
        self.trivia.append((start, end))

    def emit(self, end: int, form: str = "sql") -> None:
        """The statement that has begun ends before `end`; nothing happens where it has no code."""
        start = self.first
        if start >= 0:
            end = self.trimmed(start, end)
            line = self.line_of(start)
            self.statements.append(
                Statement(
                    self.text[start:end], start, end, line, start - self.line_start + 1,
                    tuple(self.comments), self.problem, form, self.executable,
                )
            )  # fmt: skip
            self.comments = []
        self.reset()

    def trimmed(self, start: int, end: int) -> int:
        """`end` without the space and the comments that trail the statement's code."""
        text, trivia = self.text, self.trivia
        while True:
            while end > start and text[end - 1].isspace():
                end -= 1
            if not trivia or trivia[-1][1] != end or trivia[-1][0] <= start:
                return end
            end = trivia.pop()[0]
