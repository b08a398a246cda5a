"""What is marked to be withheld waits in staging and production until it is named."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from migralint.runner import new

ONE, TWO, LAST, LATER = (f"2024010{n}000000_{name}" for n, name in enumerate("abcd", 1))
TABLE = "CREATE TABLE a (id INTEGER PRIMARY KEY, x INTEGER, y INTEGER);\n"
MARK = "-- migralint: withhold (no running code may need what this takes away)\n"
DROP = f"{MARK}-- migralint: allow drop-column (nobody reads it)\nALTER TABLE a DROP COLUMN x;\n"
STAGING = {"DATABASE_ENV": "staging"}


@pytest.fixture
def waiting(project):
    """One is applied; two and the last, which is marked, are pending."""
    project.add(ONE, TABLE)
    project.ok("apply", **STAGING)
    project.add(TWO, "CREATE TABLE b (id INTEGER PRIMARY KEY);\n")
    project.add(LAST, DROP)
    return project


def test_it_is_passed_by_until_it_is_named(waiting):
    out = waiting.ok("plan", **STAGING)
    assert f"withheld until it is named: {LAST}. " in out and "1 pending migration." in out
    assert "`prisma migrate deploy` would not wait" in out and "drop_column" not in out
    assert "withheld until it is named" in waiting.ok("apply", **STAGING)
    assert waiting.database.applied() == [ONE, TWO]
    assert "Nothing to apply.\n" in waiting.ok("apply", **STAGING)
    waiting.add(LATER, "CREATE TABLE c (id INTEGER PRIMARY KEY);\n")
    assert waiting.ok("apply", **STAGING).count("applied 2024") == 1  # the later one goes ahead
    out = waiting.ok("apply", "--only-to", LAST, **STAGING)
    assert "withheld" not in out
    assert sorted(waiting.database.applied()) == [ONE, TWO, LAST, LATER]


def test_status_and_verify_say_so(waiting):
    waiting.ok("apply", **STAGING)
    out = waiting.ok("status", "--exit-code", **STAGING)
    assert f"`migralint apply --only-to NAME`):\n  {LAST}\n" in out
    assert "up to date (2 applied, 1 withheld)." in out
    found = json.loads(waiting.ok("status", "--output", "json", **STAGING))
    assert found["up_to_date"] and [m["withheld"] for m in found["migrations"]] == [0, 0, 1]
    assert "No drift" in waiting.ok("verify", **STAGING)
    assert json.loads(waiting.ok("apply", "--output", "json", **STAGING))["withheld"] == [LAST]
    assert json.loads(waiting.ok("plan", "--output", "json", **STAGING))["withheld"] == [LAST]
    out = waiting.ok("preflight", "--no-data", **STAGING)
    assert "withheld until it is named" in out and "nothing is pending" not in out


def test_production_withholds_it_and_takes_it_late(waiting):
    """What waits is no migration out of order, which production would refuse."""
    production = {"DATABASE_ENV": "production"}
    waiting.ok("apply", **production)
    waiting.add(LATER, "CREATE TABLE c (id INTEGER PRIMARY KEY);\n")
    waiting.ok("apply", **production)
    assert LAST not in waiting.database.applied()
    waiting.ok("apply", "--only-to", LAST, **production)
    assert LAST in waiting.database.applied()


def test_a_development_database_has_no_running_code(waiting):
    assert "2 migrations applied" in waiting.ok("apply")


def test_nothing_runs_on_a_new_database(on_sqlite):
    on_sqlite.add(ONE, TABLE)
    on_sqlite.add(LAST, DROP)
    assert "2 migrations applied" in on_sqlite.ok("apply", **STAGING)


def test_steps_in_a_row_go_together(on_sqlite):
    """Of three that are marked one after the other, naming the second leaves the third."""
    on_sqlite.add(ONE, TABLE)
    on_sqlite.ok("apply", **STAGING)
    for name, letter in ((TWO, "b"), (LAST, "c"), (LATER, "d")):
        on_sqlite.add(name, f"{MARK}CREATE TABLE {letter} (id INTEGER PRIMARY KEY);\n")
    assert f"named: {TWO}, {LAST}, {LATER}. " in on_sqlite.ok("plan", **STAGING)
    on_sqlite.ok("apply", "--only-to", LAST, **STAGING)
    assert on_sqlite.database.applied() == [ONE, TWO, LAST]


def test_a_deploy_passes_it_by(on_postgres):
    on_postgres.add(ONE, TABLE)
    on_postgres.ok("apply", **STAGING)
    on_postgres.add(LAST, DROP)
    out = on_postgres.ok("deploy", "--dry-run", **STAGING)
    assert f"Withheld until it is named: {LAST}. " in out and "Nothing is to be applied" in out
    out = on_postgres.ok("deploy", "--metrics", "found.json", **STAGING)
    assert "Withheld until it is named" in out and on_postgres.database.applied() == [ONE]
    found = json.loads((on_postgres.folder / "found.json").read_text())
    assert (found["pending"], found["withheld"]) == (0, [LAST])
    on_postgres.ok("deploy", "--only-to", LAST, **STAGING)
    assert on_postgres.database.applied() == [ONE, LAST]


def test_what_new_writes_is_marked(on_postgres):
    on_postgres.add(ONE, "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);\n")
    on_postgres.ok("apply", **STAGING)
    on_postgres.ok("new", "--expand-contract", "rename", "users.name=full_name")
    on_postgres.ok("lint")  # the mark is not taken for a suppression that is wrong
    on_postgres.ok("apply", **STAGING)
    assert len(on_postgres.database.applied()) == 3
    columns = "SELECT name, full_name FROM users"
    assert on_postgres.database.sql(columns) == []
    last = sorted(p.name for p in on_postgres.migrations.iterdir() if p.is_dir())[-1]
    on_postgres.ok("apply", "--only-to", last, **STAGING)
    assert len(on_postgres.database.applied()) == 4


def test_what_is_taken_apart_is_marked(on_postgres):
    """`lint --fix --split` moves the drop to a step of its own, which waits."""
    on_postgres.add(ONE, TABLE)
    on_postgres.ok("apply", **STAGING)
    git = ["git", "-C", str(on_postgres.folder), "-c", "user.name=a", "-c", "user.email=a@b.c"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *command], check=True)
    on_postgres.add(TWO, "ALTER TABLE a DROP COLUMN x;\nCREATE TABLE z (id INT PRIMARY KEY);\n")
    told = on_postgres.run("lint", "--fix", "--split", "--no-cache")
    assert "withheld until `migralint apply --only-to` names it" in told.stdout + told.stderr
    on_postgres.ok("apply", **STAGING)
    assert on_postgres.database.applied() == [ONE, TWO]
    assert on_postgres.database.sql("SELECT x, z.id FROM a, z") == []
    found = on_postgres.run("lint", "--no-cache", "--output", "concise").stdout
    assert "drop-column" in found and "1 error, 1 warning" in found  # the mark is no suppression


def test_without_a_reason_it_waits_all_the_same_and_is_reported(on_sqlite):
    on_sqlite.add(ONE, TABLE)
    on_sqlite.ok("apply", **STAGING)
    on_sqlite.add(LAST, "-- migralint: withhold\nCREATE TABLE b (id INTEGER PRIMARY KEY);\n")
    assert "withheld until it is named" in on_sqlite.ok("plan", **STAGING)
    assert "withhold" in on_sqlite.run("lint", "--no-cache").stdout


@pytest.mark.parametrize(
    "layout",
    ["plain", "goose", "dbmate", "golang-migrate", "flyway", "sqlx", "diesel", "supabase", "atlas"],
)
def test_in_every_layout(on_postgres, layout):
    shutil.rmtree(on_postgres.folder / "prisma")
    made = [("a", "", TABLE), ("b", "", MARK + "CREATE TABLE b (id INTEGER PRIMARY KEY);\n")]
    files = new.several(layout, "postgres", (), "20240101000000", made)
    new.write(str(on_postgres.folder), "supabase/migrations", files)
    on_postgres.write(".migralint.yaml", f"layout: {layout}\ndialect: postgres\n")
    on_postgres.ok("apply", "--only-to", files[0].path.partition("_")[0].lstrip("V"), **STAGING)
    out = on_postgres.ok("apply", **STAGING)
    assert "withheld until it is named" in out and "another tool would not wait" in out
    assert not on_postgres.database.has("b")
