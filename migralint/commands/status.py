"""Show what is applied, pending, failed, edited or missing. Nothing is written.

Exit status: 1 where a migration stands as failed, was edited after it was applied, or is missing
from the folder; with --exit-code also where some are pending.
"""

from __future__ import annotations

from migralint.commands import terminal
from migralint.runner import target as targets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    targets.add_arguments(parser)
    parser.add_argument("--output", choices=("text", "json"), default="text")
    parser.add_argument(
        "--exit-code", action="store_true", help="exit with 1 where some are pending"
    )
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="list the applied and the withdrawn too"
    )


def run(args: Namespace) -> int:
    import gc

    from migralint.runner import status

    gc.disable()  # all that is made is needed to the end: looking for garbage takes a tenth
    target = targets.find(args)
    found = status.status(target)
    if args.output == "json":
        terminal.say_json(status.as_json(target, found))
    else:
        for note in target.notes:
            terminal.warn(note)
        terminal.say_lines(status.text(target, found, args.verbose))
    return 1 if found.wrong or (args.exit_code and found.pending) else 0
