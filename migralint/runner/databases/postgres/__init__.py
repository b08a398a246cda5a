"""PostgreSQL through psycopg 3.

Statements of migrations go through the simple query protocol as they are written: no parameters,
no prepared statements, `%` stays what it is.
https://www.psycopg.org/psycopg3/docs/
"""

from __future__ import annotations

from migralint.model import replace
from migralint.runner.databases import LOCK_KEY, Server, ServerError, Session, unreachable
from migralint.runner.databases.postgres.catalog import (
    blockers,
    end_waits,
    ensure_schema,
    holder,
    invalid_indexes,
    is_alive,
    missing_rights,
    progress,
    rows,
    schema_sql,
    sizes,
    table,
    tables,
)
from migralint.runner.databases.postgres.session import literal, open_connection, query, quoted, run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from migralint.runner.url import Url


__all__ = [
    "at_once", "begin", "blockers", "close", "commit", "concurrent", "connect", "create_database",
    "end_waits", "ensure_schema", "hold", "holder", "invalid_indexes", "is_alive", "let_go",
    "lock", "missing_rights", "progress", "query", "recover", "refuses_transaction", "reset",
    "rollback", "rows", "run", "schema_sql", "sizes", "state", "table", "tables", "unlock",
]  # fmt: skip
ALWAYS_OUTSIDE = frozenset(
    [
        "vacuum",
        "create_database",
        "drop_database",
        "alter_system",
        "create_tablespace",
        "drop_tablespace",
        "create_subscription",
    ]
)
TELLING = """
    SELECT current_setting('server_version_num')::int, version(), pg_backend_pid(),
           pg_is_in_recovery(), current_setting('transaction_read_only') = 'on', current_user,
           coalesce(current_setting('migralint.environment', true), ''), current_schema()
"""


def connect(url: Url, timeouts: tuple[str, str], writes: bool) -> Session:
    connection = open_connection(url)
    found = connection.execute(TELLING).fetchone()
    number, version, pid, replica, read_only, user, marker, schema = found
    shown = " ".join(version.split()[:2])
    server = Server(number // 10000, False, shown, url.schema or schema or "public", user, marker)
    session = Session(connection, url, server, timeouts)
    if writes:
        _refuse_replica(session, replica, read_only)
        if pid != connection.info.backend_pid or url.parameters.get("pgbouncer") == "true":
            _refuse_pooler(session, pid)
    try:
        reset(session)
    except ServerError as error:
        close(session)
        raise unreachable(url, error.message) from None
    return session


def create_database(url: Url) -> None:
    """From the server's `postgres`; another applier may be making it at the same moment."""
    connection = open_connection(replace(url, database="postgres"))
    aside = Session(connection, url, Server())
    try:
        query(aside, f"CREATE DATABASE {quoted(url.database)}")
    except ServerError as error:
        if error.code not in ("42P04", "23505"):  # duplicate_database, unique_violation
            raise unreachable(url, f"it cannot be made: {error.message}") from None
    finally:
        connection.close()


def _refuse_replica(session: Session, replica: bool, read_only: bool) -> None:
    if not replica and not read_only:
        return
    close(session)
    what = "a read replica" if replica else "read-only (default_transaction_read_only)"
    raise unreachable(session.url, f"it is {what}", "Use the address of the primary.")


def _refuse_pooler(session: Session, pid: int) -> None:
    """A pooler gives a key of its own for the server's pid. Pooling by transaction shows as soon as
    another session takes the server process that was ours a moment ago."""
    other = open_connection(session.url)
    try:
        with other.transaction():
            theirs = other.execute("SELECT pg_backend_pid()").fetchone()[0]
            ours = session.connection.execute("SELECT pg_backend_pid()").fetchone()[0]
    finally:
        other.close()
    if theirs == pid or ours != pid:
        close(session)
        raise unreachable(
            session.url,
            "a pooler that shares connections by transaction stands in front of it; "
            "locks and settings would be somebody else's",
            "Set DIRECT_URL (or --url) to the database itself or to a port that pools by session.",
        )


def close(session: Session) -> None:
    session.connection.close()


def _settings(session: Session) -> str:
    """Back to what was on connecting: a migration may have changed settings, role, search_path.

    client_connection_check_interval ends our statement on the server when we are killed.
    """
    lock, statement = session.timeouts
    parts = ["RESET SESSION AUTHORIZATION", "RESET ROLE", "RESET ALL"]
    if session.url.schema:
        parts.append(f"SET search_path TO {quoted(session.url.schema)}")
    parts.append(f"SET lock_timeout TO {literal(lock or '0')}")
    if statement:
        parts.append(f"SET statement_timeout TO {literal(statement)}")
    if session.server.version >= 14:
        parts.append("SET client_connection_check_interval TO '1s'")
    return "; ".join(parts)


def reset(session: Session) -> None:
    try:
        query(session, _settings(session))
    except ServerError as error:
        if "client_connection_check_interval" not in error.message:
            raise
        # the server's system cannot watch its clients (macOS, Windows)
        query(session, _settings(replace(session, server=replace(session.server, version=13))))


def begin(session: Session, settings: Mapping[str, str], untouched: bool = False) -> None:
    query(session, "BEGIN" if untouched else f"{_settings(session)}; BEGIN")


def commit(
    session: Session, sql: str = "", values: Sequence[object] = (), untouched: bool = False
) -> None:
    """In one message: the values are ours (ids, names, sums) and written as literals."""
    sql = f"{_filled(sql, values)}; " if sql else ""
    if sql and not untouched:
        # a migration may have become somebody who may not write the history
        sql = f"RESET SESSION AUTHORIZATION; RESET ROLE; {sql}"
    query(session, f"{sql}COMMIT")


def at_once(
    session: Session, statements: Sequence[str], sql: str, values: Sequence[object]
) -> bool:
    """One message instead of one for each statement: half the time where the machine is busy."""
    run(session, "\n;\n".join(("BEGIN", *statements, _filled(sql, values), "COMMIT")))
    return True


def _filled(sql: str, values: Sequence[object]) -> str:
    parts = sql.split("?")
    shown = [part for pair in zip(parts, map(_value, values), strict=False) for part in pair]
    return "".join((*shown, parts[-1]))


def _value(value: object) -> str:
    return (
        "NULL" if value is None else str(value) if isinstance(value, int) else literal(str(value))
    )


def rollback(session: Session) -> None:
    query(session, "ROLLBACK")


def state(session: Session) -> str:
    from psycopg.pq import TransactionStatus

    status = session.connection.info.transaction_status
    if status == TransactionStatus.IDLE:
        return "idle"
    if status == TransactionStatus.INERROR:
        return "broken"
    return "open" if status in (TransactionStatus.INTRANS, TransactionStatus.ACTIVE) else "lost"


def lock(session: Session) -> bool:
    """Tried, never waited for: CREATE INDEX CONCURRENTLY waits for the snapshot of a waiter."""
    return bool(query(session, f"SELECT pg_try_advisory_lock({LOCK_KEY})")[0][0])


def unlock(session: Session) -> None:
    query(session, f"SELECT pg_advisory_unlock({LOCK_KEY})")


def refuses_transaction(kind: str, facts: Mapping[str, Any]) -> bool:
    """https://www.postgresql.org/docs/current/sql-begin.html and the pages of the statements."""
    if kind in ALWAYS_OUTSIDE:
        return True
    if kind in ("create_index", "drop_index", "reindex", "detach_partition"):
        return facts.get("concurrently") is True or (
            kind == "reindex" and facts.get("target_type") in ("schema", "database", "system")
        )
    return kind == "cluster" and not str(facts.get("table", ""))


def hold(session: Session) -> None:
    """Keep the others out between statements: the advisory lock does that already."""


def let_go(session: Session) -> None:
    """The other end of `hold`."""


def recover(session: Session) -> Session:
    """A session to write the history with after an interruption or a lost connection."""
    if state(session) == "lost":
        return connect(session.url, session.timeouts, True)
    if state(session) != "idle":
        rollback(session)
    return session


def concurrent(session: Session, begins: bool) -> None:
    """No timeout around CONCURRENTLY: it would cancel the build and leave an INVALID index."""
    if begins:
        query(session, "SET lock_timeout TO 0; SET statement_timeout TO 0")
    else:
        lock, statement = session.timeouts
        query(session, f"SET lock_timeout TO {literal(lock or '0')}")
        query(session, f"SET statement_timeout TO {literal(statement or '0')}")
