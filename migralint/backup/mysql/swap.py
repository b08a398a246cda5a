"""The tables of the new database and of the old one change places, in one RENAME TABLE.

A table with triggers cannot move to another database, and views, routines and events cannot move
at all, so these are dropped and made anew on both sides. Who cannot be kept from connecting can be
asked to wait: writes that come in between go to the tables that are kept.
https://mariadb.com/kb/en/rename-table/
"""

from __future__ import annotations

import time

from migralint.backup import tools
from migralint.backup.mysql import archive as text_of
from migralint.backup.mysql.dump import login, options, program
from migralint.backup.mysql.scratch import LIKE, PEOPLE, feed, people
from migralint.backup.rooms import Swapped, connected, in_use
from migralint.model import MigralintError, Record
from migralint.runner.databases import ServerError
from migralint.runner.databases.mysql.session import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from migralint.runner.databases import Session
    from migralint.runner.target import Target

PATIENCE = 10.0
MOVABLE = """SELECT table_name FROM information_schema.tables WHERE table_schema = ?
             AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE') ORDER BY 1"""
VIEWS = "SELECT table_name FROM information_schema.views WHERE table_schema = ? ORDER BY 1"
TRIGGERS = "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = ?"
ROUTINES = """SELECT routine_name, routine_type FROM information_schema.routines
              WHERE routine_schema = ?"""
COUNTED = "SELECT routine_name FROM information_schema.routines WHERE routine_schema = ?"
EVENTS = "SELECT event_name FROM information_schema.events WHERE event_schema = ?"
FROM_OUTSIDE = """SELECT DISTINCT concat(table_schema, '.', table_name)
    FROM information_schema.key_column_usage
    WHERE referenced_table_schema = ? AND table_schema <> ?"""


class Sides(Record):
    """Three databases: the target's own, the scratch one, and the one that will keep the old."""

    own: str
    new: str
    kept: str


class Tables(Record):
    """The names of those that move: of the target's own database, and of the new one."""

    old: Sequence[str]
    new: Sequence[str]


class Others(Record):
    """The SQL of what cannot be moved, of one database."""

    views: bytes
    routines: bytes
    events: bytes


def swap(target: Target, name: str, kept: str, terminate: bool, archive: str) -> Swapped:
    sides = Sides(target.found.url.database, name, kept)
    with connected(target, target.found.url, writes=True) as session:
        _refuse_references(target, session, sides.own)
        old, new = (_others(target, session, each) for each in (sides.own, name))
        _empty(target, session, terminate)
        tables = Tables(*(_movable(target, session, each) for each in (sides.own, name)))
        charset, collation = target.db.query(session, LIKE, (sides.own,))[0]
        like = f"CHARACTER SET {charset} COLLATE {collation}"
        target.db.query(session, f"CREATE DATABASE {quoted(kept)} {like}")
        done = False
        try:
            _exchange(target, session, sides, tables, new, archive)
            done = True
        except ServerError as error:
            raise MigralintError(
                f"the tables could not be exchanged: {error}",
                hint="The database is as it was.",
                status=4,
            ) from None
        finally:
            if not done:
                _back(target, session, sides, old, tables)
        try:
            notes = _complete(target, session, kept, old)
            target.db.query(session, f"DROP DATABASE {quoted(name)}")
        except KeyboardInterrupt:  # too late to go back: the tables have moved
            notes = [f"interrupted: views, triggers and routines of {kept} may be missing"]
    return Swapped(f"DROP DATABASE {quoted(kept)};", tuple(notes))


def _others(target: Target, session: Session, name: str) -> Others:
    """As mysqldump writes them, without data."""
    views = [view for (view,) in target.db.query(session, VIEWS, (name,))]
    events = target.db.query(session, EVENTS, (name,))
    bodies = target.db.query(session, f"{TRIGGERS} UNION ALL {COUNTED}", (name, name))
    nothing = ("--no-data", "--no-create-info")
    return Others(
        _dumped(target, session, "--no-data", "--skip-triggers", name, *views) if views else b"",
        _dumped(target, session, *nothing, "--routines", "--triggers", name) if bodies else b"",
        _dumped(target, session, *nothing, "--events", "--skip-triggers", name) if events else b"",
    )


def _dumped(target: Target, session: Session, *arguments: str) -> bytes:
    from tempfile import TemporaryFile

    tool = program("dump", session.server)
    with login(target.found.url) as logged_in, TemporaryFile() as file:
        command = [tool.path, logged_in, *options(tool, session.server), *arguments]
        with tools.started(command, stdout=file.fileno()) as running:
            problem = tools.ended(running, target.found.url)
        if problem:
            raise MigralintError(f"the restore failed: {problem}", status=4)
        file.seek(0)
        return file.read()


def _refuse_references(target: Target, session: Session, own: str) -> None:
    found = [name for (name,) in target.db.query(session, FROM_OUTSIDE, (own, own))]
    if found:
        raise MigralintError(
            f"foreign keys of other databases refer to its tables: {', '.join(found[:10])}",
            hint="They would follow the old tables. Drop them first, and add them again after it.",
            status=5,
        )


def _empty(target: Target, session: Session, terminate: bool) -> None:
    until = time.monotonic() + (PATIENCE if terminate else 1)
    while found := people(target, session):
        if time.monotonic() > until:
            raise in_use(found)
        for number, *_ in target.db.query(session, PEOPLE, (session.url.database,)):
            if terminate:
                _kill(target, session, int(number))
        time.sleep(0.05)


def _kill(target: Target, session: Session, number: int) -> None:
    try:
        target.db.query(session, f"KILL {number}")
    except ServerError as error:
        if error.code != "1094":  # it has gone by itself
            raise


def _exchange(
    target: Target,
    session: Session,
    sides: Sides,
    tables: Tables,
    new: Others,
    archive: str,
) -> None:
    _drop(target, session, sides.own, "TRIGGER", "VIEW")
    _drop(target, session, sides.new, "TRIGGER")
    there = (sides.own, sides.kept, tables.old)
    _move(target, session, there, (sides.new, sides.own, tables.new))
    _drop(target, session, sides.own, "ROUTINE")
    _make(target, session, sides.own, new)
    _drop(target, session, sides.own, "EVENT")
    with open(archive, "rb") as file:
        events = list(text_of.lines(file, events=True))
    if events:
        feed(target, session, events, sides.own)


def _make(target: Target, session: Session, name: str, others: Others) -> None:
    """Routines first: a view may call a function. A routine is not looked into before it runs."""
    for text in filter(None, (others.routines, others.views)):
        feed(target, session, [text], name)


def _movable(target: Target, session: Session, name: str) -> list[str]:
    return [table for (table,) in target.db.query(session, MOVABLE, (name,))]


def _move(target: Target, session: Session, *ways: tuple[str, str, Sequence[str]]) -> None:
    """The tables of each first database to the second, in one statement: all of them or none."""
    moves = [
        f"{quoted(start)}.{quoted(table)} TO {quoted(end)}.{quoted(table)}"
        for start, end, tables in ways
        for table in tables
    ]
    if moves:
        target.db.query(session, f"RENAME TABLE {', '.join(moves)}")


def _drop(target: Target, session: Session, name: str, *kinds: str) -> None:
    asked = {"TRIGGER": TRIGGERS, "VIEW": VIEWS, "ROUTINE": ROUTINES, "EVENT": EVENTS}
    for kind in kinds:
        for found, *more in target.db.query(session, asked[kind], (name,)):
            what = more[0] if more else kind
            target.db.query(session, f"DROP {what} IF EXISTS {quoted(name)}.{quoted(found)}")


def _back(target: Target, session: Session, sides: Sides, old: Others, tables: Tables) -> None:
    """Undo what was done: the old tables home, and what belongs to them made anew."""
    try:
        _drop(target, session, sides.own, "VIEW", "ROUTINE", "EVENT", "TRIGGER")
        away = sides.kept if tables.old else sides.own
        if set(_movable(target, session, away)) >= set(tables.old or tables.new):
            _drop(target, session, sides.kept, "TRIGGER")
            there = (sides.own, sides.new, tables.new)
            _move(target, session, there, (sides.kept, sides.own, tables.old))
        _make(target, session, sides.own, old)
        if old.events:
            feed(target, session, [old.events], sides.own)
        target.db.query(session, f"DROP DATABASE IF EXISTS {quoted(sides.kept)}")
    except (ServerError, MigralintError) as error:
        raise MigralintError(
            f"the exchange failed and could not be undone: {error}",
            hint=f"The old tables are in {sides.own} or {sides.kept}; the backup is whole.",
            status=4,
        ) from None


def _complete(target: Target, session: Session, kept: str, old: Others) -> list[str]:
    """What belongs to the tables that are kept, but for the events."""
    notes = [f"the events of {kept} are in its backup alone: here they would run"]
    notes = notes if old.events else []
    try:
        _make(target, session, kept, old)
    except MigralintError as error:
        notes.append(f"views, triggers or routines of {kept} could not be made: {error.message}")
    return notes
