"""apply and status on each database: what is applied, in which order, and what the history says."""

from __future__ import annotations

import json

import pytest

USERS = "CREATE TABLE users (id INT NOT NULL PRIMARY KEY, name VARCHAR(20));\n"
ORDERS = (
    "CREATE TABLE orders (id INT NOT NULL PRIMARY KEY);\nCREATE TABLE notes (id INT PRIMARY KEY);\n"
)
BROKEN = "CREATE TABLE first_part (id INT PRIMARY KEY);\n\nINSERT INTO nowhere\n  VALUES (1);\n"


def test_a_fresh_database(project):
    project.add("20240101000000_users", USERS)
    project.add("20240102000000_orders", ORDERS)
    out = project.ok("apply")
    assert "2 migrations applied" in out
    assert project.database.history() == [
        ("20240101000000_users", True, False, 1, None),
        ("20240102000000_orders", True, False, 1, None),
    ]
    assert project.database.has("notes")
    assert "Nothing to apply" in project.ok("apply")
    assert "Database schema is up to date (2 applied)" in project.ok("status")


def test_status_never_writes(project):
    project.add("20240101000000_users", USERS)
    if project.database.dialect == "sqlite":
        assert "no such file" in project.refused(4, "status")
        project.database.sql("CREATE TABLE one (id INT)")
    out = project.ok("status")
    assert "no history table yet" in out
    assert "20240101000000_users" in out
    project.refused(1, "status", "--exit-code")
    project.run("plan")
    assert not project.database.has("_prisma_migrations")


def test_only_to(project):
    for number in range(1, 4):
        project.add(
            f"2024010{number}000000_t{number}", f"CREATE TABLE t{number} (id INT PRIMARY KEY);"
        )
    project.ok("apply", "--only-to", "20240102000000")
    assert len(project.database.applied()) == 2
    project.ok("apply", "--only-to", "20240103000000_t3")
    assert len(project.database.applied()) == 3
    assert "no migration 2025" in project.refused(2, "apply", "--only-to", "2025")


def test_a_migration_that_fails(project):
    project.add("20240101000000_users", USERS)
    project.add("20240102000000_broken", BROKEN)
    project.add("20240103000000_orders", ORDERS)
    told = project.refused(1, "apply")
    assert "20240102000000_broken/migration.sql:3" in told
    assert "nowhere" in told
    assert "INSERT INTO nowhere" in told
    assert "1 migration before it" in told
    assert "orders" not in project.database.applied()
    if project.database.dialect == "mysql":
        _stays_failed(project, told)
    else:
        _is_rolled_back(project, told)


def _is_rolled_back(project, told):
    assert "nothing of it is in the database" in told
    assert not project.database.has("first_part")
    name, done, back, steps, logs = project.database.history()[1]
    assert (name, done, back, steps) == ("20240102000000_broken", False, True, 0)
    assert "nowhere" in logs and "line 3" in logs
    assert "tried and rolled back" in project.ok("status")
    project.add("20240102000000_broken", BROKEN.replace("INSERT INTO nowhere\n  VALUES (1);", ""))
    assert "2 migrations applied" in project.ok("apply")


def _stays_failed(project, told):
    assert "1 of 2 statements are in the database" in told
    assert "resolve --rolled-back 20240102000000_broken" in told
    assert project.database.has("first_part")
    assert project.database.history()[1][1:4] == (False, False, 0)
    told = project.refused(5, "apply")
    assert "20240102000000_broken failed" in told and "nowhere" in told
    assert "failed" in project.refused(1, "status")
    project.database.sql("DROP TABLE first_part")
    project.add("20240102000000_broken", "CREATE TABLE first_part (id INT PRIMARY KEY);")
    project.ok("resolve", "--rolled-back", "20240102000000_broken")
    assert "2 migrations applied" in project.ok("apply")


def test_nothing_is_applied_that_the_linter_stops(project):
    project.add("20240101000000_users", USERS)
    project.ok("apply")
    project.database.sql("INSERT INTO users VALUES (1, 'a')")
    project.add("20240102000000_drop", "DROP TABLE users;")
    told = project.refused(5, "apply")
    assert "drop-table" in told and "nothing was applied" in told
    assert project.database.has("users")
    assert len(project.database.history()) == 1
    project.add(
        "20240102000000_drop",
        "-- migralint: allow drop-table (unused since #412)\nDROP TABLE users;",
    )
    project.ok("apply")
    assert not project.database.has("users")


def test_what_destroys_needs_a_reason_in_production_whatever_is_configured(project):
    project.write(".migralint.yaml", "rules: {drop-table: off, drop-column: warning}\n")
    project.add("20240101000000_users", USERS)
    project.ok("apply")
    project.add("20240102000000_drop", "ALTER TABLE users DROP COLUMN name;")
    told = project.refused(5, "apply", DATABASE_ENV="production")
    assert "in production" in told and "drop-column" in told
    project.ok("apply", DATABASE_ENV="development")


def test_edited_and_missing(project):
    file = project.add("20240101000000_users", USERS)
    project.add("20240102000000_orders", ORDERS)
    project.ok("apply")
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    project.ok("status")
    file.write_text(USERS + "-- changed\n")
    assert "edited since applied" in project.refused(1, "status")
    project.add("20240103000000_more", "CREATE TABLE more (id INT PRIMARY KEY);")
    assert "edited since applied" in project.refused(5, "apply")
    assert "1 migration applied" in project.ok("apply", "--allow", "edited")
    file.write_text(USERS)
    (project.migrations / "20240102000000_orders" / "migration.sql").unlink()
    assert "missing from the folder" in project.refused(1, "status")
    project.add("20240104000000_again", "CREATE TABLE again_ (id INT PRIMARY KEY);")
    assert "missing" in project.refused(5, "apply", CI="true")
    assert "warning: applied but missing" in project.ok("apply")


def test_out_of_order(project):
    project.add("20240102000000_orders", ORDERS)
    project.ok("apply")
    project.add("20240101000000_users", USERS)
    assert "earlier than what is applied" in project.ok("status")
    assert "earlier than" in project.refused(5, "apply", DATABASE_ENV="production")
    assert "1 migration applied" in project.ok("apply")


def test_tables_without_a_history(project):
    project.database.sql("CREATE TABLE users (id INT PRIMARY KEY)")
    project.add("20240101000000_users", USERS)
    project.add("20240102000000_orders", ORDERS)
    told = project.refused(5, "apply")
    assert "no history" in told and "resolve --applied 20240101000000_users" in told
    assert not project.database.has("_prisma_migrations")
    project.ok("resolve", "--applied", "20240101000000_users")
    assert "1 migration applied" in project.ok("apply")
    assert project.database.history()[0] == ("20240101000000_users", True, False, 0, "")


def test_baseline_to_a_version(project):
    for number in range(1, 4):
        project.add(
            f"2024010{number}000000_t{number}", f"CREATE TABLE t{number} (id INT PRIMARY KEY);"
        )
    project.database.sql("CREATE TABLE t1 (id INT PRIMARY KEY)")
    project.database.sql("CREATE TABLE t2 (id INT PRIMARY KEY)")
    project.ok("resolve", "--applied-to", "20240102000000")
    assert "1 migration applied" in project.ok("apply")


def test_resolve_of_a_pending_migration(project):
    project.add("20240101000000_a", "CREATE TABLE a (id INT PRIMARY KEY);\n")
    project.ok("apply")
    project.add("20240102000000_b", "CREATE TABLE b (id INT PRIMARY KEY);\n")
    told = project.refused(2, "resolve", "--rolled-back", "20240102000000_b")
    assert "is pending: no attempt at it is recorded" in told and "Did you mean" not in told


def test_resolve_refuses_what_makes_no_sense(project):
    project.add("20240101000000_users", USERS)
    project.ok("apply")
    assert "recorded as applied already" in project.refused(
        2, "resolve", "--applied", "20240101000000_users"
    )
    assert "is applied, not failed" in project.refused(
        2, "resolve", "--rolled-back", "20240101000000_users"
    )
    assert "knows no migration" in project.refused(2, "resolve", "--rolled-back", "20240109_x")
    assert "Did you mean 20240101000000_users" in project.refused(
        2, "resolve", "--applied", "20240101_user"
    )


def test_status_as_json(project):
    project.add("20240101000000_users", USERS)
    project.ok("apply")
    project.add("20240102000000_orders", ORDERS)
    found = json.loads(project.ok("status", "--output", "json"))
    assert found["up_to_date"] is False
    assert [(m["name"], m["state"]) for m in found["migrations"]] == [
        ("20240101000000_users", "applied"),
        ("20240102000000_orders", "pending"),
    ]


@pytest.mark.parametrize("text", ["", "-- nothing\n", "/* nothing */ ;\n", "\ufeff-- nothing\n"])
def test_a_file_without_statements_is_applied(project, text):
    project.add("20240101000000_empty", text)
    project.ok("apply")
    assert project.database.applied() == ["20240101000000_empty"]
    project.ok("status")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"CREATE TABLE a (id INT);\0DROP TABLE b;", "NUL"),
        (b"-- caf\xe9\nCREATE TABLE a (id INT PRIMARY KEY);", "not UTF-8"),
    ],
)
def test_what_cannot_be_read_stops_everything(project, data, said):
    project.add("20240101000000_users", USERS)
    project.add("20240102000000_bad", data)
    assert said in project.refused(2, "apply")
    assert not project.database.has("users")


def test_a_file_with_a_mark_and_windows_line_ends(project):
    project.add("20240101000000_users", b"\xef\xbb\xbf" + USERS.replace("\n", "\r\n").encode())
    project.ok("apply")
    project.ok("status")
    assert project.database.has("users")
