"""Show what `migralint apply` would do: statements, locks, what they block, how long, findings.

Nothing is written. Exit status: 1 where apply would refuse; with --exit-code also where some are
pending. With --offline no database is asked: what the migrations of PATH do, one after the other.
"""

from __future__ import annotations

from migralint import api
from migralint.commands import terminal
from migralint.model import MigralintError
from migralint.runner import target as targets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from migralint.runner.target import Target

ALLOWED = ("edited", "missing", "out-of-order")


def add_arguments(parser: ArgumentParser) -> None:
    targets.add_arguments(parser)
    parser.add_argument(
        "--only-to", default="", metavar="VERSION", help="stop after this migration"
    )
    parser.add_argument(
        "--allow", action="append", default=[], choices=ALLOWED, help="plan in spite of that"
    )
    parser.add_argument("--output", choices=("text", "json"), default="text")
    parser.add_argument(
        "--exit-code", action="store_true", help="exit with 1 where some are pending"
    )
    parser.add_argument(
        "--offline", action="store_true", help="ask no database: the migrations of PATH, or all"
    )


def run(args: Namespace) -> int:
    return _offline(args) if args.offline else show(args)


def _offline(args: Namespace) -> int:
    if args.url or args.only_to:
        raise MigralintError("--offline asks no database: it goes with PATH alone")
    report = api.lint([args.path] if args.path else [], config=args.config or "", steps=True)
    for error in report.errors:
        raise error
    if args.output == "json":
        steps = [{"path": s.path, "line": s.line, "effect": s.said} for s in report.steps]
        terminal.say_json({"schema_version": 1, "steps": steps})
        return 0
    path = ""
    for step in report.steps:
        if step.path != path:
            terminal.say_lines(("\n" if path else "") + step.path)
        path = step.path
        terminal.say_lines(f"  line {step.line}: {step.said}")
    return 0


def target_of(args: Namespace) -> Target:
    return api.target(
        args.path or "", url=args.url, env=args.env, config=args.config or "", wait=args.wait
    )


def show(args: Namespace) -> int:
    """Also `migralint apply --dry-run`, which has its own arguments."""
    from migralint.runner import plan_text

    target = target_of(args)
    found = api.plan(at=target, only_to=args.only_to, allow=args.allow)
    if getattr(args, "output", "text") == "json":
        terminal.say_json(plan_text.as_json(target, found))
    else:
        for note in target.notes:
            terminal.warn(note)
        terminal.say_lines(plan_text.text(target, found))
    return 1 if found.refused or (getattr(args, "exit_code", False) and found.planned) else 0
