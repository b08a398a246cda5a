"""Adopted migrations and empty databases: what the linter stops elsewhere is applied there."""

from __future__ import annotations

import json

OLD = "20240101000000_old"
NEW = "20240102000000_new"
MADE = "CREATE TABLE t (id INT PRIMARY KEY, x INT);\n"
ENUM = (
    "CREATE TYPE mood AS ENUM ('ok', 'bad');\nCREATE TABLE m (id INT PRIMARY KEY, mood mood);\n",
    "ALTER TYPE mood RENAME TO mood_old;\nCREATE TYPE mood AS ENUM ('ok');\n"
    "ALTER TABLE m ALTER COLUMN mood TYPE mood USING (mood::text::mood);\nDROP TYPE mood_old;\n",
)


def test_a_history_that_loses_values_fills_an_empty_database(on_postgres):
    """Whoever clones the project gets a database; where there are rows the same is refused."""
    on_postgres.add(OLD, ENUM[0])
    on_postgres.add(NEW, ENUM[1])
    out = on_postgres.run("plan").stdout
    assert "warning[lost-enum-value]" in out and "refuse" not in out
    told = on_postgres.refused(5, "apply", DATABASE_ENV="production")
    assert "lost-enum-value" in told
    on_postgres.ok("apply")


def test_the_same_where_tables_are(on_postgres):
    on_postgres.add(OLD, ENUM[0])
    on_postgres.ok("apply")
    on_postgres.add(NEW, ENUM[1])
    told = on_postgres.refused(5, "apply")
    assert "lost-enum-value" in told and "`migralint baseline` exempts" in told


def test_an_empty_database_excuses_no_secret(on_postgres):
    """Only what concerns rows and running code is harmless there."""
    on_postgres.add(OLD, "CREATE ROLE app_of_the_test LOGIN PASSWORD 'hunter2-hunter2';\n")
    before = json.loads(on_postgres.run("plan", "--output", "json").stdout)
    severities = {f["rule"]: f["severity"] for f in before["migrations"][0]["findings"]}
    assert "error" in severities.values(), severities


def test_what_the_baseline_exempts(project):
    project.add(OLD, MADE)
    project.ok("apply")
    project.add(NEW, "ALTER TABLE t DROP COLUMN x;\n")
    assert "drop-column" in project.run("plan").stdout
    project.ok("baseline")
    assert "drop-column" not in project.run("plan").stdout
    # in production, where data are, it needs its reason all the same
    assert "drop-column" in project.refused(5, "apply", DATABASE_ENV="production")
    # another text is another migration
    project.add(NEW, "ALTER TABLE t DROP COLUMN x; -- really\n")
    assert "drop-column" in project.run("plan").stdout
    project.add(NEW, "ALTER TABLE t DROP COLUMN x;\n")
    project.ok("apply")


def test_an_empty_production_database_takes_what_was_adopted(on_postgres):
    on_postgres.add(OLD, ENUM[0])
    on_postgres.add(NEW, ENUM[1])
    on_postgres.ok("baseline")
    on_postgres.ok("apply", DATABASE_ENV="production")


def test_since_is_context_for_apply_too(project):
    project.add(OLD, MADE)
    project.ok("apply")
    project.add(NEW, "ALTER TABLE t DROP COLUMN x;\n")
    project.write(".migralint.yaml", 'since: "20250101000000"\n')
    assert "drop-column" not in project.run("plan").stdout
    project.refused(5, "apply", DATABASE_ENV="production")
    project.ok("apply")
