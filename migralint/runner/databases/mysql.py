"""MySQL and MariaDB through PyMySQL.

Every DDL statement commits by itself, so migrations run statement by statement. The server does
not notice a client that dies while a statement runs; what is interrupted here is killed by its id.
"""

from __future__ import annotations

import re

from migralint.runner.databases import Server, ServerError, Session, no_driver, unreachable
from migralint.runner.durations import milliseconds
from migralint.runner.url import mask, pymysql

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from typing import Any

    from migralint.runner.url import Url

LOCK_NAME = "prisma_migrate"  # Prisma's; it is one for the whole server, not for a database
BUSY = frozenset((1205, 1213))
LOST = frozenset((0, 1927, 2006, 2013, 4031, 1053))
# can't connect, too many connections, server shutting down
TRANSIENT = frozenset((2002, 2003, 2005, 1040, 1203, 1053))


def connect(url: Url, timeouts: tuple[str, str], writes: bool) -> Session:
    connection = _open(url)
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
    return session


def _number(version: str, mariadb: bool) -> int:
    from migralint.config.keys import server_version

    found = re.match(r"(?:5\.5\.5-)?(\d+)\.(\d+)", version)
    major, minor = (int(found[1]), int(found[2])) if found else (0, 0)
    try:
        return server_version((major, minor), "mariadb" if mariadb else "mysql")
    except ValueError:
        return major * 100 + minor if mariadb else major * 10 + minor


def _open(url: Url) -> Any:
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
            1049: f"Create it first: CREATE DATABASE `{url.database}`.",
        }.get(
            code,
            "`--wait SECONDS` waits for a server that is starting." if code in TRANSIENT else "",
        )
        problem = unreachable(url, str(error.args[-1] if error.args else error), hint)
        problem.transient = code in TRANSIENT  # type: ignore[attr-defined]
        raise problem from None


def close(session: Session) -> None:
    if session.connection.open:
        session.connection.close()


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


def quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def table(session: Session, name: str) -> str:
    return f"{quoted(session.url.database)}.{quoted(name)}"


def lock(session: Session) -> bool:
    """GET_LOCK answers 1, 0 (somebody has it) or NULL; only 1 is the lock."""
    return bool(query(session, f"SELECT GET_LOCK('{LOCK_NAME}', 0)")[0][0] == 1)


def unlock(session: Session) -> None:
    query(session, f"SELECT RELEASE_LOCK('{LOCK_NAME}')")


PEOPLE = """
    SELECT p.id, p.user, p.host, coalesce(p.db, ''), p.time, coalesce(p.info, p.command)
    FROM information_schema.processlist p
"""


def _people(session: Session, where: str) -> list[str]:
    return [
        f"connection {number} ({user}@{host}, database {db or 'none'}), {int(age)} s: "
        f"{' '.join(str(sql).split())[:100]}"
        for number, user, host, db, age, sql in query(session, PEOPLE + where)
    ]


def holder(session: Session) -> str:
    return "; ".join(_people(session, f"WHERE p.id = IS_USED_LOCK('{LOCK_NAME}')"))


def tables(session: Session) -> list[str]:
    sql = """SELECT table_name FROM information_schema.tables
             WHERE table_schema = ? AND table_type = 'BASE TABLE' ORDER BY 1"""
    return [name for (name,) in query(session, sql, (session.url.database,))]


SIZES = """SELECT table_name, table_rows, coalesce(data_length, 0) + coalesce(index_length, 0)
           FROM information_schema.tables WHERE table_schema = ? AND table_type = 'BASE TABLE'"""


def rows(session: Session) -> Mapping[str, int | None]:
    found = query(session, SIZES, (session.url.database,))
    return {name: None if count is None else int(count) for name, count, _ in found}


def sizes(session: Session) -> Mapping[str, int]:
    return {name: int(size) for name, _, size in query(session, SIZES, (session.url.database,))}


def missing_rights(session: Session, history: str, owned: Collection[str]) -> list[str]:
    """Grants can be given in too many ways to be sure from a look; none at all is sure."""
    needed = {"ALL PRIVILEGES", "CREATE", "INSERT"}
    granted = " ".join(str(row[0]) for row in query(session, "SHOW GRANTS"))
    if (
        any(f"{right}" in granted for right in needed)
        or " TO " not in granted
        or "`" not in granted
    ):
        return []
    return [f"{session.server.user} may neither create tables nor write rows"]


def refuses_transaction(kind: str, facts: Mapping[str, Any]) -> bool:
    """DDL does not refuse: it commits, which is worse. Nothing runs in a transaction of ours."""
    return True


def blockers(session: Session) -> list[str]:
    """The other open transactions, oldest first: who of them holds the lock is seldom told."""
    other = _open(session.url)
    try:
        from migralint.model import replace

        number = session.connection.thread_id()
        where = f"""JOIN information_schema.innodb_trx t ON t.trx_mysql_thread_id = p.id
                    WHERE p.id <> {number} ORDER BY t.trx_started LIMIT 3"""
        return _people(replace(session, connection=other), where)
    except ServerError:
        return []
    finally:
        other.close()


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


def schema_sql(session: Session) -> str:
    found = []
    for name in tables(session):
        created = query(session, f"SHOW CREATE TABLE {quoted(name)}")[0][1]
        found.append(f"{created};\n")
    return "".join(found)


def concurrent(session: Session, begins: bool) -> None:
    """MySQL has no such statement."""


def at_once(
    session: Session, statements: Sequence[str], sql: str, values: Sequence[object]
) -> bool:
    return False
