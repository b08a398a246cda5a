"""What a piece of SQL destroys: for SQL that stands in scripts and for `migralint guard`.

The rules say more, and need the whole migration; this answers one question about a text alone.
"""

from __future__ import annotations

from migralint.model import UNKNOWN
from migralint.sql.conditions import always_true
from migralint.sql.operations import operations
from migralint.sql.statements import split

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from migralint.model import Operation

OBJECT = {
    "drop_table": "table",
    "truncate": "table",
    "drop_column": "table",
    "delete": "table",
    "drop_schema": "schema",
    "drop_database": "database",
    "drop_owned": "role",
}
MADE = {"create_table": "table", "create_schema": "schema", "create_database": "database"}
SHOWN = 80
LONGEST = 1_000_000


def destroyed(text: str, dialect: str) -> str:
    """The statements that lose data, "" for none: `DROP TABLE users; TRUNCATE orders`."""
    found = list(dict.fromkeys(_destroying(text[:LONGEST], dialect or "postgres")))
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return "; ".join(found[:3]) + more


def _destroying(text: str, dialect: str) -> Iterator[str]:
    made: set[tuple[str, str]] = set()
    for statement in split(text, dialect):
        for operation in operations(statement, dialect):
            if operation.kind in MADE:
                made.add((MADE[operation.kind], str(operation.facts[MADE[operation.kind]])))
            elif _destroys(operation, dialect) and _target(operation) not in made:
                yield _shown(statement.text)


def _target(operation: Operation) -> tuple[str, str]:
    name = OBJECT.get(operation.kind, "")
    return name, str(operation.facts.get(name, ""))


def _destroys(operation: Operation, dialect: str) -> bool:
    facts = operation.facts
    if facts.get("in_routine") is True:
        return False
    if operation.kind == "unparsed":
        mentions = str(facts.get("mentions", "")).lower()
        return "drop" in mentions or "truncate" in mentions
    if operation.kind == "delete":
        where = facts.get("where", "")
        return not where or (where is not UNKNOWN and always_true(str(where), dialect) is True)
    return operation.kind in OBJECT and facts.get("temporary") is not True


def _shown(text: str) -> str:
    line = " ".join(text.split()).rstrip(";")
    return line if len(line) <= SHOWN else line[: SHOWN - 3] + "..."
