"""A connection to PostgreSQL: opening it, asking, and what its errors mean."""

from __future__ import annotations

import re

from migralint.runner.databases import ServerError, made_by, no_driver, unreachable
from migralint.runner.url import libpq, mask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from migralint.runner.databases import Session
    from migralint.runner.url import Url


# lock_not_available, deadlock_detected, serialization_failure
BUSY = frozenset(("55P03", "40P01", "40001"))
# active_sql_transaction, unsafe_new_enum_value_usage, invalid_transaction_termination
OUTSIDE = frozenset(("25001", "55P04", "2D000"))
# too_many_connections, cannot_connect_now, and what libpq says where nobody listens (yet)
TRANSIENT = re.compile(
    r"(?i)connection refused|no such file|timeout expired|name resolution|name or service|"
    r"too many clients|too many connections|remaining connection slots|starting up|shutting down|"
    r"in recovery mode"
)

ABSENT = re.compile(r"database \"[^\n]{1,200}\" does not exist")


def open_connection(url: Url) -> Any:
    try:
        import psycopg
    except ImportError:
        raise no_driver("postgres", "psycopg") from None
    keywords: dict[str, Any] = libpq(url)
    try:
        return psycopg.connect(**keywords, autocommit=True, prepare_threshold=None)
    except (psycopg.Error, UnicodeError, ValueError) as error:
        problem = unreachable(url, str(error), _hint(str(error), url))
        problem.transient = bool(TRANSIENT.search(str(error)))  # type: ignore[attr-defined]
        problem.missing = bool(ABSENT.search(str(error)))  # type: ignore[attr-defined]
        raise problem from None


def _hint(message: str, url: Url) -> str:
    if ABSENT.search(message):
        return made_by(f"CREATE DATABASE {quoted(url.database)};")
    if "password" in message or "authentication" in message:
        return "Check the user and the password in the URL; special characters are percent-encoded."
    if "unsupported startup parameter" in message:
        return "A pooler stands in front. Set DIRECT_URL to the database itself."
    return (
        "`--wait SECONDS` waits for a server that is starting." if TRANSIENT.search(message) else ""
    )


def query(session: Session, sql: str, values: Sequence[object] = ()) -> list[Any]:
    import psycopg

    try:
        found = session.connection.execute(_places(sql) if values else sql, values or None)
        return found.fetchall() if found.description else []
    except psycopg.Error as error:
        raise _told(session, error) from None


def _places(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")


def run(session: Session, statement: str, data: str | None = None) -> None:
    import psycopg

    connection = session.connection
    try:
        if data is None:
            connection.execute(statement.encode())
            return
        with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            copy.write(data)
    except psycopg.Error as error:
        raise _told(session, error) from None


def _told(session: Session, error: Any) -> ServerError:
    diag = error.diag
    code = error.sqlstate or ""
    lost = session.connection.closed or code.startswith("57P0")
    message = diag.message_primary or str(error) or error.__class__.__name__
    return ServerError(
        mask(" ".join(message.split()), session.url),
        code,
        detail=mask(diag.message_detail or "", session.url),
        hint=diag.message_hint or "",
        position=int(diag.statement_position or 0),
        lost=lost,
        busy=code in BUSY,
        outside=code in OUTSIDE,
    )


def literal(text: str) -> str:
    """A string constant that means the same whatever standard_conforming_strings says."""
    inner = text.replace("'", "''")
    return f"'{inner}'" if "\\" not in text else "E'" + inner.replace("\\", "\\\\") + "'"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
