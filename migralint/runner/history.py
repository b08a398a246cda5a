"""The history: the table of applied migrations in a database, as Prisma's engine has it.

Prisma projects keep Prisma's own table, so that `prisma migrate deploy` and `migralint apply` can
be exchanged on any day; other layouts have the same table under a name of ours. A migration may
have many rows: each attempt that failed and was rolled back stays.
"""

from __future__ import annotations

import hashlib

from migralint.model import Record, replace
from migralint.runner.choosing import is_marked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from migralint.model import Migration
    from migralint.runner.databases import Database, Session

TABLE = "_prisma_migrations"
OWN_TABLE = "_migralint_migrations"
# Where another tool keeps its history: a hint for whoever moves to migralint.
OTHERS = {
    "schema_migrations": "dbmate, golang-migrate or Rails",
    "goose_db_version": "goose",
    "flyway_schema_history": "Flyway",
    "__drizzle_migrations": "Drizzle",
    "__diesel_schema_migrations": "Diesel",
    "_sqlx_migrations": "sqlx",
    "atlas_schema_revisions": "Atlas",
    "knex_migrations": "Knex",
    "alembic_version": "Alembic",
    "django_migrations": "Django",
}
COLUMNS = (
    "id, checksum, finished_at, migration_name, logs, rolled_back_at, started_at, "
    "applied_steps_count"
)

CREATE = {
    "postgres": """CREATE TABLE {} (
    id                      VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum                VARCHAR(64) NOT NULL,
    finished_at             TIMESTAMPTZ,
    migration_name          VARCHAR(255) NOT NULL,
    logs                    TEXT,
    rolled_back_at          TIMESTAMPTZ,
    started_at              TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count     INTEGER NOT NULL DEFAULT 0
)""",
    "mysql": """CREATE TABLE {} (
    id                      VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum                VARCHAR(64) NOT NULL,
    finished_at             DATETIME(3),
    migration_name          VARCHAR(255) NOT NULL,
    logs                    TEXT,
    rolled_back_at          DATETIME(3),
    started_at              DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    applied_steps_count     INTEGER UNSIGNED NOT NULL DEFAULT 0
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci""",
    "sqlite": """CREATE TABLE {} (
    "id"                    TEXT PRIMARY KEY NOT NULL,
    "checksum"              TEXT NOT NULL,
    "finished_at"           DATETIME,
    "migration_name"        TEXT NOT NULL,
    "logs"                  TEXT,
    "rolled_back_at"        DATETIME,
    "started_at"            DATETIME NOT NULL DEFAULT current_timestamp,
    "applied_steps_count"   INTEGER UNSIGNED NOT NULL DEFAULT 0
)""",
}


class Row(Record):
    """One row. Times are as the driver gives them: only whether they are there decides anything."""

    id: str
    checksum: str
    finished: Any
    name: str
    logs: str | None
    rolled_back: Any
    started: Any
    steps: int


class Local(Record):
    """A migration of the folder, the name that the history has for it, its bytes."""

    name: str
    migration: Migration
    data: bytes

    @property
    def repeatable(self) -> bool:
        """Flyway's R__name.sql: applied after the others, and again whenever its text changes."""
        return self.migration.layout == "flyway" and not self.migration.version


class State(Record):
    """What history and folder say of one name, together.

    `state` is applied, pending, failed or rolled back (pending, and tried before); `local`
    None: it is missing from the folder; `late`: pending, although a later one has been applied.
    A repeatable one whose text has changed is pending, with the rows of when it was applied.
    """

    name: str
    state: str
    rows: tuple[Row, ...] = ()
    local: Local | None = None
    edited: bool = False
    late: bool = False

    @property
    def repeatable(self) -> bool:
        return self.local is not None and self.local.repeatable

    @property
    def missing(self) -> bool:
        return self.local is None and self.state in ("applied", "failed")

    @property
    def comes_again(self) -> bool:
        """It was applied once and rolled back, and lies in the folder as it was: the next deploy,
        Prisma's too, applies it again."""
        done = [row for row in self.rows if row.finished is not None]
        if self.state != "rolled back" or not done or self.local is None:
            return False
        return matches(done[-1].checksum, self.local.data)

    @property
    def last(self) -> Row | None:
        return self.rows[-1] if self.rows else None


def name_of(migration: Migration) -> str:
    """Prisma's name is the folder's; elsewhere it is the file's, or the folder's for up.sql."""
    parts = migration.path.split("/")
    stem = parts[-1].removesuffix(".sql").removesuffix(".up")
    if parts[-1] in ("migration.sql", "up.sql") and len(parts) > 1:
        return parts[-2]
    return stem


def table_for(layout: str) -> str:
    return TABLE if layout == "prisma" else OWN_TABLE


def checksum(data: bytes) -> str:
    """As Prisma takes it: of the text that Node reads, where what is no UTF-8 becomes U+FFFD."""
    return hashlib.sha256(_as_text(data)).hexdigest()


def _as_text(data: bytes) -> bytes:
    if data.isascii():
        return data
    return data.decode("utf-8", "replace").encode()


def matches(recorded: str, data: bytes) -> bool:
    """Is it the same text, line endings apart? Old engines wrote the sum without leading zeros."""
    text = _as_text(data)
    if hashlib.sha256(text).hexdigest() == recorded:
        return True
    unix = text.replace(b"\r\n", b"\n")
    for form in (text, unix, unix.replace(b"\n", b"\r\n")):
        found = hashlib.sha256(form).hexdigest()
        if found == recorded:
            return True
        digest = bytes.fromhex(found)
        if len(recorded) != 64 and recorded == "".join(f"{byte:x}" for byte in digest):
            return True
    return False


def read(db: Database, session: Session, table: str) -> list[Row] | None:
    """The rows in the order in which they were started; None where there is no table."""
    if table not in _present(db, session, table):
        return None
    place = db.table(session, table)
    found = db.query(session, f"SELECT {COLUMNS} FROM {place} ORDER BY started_at, finished_at")
    return [Row(*row) for row in found]


def _present(db: Database, session: Session, table: str) -> list[str]:
    if session.url.dialect != "postgres":
        return db.tables(session)
    found = db.query(session, "SELECT to_regclass(?) IS NOT NULL", (db.table(session, table),))
    return [table] if found[0][0] else []


def create(db: Database, session: Session, table: str) -> None:
    """Prisma does not quote the name on PostgreSQL and does on SQLite: there the text is kept."""
    db.ensure_schema(session)
    db.query(session, CREATE[session.url.dialect].format(db.table(session, table)))


def states(locals_: Sequence[Local], rows: Iterable[Row]) -> list[State]:
    """One state for each name: those of the folder in its order, then those it does not have."""
    by_name: dict[str, list[Row]] = {}
    for row in rows:
        by_name.setdefault(row.name, []).append(row)
    found = [_state(local.name, by_name.pop(local.name, []), local) for local in locals_]
    done = (i for i, s in enumerate(found) if s.state == "applied" and not s.repeatable)
    last = max(done, default=-1)
    found = [
        _late(s) if i < last and s.state in ("pending", "rolled back") else s
        for i, s in enumerate(found)
    ]
    return found + [_state(name, rest, None) for name, rest in by_name.items()]


def _late(state: State) -> State:
    """One that waits to be named is meant to come later than others."""
    return state if is_marked(state) else replace(state, late=True)


def _state(name: str, rows: list[Row], local: Local | None) -> State:
    live = [row for row in rows if row.rolled_back is None]
    if any(row.finished is None for row in live):
        return State(name, "failed", tuple(rows), local)
    if not live:
        return State(name, "rolled back" if rows else "pending", tuple(rows), local)
    edited = local is not None and not matches(live[-1].checksum, local.data)
    if edited and local and local.repeatable:
        return State(name, "pending", tuple(rows), local)
    return State(name, "applied", tuple(rows), local, edited)


def shown_time(value: Any) -> str:
    """A time of the table for a person: drivers give datetimes, SQLite milliseconds or text."""
    if isinstance(value, int):
        from datetime import UTC, datetime

        return datetime.fromtimestamp(value / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    if hasattr(value, "strftime"):
        return str(value.strftime("%Y-%m-%d %H:%M:%S"))
    return str(value or "")


def as_mapping(row: Row) -> Mapping[str, str | None]:
    return {
        "started_at": shown_time(row.started) or None,
        "finished_at": shown_time(row.finished) or None,
        "rolled_back_at": shown_time(row.rolled_back) or None,
        "logs": row.logs,
    }
