"""A table that is filled from others by one INSERT ... SELECT: its rows, told by today's data.

SQLite's way to change a column is a new table that takes the old one's rows and its name
(https://www.sqlite.org/lang_altertable.html#otheralter); whether they fit shows before.
"""

from __future__ import annotations

from migralint.model import UNKNOWN
from migralint.sql.tokens import placed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.model import Operation
    from migralint.preflight.data.standing import Moment


def rows_of(moment: Moment, operation: Operation) -> str | None:
    """The SELECT with the target's column names, None where today's data does not tell it."""
    facts = operation.facts
    columns = facts.get("columns")
    if facts.get("source") != "select" or not columns or columns is UNKNOWN or moment.anywhere:
        return None
    text = operation.statement.text
    at = _query(text, moment.dialect)
    if at is None or _reads_changed(moment, text[at:]):
        return None
    names = ", ".join(column.sql for column in columns)
    return f"(WITH made ({names}) AS ({text[at:].rstrip().rstrip(';')}) SELECT * FROM made)"


def _query(text: str, dialect: str) -> int | None:
    depth = 0
    for token, start, _ in placed(text, dialect, 100_000):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if token.word == "select" and depth == 0:
            return start
        if token.word in ("with", "conflict", "returning") and depth == 0:
            return None
    return None


def _reads_changed(moment: Moment, query: str) -> bool:
    """Whether it names a table that pending statements before it change."""
    from migralint.knowledge.schema.objects import mentions

    lower = query.lower()
    if " on conflict" in lower or " on duplicate key" in lower or " returning " in lower:
        return True
    return any(
        mentions(query, name.name)
        for name, standing in moment.tables.items()
        if (standing.changed or standing.changes) and name.name
    )
