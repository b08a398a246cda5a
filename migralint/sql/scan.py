"""The state of one pass over a text: the statement at hand, and those that have been read."""

from __future__ import annotations

from migralint.model import Comment, Statement
from migralint.regex import escape, pattern
from migralint.sql.quotes import PLAIN

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

    from migralint.sql.bodies import Body

# The scanner goes on behind all characters but these, and behind these where they begin nothing;
# it stops at quotes, separators, comments, templates, psql's backslashes and MySQL's DELIMITER.
_STOPS = {"postgres": "'\";\\$-/{", "mysql": "'\"`;#$-/{dD", "sqlite": "'\"`;[$-/{"}
_NO_STOP = {
    "postgres": r"-(?!-)|/(?!\*)|\{(?![{%])",
    "mysql": r"-(?!-(?=\s|>|$))|/(?!\*)|\{(?![{%])|\$(?!\{)|[dD](?!(?i:elimiter)[ \t\r\n])",
    "sqlite": r"-(?!-)|/(?!\*)|\{(?![{%])|\$(?!\{)",
}
_PASSES: dict[tuple[str, str], re.Pattern[str]] = {}


def _passes(dialect: str, separator: str) -> re.Pattern[str]:
    """Space, then as group 1 all up to the next stop, plain strings and names included."""
    found = _PASSES.get((dialect, separator))
    if found is None:
        stops, others, space = _STOPS[dialect], _NO_STOP[dialect], r"[\s\ufeff]*+"
        own = ""
        if separator != ";":
            own = f"(?!{escape(separator)})"
            space = rf"(?:[\s\ufeff]|{own};)*+"
            others += "|;" if separator[0] in stops else f"|;|{escape(separator[0])}"
            stops += separator[0]
        quoted = rf"(?!['\"`\[]\{{\{{)(?:{'|'.join(PLAIN[dialect])})"
        code = f"(?:[^{escape(stops)}]++|{own}(?:{others}|{quoted}))*+"
        found = _PASSES[dialect, separator] = pattern(f"{space}({code})")
    return found


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
        self.passes = _passes(self.dialect, separator)

    def reset(self) -> None:
        """The next statement begins here or later."""
        self.first = -1  # offset of the first character of code
        self.skipped: list[tuple[int, int]] = []  # what is no code, but plain quotes
        self.trivia: list[tuple[int, int]] = []  # comments, and templates that only say if and end
        self.problem = ""
        self.executable = False
        self.body: Body | None = None
        self.fallback = -1

    def line_of(self, position: int) -> int:
        """The line, counted on from the last one asked for; `line_start` is where it begins."""
        text, at = self.text, self.line_at
        ahead = position >= at
        newlines = text.count("\n", at, position) if ahead else -text.count("\n", position, at)
        if newlines:
            self.line += newlines
            self.line_start = text.rfind("\n", at if ahead else 0, position) + 1
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
        if self.first >= 0:
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
