"""Check migrations and scripts.

Without PATHS, the folders of the configuration or those found here. A named path says what is
reported; earlier migrations of its folder are read as context. `-` is standard input.

--fix changes the wording where the meaning stays (IF NOT EXISTS, IF EXISTS), in new migrations
only: not in one that the base branch has, nor in one that the development database of `.env` or
the configuration has applied. With - the fixed text goes to standard output and the report to
standard error. --diff shows the same change and writes nothing. With --split a migration that
blocks or breaks the application becomes several: its first step takes its place, the others are
new migrations behind all that there are; what cannot be taken apart is said.

Exit status: 0 nothing at or above --fail-on (--diff: no change), 1 findings (--diff: a change),
2 usage or configuration error, 3 a bug in migralint, 4 git cannot say what has changed, or the
database not what it has applied.
"""

from __future__ import annotations

import os
import sys

from migralint import api
from migralint.commands import outputs, project, terminal
from migralint.formats.characters import lines
from migralint.model import MigralintError, Report, Severity, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any, TextIO


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files and folders; - for stdin")
    where = parser.add_argument_group("what to check")
    where.add_argument("--staged", action="store_true", help="what the next commit would change")
    where.add_argument("--changed", action="store_true", help="what differs from the base branch")
    where.add_argument(
        "--history",
        action="store_true",
        help="only what git and the folders say of the next commit (for a hook without file names)",
    )
    where.add_argument("--base", metavar="REV", help="compare with this revision")
    where.add_argument("--since", metavar="VERSION", help="report no migration before this version")
    where.add_argument("--stdin-filename", metavar="PATH", help="what standard input is to be")
    where.add_argument(
        "--force-exclude", action="store_true", help="`exclude:` concerns named files too"
    )
    where.add_argument("--show-files", action="store_true", help="list the files and stop")
    how = parser.add_argument_group("how to check")
    project.add_config(how)
    how.add_argument("--dialect", metavar="NAME", help="postgres, mysql, mariadb or sqlite")
    how.add_argument("--pg", metavar="VERSION", help="the oldest PostgreSQL in use, such as 14")
    how.add_argument("--layout", metavar="NAME", help="prisma, drizzle, flyway, ... (found)")
    how.add_argument("--preset", metavar="NAME", help="recommended, strict or optional")
    how.add_argument("--select", metavar="RULES", action="append", help="only these (a,b)")
    how.add_argument("--ignore", metavar="RULES", action="append", help="all but these (a,b)")
    how.add_argument("--style", action="store_true", help="sqlfluff on new migrations too")
    how.add_argument("--no-cache", action="store_true", help="read and compute everything anew")
    mend = parser.add_argument_group("what to mend")
    mend.add_argument(
        "--fix", action="store_true", help="mend the wording of new migrations, report the rest"
    )
    mend.add_argument("--diff", action="store_true", help="show what --fix would change, only that")
    mend.add_argument(
        "--split",
        action="store_true",
        help="with --fix or --diff: take dangerous migrations apart, into steps that are safe",
    )
    mend.add_argument(
        "--unapplied",
        action="store_true",
        help="no database has applied the new migrations: --fix asks none",
    )
    what = parser.add_argument_group("what to say")
    what.add_argument(
        "--output",
        metavar="FORMAT[=FILE]",
        action="append",
        help="text, concise, json, sarif, github, gitlab, junit, markdown or html; can be repeated",
    )
    what.add_argument("--fail-on", metavar="SEVERITY", help="error, warning or info")
    what.add_argument("--exit-zero", action="store_true", help="exit with 0 in spite of findings")
    what.add_argument("--statistics", action="store_true", help="count by rule, list nothing")
    what.add_argument("-q", "--quiet", action="store_true", help="findings and nothing else")
    what.add_argument("-v", "--verbose", action="store_true", help="say what is suppressed too")
    project.add_color(what)


def run(args: Namespace) -> int:
    wanted = outputs.parse(args.output or ["text"])
    _check(args)
    asked = asked_for(args, wanted)
    if args.show_files:
        terminal.say("".join(f"{path}\n" for path in api.files(**asked)))
        return 0
    if args.diff:
        return _diff(args, asked)
    if args.fix:
        return _fix(args, asked, wanted)
    report = api.lint(**asked, cache=not args.no_cache, processes=0)
    return _say(args, report, wanted, sys.stdout)


def asked_for(args: Namespace, wanted: list[outputs.Output]) -> dict[str, Any]:
    """The arguments as those of `api.lint`."""
    is_text = args.paths == ["-"]
    return {
        "paths": () if is_text else args.paths,
        "data": terminal.read_input() if is_text else None,
        "filename": args.stdin_filename or "",
        "staged": args.staged,
        "changed": args.changed,
        "history": args.history,
        "base": args.base or "",
        "config": args.config or "",
        **{name: value for name, value in project.given(args).items() if value},
        "select": _words(args.select),
        "ignore": _words(args.ignore),
        "force_exclude": args.force_exclude,
        "style": args.style,
        "steps": any(output.name == "html" for output in wanted),
        "verbose": args.verbose,
    }


def _say(args: Namespace, report: Report, wanted: list[outputs.Output], stream: TextIO) -> int:
    options = replace(
        terminal.options(args.color, report.root),
        fail_on=report.fail_on,
        quiet=args.quiet,
        verbose=args.verbose,
        statistics=args.statistics,
    )
    outputs.write(wanted, report, options, os.environ, stream)
    return status(report, report.fail_on, args.exit_zero)


def _fix(args: Namespace, asked: dict[str, Any], wanted: list[outputs.Output]) -> int:
    made = api.fix(**asked, unapplied=args.unapplied, split=args.split)
    if asked["data"] is None:
        return _say(args, made.report, wanted, sys.stdout)
    found = _say(args, made.report, wanted, sys.stderr)
    sys.stdout.flush()
    for data in made.data.values():
        sys.stdout.buffer.write(data)
    return found


def _diff(args: Namespace, asked: dict[str, Any]) -> int:
    """As others do it: the change and nothing else, and 1 where there is one."""
    made = api.fix(**asked, unapplied=args.unapplied, split=args.split, write=False)
    on_terminal = sys.stdout.isatty()
    sys.stdout.flush()
    if on_terminal:
        terminal.say("".join(f"{line}\n" for line in lines(made.diff.removesuffix("\n"))))
    else:
        sys.stdout.buffer.write(made.diff.encode("utf-8", "surrogateescape"))
    for note in made.report.notes:
        if ("not fixed" in note or "not split" in note) and not args.quiet:
            terminal.warn("\n".join(lines(note)))
    failed = max((error.status for error in made.report.errors), default=0)
    return failed or int(bool(made.diff))


def status(report: Report, fail_on: Severity, exit_zero: bool) -> int:
    if report.errors:
        return max(error.status for error in report.errors)
    return int(not exit_zero and any(finding.severity >= fail_on for finding in report.findings))


def _check(args: Namespace) -> None:
    """Options that contradict each other."""
    if "-" in args.paths and len(args.paths) > 1:
        raise MigralintError("standard input (-) cannot be combined with anything else")
    if args.stdin_filename and args.paths != ["-"]:
        raise MigralintError("--stdin-filename goes with -", hint="migralint lint - < FILE")
    if args.fix and args.diff:
        raise MigralintError("--fix and --diff exclude each other")
    if args.split and not (args.fix or args.diff):
        raise MigralintError("--split goes with --fix or --diff")
    if args.unapplied and not (args.fix or args.diff):
        raise MigralintError("--unapplied goes with --fix")
    if args.diff and args.output:
        raise MigralintError("--diff has one form: --output goes without it")


def _words(values: list[str] | None) -> list[str]:
    return [word for value in values or [] for word in value.replace(",", " ").split()]
