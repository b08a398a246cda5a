"""Before something is taken away: the name of the database, typed or given.

A coding agent at a terminal counts as nobody who could type it (Prisma does the same).
"""

from __future__ import annotations

import os
import sys

from migralint.model import MigralintError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser

    from migralint.runner.url import Url


def add_argument(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--confirm-database",
        default="",
        metavar="NAME",
        help="the database's name, where nobody is there to type it",
    )


def is_asked() -> bool:
    """Whether there is a person who could type it."""
    from migralint.guard.surroundings import is_agent

    return sys.stdin.isatty() and sys.stderr.isatty() and not is_agent(os.environ)


def confirm(url: Url, given: str, what: str) -> str:
    """The name, as it was typed or given; MigralintError with status 5 where it is another."""
    from migralint.backup.manifest import database_of

    wanted = database_of(url)
    if not given and is_asked():
        sys.stdout.flush()
        sys.stderr.write(f"{what}\nType {wanted!r} to go on: ")
        sys.stderr.flush()
        given = sys.stdin.readline().strip()
        hint = "Nothing was done."
    else:
        hint = f"To go on where nobody can type it: --confirm-database {wanted}"
    if given == wanted:
        return given
    said = f"{given!r} is not its name" if given else "its name was not given"
    raise MigralintError(f"{url.shown} is left as it is: {said}", hint=hint, status=5)
