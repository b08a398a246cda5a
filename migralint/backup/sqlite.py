"""SQLite: the online backup; back by putting a file in the place of the old one, which stays.

`cp` of a database in WAL mode loses what is in the WAL (measured), so nothing here copies a
database that is in use.
https://www.sqlite.org/backup.html
"""

from __future__ import annotations

import os
import shutil

from migralint.backup.rooms import (
    Content,
    Dumped,
    Swapped,
    applied,
    catalog,
    connected,
    in_use,
    not_removed,
)
from migralint.model import MigralintError
from migralint.runner.databases import ServerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.backup.manifest import Backup
    from migralint.runner.databases import Database, Session
    from migralint.runner.target import Target

SUFFIX = ".db"
BESIDE = ("-wal", "-shm", "-journal")


def dump(target: Target, session: Session, path: str) -> Dumped:
    """Copy and counts are of one transaction that reads."""
    from migralint.runner.databases import sqlite_copy

    target.db.query(session, "BEGIN")
    try:
        tables = count(target.db, session)
        sqlite_copy.copy(session, path)
        return Dumped(
            f"{session.server.shown} online backup",
            tables,
            applied(target, session),
            catalog(target, session),
        )
    except ServerError as error:
        raise MigralintError(f"the backup failed: {error}", status=4) from None
    finally:
        target.db.rollback(session)


def count(db: Database, session: Session) -> dict[str, int]:
    from migralint.runner.databases import sqlite_copy

    return sqlite_copy.counted(session)


def read(path: str) -> Content:
    from migralint.runner.databases import sqlite_copy

    with open(path, "rb") as file:
        if not file.read(16).startswith(b"SQLite format 3\0"):
            return Content("it is no SQLite database")
    problem, tables = sqlite_copy.problems(path)
    return Content(problem, None if problem else tables)


def create(target: Target, name: str) -> None:
    """The file is made with its content."""


def load(target: Target, backup: Backup, name: str) -> None:
    from migralint.backup.making import fsync

    try:
        with open(backup.path, "rb") as source, open(_new(name), "wb") as made:
            shutil.copyfileobj(source, made, 1 << 20)
        fsync(name)
    except OSError as error:
        raise MigralintError(f"the restore failed: {name}: {error.strerror}", status=4) from None


def _new(name: str) -> int:
    return os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def discard(target: Target, name: str) -> None:
    try:
        for path in (name, *(f"{name}{end}" for end in BESIDE)):
            if os.path.lexists(path):
                os.unlink(path)
    except OSError as error:
        raise not_removed(name, error) from None


def others(target: Target) -> list[str]:
    """The processes that have the file open, as far as the system tells (Linux, our own user's)."""
    path = os.path.realpath(target.found.url.database)
    files = {path, *(f"{path}{end}" for end in BESIDE)}
    found = []
    for pid in sorted(filter(str.isdigit, os.listdir("/proc") if os.path.isdir("/proc") else ())):
        if int(pid) != os.getpid() and files & _open_files(pid):
            found.append(f"process {pid} ({_command(pid)}) has the file open")
    return found


def _open_files(pid: str) -> set[str]:
    try:
        folder = f"/proc/{pid}/fd"
        return {os.readlink(f"{folder}/{number}") for number in os.listdir(folder)}
    except OSError:
        return set()


def _command(pid: str) -> str:
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return "?"


def swap(target: Target, name: str, kept: str, terminate: bool, archive: str) -> Swapped:
    """Under the exclusive lock of the old file. Its name is never without a database."""
    import shlex

    from migralint.runner.databases import sqlite_copy

    path = os.path.realpath(target.found.url.database)
    if people := others(target):
        raise in_use(people)  # a process that has the file open would go on with the old one
    with connected(target, target.found.url) as session:
        wal = _alone(target, session)
        try:
            _like(path, name)
            if wal:
                sqlite_copy.to_wal(name)
            _exchange(path, name, kept)
        except (OSError, ServerError) as error:
            raise MigralintError(
                f"the files could not be exchanged: {error}",
                hint="The database is as it was, under its own name.",
                status=4,
            ) from None
        except KeyboardInterrupt:
            if os.path.exists(name):
                raise
            # it came after the exchange: too late to go back
        finally:
            target.db.rollback(session)
            if wal and os.path.exists(name):
                target.db.query(session, "PRAGMA journal_mode = WAL")
    return Swapped(f"rm -- {shlex.quote(kept)}")


def _alone(target: Target, session: Session) -> bool:
    """Lock everybody out, with all in the one file; was it in WAL mode?"""
    try:
        wal = bool(target.db.query(session, "PRAGMA journal_mode")[0][0] == "wal")
        if wal:
            target.db.query(session, "PRAGMA wal_checkpoint(TRUNCATE)")
            target.db.query(session, "PRAGMA journal_mode = DELETE")
        target.db.query(session, "BEGIN EXCLUSIVE")
        return wal
    except ServerError as error:
        if error.busy:
            raise in_use(["another process uses the file"]) from None
        raise


def _like(path: str, name: str) -> None:
    """The owner and the mode of the old file."""
    status = os.stat(path)
    os.chmod(name, status.st_mode & 0o7777)
    if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
        os.chown(name, status.st_uid, status.st_gid)


def _exchange(path: str, name: str, kept: str) -> None:
    from migralint.backup.making import fsync

    os.link(path, kept)
    done = False
    try:
        os.replace(name, path)
        done = True
    finally:
        if not done:
            os.unlink(kept)
    fsync(os.path.dirname(path))
