"""What the history says while a migration is taken back, and after it.

The same functions as runner/rows.py, because the same machinery calls them: where that inserts the
row of a migration, these mark the row that is there. A row that is finished and rolled back is
pending to Prisma's engine, so its next deploy would apply the migration again.
"""

from __future__ import annotations

from migralint.runner.rows import NOW, write_logs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.runner.databases import Database, Session
    from migralint.runner.history import Local

__all__ = [
    "finish",
    "insert_failed",
    "insert_finished",
    "insert_rolled_back",
    "insert_started",
    "is_done",
    "write_logs",
]
STARTED = "migralint: the rollback has begun"
_LIVE = "migration_name = ? AND rolled_back_at IS NULL"


def is_done(db: Database, session: Session, table: str, local: Local) -> bool:
    """No row of it stands any more: somebody has taken it back."""
    sql = f"SELECT 1 FROM {db.table(session, table)} WHERE {_LIVE}"
    return not db.query(session, sql, (local.name,))


def insert_finished(
    db: Database, session: Session, table: str, local: Local
) -> tuple[str, tuple[object, ...]]:
    """Committed together with what the script does: (SQL, values)."""
    now = NOW[session.url.dialect]
    sql = f"UPDATE {db.table(session, table)} SET rolled_back_at = {now} WHERE {_LIVE}"
    return sql, (local.name,)


def insert_started(db: Database, session: Session, table: str, local: Local) -> str:
    """From now on it stands as failed, so that after a kill nobody takes it for applied."""
    place = db.table(session, table)
    sql = f"UPDATE {place} SET finished_at = NULL, logs = ? WHERE {_LIVE}"
    found = db.query(session, f"SELECT id FROM {place} WHERE {_LIVE}", (local.name,))
    db.query(session, sql, (STARTED, local.name))
    return str(found[-1][0]) if found else ""


def finish(db: Database, session: Session, table: str, row_id: str) -> None:
    """With its end, so that a migration that was applied once is told from one that never was."""
    now, place = NOW[session.url.dialect], db.table(session, table)
    ended = f"finished_at = {now}, rolled_back_at = {now}, logs = NULL"
    sql = f"UPDATE {place} SET {ended} WHERE id = ?"
    db.query(session, sql, (row_id,))


def insert_rolled_back(db: Database, session: Session, table: str, local: Local, logs: str) -> None:
    """The script failed and left nothing: the migration is applied, as before."""


def insert_failed(db: Database, session: Session, table: str, local: Local, logs: str) -> None:
    """A part of the script is committed, and the migration is neither applied nor taken back."""
    write_logs(db, session, table, insert_started(db, session, table, local), logs)
