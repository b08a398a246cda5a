"""Check migrations and scripts.

Without PATHS, the folders of the configuration or those found here. A named path says what is
reported; earlier migrations of its folder are read as context. `-` is standard input.

Exit status: 0 nothing at or above --fail-on, 1 findings, 2 usage or configuration error,
3 a bug in migralint, 4 git cannot say what has changed.
"""

from __future__ import annotations

import os
import time

from migralint.commands import outputs, project, terminal
from migralint.model import MigralintError, Report, Severity, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

    from migralint.config import Config
    from migralint.discover import Project
    from migralint.model import Remark
    from migralint.source import Source


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
    _check(args)
    wanted = outputs.parse(args.output or ["text"])
    config = project.settings(args, _named(args))
    found, remarks = _find(args, config)
    if args.show_files:
        listed = [migration.path for migration in found.migrations if migration.report]
        terminal.say("".join(f"{path}\n" for path in [*listed, *(s.path for s in found.scripts)]))
        return 0
    report = judged(args, config, found, remarks)
    fail_on = Severity[config.fail_on.upper()]
    options = replace(
        terminal.options(args.color, config.root),
        fail_on=fail_on,
        quiet=args.quiet,
        verbose=args.verbose,
        statistics=args.statistics,
    )
    outputs.write(wanted, report, options, os.environ)
    return status(report, fail_on, args.exit_zero)


def checked(args: Namespace) -> Report:
    """The report alone: `migralint.api.lint`."""
    _check(args)
    config = project.settings(args, _named(args))
    return judged(args, config, *_find(args, config))


def judged(args: Namespace, config: Config, found: Project, remarks: tuple[Remark, ...]) -> Report:
    """What the selected rules say of what was found."""
    from migralint.lint import lint

    rules = project.rules_for(config)
    selected = [rule.id for rule in rules if rule.category == "history"] if args.history else []
    config = project.select(rules, config, _words(args.select) or selected, _words(args.ignore))
    if args.history:
        # what stands in earlier migrations says nothing about the folder
        looked_at = tuple(migration for migration in found.migrations if migration.report)
        found = replace(found, migrations=looked_at, scripts=())
    drawn = any(value.partition("=")[0] == "html" for value in args.output or ())
    report = lint(found.migrations, rules, config, _today(), found.scripts, remarks, drawn)
    if args.style:
        from migralint.style import with_style

        report = with_style(report, found.migrations, named=bool(args.paths))
    used = _used(config, found) if args.verbose else ()
    return replace(report, notes=(*used, *found.notes, *report.notes))


def _used(config: Config, found: Project) -> tuple[str, ...]:
    """What decided about the run, for --verbose."""
    dialects = sorted({migration.dialect for migration in found.migrations})
    return (
        f"configuration: {config.path or 'none'} (root {config.root}), preset {config.preset}",
        f"layouts: {', '.join(found.layouts) or 'none'}; dialects: {', '.join(dialects) or 'none'}",
    )


def status(report: Report, fail_on: Severity, exit_zero: bool) -> int:
    if report.errors:
        return max(error.status for error in report.errors)
    return int(not exit_zero and any(finding.severity >= fail_on for finding in report.findings))


def _check(args: Namespace) -> None:
    """Options that contradict each other."""
    ways = [way for way in ("staged", "changed", "history") if getattr(args, way)]
    if len(ways) > 1:
        raise MigralintError(f"--{ways[0]} and --{ways[1]} exclude each other")
    if args.base and not ways:
        raise MigralintError("--base goes with --changed")
    if "-" in args.paths and (len(args.paths) > 1 or ways):
        raise MigralintError("standard input (-) cannot be combined with anything else")
    if args.stdin_filename and args.paths != ["-"]:
        raise MigralintError("--stdin-filename goes with -", hint="migralint lint - < FILE")


def _named(args: Namespace) -> list[str]:
    """The paths from which the configuration is found."""
    if args.paths == ["-"]:
        return [args.stdin_filename] if args.stdin_filename else []
    return list(args.paths)


def _words(values: list[str] | None) -> list[str]:
    return [word for value in values or [] for word in value.replace(",", " ").split()]


def _today() -> str:
    return time.strftime("%Y-%m-%d")


def _find(args: Namespace, config: Config) -> tuple[Project, tuple[Remark, ...]]:
    from migralint.discover import discover
    from migralint.source import WorkTree

    if args.paths == ["-"]:
        return _standard_input(args, config), ()
    paths = [os.path.abspath(path) for path in args.paths]
    if args.staged or args.changed or args.history:
        return _changed(args, config, paths)
    added: tuple[str, ...] = ()
    if sum(path.endswith(".sql") for path in paths) > 1:
        from migralint import git

        # what a hook's commit adds is pending, one after the other
        added = git.new_paths(config.root)
    tree = WorkTree(config.root)
    found = discover(paths, config, tree, added=added, force_exclude=args.force_exclude)
    return _settled(config, found, tree, paths=paths or None)


def _settled(
    config: Config, found: Project, source: Source, **more: Any
) -> tuple[Project, tuple[Remark, ...]]:
    from migralint.commands import past

    rules = lambda: project.rules_for(config)  # noqa: E731
    return past.settle(config, found, source, _today(), rules=rules, **more)


def _changed(
    args: Namespace, config: Config, paths: list[str]
) -> tuple[Project, tuple[Remark, ...]]:
    """What a change set is about. A commit that is being made is read from the index; what it adds
    is what HEAD lacks, and what it may not touch is what the base branch has."""
    from migralint import git
    from migralint.discover import discover
    from migralint.git import comparison
    from migralint.git.tree import Tree
    from migralint.source import WorkTree

    root = git.top(config.root)
    source: Source = WorkTree(root) if args.changed else Tree(root)
    find = comparison.find if args.changed else comparison.of_commit
    unknown = ""
    try:
        start = find(root, args.base or "")
    except MigralintError as error:
        if not args.staged or args.base:
            raise
        # what is staged is known all the same; only what may not be touched is not
        start = comparison.Base(git.staged(root).base, "HEAD")
        unknown = f" ({error.message}; --base names it)"
    since = git.changed if args.changed else git.staged_since
    changes = since(root, start.commit, start.how)
    about = git.staged(root) if args.staged else changes
    found = discover(paths, config, source, about)
    old = Tree(root, start.commit)
    found, remarks = _settled(config, found, source, changes=changes, old=old, paths=paths or None)
    some = any(migration.report for migration in found.migrations) or found.scripts or remarks
    compared = f"compared with {changes.how}{unknown}"
    note = compared if some else f"no migration and no script has changed, {compared}"
    return replace(found, notes=(*found.notes, note)), remarks


def _standard_input(args: Namespace, config: Config) -> Project:
    from migralint.discover import Project, discover
    from migralint.discover.finding import within
    from migralint.discover.reading import decode
    from migralint.model import Migration
    from migralint.source import Replaced, WorkTree

    data = terminal.read_input()
    if args.stdin_filename:
        path = within(config.root, os.path.abspath(args.stdin_filename))
        return discover([path], config, Replaced(WorkTree(config.root), path, data))
    text, problem, line = decode(data)
    dialect = config.dialect or "postgres"
    layout = config.layout or "plain"
    migration = Migration(
        "<stdin>", text, "", "", layout, dialect, problem=problem, problem_line=line
    )
    return Project((migration,), layouts=(layout,))
