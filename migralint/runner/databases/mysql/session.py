"""A connection to MySQL or MariaDB: opening it, asking, and what its errors mean."""

from __future__ import annotations

from migralint.runner.databases import ServerError, made_by, no_driver, unreachable
from migralint.runner.url import mask, pymysql

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from migralint.runner.databases import Session
    from migralint.runner.url import Url

BUSY = frozenset((1205, 1213))
LOST = frozenset((0, 1927, 2006, 2013, 4031, 1053))
# can't connect, too many connections, server shutting down
TRANSIENT = frozenset((2002, 2003, 2005, 1040, 1203, 1053))


def open_connection(url: Url) -> Any:
    try:
        import pymysql as driver
    except ImportError:
        raise no_driver("mysql", "PyMySQL") from None
    try:
        return driver.connect(**pymysql(url), autocommit=True)
    except (driver.Error, OSError, RuntimeError, ValueError) as error:
        code = error.args[0] if error.args else 0
        hint = {
            1045: "Check the user and the password in the URL; special characters are encoded.",
            1049: made_by(f"CREATE DATABASE {quoted(url.database)};"),
        }.get(
            code,
            "`--wait SECONDS` waits for a server that is starting." if code in TRANSIENT else "",
        )
        problem = unreachable(url, str(error.args[-1] if error.args else error), hint)
        problem.transient = code in TRANSIENT  # type: ignore[attr-defined]
        problem.missing = code == 1049  # type: ignore[attr-defined]
        raise problem from None


def query(session: Session, sql: str, values: Sequence[object] = ()) -> list[Any]:
    if values:
        sql = sql.replace("%", "%%").replace("?", "%s")
    return _execute(session, sql, tuple(values) or None)


def run(session: Session, statement: str, data: str | None = None) -> None:
    _execute(session, statement, None)


def _execute(session: Session, sql: str, values: tuple[object, ...] | None) -> list[Any]:
    import pymysql as driver

    try:
        with session.connection.cursor() as cursor:
            cursor.execute(sql, values)
            found: list[Any] = list(cursor.fetchall())
            while cursor.nextset():
                pass  # a procedure's further results
        return found
    except (driver.Error, OSError) as error:
        raise _told(session, error) from None


def _told(session: Session, error: Exception) -> ServerError:
    code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    message = str(error.args[-1]) if error.args else error.__class__.__name__
    lost = not session.connection.open or code in LOST
    message = "the connection was lost" if lost and message in ("", "(0, '')") else message
    return ServerError(mask(message, session.url), str(code or ""), lost=lost, busy=code in BUSY)


def quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
