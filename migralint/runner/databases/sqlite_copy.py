"""SQLite's online backup: a copy of the database as one moment had it, while others write."""

from __future__ import annotations

import sqlite3
from urllib.parse import quote

from migralint.runner.databases import ServerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.runner.databases import Session

PAGES = 1000  # at once; between two steps Python looks at signals


def copy(session: Session, path: str) -> None:
    """The main database of the session, in its transaction, into the file: one file, no WAL."""
    try:
        made = sqlite3.connect(path, isolation_level=None)
        try:
            session.connection.backup(made, pages=PAGES, progress=lambda *_: None)
            made.execute("PRAGMA journal_mode = DELETE").fetchall()
            if not made.execute("PRAGMA page_count").fetchone()[0]:
                # without a table a database is an empty file, which is no backup
                made.execute("CREATE TABLE migralint_empty (a)")
                made.execute("DROP TABLE migralint_empty")
        finally:
            made.close()
    except sqlite3.Error as error:
        raise _told(error) from None


def problems(path: str) -> tuple[str, dict[str, int]]:
    """(what is wrong with the file, rows by table), read whole and without a trace beside it."""
    try:
        opened = sqlite3.connect(f"file:{quote(path)}?mode=ro&immutable=1", uri=True)
        try:
            said = [str(text) for (text,) in opened.execute("PRAGMA integrity_check(5)")]
            return ("", rows(opened)) if said == ["ok"] else ("; ".join(said), {})
        finally:
            opened.close()
    except sqlite3.Error as error:
        return str(error), {}


def counted(session: Session) -> dict[str, int]:
    """The rows of each table, in the session's transaction."""
    try:
        return rows(session.connection)
    except sqlite3.Error as error:
        raise _told(error) from None


def _told(error: sqlite3.Error) -> ServerError:
    return ServerError(str(error), getattr(error, "sqlite_errorname", "") or "")


def rows(connection: sqlite3.Connection) -> dict[str, int]:
    """Counted; a virtual table's rows are those of its own tables."""
    sql = """SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite@_%'
             ESCAPE '@' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"""
    names = [name for (name,) in connection.execute(sql).fetchall()]
    quoted = {name: '"' + name.replace('"', '""') + '"' for name in names}
    return {
        name: connection.execute(f"SELECT count(*) FROM {place}").fetchone()[0]
        for name, place in quoted.items()
    }


def to_wal(path: str) -> None:
    """Give a file the journal mode that the one before it had."""
    try:
        opened = sqlite3.connect(path, isolation_level=None)
        try:
            opened.execute("PRAGMA journal_mode = WAL").fetchall()
        finally:
            opened.close()
    except sqlite3.Error as error:
        raise _told(error) from None
