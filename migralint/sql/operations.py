"""Statement -> operations. A DO block gives its own, then those of the statements in it."""

from __future__ import annotations

from migralint.model import Operation, replace
from migralint.sql.outline import outline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from migralint.model import Statement
    from migralint.sql.grammar.reader import Found


def operations(statement: Statement, dialect: str) -> list[Operation]:
    """At least one operation for every statement, in the order in which they take effect."""
    places = _Places(statement)
    made: list[Operation] = []
    for found in outline(statement, dialect):
        made.append(places.place(found, found.start, found.end))
        if found.kind == "do_block" and found.facts["body"]:
            made.extend(_inside(found, places))
    return made


def _inside(block: Found, places: _Places) -> Iterator[Operation]:
    """The operations of a DO block's body, at their own lines."""
    if block.facts["language"] != "plpgsql":
        facts = {"text": f"a block in {block.facts['language']}", "in_do": True}
        outer = places.place(block, block.start, block.end)
        yield replace(outer, kind="dynamic_sql", facts=facts)
        return
    from migralint.sql.plpgsql import statements

    body = block.facts["body"]
    offset = places.statement.text.find(body, block.facts["body_at"])
    # A body in single quotes with doubled quotes inside does not stand there as it is.
    offset = block.facts["body_at"] if offset < 0 else offset
    for found in statements(body):
        yield places.place(found, offset + found.start, offset + found.end)


class _Places:
    """Offsets in a statement -> line and column in the file, counting each newline once."""

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self.line = statement.line
        self.at = 0

    def place(self, found: Found, start: int, end: int) -> Operation:
        statement = self.statement
        begin, line, column = statement.start, statement.line, statement.column + start
        if start and "\n" in statement.text:
            line = self._line(start)
            newline = statement.text.rfind("\n", 0, start)
            column = column if newline < 0 else start - newline
        return Operation(
            found.kind, found.facts, statement, begin + start, begin + end, line, column
        )

    def _line(self, start: int) -> int:
        text = self.statement.text
        if start >= self.at:
            self.line += text.count("\n", self.at, start)
        else:
            self.line -= text.count("\n", start, self.at)
        self.at = start
        return self.line
