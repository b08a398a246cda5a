"""pg_dump and pg_restore: a dump in a snapshot that we count in too, and reading all of it."""

from __future__ import annotations

import os

from migralint.backup import tools
from migralint.backup.postgres import plain
from migralint.backup.rooms import Content, Dumped, applied, catalog
from migralint.model import MigralintError
from migralint.runner.databases import ServerError
from migralint.runner.url import libpq

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.runner.databases import Database, Session
    from migralint.runner.target import Target
    from migralint.runner.url import Url

SUFFIX = ".dump"
PACKAGE = "PostgreSQL's client programs (postgresql-client)"
# Read-only, and with nothing that may end it before pg_dump has read what we count.
BEGIN = """BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
    SET LOCAL statement_timeout TO 0; SET LOCAL lock_timeout TO 60000;
    SET LOCAL idle_in_transaction_session_timeout TO 0; SET LOCAL row_security TO off"""
# What pg_dump dumps the rows of: ordinary tables and partitions that belong to no extension.
TABLES = """
    SELECT n.nspname || '.' || c.relname, quote_ident(n.nspname) || '.' || quote_ident(c.relname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND c.relpersistence <> 't'
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                    AND d.objid = c.oid AND d.deptype = 'e')
    ORDER BY 1
"""
LOCK_WAIT = 60_000  # milliseconds that pg_dump waits for a table that somebody alters


def program(name: str, server: int) -> tools.Tool:
    """The one of the server's version, or the nearest that is newer; an older one is refused."""
    found = tools.installed([name])
    fit = sorted((t for t in found if t.version[0] >= server), key=lambda tool: tool.version[0])
    if fit:
        return fit[0]
    if not found:
        raise tools.missing(name, PACKAGE)
    newest = max(found, key=lambda tool: tool.version)
    raise MigralintError(
        f"{newest.path} is of PostgreSQL {newest.version[0]}, the server is {server}: "
        "an older program cannot dump a newer server",
        hint=f"Install the client programs of PostgreSQL {server} (postgresql-client-{server}).",
        status=4,
    )


def login(url: Url) -> tuple[list[str], dict[str, str]]:
    """(arguments, environment) for a client program; the password is in the environment alone."""
    keywords = {name: value for name, value in libpq(url).items() if name != "password"}
    escaped = {n: v.replace("\\", "\\\\").replace("'", "\\'") for n, v in keywords.items()}
    place = " ".join(f"{name}='{value}'" for name, value in escaped.items())
    secret = {"PGPASSWORD": url.password} if url.password else {}
    return ["--no-password", f"--dbname={place}"], secret


def dump(target: Target, session: Session, path: str) -> Dumped:
    db, url = target.db, session.url
    tool = program("pg_dump", session.server.version)
    where, secret = login(url)
    options = ["--format=custom", f"--lock-wait-timeout={LOCK_WAIT}", f"--file={path}"]
    db.query(session, BEGIN)
    try:
        snapshot = db.query(session, "SELECT pg_export_snapshot()")[0][0]
        command = [tool.path, *options, f"--snapshot={snapshot}", *where]
        with tools.started(command, secret) as running:
            tables = _counted(db, session, running)
            found = Dumped(tool.shown, tables, applied(target, session), catalog(target, session))
            problem = tools.ended(running, url)
    except ServerError as error:
        if not error.busy:
            raise
        wait = "a table has been locked for a minute by another session, such as an ALTER TABLE"
        raise MigralintError(f"the backup failed: {wait}", status=4) from None
    finally:
        if db.state(session) != "lost":
            db.rollback(session)
    if problem:
        raise MigralintError(f"the backup failed: {problem}", status=4)
    return found


def count(db: Database, session: Session) -> dict[str, int]:
    return {name: _rows(db, session, place) for name, place in db.query(session, TABLES)}


def _counted(db: Database, session: Session, running: tools.Running) -> dict[str, int]:
    """The same, while the program runs: nobody waits for it when that has failed already."""
    found: dict[str, int] = {}
    for name, place in db.query(session, TABLES):
        if running.process.poll():
            break
        found[name] = _rows(db, session, place)
    return found


def _rows(db: Database, session: Session, place: str) -> int:
    return int(db.query(session, f"SELECT count(*) FROM ONLY {place}")[0][0])


def read(path: str) -> Content:
    """`pg_restore --list` reads the table of contents alone: it takes a tenth of an archive."""
    with open(path, "rb") as file:
        start = file.read(5)
    if start != b"PGDMP":
        return plain.read(path)
    found = tools.installed(["pg_restore"])
    if not found:
        raise tools.missing("pg_restore", PACKAGE)
    newest = max(found, key=lambda tool: tool.version)  # it reads what older ones have written
    return Content(tools.run([newest.path, f"--file={os.devnull}", path]))


def restorer(path: str, server: int) -> tools.Tool:
    """The pg_restore nearest to the server that can read the archive: a much newer one sets what
    the server does not know (transaction_timeout, from 17 on)."""
    program("pg_restore", server)
    found = (tool for tool in tools.installed(["pg_restore"]) if tool.version[0] >= server)
    fit = sorted(found, key=lambda tool: tool.version)
    reads = (tool for tool in fit if not tools.run([tool.path, "--list", path]))
    return next(reads, fit[-1])
