"""Make a new migration, named as the folder's layout names them, with a commented template.

  migralint new "add users email"
  migralint new --expand-contract rename 'users.name=full_name'
  migralint new --expand-contract type 'users.id=bigint'
  migralint new --expand-contract required "users.email=''"

--expand-contract writes the migrations that change a column without stopping running code: expand,
backfill in batches, contract.
"""

from __future__ import annotations

import os

from migralint.commands import terminal
from migralint.layouts import LAYOUTS
from migralint.model import MigralintError
from migralint.runner import target as targets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterable

    from migralint.config import Config
    from migralint.runner.history import Local

THIRD = (
    "the third is for a later release: staging and production withhold it until "
    "`migralint apply --only-to` names it, other tools do not wait"
)
DIALECTS = ("postgres", "mysql", "sqlite")
KINDS = ("rename", "type", "required")


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="what it does, or the change to make")
    parser.add_argument("path", nargs="?", metavar="PATH", help="the folder of migrations (found)")
    parser.add_argument("--expand-contract", choices=KINDS, help="NAME is then TABLE.COLUMN=...")
    parser.add_argument(
        "--key", default="id", help="the column by which a backfill picks rows (id)"
    )
    parser.add_argument("--layout", default="", help="for a folder that is empty (prisma)")
    parser.add_argument("--dialect", default="", help="for a folder that is empty (postgres)")
    parser.add_argument("--config", metavar="FILE", help="the configuration (found upwards)")


def run(args: Namespace) -> int:
    from migralint.runner import expand_contract, new

    root, folder, layout, dialect, locals_, form = _place(args)
    if args.expand_contract:
        change = expand_contract.parse(args.expand_contract, args.name, args.key)
        change = expand_contract.known(change, [local.migration for local in locals_], dialect)
        steps = expand_contract.steps(change, dialect)
        files = new.several(layout, dialect, locals_, new.stamp(), steps, form)
    else:
        files = new.one(layout, dialect, args.name, locals_, new.stamp(), form)
    for path in new.write(root, folder, files):
        terminal.say(os.path.relpath(os.path.join(root, path)))
    if args.expand_contract:
        terminal.warn(THIRD)
    return 0


def _place(args: Namespace) -> tuple[str, str, str, str, tuple[Local, ...], str]:
    """(root, folder, layout, dialect, migrations, form of the names); an empty folder is taken as
    it is named."""
    config = targets.settings(args)
    root, form = config.root, config.migration_name
    _one_of("--layout", args.layout, LAYOUTS)
    _one_of("--dialect", args.dialect, DIALECTS)
    prisma = os.path.join(root, "prisma", "migrations")
    path = args.path or (prisma if os.path.isdir(prisma) else None)
    try:
        folder, layout, locals_, _ = targets.migrations(config, path)
    except MigralintError:
        if not (args.path or os.path.isdir(os.path.dirname(prisma))):
            raise
    else:
        if args.layout and args.layout != layout:
            raise MigralintError(
                f"{folder} is laid out for {layout}, not {args.layout}",
                hint="--layout is for a folder that is empty; name that one behind NAME.",
            )
        dialect = args.dialect or _dialect(config, folder, layout, locals_[0].migration.dialect)
        return root, folder, layout, dialect, locals_, form
    folder = os.path.relpath(os.path.abspath(path or prisma), root)
    layout = (
        args.layout
        or config.layout
        or ("prisma" if os.path.isdir(os.path.dirname(prisma)) else "plain")
    )
    dialect = args.dialect or config.dialect or _dialect(config, folder, layout, targets.GUESSED)
    return root, folder, layout, dialect, (), form


def _one_of(option: str, given: str, choices: Iterable[str]) -> None:
    if given and given not in choices:
        raise MigralintError(f"{option} is one of {', '.join(choices)}, not {given!r}")


def _dialect(config: Config, folder: str, layout: str, said: str) -> str:
    """Where nothing in the files says it (Prisma's lock file does), the database's address does."""
    from migralint.runner import environment

    if said != targets.GUESSED or config.dialect or layout == "prisma":
        return said
    values = environment.variables(config.root, folder, os.environ)
    try:
        found = environment.find_url("", config.url, config.root, folder, layout, values)
    except MigralintError:
        return said
    return found.url.dialect
