"""`rollback NAME`: the script of each layout, linted, confirmed, recorded; then the folder."""

from __future__ import annotations

import json
import shutil
import time

import pytest

ONE, TWO, THREE = "20240101000000_a", "20240102000000_b", "20240103000000_c"
A = "CREATE TABLE a (id INTEGER PRIMARY KEY, x INTEGER);\n"
B = "CREATE TABLE b (id INTEGER PRIMARY KEY);\nALTER TABLE a ADD COLUMN y INTEGER;\n"
BACK = "DROP TABLE b;\nALTER TABLE a DROP COLUMN y;\n"


def confirmed(project):
    name = project.database.url.rpartition("/")[2].partition("?")[0]
    return ("--confirm-database", name)


def two_applied(project):
    """Two migrations that are applied, and the way back from the second."""
    project.add(ONE, A)
    project.add(TWO, B)
    project.ok("apply")
    project.write(f"prisma/rollbacks/{TWO}.sql", BACK)
    return project


@pytest.fixture
def applied(on_postgres):
    return two_applied(on_postgres)


@pytest.fixture
def applied_everywhere(project):
    return two_applied(project)


@pytest.fixture(params=["postgres", "sqlite"])
def applied_for_prisma(request, make_project):
    """The engine's npm package has no MySQL."""
    return two_applied(make_project(request.getfixturevalue(request.param)))


def columns(project):
    return [row[0] for row in _columns(project)]


def _columns(project):
    connection = project.database.connect()
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT * FROM a")
        return cursor.description
    finally:
        connection.close()


def test_the_script_is_run_and_the_history_says_so(applied_everywhere):
    out = applied_everywhere.ok("rollback", TWO, *confirmed(applied_everywhere))
    assert f"The way back from {TWO} is prisma/rollbacks/{TWO}.sql" in out
    assert "rolled back 20240102000000_b  (2 statements" in out
    assert "the next deploy, Prisma's too, would apply it again" in out
    assert f"git rm -r prisma/migrations/{TWO}" in out
    assert not applied_everywhere.database.has("b") and columns(applied_everywhere) == ["id", "x"]
    assert applied_everywhere.database.history()[1] == (TWO, True, True, 1, None)
    status = json.loads(applied_everywhere.run("status", "--output", "json").stdout)
    assert status["migrations"][1]["state"] == "rolled back"


def test_then_the_folder_is_withdrawn(applied):
    applied.ok("rollback", TWO, *confirmed(applied))
    assert "would apply it again" in applied.refused(1, "rollback", "--check")
    assert f"withdraw or replace it):\n  {TWO}" in applied.ok("status")
    shutil.rmtree(applied.migrations / TWO)
    assert "holds it no more" in applied.ok("rollback", "--check", TWO)
    assert "up to date" in applied.ok("status") and TWO not in applied.ok("status")
    assert f"rolled back and withdrawn:\n  {TWO}" in applied.ok("status", "-v")
    assert TWO not in applied.ok("verify")
    applied.add(TWO, "CREATE TABLE other (id INTEGER PRIMARY KEY);\n")
    assert "another migration in its place" in applied.ok("rollback", "--check")
    applied.ok("apply")
    assert applied.database.has("other") and not applied.database.has("b")
    assert "rolled back" not in applied.ok("verify") + applied.ok("status", "-v")
    assert "Nothing is rolled back" in applied.ok("rollback", "--check")


def test_its_name_is_asked_for(applied):
    out = applied.refused(5, "rollback", TWO)
    assert "its name was not given" in out and "--confirm-database" in out
    assert "is not its name" in applied.refused(5, "rollback", TWO, "--confirm-database", "other")
    assert applied.database.has("b") and applied.database.applied() == [ONE, TWO]


def test_a_dry_run_shows_the_plan(applied):
    out = applied.ok("rollback", TWO, "--dry-run")
    assert "drop_table b" in out and "drop_column a.y" in out
    found = json.loads(applied.ok("rollback", TWO, "--dry-run", "--output", "json"))
    assert found["script"] == f"prisma/rollbacks/{TWO}.sql" and found["dry_run"]
    assert applied.database.has("b")


def test_only_the_newest(applied):
    applied.write(f"prisma/rollbacks/{ONE}.sql", "DROP TABLE a;\n")
    out = applied.refused(5, "rollback", ONE, *confirmed(applied))
    assert f"{ONE} is not the newest: {TWO} came after it" in out
    assert f"migralint rollback {TWO}" in out
    out = applied.ok("rollback", ONE, "--dry-run", "--allow", "out-of-order")
    assert "drop_table a" in out
    assert "is not applied" in applied.refused(2, "rollback", add(applied, THREE))
    assert "there is no migration 99" in applied.refused(2, "rollback", "99")
    applied.ok("rollback", TWO, *confirmed(applied))
    assert "rolled back already" in applied.refused(2, "rollback", TWO)


def add(project, name):
    project.add(name, "CREATE TABLE c (id INTEGER PRIMARY KEY);\n")
    return name


def test_a_script_that_fails_leaves_nothing_where_the_database_can(applied_everywhere):
    applied_everywhere.write(
        f"prisma/rollbacks/{TWO}.sql", "DROP TABLE b;\nDROP TABLE not_there;\n"
    )
    out = applied_everywhere.refused(1, "rollback", TWO, *confirmed(applied_everywhere))
    assert f"the rollback of {TWO} failed" in out and f"prisma/rollbacks/{TWO}.sql:2" in out
    if applied_everywhere.database.dialect == "mysql":
        assert "1 of 2 statements are in the database and stay" in out
        assert f"migralint resolve --rolled-back {TWO}" in out
        assert "failed" in applied_everywhere.refused(1, "status")
        # what stands as failed can be taken back once the script is mended
        applied_everywhere.write(f"prisma/rollbacks/{TWO}.sql", "ALTER TABLE a DROP COLUMN y;\n")
        applied_everywhere.ok("rollback", TWO, *confirmed(applied_everywhere))
        assert not applied_everywhere.database.has("b") and columns(applied_everywhere) == [
            "id",
            "x",
        ]
    else:
        assert "Nothing of the script is in the database" in out
        assert applied_everywhere.database.has("b") and applied_everywhere.database.applied() == [
            ONE,
            TWO,
        ]


def test_in_production_what_destroys_needs_its_reason(applied):
    production = {"DATABASE_ENV": "production"}
    out = applied.refused(5, "rollback", TWO, *confirmed(applied), **production)
    assert "error[drop-table]" in out and "nothing was rolled back" in out
    assert applied.database.has("b")
    applied.write(
        f"prisma/rollbacks/{TWO}.sql",
        "-- migralint: allow drop-table (b was made an hour ago)\nDROP TABLE b;\n"
        "-- migralint: allow drop-column (y was made an hour ago)\nALTER TABLE a DROP COLUMN y;\n",
    )
    applied.ok("rollback", TWO, *confirmed(applied), **production)
    assert not applied.database.has("b")


def test_without_a_script_one_can_be_drafted(applied):
    shutil.rmtree(applied.folder / "prisma/rollbacks")
    out = applied.refused(2, "rollback", TWO, *confirmed(applied))
    assert "no script" in out and f"migralint rollback {TWO} --write" in out
    draft = applied.ok("rollback", TWO, "--draft")
    assert draft.startswith("-- migralint: draft")
    assert "-- 2 steps: 2 lossless." in draft
    assert "ALTER TABLE a DROP COLUMN y;\n\n-- lossless: create_table b (line 1)" in draft
    out = applied.ok("rollback", TWO, "--write")
    place = applied.folder / f"prisma/rollbacks/{TWO}.sql"
    assert f"prisma/rollbacks/{TWO}.sql: 2 steps" in out and place.read_text() == draft
    assert "is there already" in applied.refused(2, "rollback", TWO, "--write")
    out = applied.refused(5, "rollback", TWO, *confirmed(applied))
    assert "a draft is never run" in out and f"{TWO}.sql:1" in out
    assert applied.database.has("b")
    place.write_text(draft.partition("\n")[2])
    applied.ok("rollback", TWO, *confirmed(applied))
    assert not applied.database.has("b")


def test_a_draft_is_no_migration_either(on_sqlite):
    on_sqlite.add(ONE, A)
    draft = on_sqlite.ok("rollback", ONE, "--draft")
    on_sqlite.add(TWO, draft)
    out = on_sqlite.refused(5, "apply")
    assert "draft" in out and not on_sqlite.database.has("a")


def test_what_needs_no_transaction_is_run_without(on_postgres):
    on_postgres.add(ONE, A)
    on_postgres.add(TWO, "CREATE INDEX CONCURRENTLY a_x ON a (x);\n")
    on_postgres.ok("apply")
    on_postgres.ok("rollback", TWO, "--write")
    place = on_postgres.folder / f"prisma/rollbacks/{TWO}.sql"
    assert "DROP INDEX CONCURRENTLY a_x;" in place.read_text()
    place.write_text(place.read_text().partition("\n")[2])
    out = on_postgres.ok("rollback", TWO, *confirmed(on_postgres))
    assert "without a transaction" in out
    assert on_postgres.database.history()[1][:3] == (TWO, True, True)
    assert on_postgres.database.sql("SELECT count(*) FROM pg_indexes WHERE indexname = 'a_x'") == [
        (0,)
    ]
    assert "rolled back" in on_postgres.run("status").stdout


def test_prisma_reads_it_as_pending(applied_for_prisma, judge):
    url, folder = applied_for_prisma.database.url, applied_for_prisma.migrations
    applied_for_prisma.ok("rollback", TWO, *confirmed(applied_for_prisma))
    found = judge.ask("status", url, folder)["result"]
    assert found["failedMigrationNames"] == [] and found["editedMigrationNames"] == []
    assert found["history"]["diagnostic"] == "databaseIsBehind"
    assert found["history"]["unappliedMigrationNames"] == [TWO]
    kept = folder.rename(folder.parent / "kept")
    shutil.copytree(kept, folder)
    shutil.rmtree(folder / TWO)
    assert judge.ask("status", url, folder)["result"]["history"] is None
    # in a branch where it is not withdrawn, Prisma's next deploy applies it again
    assert judge.ask("deploy", url, kept)["result"]["appliedMigrationNames"] == [TWO]
    assert applied_for_prisma.database.has("b")


LAYOUTS = {
    "goose": (
        "migrations/00001_a.sql",
        "-- +goose Up\nCREATE TABLE a (id INT PRIMARY KEY);\n-- +goose Down\nDROP TABLE a;\n",
        None,
    ),
    "dbmate": (
        "db/migrations/20240101_a.sql",
        "-- migrate:up\nCREATE TABLE a (id INT PRIMARY KEY);\n\n-- migrate:down\nDROP TABLE a;\n",
        None,
    ),
    "golang-migrate": (
        "migrations/1_a.up.sql",
        "CREATE TABLE a (id INT PRIMARY KEY);\n",
        "migrations/1_a.down.sql",
    ),
    "diesel": (
        "migrations/2024-01-01-000000_a/up.sql",
        "CREATE TABLE a (id INT PRIMARY KEY);\n",
        "migrations/2024-01-01-000000_a/down.sql",
    ),
    "flyway": (
        "migrations/V1.0__a.sql",
        "CREATE TABLE a (id INT PRIMARY KEY);\n",
        "migrations/U1__undo_a.sql",
    ),
    "plain": (
        "migrations/1_a.sql",
        "CREATE TABLE a (id INT PRIMARY KEY);\n",
        "rollbacks/1_a.sql",
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_has_its_own_place(layout, on_sqlite):
    shutil.rmtree(on_sqlite.folder / "prisma")
    path, text, back = LAYOUTS[layout]
    on_sqlite.write(path, text)
    if back:
        on_sqlite.write(back, "DROP TABLE a;\n")
    (on_sqlite.folder / ".migralint.yaml").write_text("dialect: sqlite\n")
    on_sqlite.ok("apply")
    assert on_sqlite.database.has("a")
    name = on_sqlite.database.history("_migralint_migrations")[0][0]
    out = on_sqlite.ok("rollback", name, *confirmed(on_sqlite))
    assert (back or path) in out and not on_sqlite.database.has("a")


def test_two_scripts_are_refused(on_sqlite):
    on_sqlite.add(ONE, A)
    on_sqlite.ok("apply")
    on_sqlite.write(f"prisma/rollbacks/{ONE}.sql", "DROP TABLE a;\n")
    on_sqlite.write(f"prisma/migrations/{ONE}/down.sql", "DROP TABLE a;\n")
    assert "two scripts" in on_sqlite.refused(2, "rollback", ONE, *confirmed(on_sqlite))


def test_killed_between_two_statements_it_is_not_taken_for_applied(on_postgres):
    on_postgres.add(ONE, A)
    on_postgres.add(TWO, "CREATE INDEX CONCURRENTLY a_x ON a (x);\nCREATE TABLE b (id INTEGER);\n")
    on_postgres.ok("apply")
    script = "DROP INDEX CONCURRENTLY a_x;\nSELECT pg_sleep(30);\nDROP TABLE b;\n"
    on_postgres.write(f"prisma/rollbacks/{TWO}.sql", script)
    process = on_postgres.start("rollback", TWO, *confirmed(on_postgres))
    asleep = (
        "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(30)%' "
        "AND pid <> pg_backend_pid()"
    )
    until = time.monotonic() + 120
    while not on_postgres.database.sql(asleep):
        assert time.monotonic() < until
        time.sleep(0.05)
    process.kill()
    process.communicate(timeout=300)
    out = on_postgres.refused(1, "status")
    assert f"{TWO}  migralint: 1 of 3 statements are done" in out
    assert "stands as failed" in on_postgres.refused(5, "apply")
    on_postgres.write(f"prisma/rollbacks/{TWO}.sql", "DROP TABLE b;\n")
    on_postgres.ok("rollback", TWO, *confirmed(on_postgres))
    assert not on_postgres.database.has("b")
    assert on_postgres.database.applied() == [ONE]
