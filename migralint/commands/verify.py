"""Compare a database with its history and its migrations. Nothing is written to it.

The history against the folder, and drift: against the snapshot of the last apply, or with --replay
against a scratch database that the applied migrations are applied to. The SQL that would repair
a difference is printed, never run.

Exit status: 0 clean, 1 differences, or migrations that are pending, failed, edited or missing, 4
the database cannot be reached, or drift could not be checked.
"""

from __future__ import annotations

from migralint.commands import terminal
from migralint.runner import target as targets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from migralint.catalog.verify import Verified
    from migralint.runner.target import Target


def add_arguments(parser: ArgumentParser) -> None:
    targets.add_arguments(parser)
    add = parser.add_argument
    add("--replay", action="store_true", help="compare with a scratch database made from the files")
    add("--scratch-url", default="", metavar="URL", help="an empty database to replay in (made)")
    add("--output", choices=("text", "json"), default="text")


def run(args: Namespace) -> int:
    from migralint.catalog.verify import verify
    from migralint.runner.signals import Interrupted, watched

    target = targets.find(args)
    with watched() as received:
        try:
            found = verify(target, received, args.replay, args.scratch_url)
        except Interrupted as stop:
            terminal.warn("interrupted; the scratch database is gone")
            return stop.status
    _show(target, found, args.output)
    if found.wrong:
        return 1
    return 4 if found.unchecked else 0


def _show(target: Target, found: Verified, output: str) -> None:
    from migralint.catalog import report

    if output == "json":
        terminal.say_json(report.as_json(target, found))
        return
    for note in target.notes:
        terminal.warn(note)
    terminal.say_lines(report.text(target, found))
