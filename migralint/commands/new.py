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
from migralint.model import MigralintError
from migralint.runner import target as targets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from migralint.runner.history import Local

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

    root, folder, layout, dialect, locals_ = _place(args)
    if args.expand_contract:
        change = expand_contract.parse(args.expand_contract, args.name, args.key)
        change = expand_contract.known(change, [local.migration for local in locals_])
        steps = expand_contract.steps(change, dialect)
        files = new.several(layout, dialect, locals_, new.stamp(), steps)
    else:
        files = new.one(layout, dialect, args.name, locals_, new.stamp())
    for path in new.write(root, folder, files):
        terminal.say(os.path.relpath(os.path.join(root, path)))
    return 0


def _place(args: Namespace) -> tuple[str, str, str, str, tuple[Local, ...]]:
    """(root, folder, layout, dialect, migrations); an empty folder is taken as it is named."""
    config = targets.settings(args)
    try:
        folder, layout, locals_, _ = targets.migrations(config, args.path)
        return config.root, folder, args.layout or layout, locals_[0].migration.dialect, locals_
    except MigralintError:
        prisma = os.path.isdir(os.path.join(config.root, "prisma"))
        if not (args.path or prisma):
            raise
    path = args.path or os.path.join(config.root, "prisma", "migrations")
    folder = os.path.relpath(os.path.abspath(path), config.root)
    layout = args.layout or config.layout or ("prisma" if prisma else "plain")
    return config.root, folder, layout, args.dialect or config.dialect or "postgres", ()
