"""Which migrations a development database has applied; their texts stay as they are.

Prisma asks for a reset where an applied migration was edited, and every other tool runs it no more.
Asked is the database that `migralint apply` would take, where it is a development or test database
and the configuration, the environment or `.env` names one. One that is named and does not answer
may have applied anything: then nothing is fixed, unless the person says that it has not
(`--unapplied`).
"""

from __future__ import annotations

import os
import re
from hashlib import sha256

from migralint.model import MigralintError, Record, replace
from migralint.runner import databases, environment, history
from migralint.runner.databases import ServerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from migralint.config import Config
    from migralint.model import Migration
    from migralint.runner.databases import Database, Session
    from migralint.runner.environment import Found

ASKED = ("development", "test")
CONNECT = "2"  # seconds; it is on this machine or near it
# Layout -> where its own tool keeps its history, and the column that tells the version.
TOOLS = {
    "drizzle": (("drizzle.__drizzle_migrations", "__drizzle_migrations"), "hash"),
    "supabase": (("supabase_migrations.schema_migrations",), "version"),
    "flyway": (("flyway_schema_history",), "version"),
    "goose": (("goose_db_version",), "version_id"),
    "dbmate": (("schema_migrations",), "version"),
    "golang-migrate": (("schema_migrations",), "version"),
    "diesel": (("__diesel_schema_migrations",), "version"),
    "sqlx": (("_sqlx_migrations",), "version"),
    "atlas": (
        ("atlas_schema_revisions.atlas_schema_revisions", "atlas_schema_revisions"),
        "version",
    ),
}  # fmt: skip
PRISMA = (
    "{} has applied it, and Prisma asks for a reset of that database where an applied migration "
    "was edited; make a new migration (`npx prisma migrate dev --create-only`), which can be "
    "edited until it is applied"
)
OTHERS = "{} has applied it and will not run it again; make a new migration"


class Answer(Record):
    """Path -> why it is not fixed; `notes` say which database was asked, and which was not."""

    refused: Mapping[str, str] = {}
    notes: tuple[str, ...] = ()


def ask(config: Config, migrations: Sequence[Migration], data: Mapping[str, bytes]) -> Answer:
    """What the databases say of these migrations; `data` are the bytes of their files."""
    refused: dict[str, str] = {}
    notes: list[str] = []
    for folder, layout in dict.fromkeys((m.folder, m.layout) for m in migrations):
        here = [m for m in migrations if (m.folder, m.layout) == (folder, layout)]
        values = environment.variables(config.root, folder, os.environ)
        try:
            found = environment.find_url("", config.url, config.root, folder, layout, values)
        except environment.NoUrl:
            notes.append("no database was asked what it has applied: there is no URL")
            continue
        judged = environment.judge("", values, found.url, hosts=config.hosts)
        if judged.name not in ASKED:
            shown = f"{found.url.shown} ({judged.name}: {judged.why})"
            notes.append(f"{shown} was not asked what it has applied")
            continue
        refused.update(_asked(found, layout, here, data))
        notes.append(f"{found.url.shown} was asked what it has applied")
    return Answer(refused, tuple(dict.fromkeys(notes)))


def _asked(
    found: Found, layout: str, migrations: Sequence[Migration], data: Mapping[str, bytes]
) -> Iterator[tuple[str, str]]:
    url = replace(found.url, parameters={"connect_timeout": CONNECT, **found.url.parameters})
    if url.dialect == "sqlite" and not os.path.exists(url.database):
        return
    db = databases.of(url.dialect)
    try:
        session = db.connect(url, ("2s", "5s"), False)
    except MigralintError as error:
        if getattr(error, "missing", False):
            return  # there is no such database, so it has applied nothing
        raise _unknown(found, error.message) from None
    said = PRISMA if layout == "prisma" else OTHERS
    try:
        known = _names(db, session, layout)
        versions = _versions(db, session, layout)
        for migration in migrations:
            if history.name_of(migration) in known or _in_history(
                migration, layout, versions, data.get(migration.path, b"")
            ):
                yield migration.path, said.format(found.url.shown)
    except ServerError as error:
        raise _unknown(found, error.message) from None
    finally:
        db.close(session)


def _unknown(found: Found, reason: str) -> MigralintError:
    return MigralintError(
        f"which migrations has {found.url.shown} ({found.source}) applied? It does not say: "
        + " ".join(reason.split()),
        hint="What is applied is not to be edited. Start it and run this again, or say with "
        "--unapplied that no database has applied these migrations.",
        status=4,
    )


def _names(db: Database, session: Session, layout: str) -> set[str]:
    """What our history, or Prisma's, has and was not rolled back."""
    rows = history.read(db, session, history.table_for(layout)) or []
    return {row.name for row in rows if row.rolled_back is None}


def _versions(db: Database, session: Session, layout: str) -> set[str]:
    """What the tool's own history has; nothing where it has none."""
    tables, column = TOOLS.get(layout, ((), ""))
    for table in tables:
        if _is_there(db, session, table):
            found = db.query(session, f"SELECT {column} FROM {table}")
            return {str(row[0]) for row in found if row[0] is not None}
    return set()


def _is_there(db: Database, session: Session, table: str) -> bool:
    if session.url.dialect == "postgres":
        return bool(db.query(session, "SELECT to_regclass(?) IS NOT NULL", (table,))[0][0])
    return table in db.tables(session)


def _in_history(migration: Migration, layout: str, versions: set[str], data: bytes) -> bool:
    if layout == "drizzle":
        return sha256(data).hexdigest() in versions
    own = _number(migration.version)
    if layout == "golang-migrate":  # it keeps the newest only
        return any(int(_number(version) or 0) >= int(own or 0) for version in versions)
    return bool(own) and own in {_number(version) for version in versions}


def _number(version: str) -> str:
    """Its digits without what stands between them; flyway's 1.1 is not 11."""
    return re.sub(r"\D+", ".", version).strip(".").lstrip("0")
