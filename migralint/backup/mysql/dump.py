"""mysqldump and its relatives: which one fits the server, how it logs in, what it writes."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager

from migralint.backup import tools
from migralint.backup.mysql import archive
from migralint.backup.rooms import Dumped, applied, catalog
from migralint.model import MigralintError
from migralint.runner.databases.mysql.session import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from migralint.runner.databases import Database, Server, Session
    from migralint.runner.target import Target
    from migralint.runner.url import Url

SUFFIX = ".mysqldump"  # not .sql: it is no migration
WHOLE = ("--routines", "--triggers", "--events", "--hex-blob", "--single-transaction", "--quick")
# What names like a database, and never the server's own tables.
TABLES = """SELECT table_name FROM information_schema.tables WHERE table_schema = ?
            AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY 1"""

ENGINES = """SELECT table_name FROM information_schema.tables WHERE table_schema = ?
             AND table_type = 'BASE TABLE' AND engine IN ('MyISAM', 'Aria', 'MEMORY', 'CSV')
             ORDER BY 1"""


def program(purpose: str, server: Server) -> tools.Tool:
    """`purpose` is dump or client. MariaDB's tools and MySQL's are no longer interchangeable."""
    theirs = {"dump": "mariadb-dump", "client": "mariadb"}[purpose]
    usual = {"dump": "mysqldump", "client": "mysql"}[purpose]
    names = [theirs, usual] if server.mariadb else [usual]
    found = tools.installed(names)
    family = "MariaDB" if server.mariadb else "MySQL"
    if not found:
        raise tools.missing(names[0], f"{family}'s client programs")
    own = [tool for tool in found if tool.mariadb == server.mariadb]
    needed = _version(server.shown)
    fit = [tool for tool in own if tool.version >= needed]
    if fit:
        return fit[0]
    tool = max(own or found, key=lambda tool: tool.version)
    raise MigralintError(
        f"{tool.path} is of {'MariaDB' if tool.mariadb else 'MySQL'} "
        f"{tool.version[0]}.{tool.version[1]}, the server is {server.shown}: it cannot dump that",
        hint=f"Install the client programs of {server.shown}.",
        status=4,
    )


def _version(shown: str) -> tuple[int, int]:
    found = re.search(r"(\d+)\.(\d+)", shown)
    return (int(found[1]), int(found[2])) if found else (0, 0)


@contextmanager
def login(url: Url) -> Iterator[str]:
    """The argument that names a file with the login: nobody else can read it, and it goes."""
    from tempfile import mkstemp

    descriptor, path = mkstemp(prefix="migralint-", suffix=".cnf")  # 0600
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write("[client]\n")
            for name, value in _options(url).items():
                escaped = value.replace("\\", "\\\\").replace('"', '\\"')
                file.write(f'{name}="{escaped}"\n')
        yield f"--defaults-file={path}"
    finally:
        os.unlink(path)


def _options(url: Url) -> dict[str, str]:
    """Those of the driver, by the names of option files. PyMySQL never takes a socket for
    `localhost`, and neither shall the programs."""
    from migralint.runner.url import pymysql

    given: dict[str, Any] = pymysql(url)
    found = {"default-character-set": "utf8mb4"}
    names = {"user": "user", "password": "password", "host": "host", "port": "port"}
    names |= {"unix_socket": "socket", "ssl_ca": "ssl-ca"}
    found |= {option: str(given[name]) for name, option in names.items() if given.get(name)}
    found["protocol"] = "socket" if "unix_socket" in given else "tcp"
    return found


def options(tool: tools.Tool, server: Server) -> list[str]:
    found = ["--no-tablespaces"]
    if not tool.mariadb:
        found.append("--set-gtid-purged=OFF")
        found += ["--column-statistics=0"] * (tool.version[0] >= 8 and server.version < 80)
    return found


def dump(target: Target, session: Session, path: str) -> Dumped:
    """DDL takes no part in the snapshot: history and schema are to be the same after as before."""
    url = session.url
    tool = program("dump", session.server)
    before = _state(target, session)
    with login(url) as logged_in, open(path, "wb") as file:
        command = [tool.path, logged_in, *WHOLE, *options(tool, session.server), url.database]
        with tools.started(command, stdout=file.fileno()) as running:
            problem = tools.ended(running, url)
    if problem:
        raise MigralintError(f"the backup failed: {problem}", status=4)
    if _state(target, session) != before:
        raise MigralintError(
            "the backup failed: the schema was changed while it was made",
            hint="Run it again when no migration is being applied.",
            status=4,
        )
    tables = archive.read(path).tables or {}
    return Dumped(tool.shown, tables, *before, _not_consistent(target.db, session))


def _not_consistent(db: Database, session: Session) -> tuple[str, ...]:
    found = ", ".join(name for (name,) in db.query(session, ENGINES, (session.url.database,)))
    said = f"{found}: not transactional, so their rows may be of a later moment than the others'"
    return (said,) if found else ()


def _state(target: Target, session: Session) -> tuple[Any, Any]:
    return applied(target, session), catalog(target, session)


def count(db: Database, session: Session) -> dict[str, int]:
    own = session.url.database
    names = [name for (name,) in db.query(session, TABLES, (own,))]
    return {
        name: int(db.query(session, f"SELECT count(*) FROM {quoted(own)}.{quoted(name)}")[0][0])
        for name in names
    }
