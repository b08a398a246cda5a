"""Writing the rows of the history, as Prisma's engine writes them."""

from __future__ import annotations

from migralint.runner.history import COLUMNS, checksum, matches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from migralint.runner.databases import Database, Session
    from migralint.runner.history import Local

    class Writing(Protocol):
        """The functions below that `execute` writes with; rollback/rows.py has them too."""

        def is_done(self, db: Database, session: Session, table: str, local: Local) -> bool: ...

        def insert_finished(
            self, db: Database, session: Session, table: str, local: Local
        ) -> tuple[str, tuple[object, ...]]: ...

        def insert_started(
            self, db: Database, session: Session, table: str, local: Local
        ) -> str: ...

        def write_logs(
            self, db: Database, session: Session, table: str, row_id: str, logs: str
        ) -> None: ...

        def finish(self, db: Database, session: Session, table: str, row_id: str) -> None: ...

        def insert_rolled_back(
            self, db: Database, session: Session, table: str, local: Local, logs: str
        ) -> None: ...

        def insert_failed(
            self, db: Database, session: Session, table: str, local: Local, logs: str
        ) -> None: ...


# The server's clock, not ours; SQLite has integer milliseconds, as the engine writes them.
NOW = {
    "postgres": "date_trunc('milliseconds', clock_timestamp())",
    "mysql": "UTC_TIMESTAMP(3)",
    "sqlite": "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)",
}
BEGUN = {**NOW, "postgres": "date_trunc('milliseconds', now())"}


def new_id() -> str:
    from uuid import uuid4

    return str(uuid4())


def is_done(db: Database, session: Session, table: str, local: Local) -> bool:
    """Somebody, perhaps ourselves before the connection broke, has applied the migration."""
    place = db.table(session, table)
    sql = f"SELECT checksum FROM {place} WHERE migration_name = ? AND rolled_back_at IS NULL"
    if not local.repeatable:
        return bool(db.query(session, sql, (local.name,)))
    found = db.query(session, f"{sql} ORDER BY started_at, finished_at", (local.name,))
    return bool(found) and matches(found[-1][0], local.data)


def insert_finished(
    db: Database, session: Session, table: str, local: Local
) -> tuple[str, tuple[object, ...]]:
    """The row of a migration that is committed together with it: (SQL, values)."""
    dialect = session.url.dialect
    sql = (
        f"INSERT INTO {db.table(session, table)} ({COLUMNS}) "
        f"VALUES (?, ?, {NOW[dialect]}, ?, NULL, NULL, {BEGUN[dialect]}, 1)"
    )
    return sql, (new_id(), checksum(local.data), local.name)


def insert_started(db: Database, session: Session, table: str, local: Local) -> str:
    """The row of a migration that runs statement by statement; its id."""
    dialect, row_id = session.url.dialect, new_id()
    sql = (
        f"INSERT INTO {db.table(session, table)} (id, checksum, migration_name, started_at, "
        f"applied_steps_count) VALUES (?, ?, ?, {NOW[dialect]}, 0)"
    )
    db.query(session, sql, (row_id, checksum(local.data), local.name))
    return row_id


def write_logs(db: Database, session: Session, table: str, row_id: str, logs: str) -> None:
    db.query(
        session, f"UPDATE {db.table(session, table)} SET logs = ? WHERE id = ?", (logs, row_id)
    )


def finish(db: Database, session: Session, table: str, row_id: str) -> None:
    now = NOW[session.url.dialect]
    place = db.table(session, table)
    sql = (
        f"UPDATE {place} SET finished_at = {now}, applied_steps_count = 1, logs = NULL WHERE id = ?"
    )
    db.query(session, sql, (row_id,))


def insert_rolled_back(db: Database, session: Session, table: str, local: Local, logs: str) -> None:
    """The trace of a migration that was rolled back whole; Prisma reads it as pending."""
    now = NOW[session.url.dialect]
    sql = (
        f"INSERT INTO {db.table(session, table)} ({COLUMNS}) "
        f"VALUES (?, ?, NULL, ?, ?, {now}, {now}, 0)"
    )
    db.query(session, sql, (new_id(), checksum(local.data), local.name, logs))


def insert_failed(db: Database, session: Session, table: str, local: Local, logs: str) -> None:
    """A migration of which a part is in the database and nobody had made a row yet."""
    write_logs(db, session, table, insert_started(db, session, table, local), logs)


def insert_resolved(db: Database, session: Session, table: str, local: Local) -> None:
    """`resolve --applied`: nothing was run. One time for start and end, as the engine has it."""
    now = NOW[session.url.dialect].replace("clock_timestamp()", "now()")
    place = db.table(session, table)
    sql = f"INSERT INTO {place} ({COLUMNS}) VALUES (?, ?, {now}, ?, '', NULL, {now}, 0)"
    db.query(session, sql, (new_id(), checksum(local.data), local.name))


def mark_rolled_back(db: Database, session: Session, table: str, name: str) -> None:
    sql = (
        f"UPDATE {db.table(session, table)} SET rolled_back_at = {NOW[session.url.dialect]} "
        "WHERE migration_name = ? AND finished_at IS NULL AND rolled_back_at IS NULL"
    )
    db.query(session, sql, (name,))
