"""Make a backup: under another name until it is whole, read from end to end before it counts."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager

from migralint.backup import manifest, proof, rooms
from migralint.backup.manifest import PARTIAL, Backup
from migralint.model import MigralintError, replace
from migralint.runner import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from migralint.backup.rooms import Note
    from migralint.runner.target import Target

IGNORE = "*\n"


def make(
    target: Target, folder: str = "", trial: bool = False, note: Note = rooms.silent
) -> Backup:
    """`folder`: else that of the configuration; `trial`: restore it into a scratch database too.

    MigralintError: 4 where it could not be made, 1 where it did not verify. Nothing is left then.
    """
    from time import monotonic

    began = monotonic()
    folder = folder or manifest.folder_of(target)
    prepare(folder, note)
    room = rooms.of(target.found.url.dialect)
    with _reserved(folder, target, room.SUFFIX) as (partial, final):
        backup = _dumped(target, room, partial, note)
        if trial:
            note("restoring it into a scratch database")
            proof.trial(target, backup)
            backup = replace(backup, trial=now())
        try:
            os.rename(partial, final)
            fsync(folder)
        except OSError as error:
            raise _cannot(final, error) from None
        backup = replace(backup, path=final, seconds=round(monotonic() - began, 3))
        try:
            manifest.write(backup)
        except MigralintError:
            os.unlink(final)  # without its manifest it would count for nothing
            raise
    return backup


def _dumped(target: Target, room: rooms.Room, partial: str, note: Note) -> Backup:
    url = target.found.url
    with rooms.connected(target, url, writes=False) as session:
        dumped = room.dump(target, session, partial)
        server = session.server.shown
    for text in dumped.notes:
        note(text)
    content = room.read(partial)
    problem = content.problem
    if not problem and content.tables is not None and dict(content.tables) != dict(dumped.tables):
        problem = "; ".join(proof.rows(dumped.tables, content.tables))
    if problem:
        raise not_sound("the backup that was just made", problem)
    try:
        fsync(partial)
        size, sha256 = os.path.getsize(partial), hashed(partial)
    except OSError as error:
        raise _cannot(partial, error) from None
    if not size:
        raise not_sound("the backup that was just made", "it is empty")
    return Backup(
        partial,
        now(),
        size,
        sha256,
        manifest.database_of(url),
        server,
        dumped.tool,
        dumped.tables,
        now(),
        dumped.migrations,
        url.dialect,
        manifest.place_of(url),
        catalog=dumped.catalog,
        catalog_sha256=proof.catalog_hash(dumped.catalog),
    )


def looked_at(target: Target) -> Backup:
    """The database as it is, as if there were a backup of it: for a person to compare with."""
    url = target.found.url
    room = rooms.of(url.dialect)
    with rooms.connected(target, url, writes=False) as session:
        tables, names = room.count(target.db, session), rooms.applied(target, session)
        server = session.server.shown
    return Backup(
        "",
        now(),
        0,
        "",
        manifest.database_of(url),
        server,
        "",
        tables,
        migrations=names,
        dialect=url.dialect,
        place=manifest.place_of(url),
    )


def not_sound(what: str, problem: str) -> MigralintError:
    return MigralintError(f"{what} does not verify: {problem}", status=1)


def check(backup: Backup) -> str:
    """Read the whole archive: "" where it is what its manifest says, else what is wrong."""
    problem = manifest.size_problem(backup)
    if problem:
        return problem
    if backup.sha256 and hashed(backup.path) != backup.sha256:
        return "its checksum is not that of the manifest: it was changed or damaged"
    content = rooms.of(backup.dialect).read(backup.path)
    if not content.problem and backup.sha256 and content.tables not in (None, backup.tables):
        return "; ".join(proof.rows(backup.tables, content.tables or {}))
    return content.problem


def opened(path: str) -> Backup:
    """The backup of a path; without a manifest what the file itself says, its rows unknown."""
    if not os.path.isfile(path):
        raise MigralintError(f"there is no file {path}", status=2)
    found = manifest.read(path)
    if found:
        return found
    if os.path.exists(f"{path}{manifest.END}"):
        raise not_sound(path, f"its manifest {path}{manifest.END} cannot be read")
    status = os.stat(path)
    made = clock.at(status.st_mtime, "milliseconds")
    return Backup(path, made, status.st_size, "", "", "", "", {}, dialect=_kind(path))


def _kind(path: str) -> str:
    with open(path, "rb") as file:
        start = file.read(2000)
    if start.startswith(b"SQLite format 3\0"):
        return "sqlite"
    if re.search(rb"-- (?:MySQL|MariaDB) dump", start):
        return "mysql"
    return "postgres"


def now() -> str:
    return clock.now("milliseconds")


def stamp() -> str:
    """Digits for a name: to the millisecond, so that two restores in a second do not meet."""
    return re.sub(r"[-:.TZ]", "", now())


def prepare(folder: str, note: Note) -> None:
    """The folder, which git ignores: what is in it is data, and often that of customers."""
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        ignoring = os.path.join(folder, ".gitignore")
        if not os.listdir(folder):
            with open(ignoring, "x", encoding="utf-8") as file:
                file.write(IGNORE)
        elif not os.path.exists(ignoring):
            note(f"{folder} has no .gitignore with * in it: take care that no backup is committed")
    except OSError as error:
        raise _cannot(folder, error) from None


@contextmanager
def _reserved(folder: str, target: Target, suffix: str) -> Iterator[tuple[str, str]]:
    """(the name while it is made, its name when it is whole); nobody else has either."""
    base = re.sub(r"[^\w.-]", "_", manifest.database_of(target.found.url), flags=re.ASCII)[:60]
    when = stamp()
    stem = os.path.join(folder, f"{base}-{when[:8]}-{when[8:14]}")
    for number in range(1, 100):
        final = f"{stem}{f'-{number}' if number > 1 else ''}{suffix}"
        partial = f"{final}{PARTIAL}"
        try:
            os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            continue
        except OSError as error:
            raise _cannot(partial, error) from None
        try:
            if not os.path.exists(final):
                yield partial, final
                return
        finally:
            for path in (partial, f"{partial}-journal"):
                if os.path.exists(path):
                    os.unlink(path)
    raise MigralintError(f"{folder} has a hundred backups of this second", status=4)


def fsync(path: str) -> None:
    """What is not on the disk when the power fails is no backup. Windows cannot for a folder."""
    if os.name == "nt" and os.path.isdir(path):
        return
    descriptor = os.open(path, os.O_RDONLY if os.path.isdir(path) else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def hashed(path: str) -> str:
    import hashlib

    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _cannot(path: str, error: OSError) -> MigralintError:
    return MigralintError(f"cannot write {path}: {error.strerror}", status=4)
