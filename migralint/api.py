"""migralint from Python: what the commands do, as functions that print nothing and never exit.

    from migralint import api

    report = api.lint(changed=True)
    for finding in report.findings:
        print(finding.severity, finding.path, finding.line, finding.message)

What the user can mend is raised as `MigralintError` (message, path, line, hint, and the exit status
that the command would have). Relative paths, the configuration and git are those of the current
folder. Records are frozen; lines and columns are 1-based and count code points.
"""

from __future__ import annotations

from migralint.model import Finding, MigralintError, Operation, Report, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable
    from typing import TextIO

    from migralint.rules import Rule
    from migralint.runner.apply import Result
    from migralint.runner.plan import Plan

__all__ = [
    "Finding",
    "MigralintError",
    "Operation",
    "Report",
    "Severity",
    "apply",
    "explain",
    "lint",
    "lint_sql",
    "operations",
    "plan",
    "render",
    "rules",
]


def lint(
    paths: Iterable[str] = (),
    *,
    staged: bool = False,
    changed: bool = False,
    base: str = "",
    config: str = "",
    dialect: str = "",
    server_version: str = "",
    layout: str = "",
    preset: str = "",
    since: str = "",
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    steps: bool = False,
) -> Report:
    """What `migralint lint` reports of these files and folders (none: what is found from here).

    `staged`, `changed` and `base` compare with git; the other arguments come before the
    configuration's. `report.findings` are in the order of the migrations. `steps` adds what each
    operation locks and for how long (`report.steps`), which `render(report, "html")` draws.
    """
    from migralint.commands.lint import checked

    given = [f"--{name}" for name, on in (("staged", staged), ("changed", changed)) if on]
    given += ["--output=html"] if steps else []
    values = {
        "base": base,
        "config": config,
        "dialect": dialect,
        "pg": server_version,
        "layout": layout,
        "preset": preset,
        "since": since,
        "select": ",".join(select),
        "ignore": ",".join(ignore),
    }
    named = list(paths)
    if "-" in named:
        raise MigralintError("standard input is for the command", hint="Use `lint_sql`.")
    return checked(_arguments("lint", given, values, named))


def lint_sql(sql: str, *, dialect: str = "", server_version: str = "", config: str = "") -> Report:
    """What is said of SQL that stands in no file; nothing is known of what came before it."""
    from migralint.commands import project

    given = {"dialect": dialect, "pg": server_version, "config": config}
    settings = project.settings(_arguments("explain", (), given, [sql]))
    report, _ = project.lint_text(sql, settings, project.rules_for(settings))
    return report


def explain(rule: str, *, config: str = "") -> Rule:
    """The rule of that id: its message, why, instead, examples, references."""
    for known in rules(config=config):
        if known.id == rule:
            return known
    raise MigralintError(f"there is no rule {rule!r}", hint="`migralint rules` lists them.")


def rules(*, config: str = "") -> tuple[Rule, ...]:
    """All rules: ours, and those of the configuration's `rules_dir`."""
    from migralint.commands import project

    return project.rules_for(project.settings(_arguments("rules", (), {"config": config}, ())))


def operations(sql: str, dialect: str = "postgres") -> list[Operation]:
    """What migralint sees in the SQL: at least one operation a statement, perhaps `unparsed`."""
    from migralint.commands.operations import read

    return list(read(sql, dialect))


def render(report: Report, format: str = "text") -> str:
    """The report in a format of `--output`: text, json, sarif, markdown, html ..."""
    from migralint.formats import FORMATS
    from migralint.formats import render as write

    if format not in FORMATS:
        raise MigralintError(f"there is no format {format!r}", hint=f"One of {', '.join(FORMATS)}.")
    return write(format, report)


def plan(
    path: str = "", *, url: str = "", env: str = "", only_to: str = "", config: str = ""
) -> Plan:
    """What `apply` would do: the pending migrations in order, with locks, durations and findings.

    Nothing is written. `url` is looked for in the environment where it is not given; `plan.refused`
    says whether apply would refuse.
    """
    from migralint.runner import plan as planning
    from migralint.runner import target

    found = target.find(_target("plan", path, url, env, config))
    return planning.plan(found, only_to)


def apply(
    path: str = "",
    *,
    url: str = "",
    env: str = "",
    only_to: str = "",
    config: str = "",
    progress: TextIO | None = None,
) -> Result:
    """Apply the pending migrations of the folder; `result.applied` are their names.

    MigralintError.status is 1 where a migration failed (its message says what was committed and
    what was not), 4 without a database or a lock, 5 where the linter refuses. `progress` takes the
    lines that the command prints. Signals are left to the caller.
    """
    from io import StringIO

    from migralint.runner import apply as applying
    from migralint.runner import target
    from migralint.runner.progress import Progress
    from migralint.runner.signals import Received

    found = target.find(_target("apply", path, url, env, config))
    said = Progress(progress or StringIO(), quiet=progress is None)
    return applying.apply(found, applying.Options(only_to), said, Received())


def _target(command: str, path: str, url: str, env: str, config: str) -> Namespace:
    values = {"url": url, "env": env, "config": config}
    return _arguments(command, (), values, [path] if path else ())


def _arguments(
    command: str, flags: Iterable[str], values: dict[str, str], named: Iterable[str]
) -> Namespace:
    """As the command's own parser has them: its defaults and its checks are ours."""
    from migralint import cli

    words = [*flags, *(f"--{name}={value}" for name, value in values.items() if value)]
    _, parser = cli.command(command)
    parser.error = _refuse  # type: ignore[method-assign,assignment]
    rest = list(named)
    return parser.parse_args([*words, *(["--"] if rest else []), *rest])


def _refuse(message: str) -> None:
    raise MigralintError(message)
