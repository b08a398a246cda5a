"""Back up, check, apply, verify, run a smoke test: each step said, and a timeline at the end.

migralint deploy -- npm run smoke      the whole ritual; the command after -- is the smoke test
migralint deploy --dry-run             the plan, the checks and the questions; nothing is done
migralint deploy --checklist           the questions for the pull request, as Markdown

In production staging must have the same migrations first, with the same checksums. Where something
fails it is said what is committed, and the backup that was taken can be restored: when the name of
the database is typed, or with --on-failure restore.
"""

from __future__ import annotations

import sys

from migralint.commands import confirm, terminal
from migralint.commands.plan import ALLOWED
from migralint.model import MigralintError
from migralint.runner import target as targets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence
    from typing import TextIO

    from migralint.deploy.course import Course, Deployed, Options


def add_arguments(parser: ArgumentParser) -> None:
    targets.add_arguments(parser)
    add = parser.add_argument
    add("--only-to", default="", metavar="VERSION", help="stop after this migration")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--dry-run", action="store_true", help="show what is ahead and do nothing")
    what.add_argument("--checklist", action="store_true", help="print the questions for a person")
    add("--smoke-timeout", type=float, default=300, metavar="SECONDS", help="for the command (300)")
    add("--skip", action="append", default=[], choices=("backup",), help="deploy without it")
    add("--reason", default="", metavar="WHY", help="why --skip; it is kept in the record")
    failing = ("ask", "restore", "leave")
    add("--on-failure", choices=failing, default="ask", help="whether to restore the backup (ask)")
    add("--terminate-sessions", action="store_true", help="end the others' sessions for a restore")
    add("--metrics", default="", metavar="FILE", help="write figures: Prometheus, or .json")
    add("--output", choices=("text", "json", "markdown"), default="text")
    add("--lock-wait", type=float, default=120, metavar="SECONDS", help="for another applier (120)")
    add("--lock-timeout", default="", metavar="TIME", help="a statement waits for a lock (5s)")
    add("--statement-timeout", default="", metavar="TIME", help="a statement may run (no limit)")
    add("--retries", type=int, default=5, metavar="N", help="after a lock timeout or deadlock (5)")
    add("--allow", action="append", default=[], choices=ALLOWED, help="apply in spite of that")
    parser.set_defaults(smoke=())
    parser.epilog = "What stands after -- is the smoke test; it is run without a shell."


def parse(parser: ArgumentParser, arguments: Sequence[str]) -> Namespace:
    """What stands after `--` belongs to the smoke test, whatever it looks like."""
    own = list(arguments)
    smoke: list[str] = []
    if "--" in own:
        at = own.index("--")
        own, smoke = own[:at], own[at + 1 :]
        if not smoke:
            parser.error("there is no command after --")
    args = parser.parse_args(own)
    args.smoke = tuple(smoke)
    return args


def run(args: Namespace) -> int:
    if bool(args.skip) != bool(args.reason.strip()):
        raise MigralintError(
            "--skip needs a --reason" if args.skip else "--reason is that of --skip",
            hint='--skip backup --reason "why it is safe this time"',
        )
    if args.checklist or args.dry_run:
        return _look(args)
    if args.output == "markdown":
        raise MigralintError("--output markdown goes with --checklist or --dry-run")
    return _deploy(args)


def _deploy(args: Namespace) -> int:
    from migralint.deploy.run import deploy
    from migralint.runner.signals import watched

    stream = sys.stderr if args.output == "json" else sys.stdout
    with watched() as received:
        course = _course(args, stream, received)
        found = deploy(course, lambda course: _say(stream, _ahead(course)), _complain)
    return _told(args, course, found, stream)


def _course(args: Namespace, stream: TextIO, received: object) -> Course:
    from migralint.deploy.course import Course
    from migralint.deploy.timeline import Timeline
    from migralint.runner.progress import Progress

    target = targets.find(args)
    for note in target.notes:
        terminal.warn(note)
    timeline = Timeline(lambda text: _say(stream, text))
    progress = Progress(stream)
    return Course(target, _options(args, target), timeline, progress, received, stream)  # type: ignore[arg-type]


def _options(args: Namespace, target: targets.Target) -> Options:
    from migralint.deploy.course import Options
    from migralint.runner.apply import Options as ApplyOptions

    config = target.config
    applying = ApplyOptions(
        args.only_to,
        args.lock_wait,
        args.lock_timeout or config.lock_timeout or "5s",
        args.statement_timeout or config.statement_timeout,
        args.retries,
        tuple(args.allow),
    )
    return Options(
        applying,
        lambda question: _asked(target, question),
        tuple((name, args.reason.strip()) for name in args.skip),
        tuple(args.smoke),
        args.smoke_timeout,
        args.on_failure,
        args.terminate_sessions,
    )


def _asked(target: targets.Target, question: str) -> str:
    """The database's name where somebody typed it; "" where nobody is there."""
    try:
        return confirm.confirm(target.found.url, "", question)
    except MigralintError:
        return ""


def _ahead(course: Course) -> str:
    from migralint.deploy import text
    from migralint.preflight.checklist import checklist

    asked = course.target.environment.is_production and course.plan is not None
    questions = checklist(course.plan) if asked and course.plan is not None else ()
    return f"{text.head(course)}\n{text.ahead(course, questions)}"


def _complain(error: MigralintError) -> None:
    sys.stdout.flush()
    _say(sys.stderr, f"migralint: error: {error}")


def _say(stream: TextIO, text: str) -> None:
    terminal.say_lines(f"{text}\n", stream)
    stream.flush()


def _told(args: Namespace, course: Course, found: Deployed, stream: TextIO) -> int:
    from migralint.deploy import log, metrics, text

    _say(stream, text.end(found))
    why_not = log.append(course, found)
    if why_not:
        terminal.warn(why_not)
    if args.output == "json":
        terminal.say_json(text.as_json(course, found))
    if args.metrics:
        terminal.write_file(args.metrics, metrics.render(course, found, args.metrics))
    return found.status


def _look(args: Namespace) -> int:
    """Nothing is done: what is ahead, the checks, the questions."""
    from migralint.deploy.ahead import ahead
    from migralint.runner.signals import Received

    course = _course(args, sys.stderr, Received())
    found = ahead(course, args.checklist)
    if args.output == "json":
        terminal.say_json(found.as_json())
    elif args.checklist or args.output == "markdown":
        _say(sys.stdout, found.markdown())
    else:
        _say(sys.stdout, found.text())
    return found.status
