"""Restore: into a new database that is proved and then takes the old one's name.

The old one is kept under a name that is printed, and nothing here ever drops it.
"""

from __future__ import annotations

from migralint.backup import making, manifest, proof, rooms
from migralint.backup.manifest import Backup
from migralint.model import MigralintError, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.backup.rooms import Note
    from migralint.runner.target import Target


# For a database that is damaged: what is put aside by hand is not lost either.
WAYS = {
    "postgres": "If it is damaged: ALTER DATABASE ... RENAME TO ..., CREATE DATABASE, and again.",
    "mysql": "If it is damaged: restore into a new database, and give the application its URL.",
    "sqlite": "If it is damaged: move the file away, and copy the backup to its place.",
}
FILE_HINT = "End them first: they would go on with the old file."


class Restored(Record):
    """`kept` is what the old database is called now, `drop` the command that removes it.

    `present` is the backup of it that was made before; `unproved` says that the archive had no
    manifest to compare with.
    """

    database: str
    backup: Backup
    present: Backup
    kept: str
    drop: str
    notes: tuple[str, ...] = ()

    @property
    def unproved(self) -> bool:
        return not self.backup.sha256


def verified(target: Target, path: str) -> Backup:
    """The backup that stands there, after reading all of it. 1: it does not verify."""
    backup = making.opened(path)
    url = target.found.url
    if backup.dialect != url.dialect:
        raise MigralintError(f"{path} is of {backup.dialect}, the database is {url.shown}")
    problem = making.check(backup)
    if problem:
        raise making.not_sound(path, problem)
    return backup


def restore(
    target: Target,
    path: str,
    confirmed: str,
    *,
    present: Backup | None = None,
    terminate: bool = False,
    note: Note = rooms.silent,
    backup: Backup | None = None,
) -> Restored:
    """`confirmed` is the database's name, from a person; `present` a backup of it as it is now, if
    there is one already; `backup` what `verified` gave. 5: refused, 1: not as it should be."""
    name = manifest.database_of(target.found.url)
    if confirmed != name:
        raise MigralintError(
            f"the restore was not confirmed with the database's name, {name}", status=5
        )
    room = rooms.of(target.found.url.dialect)
    backup = backup or verified(target, path)
    refuse_sessions(target, terminate)
    present = present or back_up_present(target, note)
    when = making.stamp()
    scratch = proof.scratch_name(target, "restoring", when)
    kept = proof.scratch_name(target, "before", when)
    swapped = None
    try:
        note(f"restoring into {scratch}")
        room.create(target, scratch)
        room.load(target, backup, scratch)
        problems = proof.proved(target, room, scratch, backup)
        if problems:
            raise proof.refused("what was restored is not what was backed up", problems)
        note(f"{name} becomes {kept}, and {scratch} becomes {name}")
        swapped = room.swap(target, scratch, kept, terminate, path)
    except KeyboardInterrupt:
        note(f"interrupted: {name} is as it was, and {scratch} is removed")
        raise
    finally:
        if swapped is None:
            room.discard(target, scratch)
    notes = (*swapped.notes, *_remember(target, backup))
    return Restored(name, backup, present, kept, swapped.drop, notes)


def _remember(target: Target, backup: Backup) -> list[str]:
    """What `verify` compares with is in the database on PostgreSQL, and has come back with it;
    elsewhere it is a file, which still tells of the database before."""
    from migralint.catalog import store

    if target.found.url.dialect == "postgres":
        return []
    try:
        with rooms.connected(target, target.found.url, writes=False) as session:
            found = store.recall(target, session)
            if found is None or tuple(found.applied) == backup.migrations:
                return []
            return [said] if (said := store.remember(target, session)) else []
    except MigralintError as error:  # the restore is done; this is not worth its success
        return [error.message]


def back_up_present(target: Target, note: Note) -> Backup:
    """The database as it is now. Where that cannot be dumped any more, there is another way."""
    try:
        return making.make(target, note=note)
    except MigralintError as error:
        said = f"the database cannot be backed up as it is now, so it is not touched: {error}"
        raise MigralintError(
            said, hint=WAYS[target.found.url.dialect], status=error.status
        ) from None


def refuse_sessions(target: Target, terminate: bool) -> None:
    """Who is about to disconnect is given a second. The processes that use a file are nobody's to
    end but their owner's."""
    import time

    in_file = target.found.url.dialect == "sqlite"
    if terminate and not in_file:
        return
    room = rooms.of(target.found.url.dialect)
    for _ in range(5):
        people = room.others(target)
        if not people:
            return
        time.sleep(0.2)
    raise rooms.in_use(people, FILE_HINT if in_file else rooms.END_THEM)
