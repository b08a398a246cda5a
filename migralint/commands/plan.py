"""Show what `migralint apply` would do: statements, locks, what they block, how long, findings.

Nothing is written. Exit status: 1 where apply would refuse; with --exit-code also where some are
pending.
"""

from __future__ import annotations

from migralint.commands import terminal
from migralint.runner import target as targets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    targets.add_arguments(parser)
    parser.add_argument(
        "--only-to", default="", metavar="VERSION", help="stop after this migration"
    )
    parser.add_argument("--output", choices=("text", "json"), default="text")
    parser.add_argument(
        "--exit-code", action="store_true", help="exit with 1 where some are pending"
    )


def run(args: Namespace) -> int:
    return show(args)


def show(args: Namespace) -> int:
    """Also `migralint apply --dry-run`, which has its own arguments."""
    from migralint.formats.characters import lines
    from migralint.runner import plan, plan_text

    target = targets.find(args)
    found = plan.plan(target, args.only_to, getattr(args, "allow", ()))
    if getattr(args, "output", "text") == "json":
        import json

        terminal.say(json.dumps(plan_text.as_json(target, found), indent=1))
    else:
        for note in target.notes:
            terminal.warn(note)
        terminal.say("\n".join(lines(plan_text.text(target, found))))
    return 1 if found.refused or (getattr(args, "exit_code", False) and found.planned) else 0
