"""A database that is not there yet is made by `apply`, as `prisma migrate deploy` makes it, and
planned for as an empty one.

Except in production: there it is a URL with a mistake, more likely than a new database.
"""

from __future__ import annotations

import os

from migralint.model import MigralintError, replace
from migralint.runner.databases import unreachable
from migralint.runner.target import open_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from migralint.runner.databases import Database, Session
    from migralint.runner.target import Target
    from migralint.runner.url import Url

# A database of the same server that is always there; "" is none, or a private one (SQLite).
BESIDE = {"postgres": "postgres"}


def open_or_create(
    target: Target, lock: str, statement: str, note: Callable[[str], None]
) -> Session:
    """A session that writes; `note` is told where the database has been made for it."""
    url = target.found.url
    if url.dialect == "sqlite" and not os.path.exists(url.database):
        _refuse_in_production(target, "there is no such file")
    try:
        return open_session(target, True, lock, statement)
    except MigralintError as error:
        _may_be_made(target, error)
    target.db.create_database(url)
    note(f"made the database {url.database}, which was not there")
    return open_session(target, True, lock, statement)


def open_or_imagine(target: Target) -> tuple[Target, Session, str]:
    """A session that reads. Where the database is missing, it is the server's, the target's
    functions find nothing in it, and the last is a sentence that says so."""
    try:
        return target, open_session(target, False), ""
    except MigralintError as error:
        _may_be_made(target, error)
    url = target.found.url
    beside = replace(url, database=BESIDE.get(url.dialect, ""))
    session = open_session(replace(target, found=replace(target.found, url=beside)), False)
    said = f"{url.database} is not there; planned for an empty one, which `migralint apply` makes"
    server = session.server
    if url.dialect == "mysql":  # the marker is a view, and no database was asked for it
        server = replace(server, marker="")
    return replace(target, db=_empty(target.db)), replace(session, url=url, server=server), said


def _empty(db: Database) -> Database:
    """The functions of the database, on one with nothing in it."""
    from types import SimpleNamespace

    nothing = {"tables": list, "rows": dict, "sizes": dict, "schema_sql": str}
    empty: Any = {name: lambda _, make=make: make() for name, make in nothing.items()}
    found: Any = SimpleNamespace(**{**vars(db), **empty})
    return found  # type: ignore[no-any-return]


def _may_be_made(target: Target, error: MigralintError) -> None:
    if not getattr(error, "missing", False):
        raise error
    _refuse_in_production(target, "it does not exist")


def _refuse_in_production(target: Target, what: str) -> None:
    if target.environment.is_production:
        raise _refused(target.found.url, what, target) from None


def _refused(url: Url, what: str, target: Target) -> MigralintError:
    mark = "`" if url.dialect == "mysql" else '"'
    name = mark + url.database.replace(mark, mark * 2) + mark
    make = f"touch {url.database}" if url.dialect == "sqlite" else f"CREATE DATABASE {name};"
    why = f"{what}, and in production ({target.environment.why}) none is made"
    return unreachable(url, why, f"Is the URL right? If it is meant to be new, type: {make}")
