"""Other layouts than Prisma's: their sections, marks and names, and a history table of our own."""

from __future__ import annotations

import pytest


@pytest.fixture
def plain(on_postgres):
    """A project without Prisma."""
    import shutil

    shutil.rmtree(on_postgres.folder / "prisma")
    return on_postgres


def names(project):
    return [row[0] for row in project.database.history("_migralint_migrations")]


def test_plain_files_in_the_order_of_their_numbers(plain):
    plain.write("migrations/2_b.sql", "CREATE TABLE b (id INT PRIMARY KEY REFERENCES a);\n")
    plain.write("migrations/1_a.sql", "CREATE TABLE a (id INT PRIMARY KEY);\n")
    plain.write("migrations/10_c.sql", "CREATE TABLE c (id INT PRIMARY KEY REFERENCES b);\n")
    plain.ok("apply")
    assert names(plain) == ["1_a", "2_b", "10_c"]
    assert not plain.database.has("_prisma_migrations")


def test_goose(plain):
    plain.write(
        "migrations/00001_a.sql",
        "-- +goose Up\nCREATE TABLE a (id INT PRIMARY KEY, x INT);\n-- +goose Down\nDROP TABLE a;\n",
    )
    plain.write(
        "migrations/00002_b.sql",
        "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY a_x ON a (x);\n"
        "-- +goose Down\nDROP INDEX a_x;\n",
    )
    out = plain.ok("apply")
    assert "00002_b: without a transaction, because the file says so" in out
    assert plain.database.has("a") and names(plain) == ["00001_a", "00002_b"]


def test_dbmate(plain):
    plain.write(
        "db/migrations/20240101000000_a.sql",
        "-- migrate:up\nCREATE TABLE a (id INT PRIMARY KEY);\n\n-- migrate:down\nDROP TABLE a;\n",
    )
    plain.ok("apply")
    assert plain.database.has("a") and names(plain) == ["20240101000000_a"]


def test_golang_migrate(plain):
    plain.write("migrations/000001_a.up.sql", "CREATE TABLE a (id INT PRIMARY KEY);\n")
    plain.write("migrations/000001_a.down.sql", "DROP TABLE a;\n")
    plain.ok("apply")
    assert plain.database.has("a") and names(plain) == ["000001_a"]


def test_flyway(plain):
    plain.write("migrations/V1__a.sql", "CREATE TABLE a (id INT PRIMARY KEY);\n")
    plain.write("migrations/V1.1__b.sql", "CREATE TABLE b (id INT PRIMARY KEY);\n")
    plain.ok("apply", "--only-to", "1")
    assert names(plain) == ["V1__a"]
    plain.ok("apply")
    assert names(plain) == ["V1__a", "V1.1__b"]


VIEW = "CREATE OR REPLACE VIEW v AS SELECT {} AS x;\n"


@pytest.fixture(params=["postgres", "mysql", "sqlite"])
def flyway(request, make_project):
    import shutil

    project = make_project(request.getfixturevalue(request.param))
    shutil.rmtree(project.folder / "prisma")
    project.write("migrations/V1__a.sql", "CREATE TABLE a (id INT PRIMARY KEY);\n")
    return project


def write_view(project, number):
    text = VIEW if project.database.dialect != "sqlite" else VIEW.replace("OR REPLACE ", "")
    drop = "DROP VIEW IF EXISTS v;\n" if project.database.dialect == "sqlite" else ""
    project.write("migrations/R__view.sql", drop + text.format(number))


def test_flyways_repeatable_migrations(flyway):
    """After the versioned ones, again whenever the text has changed, and status knows."""
    write_view(flyway, 1)
    flyway.ok("apply", "--only-to", "1")
    assert names(flyway) == ["V1__a"]
    assert "pending (`migralint apply` applies them):\n  R__view" in flyway.ok("status")
    flyway.ok("apply")
    assert names(flyway) == ["V1__a", "R__view"]
    assert "up to date (2 applied)" in flyway.ok("status", "--exit-code")
    assert "Nothing to apply" in flyway.ok("apply")
    # a later version is not out of order because a repeatable one was applied before it
    flyway.write("migrations/V2__b.sql", "CREATE TABLE b (id INT PRIMARY KEY);\n")
    write_view(flyway, 2)
    told = flyway.ok("status")
    assert "repeatable, changed since applied (`migralint apply` runs them):\n  R__view" in told
    assert "earlier" not in told and "edited" not in told
    assert "R__view" in flyway.ok("plan")
    flyway.ok("apply", DATABASE_ENV="production")
    assert names(flyway)[2:] == ["V2__b", "R__view"]
    assert flyway.database.sql("SELECT x FROM v") == [(2,)]
    # back to the first text: what counts is the last time, not that it was once applied
    write_view(flyway, 1)
    flyway.refused(1, "status", "--exit-code")
    flyway.ok("apply")
    assert flyway.database.sql("SELECT x FROM v") == [(1,)]
    flyway.ok("status", "--exit-code")
    assert len(names(flyway)) == 5


def test_a_repeatable_migration_that_fails(flyway):
    write_view(flyway, 1)
    flyway.ok("apply")
    flyway.write("migrations/R__view.sql", "DROP VIEW v;\nSELECT nothing FROM nowhere;\n")
    told = flyway.refused(1, "apply")
    assert "R__view failed" in told
    if flyway.database.dialect == "mysql":
        flyway.refused(5, "apply")
        flyway.ok("resolve", "--rolled-back", "R__view")
    else:
        assert flyway.database.sql("SELECT x FROM v") == [(1,)]
    write_view(flyway, 3)
    flyway.ok("apply")
    assert flyway.database.sql("SELECT x FROM v") == [(3,)]
    flyway.ok("status", "--exit-code")


def test_appliers_of_a_repeatable_migration(flyway):
    write_view(flyway, 1)
    flyway.ok("apply")
    write_view(flyway, 2)
    started = [flyway.start("apply") for _ in range(6)]
    ended = [(process.communicate(timeout=300), process.returncode) for process in started]
    assert [status for _, status in ended] == [0] * 6, ended
    assert names(flyway) == ["V1__a", "R__view", "R__view"]


def test_two_folders(plain):
    plain.write("one/migrations/1_a.sql", "CREATE TABLE a (id INT PRIMARY KEY);\n")
    plain.write("two/migrations/1_b.sql", "CREATE TABLE b (id INT PRIMARY KEY);\n")
    assert "one/migrations, two/migrations" in plain.refused(2, "apply")
    plain.ok("apply", "two/migrations")
    assert not plain.database.has("a") and plain.database.has("b")


def test_a_history_of_another_tool(plain):
    plain.database.sql("CREATE TABLE schema_migrations (version TEXT)")
    plain.database.sql("CREATE TABLE a (id INT PRIMARY KEY)")
    plain.write("migrations/1_a.sql", "CREATE TABLE a (id INT PRIMARY KEY);\n")
    plain.write("migrations/2_b.sql", "CREATE TABLE b (id INT PRIMARY KEY);\n")
    assert "dbmate, golang-migrate or Rails has kept a history" in plain.refused(5, "apply")
    plain.ok("resolve", "--applied-to", "1")
    plain.ok("apply")
    assert names(plain) == ["1_a", "2_b"]


def test_the_configuration_names_the_database(plain):
    plain.write("migrations/1_a.sql", "CREATE TABLE a (id INTEGER PRIMARY KEY);\n")
    plain.write(".migralint.yaml", "url: sqlite:///dev.db\nlock_timeout: 1s\n")
    plain.ok("apply", DATABASE_URL="")
    assert (plain.folder / "dev.db").exists()
    plain.write(".migralint.yaml", "url: sqlite:///dev.db\nlock_timeout: soon\n")
    assert "2min, not 'soon'" in plain.refused(2, "apply", DATABASE_URL="")


def test_another_dialect_than_that_of_the_database(plain):
    plain.write("migrations/1_a.sql", "CREATE TABLE `a` (id INT AUTO_INCREMENT PRIMARY KEY);\n")
    assert "are for mysql, but DATABASE_URL is postgresql" in plain.refused(2, "apply")
