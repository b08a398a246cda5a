"""Apply the pending migrations to a database.

They are linted first, with the server's version and the sizes of the tables: what is an error and
is not allowed is not applied (exit 5). Each migration and its row in the history are one
transaction where the database can.
"""

from __future__ import annotations

import sys

from migralint.commands import terminal
from migralint.runner import target as targets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from migralint.runner.apply import Result
    from migralint.runner.target import Target

ALLOWED = ("edited", "missing", "out-of-order")


def add_arguments(parser: ArgumentParser) -> None:
    targets.add_arguments(parser)
    add = parser.add_argument
    add("--only-to", default="", metavar="VERSION", help="stop after this migration")
    add("--dry-run", action="store_true", help="show the plan and apply nothing")
    add("--lock-wait", type=float, default=120, metavar="SECONDS", help="for another applier (120)")
    add(
        "--lock-timeout",
        default="",
        metavar="TIME",
        help="how long a statement waits for a lock (5s)",
    )
    add(
        "--statement-timeout",
        default="",
        metavar="TIME",
        help="how long a statement may run (no limit)",
    )
    add("--retries", type=int, default=5, metavar="N", help="after a lock timeout or deadlock (5)")
    add("--allow", action="append", default=[], choices=ALLOWED, help="apply in spite of that")
    add("-q", "--quiet", action="store_true", help="only say what went wrong")


def run(args: Namespace) -> int:
    if args.dry_run:
        from migralint.commands import plan

        return plan.show(args)
    from migralint.runner.apply import Options, apply
    from migralint.runner.progress import Progress
    from migralint.runner.signals import Interrupted, watched

    target = targets.find(args)
    config = target.config
    options = Options(
        args.only_to,
        args.lock_wait,
        args.lock_timeout or config.lock_timeout or "5s",
        args.statement_timeout or config.statement_timeout,
        args.retries,
        tuple(args.allow),
    )
    progress = Progress(sys.stdout, args.quiet)
    if not args.quiet:
        _head(target)
    with watched() as received:
        try:
            result = apply(target, options, progress, received)
        except Interrupted as stop:
            terminal.warn(
                "interrupted between two migrations; `migralint status` tells what is applied"
            )
            return stop.status
    if not args.quiet:
        terminal.say(summary(target, result))
    return 0


def _head(target: Target) -> None:
    environment = target.environment
    terminal.say(
        f"{target.found.url.shown} ({environment.name}: {environment.why}), {target.folder}"
    )
    for note in target.notes:
        terminal.warn(note)


def summary(target: Target, result: Result) -> str:
    if not result.applied and not result.skipped:
        return "Nothing to apply: the database is up to date."
    count = len(result.applied)
    other = f" {len(result.skipped)} were applied by another applier." if result.skipped else ""
    return f"{count} {'migration' if count == 1 else 'migrations'} applied.{other}"
