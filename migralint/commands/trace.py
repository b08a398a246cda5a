"""Run the pending migrations on a scratch copy of the schema, and show what the server really does.

For each statement: the locks that it took on relations that were there before, which tables were
written again or read in whole, how long it took, and where that differs from what `migralint plan`
says. The copy has no rows of the database: made-up ones are put in (--rows). It is dropped at the
end, whatever happens; the database itself is only read.

Exit status: 1 where the server differs from the prediction or a migration fails.
"""

from __future__ import annotations

from migralint.commands import terminal
from migralint.runner import target as targets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    targets.add_arguments(parser)
    add = parser.add_argument
    add("--only-to", default="", metavar="VERSION", help="stop after this migration")
    add(
        "--file",
        action="append",
        default=[],
        metavar="FILE",
        help="trace this file instead of the pending migrations (repeatable)",
    )
    add(
        "--rows",
        type=int,
        default=500,
        metavar="N",
        help="made-up rows in each table, so that scans and rewrites show (500; 0 for none)",
    )
    add(
        "--replay",
        action="store_true",
        help="make the schema from the applied migrations, not by pg_dump",
    )
    add("--scratch-url", default="", metavar="URL", help="an empty database to use as the copy")
    add(
        "--on-this-server",
        action="store_true",
        help="in production: make the copy on that server all the same",
    )
    add("--output", choices=("text", "json"), default="text")
    add("-v", "--verbose", action="store_true", help="all locks, and those that were held already")


def run(args: Namespace) -> int:
    from migralint.runner.signals import Interrupted, watched
    from migralint.trace import text, tracing

    target = targets.find(args)
    for note in target.notes:
        terminal.warn(note)
    options = tracing.Options(
        args.only_to,
        tuple(args.file),
        max(args.rows, 0),
        args.replay,
        args.scratch_url,
        args.on_this_server,
    )
    with watched() as received:
        try:
            found = tracing.trace(target, options, received)
        except Interrupted as stop:
            terminal.warn("interrupted; the scratch database was dropped")
            return stop.status
    if args.output == "json":
        terminal.say_json(text.as_json(found))
    else:
        terminal.say_lines(text.text(found, args.verbose))
    return 1 if found.wrong else 0
