"""MySQL and MariaDB through PyMySQL.

Every DDL statement commits by itself, so migrations run statement by statement. The server does
not notice a client that dies while a statement runs; what is interrupted here is killed by its id.
"""

from __future__ import annotations

import re

from migralint.model import replace
from migralint.runner.databases import Server, ServerError, Session, unreachable
from migralint.runner.databases.marker import marker
from migralint.runner.databases.mysql.catalog import (
    LOCK_NAME,
    blockers,
    holder,
    missing_rights,
    rows,
    schema_sql,
    sizes,
    table,
    tables,
)
from migralint.runner.databases.mysql.session import open_connection, query, quoted, run
from migralint.runner.durations import milliseconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from migralint.runner.url import Url

__all__ = [
    "at_once", "begin", "blockers", "close", "commit", "concurrent", "connect", "create_database",
    "end_waits", "ensure_schema", "hold", "holder", "invalid_indexes", "is_alive", "let_go", "lock",
    "missing_rights", "progress", "query", "recover", "refuses_transaction", "reset", "rollback",
    "rows", "run", "schema_sql", "sizes", "state", "table", "tables", "unlock",
]  # fmt: skip


def connect(url: Url, timeouts: tuple[str, str], writes: bool) -> Session:
    connection = open_connection(url)
    sql = "SELECT version(), @@global.read_only, database(), current_user(), @@version_comment"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        version, read_only, schema, user, comment = cursor.fetchone()
    if writes and read_only:
        connection.close()
        hint = "Use the address of the primary."
        raise unreachable(url, "it is read-only (read_only is on: a replica)", hint)
    mariadb = "mariadb" in f"{version} {comment}".lower()
    shown = f"{'MariaDB' if mariadb else 'MySQL'} {version.partition('-')[0]}"
    number = _number(version, mariadb)
    session = Session(connection, url, Server(number, mariadb, shown, schema, user), timeouts)
    reset(session)
    said = marker(lambda text: query(session, text))
    return replace(session, server=replace(session.server, marker=said))


def create_database(url: Url) -> None:
    """As Prisma makes it: with the server's own character set."""
    connection = open_connection(replace(url, database=""))
    aside = Session(connection, url, Server())
    try:
        query(aside, f"CREATE DATABASE IF NOT EXISTS {quoted(url.database)}")
    except ServerError as error:
        raise unreachable(url, f"it cannot be made: {error.message}") from None
    finally:
        connection.close()


def _number(version: str, mariadb: bool) -> int:
    from migralint.config.keys import server_version

    found = re.match(r"(?:5\.5\.5-)?(\d+)\.(\d+)", version)
    major, minor = (int(found[1]), int(found[2])) if found else (0, 0)
    try:
        return server_version((major, minor), "mariadb" if mariadb else "mysql")
    except ValueError:
        return major * 100 + minor if mariadb else major * 10 + minor


def close(session: Session) -> None:
    if session.connection.open:
        session.connection.close()


def reset(session: Session) -> None:
    """What a migration may have set, back to the server's own; there is no RESET ALL."""
    lock, statement = session.timeouts
    seconds = max(round(milliseconds(lock) / 1000), 1) if lock else 31536000
    query(
        session,
        "SET SESSION sql_mode = DEFAULT, foreign_key_checks = DEFAULT, unique_checks = DEFAULT, "
        f"time_zone = DEFAULT, lock_wait_timeout = {seconds}, "
        f"innodb_lock_wait_timeout = {seconds}, autocommit = 1",
    )
    if statement:
        name, unit = (
            ("max_statement_time", 1000) if session.server.mariadb else ("max_execution_time", 1)
        )
        query(session, f"SET SESSION {name} = {milliseconds(statement) / unit:.10g}")
    if session.url.database:
        query(session, f"USE {quoted(session.url.database)}")


def begin(session: Session, settings: Mapping[str, str], untouched: bool = False) -> None:
    reset(session)
    query(session, "START TRANSACTION")


def commit(
    session: Session, sql: str = "", values: Sequence[object] = (), untouched: bool = False
) -> None:
    if sql:
        query(session, sql, values)
    query(session, "COMMIT")


def rollback(session: Session) -> None:
    query(session, "ROLLBACK")


def state(session: Session) -> str:
    if not session.connection.open:
        return "lost"
    in_transaction = 1  # SERVER_STATUS_IN_TRANS
    return "open" if session.connection.server_status & in_transaction else "idle"


def lock(session: Session) -> bool:
    """GET_LOCK answers 1, 0 (somebody has it) or NULL; only 1 is the lock."""
    return bool(query(session, f"SELECT GET_LOCK('{LOCK_NAME}', 0)")[0][0] == 1)


def unlock(session: Session) -> None:
    query(session, f"SELECT RELEASE_LOCK('{LOCK_NAME}')")


def end_waits(session: Session) -> list[str]:
    return []


def refuses_transaction(kind: str, facts: Mapping[str, Any]) -> bool:
    """DDL does not refuse: it commits, which is worse. Nothing runs in a transaction of ours."""
    return True


def progress(session: Session) -> str:
    return ""


def is_alive(session: Session) -> bool:
    return bool(session.connection.open)


def hold(session: Session) -> None:
    """Keep the others out between statements: GET_LOCK does that already."""


def let_go(session: Session) -> None:
    """The other end of `hold`."""


def recover(session: Session) -> Session:
    """Kill the old connection's statement, wait until it is gone, and connect again."""
    import time

    if session.connection.open:
        return session
    fresh = connect(session.url, session.timeouts, True)
    number = session.connection.thread_id()
    for attempt in range(100):
        if not query(fresh, "SELECT 1 FROM information_schema.processlist WHERE id = ?", (number,)):
            break
        if attempt == 0:
            try:
                query(fresh, f"KILL {int(number)}")
            except ServerError:
                continue  # it has ended by itself
        time.sleep(0.1)
    return fresh


def invalid_indexes(session: Session) -> list[tuple[str, str, bool]]:
    return []


def ensure_schema(session: Session) -> None:
    pass


def concurrent(session: Session, begins: bool) -> None:
    """MySQL has no such statement."""


def at_once(
    session: Session, statements: Sequence[str], sql: str, values: Sequence[object]
) -> bool:
    return False
