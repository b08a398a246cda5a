"""The snapshot of the last apply: what `verify` compares with when nothing is replayed.

On PostgreSQL it is a row in a schema of our own (a table in `public` makes Prisma ask for a reset),
elsewhere a file under .migralint/snapshots of the project. What cannot be stored is said and is
no failure: the migrations have been applied.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib

from migralint.catalog import OWN_SCHEMA, Snapshot, snapshot
from migralint.model import MigralintError, Record
from migralint.runner import clock, history
from migralint.runner.databases import ServerError
from migralint.runner.target import open_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.runner.databases import Session
    from migralint.runner.target import Target

NOT_STORED = "the snapshot for `verify` was not stored"
REPLAY = "`verify --replay` needs none"
FOLDER = os.path.join(".migralint", "snapshots")
CREATE_SCHEMA = f"CREATE SCHEMA IF NOT EXISTS {OWN_SCHEMA}"
CREATE_TABLE = f"""CREATE TABLE IF NOT EXISTS {OWN_SCHEMA}.snapshots (
    history text PRIMARY KEY, taken text NOT NULL, hash text NOT NULL, data bytea NOT NULL)"""
RACED = ("23505", "42P06", "42P07")  # two made the same schema or table at once
STORE = f"""INSERT INTO {OWN_SCHEMA}.snapshots VALUES (?, ?, ?, decode(?, 'hex'))
    ON CONFLICT (history) DO UPDATE SET taken = excluded.taken, hash = excluded.hash,
    data = excluded.data"""
LOAD = f"SELECT taken, hash, encode(data, 'hex') FROM {OWN_SCHEMA}.snapshots WHERE history = ?"


class Remembered(Record):
    """`when` is UTC, `applied` are the names that the history had then."""

    snapshot: Snapshot
    when: str
    applied: tuple[str, ...]


def remember(target: Target, session: Session) -> str:
    """Store what the database holds now. The answer says why it could not be, "" if it was."""
    try:
        names: list[str] = []
        for _ in range(3):  # another applier may go on while we look
            names = applied(target, session)
            taken = snapshot(target.db, session)
            if names == applied(target, session):
                break
        else:
            return f"{NOT_STORED}: another applier is at work"
        when = clock.now()
        data = _packed(taken, names)
        if session.url.dialect == "postgres":
            _store_row(target, session, when, data)
        else:
            _store_file(target, session, when, data)
    except ServerError as error:
        return _refused(session, error)
    except OSError as error:
        return f"{NOT_STORED}: {error.strerror or error}; {REPLAY}"
    return ""


def remember_now(target: Target) -> str:
    """`remember` on a session of its own."""
    try:
        session = open_session(target, False)  # what a writer checks has been checked
    except MigralintError as error:
        return f"{NOT_STORED}: {error.message}"
    try:
        return remember(target, session)
    finally:
        target.db.close(session)


def recall(target: Target, session: Session) -> Remembered | None:
    load = _load_row if session.url.dialect == "postgres" else _load_file
    found = load(target, session)
    if found is None:
        return None
    when, digest, data = found
    if hashlib.sha256(data).hexdigest() != digest:
        raise MigralintError(
            "the snapshot of the last apply is damaged: its hash does not fit",
            hint="`migralint verify --replay` needs none; the next apply stores a new one.",
            status=4,
        )
    content = json.loads(zlib.decompress(data))
    kept = Snapshot(content["dialect"], content["server"], content["objects"])
    return Remembered(kept, when, tuple(content["applied"]))


def applied(target: Target, session: Session) -> list[str]:
    """The names that the history has as applied."""
    rows = history.read(target.db, session, target.table) or ()
    return [s.name for s in history.states(target.locals, rows) if s.state == "applied"]


def _packed(taken: Snapshot, names: list[str]) -> bytes:
    content = {
        "dialect": taken.dialect,
        "server": taken.server,
        "applied": names,
        "objects": dict(taken.objects),
    }
    return zlib.compress(json.dumps(content, ensure_ascii=False).encode(), 6)


def _store_row(target: Target, session: Session, when: str, data: bytes) -> None:
    """All or nothing, and nothing of it waits for long: the lock timeout is the session's."""
    row = (
        target.db.table(session, target.table),
        when,
        hashlib.sha256(data).hexdigest(),
        data.hex(),
    )
    try:
        _in_transaction(target, session, row)
    except ServerError as error:
        if error.code not in RACED:
            raise
        _in_transaction(target, session, row)  # another applier has just made the table


def _in_transaction(target: Target, session: Session, row: tuple[str, ...]) -> None:
    db = target.db
    db.query(session, "BEGIN")
    try:
        # IF NOT EXISTS asks for the right to make a schema even where there is one
        if not db.query(session, "SELECT to_regnamespace(?) IS NOT NULL", (OWN_SCHEMA,))[0][0]:
            db.query(session, CREATE_SCHEMA)
        if not _is_there(target, session):
            db.query(session, CREATE_TABLE)
        db.query(session, STORE, row)
        db.query(session, "COMMIT")
    except ServerError:
        if db.state(session) != "lost":
            db.rollback(session)
        raise


def _is_there(target: Target, session: Session) -> bool:
    sql = "SELECT to_regclass(?) IS NOT NULL"
    return bool(target.db.query(session, sql, (f"{OWN_SCHEMA}.snapshots",))[0][0])


def _load_row(target: Target, session: Session) -> tuple[str, str, bytes] | None:
    db = target.db
    if not _is_there(target, session):
        return None
    try:
        found = db.query(session, LOAD, (db.table(session, target.table),))
    except ServerError as error:
        raise MigralintError(
            f"the snapshot of the last apply cannot be read: {error.message}",
            hint=f"GRANT USAGE ON SCHEMA {OWN_SCHEMA} and SELECT ON {OWN_SCHEMA}.snapshots to "
            f"{session.server.user}; or use --replay.",
            status=4,
        ) from None
    return (found[0][0], found[0][1], bytes.fromhex(found[0][2])) if found else None


def _refused(session: Session, error: ServerError) -> str:
    said = f"{NOT_STORED}: {error.message}"
    if error.code == "42501":
        return (
            f"{said} (once, by its owner: CREATE SCHEMA {OWN_SCHEMA} AUTHORIZATION "
            f"{session.server.user}); {REPLAY}"
        )
    return f"{said}; {REPLAY}"


def path(target: Target, session: Session) -> str:
    """One file for each database; nothing of its name shows where that is."""
    url = session.url
    place = os.path.abspath(url.database) if url.dialect == "sqlite" else url.database
    key = "\0".join((url.dialect, url.host, url.port, place, target.table))
    name = hashlib.sha256(key.encode()).hexdigest()[:16]
    return os.path.join(target.config.root, FOLDER, f"{name}.snapshot")


def _store_file(target: Target, session: Session, when: str, data: bytes) -> None:
    """Whole or not at all, for this user only; git is told to leave the folder alone."""
    place = path(target, session)
    folder = os.path.dirname(place)
    os.makedirs(folder, exist_ok=True)
    ignore = os.path.join(folder, ".gitignore")
    if not os.path.exists(ignore):
        with open(ignore, "w", encoding="ascii") as file:
            file.write("*\n")
    beside = f"{place}.{os.getpid()}"
    head = f"{when}\n{hashlib.sha256(data).hexdigest()}\n".encode()
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(head + data)
        os.replace(beside, place)
    finally:
        if os.path.exists(beside):
            os.unlink(beside)


def _load_file(target: Target, session: Session) -> tuple[str, str, bytes] | None:
    try:
        with open(path(target, session), "rb") as file:
            when, digest, data = file.read().split(b"\n", 2)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise MigralintError(
            f"the snapshot of the last apply cannot be read: {error}", status=4
        ) from None
    return when.decode(), digest.decode(), data
