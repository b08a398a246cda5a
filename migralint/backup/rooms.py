"""What each database's room offers, and what they have in common."""

from __future__ import annotations

from contextlib import contextmanager

from migralint.model import MigralintError, Record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Protocol

    from migralint.backup.manifest import Backup
    from migralint.runner.databases import Database, Session
    from migralint.runner.target import Target
    from migralint.runner.url import Url

    Note = Callable[[str], None]

    class Room(Protocol):
        """The functions of postgres/, mysql/ and sqlite.py. `name` is a scratch database's."""

        SUFFIX: str

        def dump(self, target: Target, session: Session, path: str) -> Dumped:
            """Write the archive to the empty file that is there; MigralintError says why not."""

        def read(self, path: str) -> Content:
            """Read the whole archive."""

        def count(self, db: Database, session: Session) -> dict[str, int]:
            """The rows of every table of the whole database."""

        def create(self, target: Target, name: str) -> None:
            """Make an empty database that is like the target's own."""

        def load(self, target: Target, backup: Backup, name: str) -> None:
            """Restore the archive into it; the first error ends it."""

        def discard(self, target: Target, name: str) -> None:
            """Remove the scratch database, in whatever state it is."""

        def others(self, target: Target) -> list[str]:
            """Who else is connected to the target's database."""

        def swap(
            self, target: Target, name: str, kept: str, terminate: bool, archive: str
        ) -> Swapped:
            """Put the scratch database in the place of the target's, which becomes `kept`."""


class Dumped(Record):
    """What was written: with which program, and what was in the database then; `notes` are
    sentences for the person."""

    tool: str
    tables: Mapping[str, int]
    migrations: tuple[str, ...] = ()
    catalog: Mapping[str, str] | None = None
    notes: tuple[str, ...] = ()


class Content(Record):
    """What reading told: `problem` is "" where the archive is whole; None: it does not say."""

    problem: str = ""
    tables: Mapping[str, int] | None = None


class Swapped(Record):
    """`drop` is the command that removes the database that was kept."""

    drop: str
    notes: tuple[str, ...] = ()


def of(dialect: str) -> Room:
    from importlib import import_module

    room: Room = import_module(f"migralint.backup.{dialect}")
    return room


def silent(text: str) -> None:
    """Nobody listens."""


def elsewhere(url: Url, name: str) -> Url:
    """The same server, another database."""
    return replace(url, database=name)


@contextmanager
def connected(target: Target, url: Url, writes: bool = True) -> Iterator[Session]:
    """A session that waits for nobody's lock for long; what the server refuses has status 4."""
    from migralint.runner.databases import patient
    from migralint.runner.target import answering

    session = patient(lambda: target.db.connect(url, ("10s", ""), writes), target.wait)
    try:
        with answering(url):
            yield session
    finally:
        target.db.close(session)


def applied(target: Target, session: Session) -> tuple[str, ...]:
    """The names of the migrations that the history has as applied, in its order."""
    from migralint.runner import history

    rows = history.read(target.db, session, target.table)
    return tuple(s.name for s in history.states((), rows or ()) if s.state == "applied")


def catalog(target: Target, session: Session) -> Mapping[str, str] | None:
    """The schema as objects by name; None for a database of which no snapshot can be taken."""
    from importlib.util import find_spec

    from migralint.catalog import snapshot

    if not find_spec(f"migralint.catalog.{session.url.dialect}"):
        return None
    return snapshot(target.db, session).objects


def not_removed(name: str, error: Exception) -> MigralintError:
    return MigralintError(
        f"the scratch database {name} could not be removed: {error}",
        hint="Remove it by hand; nothing else uses it.",
        status=4,
    )


END_THEM = "Stop the application, or end their sessions with --terminate-sessions."


def in_use(people: list[str], hint: str = END_THEM) -> MigralintError:
    """What they have not committed would be lost, and they would go on with the old database."""
    shown = "\n  ".join(people[:10]) + f"\n  and {len(people) - 10} more" * (len(people) > 10)
    return MigralintError(
        f"others are connected to the database:\n  {shown}",
        hint=hint,
        status=5,
    )
