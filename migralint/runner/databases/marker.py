"""What a database says of itself where it has no settings of its own: a view of one row.

    CREATE VIEW migralint_environment AS SELECT 'production' AS name;

A view is no table: neither the history nor Prisma takes the database for one that is in use.
"""

from __future__ import annotations

from migralint.runner.databases import ServerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

SQL = "SELECT name FROM migralint_environment"


def marker(ask: Callable[[str], list[Any]]) -> str:
    """The environment; "" where there is no such view. What cannot be read counts as strictest."""
    try:
        found = ask(SQL)
    except ServerError as error:
        absent = error.code == "1146" or "no such table" in error.message
        return "" if absent else "unreadable"
    return str(found[0][0]).strip() if found else ""
