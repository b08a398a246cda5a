"""Apply the pending migrations to a database.

They are linted first, with the server's version and the sizes of the tables: what is an error and
is not allowed is not applied (exit 5). Each migration and its row in the history are one
transaction where the database can.
"""

from __future__ import annotations

import sys

from migralint import api
from migralint.amounts import counted
from migralint.commands import plan, terminal
from migralint.model import MigralintError
from migralint.runner import target as targets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import TextIO

    from migralint.runner.apply import Result
    from migralint.runner.target import Target


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
    add("--allow", action="append", default=[], choices=plan.ALLOWED, help="apply in spite of that")
    add("--output", choices=("text", "json"), default="text")
    add("-q", "--quiet", action="store_true", help="only say what went wrong")


def run(args: Namespace) -> int:
    if args.dry_run:
        return plan.show(args)
    target = plan.target_of(args)
    as_json = args.output == "json"
    if not args.quiet and not as_json:
        _head(target)
    try:
        result = _applied(args, target, sys.stderr if as_json else sys.stdout)
    except MigralintError as error:
        if as_json:
            _say_json(target, None, error)
        raise
    for note in result.notes:
        terminal.warn(note)
    if as_json:
        _say_json(target, result)
    elif not args.quiet:
        terminal.say(summary(target, result))
    return 0


def _applied(args: Namespace, target: Target, stream: TextIO) -> Result:
    return api.apply(
        at=target,
        only_to=args.only_to,
        allow=args.allow,
        lock_wait=args.lock_wait,
        lock_timeout=args.lock_timeout,
        statement_timeout=args.statement_timeout,
        retries=args.retries,
        progress=stream,
        quiet=args.quiet,
        signals=True,
    )


def _say_json(target: Target, result: Result | None, error: MigralintError | None = None) -> None:
    from migralint.runner.apply_json import as_json

    terminal.say_json(as_json(target, result, error))


def _head(target: Target) -> None:
    environment = target.environment
    terminal.say(
        f"{target.found.url.shown} ({environment.name}: {environment.why}), {target.folder}"
    )
    for note in target.notes:
        terminal.warn(note)


def summary(target: Target, result: Result) -> str:
    if not result.applied and not result.skipped:
        return "Nothing to apply" + ": the database is up to date" * (not result.withheld) + "."
    other = f" {len(result.skipped)} were applied by another applier." if result.skipped else ""
    return f"{counted(len(result.applied), 'migration')} applied.{other}"
