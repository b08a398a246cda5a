"""Check all that can be known before an apply; nothing is written.

The server, the rights, the history, what the pending migrations lock and destroy, whether today's
rows let them succeed, who is in the way, the room on the disk, the backup. What could not be found
out is a warning.

Exit status: 1 where a check failed, 4 where no URL names the database, or it cannot be reached.
"""

from __future__ import annotations

from migralint.commands import terminal
from migralint.model import MigralintError
from migralint.runner import target as targets
from migralint.runner.url import UrlError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence

    from migralint.preflight import Check
    from migralint.runner.plan import Plan
    from migralint.runner.target import Target


def add_arguments(parser: ArgumentParser) -> None:
    targets.add_arguments(parser)
    parser.add_argument(
        "--only-to", default="", metavar="VERSION", help="stop after this migration"
    )
    parser.add_argument("--output", choices=("text", "json", "markdown"), default="text")
    parser.add_argument(
        "--data-timeout", default="10s", metavar="TIME", help="for each query of the data (10s)"
    )
    parser.add_argument("--no-data", action="store_true", help="do not ask the data")


def run(args: Namespace) -> int:
    from migralint.preflight import Options, preflight, worst
    from migralint.preflight.draft import draft
    from migralint.runner.durations import milliseconds

    milliseconds(args.data_timeout)
    try:
        target = targets.find(args)
    except UrlError as error:
        _say(args, None, _without_url(error), None)
        return 4
    try:
        session = targets.open_session(target, False)
    except MigralintError as error:
        if error.status != 4:
            raise
        _say(args, target, _unreachable(target, error), None)
        return 4
    try:
        target = targets.judged(target, session)
        with targets.answering(session.url):
            plan, problem = draft(target, session, args.only_to)
        options = Options("" if args.no_data else args.data_timeout)
        checks = preflight(target, session, plan, options, problem)
    finally:
        target.db.close(session)
    _say(args, target, checks, plan)
    return 1 if worst(checks) == "fail" else 0


def _without_url(error: MigralintError) -> tuple[Check, ...]:
    from migralint.preflight.check import failed

    return failed("database URL", error.message, hint=error.hint), _rest()


def _unreachable(target: Target, error: MigralintError) -> tuple[Check, ...]:
    from migralint.preflight.check import failed, passed

    found = target.found
    return (
        passed("database URL", f"{found.url.shown}, from {found.source}"),
        failed("reachable", error.message, hint=error.hint),
        _rest(),
    )


def _rest() -> Check:
    from migralint.preflight.check import warned

    return warned("the rest", "nothing else was checked: that takes the database")


def _say(
    args: Namespace, target: Target | None, checks: Sequence[Check], plan: Plan | None
) -> None:
    """`target` None: nobody knows which database it is."""
    from migralint.preflight import text
    from migralint.preflight.checklist import checklist

    questions = checklist(plan) if plan else ()
    shown = target.found.url.shown if target else ""
    if args.output == "json":
        names = [planned.name for planned in plan.planned] if plan else []
        terminal.say_json(text.as_json(shown, checks, questions, names))
        return
    for note in target.notes if target else ():
        terminal.warn(note)
    if args.output == "markdown":
        written = text.markdown(f"Preflight of {shown or 'no database'}", checks, questions)
    else:
        how = terminal.options()
        unicode = how.encoding.lower().startswith("utf")
        head = f"{shown}, {target.folder}\n\n" if target else ""
        written = f"{head}{text.text(checks, how.width, unicode)}"
    terminal.say_lines(written)
