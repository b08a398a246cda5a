"""What a command of the runner is about: one folder of migrations and one database."""

from __future__ import annotations

import os
from contextlib import contextmanager

from migralint import config as configuration
from migralint.discover import discover
from migralint.model import MigralintError, Record, replace
from migralint.runner import databases, environment, history
from migralint.runner.durations import for_postgres, milliseconds
from migralint.runner.url import UrlError
from migralint.source import WorkTree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator, Mapping, Sequence

    from migralint.config import Config
    from migralint.model import Migration
    from migralint.runner.databases import Database, Session
    from migralint.runner.environment import Environment
    from migralint.runner.history import Local
    from migralint.runner.url import Url

GUESSED = "postgres"  # what discover answers where files without marks do not say


class Target(Record):
    """`folder` is that of the migrations, `notes` are for the person, `given` is --env."""

    config: Config
    folder: str
    layout: str
    locals: tuple[Local, ...]
    found: environment.Found
    environment: Environment
    db: Database
    wait: float = 0
    notes: tuple[str, ...] = ()
    given: str = ""
    values: Mapping[str, str] = {}

    @property
    def table(self) -> str:
        return history.table_for(self.layout)


class _Keeping(WorkTree):
    """The work tree; the bytes that were read are kept for their checksums, and each migration is
    opened once: whether it is there is asked by reading it."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self.data: dict[str, bytes] = {}

    def exists(self, path: str) -> bool:
        if not path.endswith(".sql"):
            return super().exists(path)
        try:
            self.read(path)
        except FileNotFoundError:
            return False
        except OSError:
            return super().exists(path)
        return True

    def read(self, path: str) -> bytes:
        data = self.data.get(path)
        if data is None:
            data = self.data[path] = _bytes(f"{self.root}/{path}")
        return data


def _bytes(path: str) -> bytes:
    """Half the time of open(), which counts for ten thousand files."""
    number = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        data = os.read(number, 65536)
        while more := os.read(number, 65536):
            data += more
        return data
    finally:
        os.close(number)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("path", nargs="?", metavar="PATH", help="the folder of migrations (found)")
    parser.add_argument("--url", default="", help="the database (DIRECT_URL, DATABASE_URL)")
    parser.add_argument(
        "--env", choices=environment.STRICTEST, default="", help="treat the database as that"
    )
    parser.add_argument("--config", metavar="FILE", help="the configuration (found upwards)")
    parser.add_argument(
        "--wait", type=float, default=0, metavar="SECONDS", help="for a server that is starting (0)"
    )


def settings(args: Namespace) -> Config:
    here = os.getcwd()
    root = configuration.root_of(here)
    path = args.config or configuration.find(here)
    if args.config and not os.path.isfile(args.config):
        raise MigralintError(f"there is no configuration {args.config}")
    return configuration.load(os.path.abspath(path) if path else None, root)


def find(args: Namespace) -> Target:
    config = settings(args)
    folder, layout, locals_, notes = migrations(config, args.path)
    values = environment.variables(config.root, folder, os.environ)
    meant = {**values, "DATABASE_ENV": args.env} if args.env else values
    found = environment.find_url(args.url, config.url, config.root, folder, layout, meant)
    dialect = locals_[0].migration.dialect
    if dialect == GUESSED and found.url.dialect != dialect and not config.dialect:
        # where nothing in the files says it, the database does
        known = replace(config, dialect=found.url.dialect)
        folder, layout, locals_, notes = migrations(known, args.path)
        dialect = locals_[0].migration.dialect
    if dialect != found.url.dialect:
        raise UrlError(
            f"the migrations of {folder} are for {dialect}, "
            f"but {found.source} is {found.url.shown}",
            hint=f"Give the URL of the {dialect} database that they are for.",
        )
    judged = environment.judge(args.env, values, found.url, hosts=config.hosts)
    db = databases.of(found.url.dialect)
    said = (*notes, *found.notes)
    return Target(
        config, folder, layout, locals_, found, judged, db, args.wait, said, args.env, values
    )


def migrations(config: Config, path: str | None) -> tuple[str, str, tuple[Local, ...], list[str]]:
    """(folder, layout, migrations, notes) of the one folder that is meant."""
    source = _Keeping(config.root)
    given = [os.path.relpath(os.path.abspath(path), config.root)] if path else []
    if path and os.path.isfile(path):
        raise MigralintError(
            f"{path} is a file", hint="Name the folder; --only-to stops at a version."
        )
    project = discover(given, config, source)
    by_folder: dict[tuple[str, str], list[Migration]] = {}
    for migration in project.migrations:
        by_folder.setdefault((_folder(migration), migration.layout), []).append(migration)
    if len(by_folder) > 1:
        found = ", ".join(sorted(folder for folder, _ in by_folder))
        raise MigralintError(f"there are migrations in {found}", hint="Name the one that is meant.")
    if not by_folder:
        raise MigralintError(f"{path or 'this project'} holds no migrations")
    (folder, layout), found_here = next(iter(by_folder.items()))
    locals_ = tuple(
        history.Local(history.name_of(m), m, source.data.get(m.path, b"")) for m in found_here
    )
    _check_names(locals_)
    return folder, layout, locals_, [note for note in project.notes if not _is_settled(note)]


def _is_settled(note: str) -> bool:
    """What is not linted is not applied either, and which dialect it is the database says."""
    return "not linted" in note or ": read as " in note


def _folder(migration: Migration) -> str:
    """The folder that holds the migrations: for `x/migration.sql` the one above `x`."""
    folder, _, name = migration.path.rpartition("/")
    if name in ("migration.sql", "up.sql"):
        folder = folder.rpartition("/")[0]
    return folder or "."


def _check_names(locals_: Sequence[Local]) -> None:
    seen: dict[str, Local] = {}
    for local in locals_:
        if local.name in seen:
            raise MigralintError(
                f"{seen[local.name].migration.path} and {local.migration.path} have one name"
            )
        seen[local.name] = local
        if len(local.name.encode()) > 200:
            raise MigralintError(f"the name is longer than 200 bytes: {local.name[:60]}...")


def open_session(target: Target, writes: bool, lock: str = "5s", statement: str = "") -> Session:
    milliseconds(lock), milliseconds(statement)
    url = target.found.url
    timeouts = (for_postgres(lock), for_postgres(statement))
    return databases.patient(lambda: target.db.connect(url, timeouts, writes), target.wait)


@contextmanager
def answering(url: Url) -> Iterator[None]:
    """What the server refuses outside of a migration is the environment's fault: status 4."""
    try:
        yield
    except databases.ServerError as error:
        hint = (
            "Another session is in the way. Nothing was applied; run it again."
            if error.busy
            else ""
        )
        raise databases.unreachable(url, str(error), hint) from None


def judged(target: Target, session: Session) -> Target:
    """With the database's own marker, which is known only now."""
    marker = session.server.marker
    if not marker:
        return target
    found = environment.judge(
        target.given, target.values, target.found.url, marker, target.config.hosts
    )
    return replace(target, environment=found)
