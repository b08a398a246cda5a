"""How many writes a restore would lose: the server's own counters, then and now.

They count all writes since the backup, those of the migrations too; what they cannot tell is said.
"""

from __future__ import annotations

from migralint.model import MigralintError, Record
from migralint.runner.databases import ServerError
from migralint.runner.target import open_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from migralint.runner.databases import Session
    from migralint.runner.target import Target

POSTGRES = """
    SELECT schemaname || '.' || relname, n_tup_ins + n_tup_upd + n_tup_del
    FROM pg_stat_user_tables WHERE schemaname <> 'migralint'
    AND relname NOT IN ('_prisma_migrations', '_migralint_migrations')
"""
SCHEMA = """
    SELECT object_name, count_write FROM performance_schema.table_io_waits_summary_by_table
    WHERE object_schema = DATABASE() AND object_name NOT IN
    ('_prisma_migrations', '_migralint_migrations')
"""
SERVER = """
    SHOW GLOBAL STATUS WHERE Variable_name IN
    ('Innodb_rows_inserted', 'Innodb_rows_updated', 'Innodb_rows_deleted')
"""
AT_28 = slice(24, 28)  # https://www.sqlite.org/fileformat2.html#file_change_counter


class Counters(Record):
    """`of`: what is counted (rows, transactions); `where`: of which part of the server."""

    of: str
    values: Mapping[str, int]
    where: str = ""


class Lost(Record):
    """`count` None: not known, and `said` says why."""

    count: int | None
    said: str


def counters(target: Target) -> Counters | None:
    """The counters as they stand, None where the server has none that can be read."""
    if target.found.url.dialect == "sqlite":
        return _sqlite(target)
    try:
        session = open_session(target, False)
        try:
            return _mysql(target, session) if session.url.dialect == "mysql" else Counters(
                "rows", dict(target.db.query(session, POSTGRES))
            )  # fmt: skip
        finally:
            target.db.close(session)
    except (ServerError, MigralintError):
        return None


def _mysql(target: Target, session: Session) -> Counters:
    """By table where performance_schema is on, else for the whole server."""
    enabled = target.db.query(session, "SHOW VARIABLES LIKE 'performance_schema'")
    if enabled and enabled[0][1] == "ON":
        found = {str(name): int(count) for name, count in target.db.query(session, SCHEMA)}
        return Counters("rows", found)
    found = {str(name): int(count) for name, count in target.db.query(session, SERVER)}
    if not found:
        raise ServerError("no counters")
    return Counters("rows", found, "the whole server")


def _sqlite(target: Target) -> Counters | None:
    """The change counter of the file; with a write-ahead log it stands still."""
    try:
        with open(target.found.url.database, "rb") as file:
            head = file.read(100)
    except OSError:
        return None
    if len(head) < 100 or head[18] == 2:
        return None
    return Counters("transactions", {"file": int.from_bytes(head[AT_28], "big")})


def since(target: Target, before: Counters | None) -> Lost:
    """What was written since the counters were read."""
    after = counters(target) if before is not None else None
    if before is None or after is None or before.of != after.of or before.where != after.where:
        return Lost(None, "an unknown number of writes since the backup")
    fewer = [name for name, count in before.values.items() if after.values.get(name, -1) < count]
    count = sum(max(n - before.values.get(name, 0), 0) for name, n in after.values.items())
    what = before.of if count != 1 else before.of[:-1]
    at_least = "at least " if fewer else ""
    where = f" in {before.where}" if before.where else ""
    said = f"{at_least}{count} {what} written since the backup{where}, the migrations' own included"
    if fewer:
        said += f"; of {', '.join(sorted(fewer)[:3])} it is not known (dropped, or counted anew)"
    return Lost(count, said)
