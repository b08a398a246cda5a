"""SQLite through Python's own module; nothing to install.

The connection opens no transactions by itself (`executescript` would commit first and is not
atomic). Foreign keys are on, as in Prisma's engine.
"""

from __future__ import annotations

import os
import sqlite3

from migralint.model import replace
from migralint.runner.databases import Server, ServerError, Session, made_by, unreachable
from migralint.runner.databases.marker import marker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from typing import Any

    from migralint.runner.url import Url

STEPS = 20_000  # virtual machine steps between two looks at signals
# Pragmas that SQLite ignores or refuses inside a transaction.
# https://www.sqlite.org/pragma.html
OUTSIDE_PRAGMAS = frozenset(
    ["journal_mode", "synchronous", "foreign_keys", "auto_vacuum", "page_size", "wal_checkpoint"]
)


def connect(url: Url, timeouts: tuple[str, str], writes: bool) -> Session:
    """`apply` makes the file, as Prisma does; who only reads does not."""
    path = _file(url, writes) if url.database else ""  # "": a private one in memory
    try:
        connection = sqlite3.connect(path, isolation_level=None, timeout=_seconds(timeouts[0]))
        connection.set_progress_handler(_look, STEPS)
        connection.execute("PRAGMA foreign_keys = ON")
        if not writes:
            connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA schema_version").fetchone()
    except sqlite3.Error as error:
        raise unreachable(url, str(error)) from None
    version = sqlite3.sqlite_version_info
    server = Server(version[0], False, f"SQLite {sqlite3.sqlite_version}", "main", "")
    session = Session(connection, url, server, timeouts)
    said = marker(lambda text: query(session, text))
    return replace(session, server=replace(server, marker=said))


def _file(url: Url, writes: bool) -> str:
    path = os.path.abspath(url.database)
    if os.path.isdir(path):
        raise unreachable(url, "it is a folder")
    if not os.path.isdir(os.path.dirname(path)):
        raise unreachable(url, f"there is no folder {os.path.dirname(path)}")
    if not os.path.exists(path) and not writes:
        problem = unreachable(url, "there is no such file", made_by(f"touch {url.database}"))
        problem.missing = True  # type: ignore[attr-defined]
        raise problem
    return path


def create_database(url: Url) -> None:
    """`connect` makes the file, where it is to be written."""


def _look() -> int:
    """Called between steps of a long statement, so that Python gets to run signal handlers."""
    return 0


def _seconds(timeout: str) -> float:
    from migralint.runner.durations import milliseconds

    return milliseconds(timeout) / 1000


def close(session: Session) -> None:
    session.connection.close()


def query(session: Session, sql: str, values: Sequence[object] = ()) -> list[Any]:
    try:
        found: list[Any] = session.connection.execute(sql, tuple(values)).fetchall()
        return found
    except sqlite3.Error as error:
        raise _told(error) from None


def run(session: Session, statement: str, data: str | None = None) -> None:
    try:
        session.connection.execute(statement).fetchall()
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise _told(error) from None


def _told(error: Exception) -> ServerError:
    code = getattr(error, "sqlite_errorname", "") or ""
    message = str(error)
    ours = ("within a transaction" in message or "inside a transaction" in message) and (
        "cannot start" not in message
    )
    busy = code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
    hint = "Another process writes to the file." if busy else ""
    return ServerError(message, code, hint=hint, busy=busy, outside=ours)


def reset(session: Session) -> None:
    query(session, "PRAGMA foreign_keys = ON")
    query(session, "PRAGMA defer_foreign_keys = OFF")
    query(session, "PRAGMA ignore_check_constraints = OFF")
    query(session, "PRAGMA legacy_alter_table = OFF")


def begin(session: Session, settings: Mapping[str, str], untouched: bool = False) -> None:
    """`foreign_keys` does nothing inside a transaction, so it is set before."""
    reset(session)
    if settings.get("foreign_keys") == "off":
        query(session, "PRAGMA foreign_keys = OFF")
    query(session, "BEGIN IMMEDIATE")


def commit(
    session: Session, sql: str = "", values: Sequence[object] = (), untouched: bool = False
) -> None:
    if sql:
        query(session, sql, values)
    query(session, "COMMIT")


def rollback(session: Session) -> None:
    """A full disk or an interrupt may have rolled back already."""
    if session.connection.in_transaction:
        query(session, "ROLLBACK")


def state(session: Session) -> str:
    return "open" if session.connection.in_transaction else "idle"


def lock(session: Session) -> bool:
    """The file's own lock is taken with each transaction, and the history is read again in it."""
    return True


def unlock(session: Session) -> None:
    pass


def end_waits(session: Session) -> list[str]:
    return []


def hold(session: Session) -> None:
    """With this mode the lock of the next write stays, as it does under Prisma's engine."""
    query(session, "PRAGMA main.locking_mode = EXCLUSIVE")


def let_go(session: Session) -> None:
    """The lock goes with the next access after the mode has changed."""
    query(session, "PRAGMA main.locking_mode = NORMAL")
    query(session, "SELECT count(*) FROM sqlite_master")


def holder(session: Session) -> str:
    return "another process that writes to the file"


def table(session: Session, name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def tables(session: Session) -> list[str]:
    sql = """SELECT name FROM sqlite_master
             WHERE type = 'table' AND name NOT LIKE 'sqlite@_%' ESCAPE '@'"""
    return [name for (name,) in query(session, sql)]


def rows(session: Session) -> Mapping[str, int | None]:
    """The largest rowid: never too small, and found without reading the table."""
    found: dict[str, int | None] = {}
    for name in tables(session):
        try:
            found[name] = (
                query(session, f"SELECT max(rowid) FROM {table(session, name)}")[0][0] or 0
            )
        except ServerError:
            found[name] = None  # WITHOUT ROWID
    return found


def sizes(session: Session) -> Mapping[str, int]:
    try:
        return dict(query(session, "SELECT name, sum(pgsize) FROM dbstat GROUP BY name"))
    except ServerError:
        return {}  # built without dbstat


def missing_rights(session: Session, history: str, owned: Collection[str]) -> list[str]:
    path = os.path.abspath(session.url.database)
    lacking = [place for place in (path, os.path.dirname(path)) if not os.access(place, os.W_OK)]
    return [f"{place} is not writable" for place in lacking]


def refuses_transaction(kind: str, facts: Mapping[str, Any]) -> bool:
    """`foreign_keys` has its own treatment: it is set around the transaction."""
    if kind == "pragma":
        return str(facts.get("parameter")).lower() in OUTSIDE_PRAGMAS - {"foreign_keys"}
    return kind == "vacuum" or (kind == "session" and facts.get("verb") in ("attach", "detach"))


def violations(session: Session) -> dict[tuple[str, str], int]:
    """How many rows of each table refer to nothing, by (table, referenced table)."""
    found: dict[tuple[str, str], int] = {}
    for row in query(session, "PRAGMA foreign_key_check"):
        found[row[0], row[2]] = found.get((row[0], row[2]), 0) + 1
    return found


def blockers(session: Session) -> list[str]:
    return []


def progress(session: Session) -> str:
    return ""


def is_alive(session: Session) -> bool:
    return True


def recover(session: Session) -> Session:
    rollback(session)
    return replace(session)


def invalid_indexes(session: Session) -> list[tuple[str, str, bool]]:
    return []


def ensure_schema(session: Session) -> None:
    pass


def schema_sql(session: Session) -> str:
    sql = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC, rowid"
    return "".join(f"{text};\n" for (text,) in query(session, sql))


def concurrent(session: Session, begins: bool) -> None:
    """SQLite has no such statement."""


def at_once(
    session: Session, statements: Sequence[str], sql: str, values: Sequence[object]
) -> bool:
    return False
