"""Say what became of a failed migration, or record what a database has already (baseline).

migralint resolve --applied NAME        it is in the database: do not run it
migralint resolve --rolled-back NAME    it was undone: `apply` may run it again
migralint resolve --applied-to VERSION  all migrations up to this one are in the database
"""

from __future__ import annotations

from migralint.commands import terminal
from migralint.runner import target as targets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    targets.add_arguments(parser)
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--applied", action="append", metavar="NAME", help="can be given again")
    group.add_argument("--applied-to", metavar="VERSION")
    group.add_argument("--rolled-back", metavar="NAME")


def run(args: Namespace) -> int:
    from migralint.catalog import store
    from migralint.model import MigralintError
    from migralint.runner import resolve
    from migralint.runner.databases import ServerError

    target = targets.find(args)
    try:
        if args.applied:
            names, what = resolve.applied(target, args.applied), "applied"
        elif args.applied_to:
            names, what = resolve.applied_to(target, args.applied_to), "applied"
        else:
            names, what = resolve.rolled_back(target, args.rolled_back), "rolled back"
    except ServerError as error:
        raise MigralintError(f"the history could not be written: {error}", status=4) from None
    for name in names:
        terminal.say(f"{name} is recorded as {what}.")
    if names and what == "applied":
        note = store.remember_now(target)
        if note:
            terminal.warn(note)
    return 0
