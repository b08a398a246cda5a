"""A database that is missing: apply makes it as Prisma's deploy does, except in production."""

from __future__ import annotations

import json
import os

import pytest

SQL = "CREATE TABLE t (id INT PRIMARY KEY);\n"


@pytest.fixture
def missing(project):
    """The project, its URL, and that of a database beside its own which is not there."""
    database = project.database
    project.add("20240101000000_t", SQL)
    if database.dialect == "sqlite":
        yield project, f"{database.url}.new"
        return
    name = f"{database.url.rpartition('/')[2]}_Neu"
    yield project, f"{database.url.rpartition('/')[0]}/{name}"
    mark = "`" if database.dialect == "mysql" else '"'
    force = " WITH (FORCE)" if database.dialect == "postgres" else ""
    database.sql(f"DROP DATABASE IF EXISTS {mark}{name}{mark}{force}")


def test_apply_makes_it(missing):
    project, url = missing
    told = project.refused(4, "status", DATABASE_URL=url)
    assert "`migralint apply` makes it, except in production" in told
    out = project.ok("apply", DATABASE_URL=url)
    assert "1 migration applied" in out
    assert ("made the database" in out) == (project.database.dialect != "sqlite")
    assert "up to date" in project.ok("status", DATABASE_URL=url)


def test_in_production_it_is_refused(missing):
    """There it is a URL with a mistake, more likely than a new database."""
    project, url = missing
    told = project.refused(4, "apply", DATABASE_URL=url, DATABASE_ENV="production")
    assert "in production (DATABASE_ENV is production) none is made" in told
    command = {
        "postgres": f'type: CREATE DATABASE "{url.rpartition("/")[2]}";',
        "mysql": f"type: CREATE DATABASE `{url.rpartition('/')[2]}`;",
        "sqlite": f"type: touch {url[5:]}",
    }
    assert command[project.database.dialect] in told
    assert project.run("status", DATABASE_URL=url).returncode == 4
    assert not os.path.exists(f"{url[5:]}")


def test_it_is_planned_for_as_an_empty_one(missing):
    """Nothing is made by it, and apply then does what it says."""
    project, url = missing
    project.add("20240102000000_u", "ALTER TABLE t ADD x INT;\n")
    out = project.ok("plan", DATABASE_URL=url)
    assert "is not there; planned for an empty one, which `migralint apply` makes" in out
    assert "create_table t" in out and "add_column t.x" in out and "2 pending migrations" in out
    assert "development: " in out and out == project.ok("apply", "--dry-run", DATABASE_URL=url)
    found = json.loads(project.ok("plan", "--output", "json", DATABASE_URL=url))
    assert [m["name"] for m in found["migrations"]] == ["20240101000000_t", "20240102000000_u"]
    assert project.run("status", DATABASE_URL=url).returncode == 4
    told = project.refused(4, "plan", DATABASE_URL=url, DATABASE_ENV="production")
    assert "in production (DATABASE_ENV is production) none is made" in told
    assert "2 migrations applied" in project.ok("apply", DATABASE_URL=url)


def test_several_make_it_at_once(missing):
    project, url = missing
    started = [project.start("apply", DATABASE_URL=url) for _ in range(6)]
    ended = [(process.communicate(timeout=300), process.returncode) for process in started]
    assert [status for _, status in ended] == [0] * 6, ended
    assert "up to date (1 applied)" in project.ok("status", DATABASE_URL=url)


@pytest.mark.parametrize("database", ["mysql", "sqlite"], indirect=True)
def test_the_view_that_says_the_environment(project):
    """MySQL and SQLite have no settings of a database; there a view is the marker."""
    project.add("20240101000000_t", "CREATE TABLE t (id INT PRIMARY KEY, x INT);\n")
    project.ok("apply")
    project.database.sql("CREATE VIEW migralint_environment AS SELECT 'production' AS name")
    project.add("20240102000000_u", "ALTER TABLE t DROP COLUMN x;\n")
    project.write(".migralint.yaml", "rules: {drop-column: off}\n")
    told = project.refused(5, "apply", DATABASE_ENV="development")
    assert "in production" in told and "drop-column" in told
    assert "the database says of itself that it is production" in project.refused(1, "plan")
    project.database.sql("DROP VIEW migralint_environment")
    project.database.sql("CREATE VIEW migralint_environment AS SELECT 'dev' AS name")
    project.ok("apply")


def test_a_view_is_no_table_that_somebody_else_made(on_sqlite):
    on_sqlite.database.sql("CREATE VIEW migralint_environment AS SELECT 'staging' AS name")
    on_sqlite.add("20240101000000_t", SQL)
    assert "staging: the database says of itself" in on_sqlite.ok("apply")
