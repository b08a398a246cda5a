"""Fixtures of the whole suite, and a loud end where something was skipped."""

from __future__ import annotations

import os
import sys

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, os.path.dirname(__file__))  # servers, projects
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "runner"))  # judges, cluster

from projects import (
    database,
    judge,
    make_project,
    mysql,
    on_mysql,
    on_postgres,
    on_sqlite,
    postgres,
    project,
    sqlite,
)
from servers import mysql_url, postgres_url

__all__ = [
    "database",
    "judge",
    "make_project",
    "mysql",
    "mysql_url",
    "on_mysql",
    "on_postgres",
    "on_sqlite",
    "postgres",
    "postgres_url",
    "project",
    "sqlite",
]


# What a machine, a terminal or a CI system says of itself: a test that is about it sets it.
SAID = (
    *("CI", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "NODE_ENV"),
    *("DATABASE_URL", "DIRECT_URL", "DATABASE_ENV"),
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"),
)
SAID_BY = (
    *("GITHUB_", "GITLAB_", "CI_", "BITBUCKET_", "BUILDKITE", "SYSTEM_PULLREQUEST", "PRE_COMMIT"),
    "MIGRALINT_",
)
for name in list(os.environ):
    ours = name.startswith(("MIGRALINT_TEST", "MIGRALINT_REQUIRE"))
    if not ours and (name in SAID or name.startswith(SAID_BY)):
        del os.environ[name]


# The same examples in every run: what a change breaks fails on that change, and a busy machine breaks
# nothing. `pytest --hypothesis-profile=explore` looks further.
settings.register_profile(
    "repeatable", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "explore", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")


# What holds on other server versions only; what a container may not do and another test shows too.
NO_GAP = ("measured on [", "not allowed to mount here; ")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Under MIGRALINT_REQUIRE_SERVERS=1 nothing may be skipped: a server is missing, or a tool."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    # a process of pytest-xdist has no reporter; the one that started it sees what all have skipped
    required = reporter is not None and os.environ.get("MIGRALINT_REQUIRE_SERVERS") == "1"
    if required and _missing(reporter):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _missing(reporter: pytest.TerminalReporter) -> dict[str, int]:
    """Why tests were skipped, and how many, without what is no gap."""
    reasons: dict[str, int] = {}
    for report in reporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not reason.removeprefix("Skipped: ").startswith(NO_GAP):
            reasons[reason] = reasons.get(reason, 0) + 1
    return reasons


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = _missing(terminalreporter)
    if reasons:
        terminalreporter.section("NOT TESTED", sep="!", red=True, bold=True)
    for reason, count in sorted(reasons.items()):
        line = f"{count:5} skipped: {reason.removeprefix('Skipped: ')}"
        terminalreporter.write_line(line, red=True)
