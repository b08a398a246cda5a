"""A database that is not there yet is made by `apply`, as `prisma migrate deploy` makes it.

Except in production: there it is a URL with a mistake, more likely than a new database.
"""

from __future__ import annotations

import os

from migralint.model import MigralintError
from migralint.runner.databases import unreachable
from migralint.runner.target import open_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from migralint.runner.databases import Session
    from migralint.runner.target import Target
    from migralint.runner.url import Url


def open_or_create(
    target: Target, lock: str, statement: str, note: Callable[[str], None]
) -> Session:
    """A session that writes; `note` is told where the database has been made for it."""
    url, production = target.found.url, target.environment.is_production
    if url.dialect == "sqlite" and production and not os.path.exists(url.database):
        raise _refused(url, "there is no such file", target)
    try:
        return open_session(target, True, lock, statement)
    except MigralintError as error:
        if not getattr(error, "missing", False):
            raise
        if production:
            raise _refused(url, "it does not exist", target) from None
    target.db.create_database(url)
    note(f"made the database {url.database}, which was not there")
    return open_session(target, True, lock, statement)


def _refused(url: Url, what: str, target: Target) -> MigralintError:
    mark = "`" if url.dialect == "mysql" else '"'
    name = mark + url.database.replace(mark, mark * 2) + mark
    make = f"touch {url.database}" if url.dialect == "sqlite" else f"CREATE DATABASE {name};"
    why = f"{what}, and in production ({target.environment.why}) none is made"
    return unreachable(url, why, f"Is the URL right? If it is meant to be new, type: {make}")
