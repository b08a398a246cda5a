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

import os

from migralint.model import Finding, Fixes, MigralintError, Operation, Report, Severity, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, TextIO

    from migralint.checking import Request
    from migralint.formats import Options
    from migralint.rules import Rule
    from migralint.runner.apply import Result
    from migralint.runner.plan import Plan
    from migralint.runner.target import Target

__all__ = [
    "Finding",
    "Fixes",
    "MigralintError",
    "Operation",
    "Report",
    "Severity",
    "apply",
    "effects",
    "explain",
    "files",
    "fix",
    "lint",
    "lint_sql",
    "operations",
    "plan",
    "render",
    "rules",
    "target",
]


def lint(
    paths: Iterable[str] = (),
    *,
    staged: bool = False,
    changed: bool = False,
    history: bool = False,
    base: str = "",
    config: str = "",
    dialect: str = "",
    server_version: str = "",
    layout: str = "",
    preset: str = "",
    since: str = "",
    fail_on: str = "",
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    force_exclude: bool = False,
    style: bool = False,
    steps: bool = False,
    verbose: bool = False,
    data: bytes | None = None,
    filename: str = "",
    cache: bool = False,
    processes: int = 1,
) -> Report:
    """What `migralint lint` reports of these files and folders (none: what is found from here).

    `staged`, `changed`, `history` and `base` compare with git; what stands in the configuration too
    comes before it. `report.findings` are in the order of the migrations. `steps` adds what each
    operation locks and for how long (`report.steps`), which `render(report, "html")` draws;
    `verbose` what decided about the run. `data` is a text instead of files, and `filename` the file
    that it is to be. `cache` keeps results in .migralint_cache, beside the repository; `processes`
    is how many may work at once on a long history (by fork, which goes ill with threads), 0 as many
    as there are processors.
    """
    request = _request(locals())
    from migralint.checking import run

    return run.report(request)


def files(paths: Iterable[str] = (), **asked: Any) -> list[str]:
    """What `lint` would look at with the same arguments: paths relative to the project's root."""
    from migralint.checking import run

    return run.files(_request({"paths": paths, **asked}))


def fix(
    paths: Iterable[str] = (),
    *,
    write: bool = True,
    unapplied: bool = False,
    split: bool = False,
    **asked: Any,
) -> Fixes:
    """Mend the wording of new migrations as `migralint lint --fix` does; `asked` is what `lint`
    takes.

    `fixes.fixed` are the findings that are no more, `fixes.report` is on the rest, `fixes.diff` the
    change. Without `write` no file is touched. `unapplied` says that no database has applied the
    new migrations; otherwise the development database is asked, where one is named. `split` also
    takes what is dangerous in them apart, into steps that are new migrations.
    """
    request = _request({"paths": paths, **asked})
    if split:
        from migralint.checking.splits import splits

        return splits(request, write, unapplied)
    from migralint.checking.fixes import fixes

    return fixes(request, write, unapplied)


def lint_sql(sql: str, *, dialect: str = "", server_version: str = "", config: str = "") -> Report:
    """What is said of SQL that stands in no file; nothing is known of what came before it."""
    from migralint.checking import settings

    given = {"dialect": dialect, "server_version": server_version}
    found = settings.settings(config, given)
    return settings.lint_text(sql, found, settings.rules_for(found))[0]


def effects(
    sql: str, *, dialect: str = "", server_version: str = "", config: str = ""
) -> tuple[str, tuple[str, ...]]:
    """The server that is meant ("PostgreSQL 14"), and in a line for each operation what it locks,
    blocks and reads there."""
    from migralint.checking import settings
    from migralint.checking.effects import effects as read

    given = {"dialect": dialect, "server_version": server_version}
    return read(sql, settings.settings(config, given))


def explain(rule: str, *, config: str = "") -> Rule:
    """The rule of that id: its message, why, instead, examples, references."""
    from migralint.checking import settings
    from migralint.rules import whole

    known = {each.id: each for each in rules(config=config)}
    if rule not in known:
        raise MigralintError(f"there is no rule {rule!r}", hint=settings.near(rule, list(known)))
    return whole(known[rule])


def rules(*, config: str = "") -> tuple[Rule, ...]:
    """All rules: ours, and those of the configuration's `rules_dir`."""
    from migralint.checking import settings

    return settings.rules_for(settings.settings(config))


def operations(sql: str, dialect: str = "", config: str = "") -> list[Operation]:
    """What migralint sees in the SQL: at least one operation a statement, perhaps `unparsed`."""
    from migralint.sql.operations import operations as read
    from migralint.sql.statements import split

    if config or dialect not in ("postgres", "mysql", "sqlite"):
        from migralint.checking import settings

        dialect = settings.settings(config, {"dialect": dialect}).dialect or "postgres"
    return [operation for s in split(sql, dialect) for operation in read(s, dialect)]


def render(report: Report, format: str = "text", options: Options | None = None) -> str:
    """The report in a format of `--output`: text, json, sarif, markdown, html ..."""
    from migralint.formats import FORMATS
    from migralint.formats import render as write

    if format not in FORMATS:
        raise MigralintError(f"there is no format {format!r}", hint=f"One of {', '.join(FORMATS)}.")
    return write(format, report, options)


def target(
    path: str = "", *, url: str = "", env: str = "", config: str = "", wait: float = 0
) -> Target:
    """The folder of migrations and the database that `plan` and `apply` are about.

    `url` is looked for in the environment, in `.env` and in the configuration where it is not
    given, and the folder is found. `env` says what the database is to be treated as (production,
    staging, test, development), `wait` how many seconds to wait for a server that is starting.
    """
    from argparse import Namespace

    from migralint.runner import environment
    from migralint.runner import target as targets

    if env and env not in environment.STRICTEST:
        names = ", ".join(environment.STRICTEST)
        raise MigralintError(f"there is no environment {env!r}", hint=f"One of {names}.")
    return targets.find(Namespace(path=path, url=url, env=env, config=config, wait=wait))


def plan(
    path: str = "",
    *,
    url: str = "",
    env: str = "",
    only_to: str = "",
    config: str = "",
    allow: Iterable[str] = (),
    at: Target | None = None,
) -> Plan:
    """What `apply` would do: the pending migrations in order, with locks, durations and findings.

    Nothing is written; `plan.refused` says whether apply would refuse. `allow` is what is put up
    with (edited, missing, out-of-order). `at` is a `target`, instead of path, url, env and config.
    """
    from migralint.runner import plan as planning

    found = at or target(path, url=url, env=env, config=config)
    return planning.plan(found, only_to, tuple(allow))


def apply(
    path: str = "",
    *,
    url: str = "",
    env: str = "",
    only_to: str = "",
    config: str = "",
    allow: Iterable[str] = (),
    lock_wait: float = 120,
    lock_timeout: str = "",
    statement_timeout: str = "",
    retries: int = 5,
    at: Target | None = None,
    progress: TextIO | None = None,
    quiet: bool = False,
    signals: bool = False,
) -> Result:
    """Apply the pending migrations of the folder; `result.applied` are their names.

    MigralintError.status is 1 where a migration failed (its message says what was committed and
    what was not), 4 without a database or a lock, 5 where the linter refuses. The timeouts are
    those of the configuration, or 5 seconds for a lock and none for a statement; `lock_wait` is
    how many seconds to wait for another applier. `progress` takes the lines that the command
    prints, without those of single migrations where it is `quiet`. With `signals` an interruption
    cancels the statement and is told; otherwise they are left to the caller.
    """
    from contextlib import nullcontext
    from io import StringIO

    from migralint.catalog import store
    from migralint.runner import apply as applying
    from migralint.runner.progress import Progress
    from migralint.runner.signals import Interrupted, Received, watched

    found = at or target(path, url=url, env=env, config=config)
    options = applying.Options(
        only_to,
        lock_wait,
        lock_timeout or found.config.lock_timeout or "5s",
        statement_timeout or found.config.statement_timeout,
        retries,
        tuple(allow),
    )
    said = Progress(progress or StringIO(), quiet or progress is None)
    try:
        with watched() if signals else nullcontext(Received()) as received:
            result = applying.apply(found, options, said, received)
    except Interrupted as stop:
        raise MigralintError(
            "interrupted between two migrations",
            hint="`migralint status` tells what is applied.",
            status=stop.status,
        ) from None
    note = store.remember_now(found) if result.applied else ""
    return replace(result, notes=(note,)) if note else result


_SETTINGS = ("dialect", "server_version", "layout", "preset", "since", "fail_on")


def _request(asked: Mapping[str, Any]) -> Request:
    """The arguments of `lint` as the linter takes them; one that it does not have is a TypeError,
    as in any call."""
    from migralint.checking import Request

    given = {name: asked[name] for name in _SETTINGS if asked.get(name)}
    rest = {name: value for name, value in asked.items() if name not in _SETTINGS}
    for name in ("paths", "select", "ignore"):
        several = rest.get(name, ())
        one = isinstance(several, str | os.PathLike)  # else its letters would be taken for paths
        rest[name] = tuple(map(os.fspath, [several] if one else several))
    if "-" in rest["paths"]:
        raise MigralintError("standard input is for the command", hint="Give the text as `data`.")
    return Request(given=given, **rest)
