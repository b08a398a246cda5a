"""`trace`: on a scratch copy, as apply would run it, with every difference said, and dropped."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from migralint.config import Config
from migralint.model import MigralintError, Migration
from migralint.runner import databases
from migralint.runner.history import Local
from migralint.runner.url import parse
from migralint.trace import trace_statements
from migralint.trace.running import follow

USERS = """
CREATE TABLE users (id int PRIMARY KEY, email text, name varchar(50), created timestamp);
CREATE INDEX users_name ON users (name);
"""


def scratches(database: Any) -> list[str]:
    found = database.sql("SELECT datname FROM pg_database WHERE datname LIKE 'migralint_scratch%'")
    return [name for (name,) in found]


@pytest.fixture
def traced(on_postgres: Any) -> Any:
    """A project whose first migration is applied; `add` and trace the rest."""
    on_postgres.add("1_users", USERS)
    on_postgres.ok("apply")
    return on_postgres


def test_locks_rewrites_and_scans_beside_the_prediction(traced: Any) -> None:
    traced.add(
        "2_more",
        """ALTER TABLE users ADD COLUMN age int;
ALTER TABLE users ALTER COLUMN id TYPE bigint;
CREATE TABLE orders (id int PRIMARY KEY, user_id bigint REFERENCES users (id));
ALTER TABLE users ADD CHECK (age > 0) NOT VALID;
""",
    )
    traced.add("3_index", "CREATE INDEX CONCURRENTLY users_email ON users (email);\n")
    answer = json.loads(traced.ok("trace", "--output", "json"))
    first, second = answer["migrations"]
    add, change, table, check = first["statements"]
    assert add["locks"] == {"users": "ACCESS EXCLUSIVE"} == add["predicted"]["locks"]
    assert not add["rewrites"] and not add["scans"]
    assert change["rewrites"] == ["users"] == change["predicted"]["rewrites"]
    assert change["scans"] == ["users"] and change["held"] == ["users"]
    assert table["locks"]["users"] == "SHARE ROW EXCLUSIVE"
    assert "orders" not in table["locks"]
    assert check["held"] == ["users"] and not check["scans"]
    assert first["transaction"] and not second["transaction"]
    (build,) = second["statements"]
    assert build["locks"]["users"] == "SHARE UPDATE EXCLUSIVE" and build["scans"] == ["users"]
    assert not any(one["differences"] for m in answer["migrations"] for one in m["statements"])
    assert all(one["seconds"] > 0 for m in answer["migrations"] for one in m["statements"])
    assert not scratches(traced.database)
    assert traced.database.applied() == ["1_users"]
    assert traced.database.sql("SELECT count(*) FROM users") == [(0,)]


def test_the_text_says_it_and_the_rows_are_named(traced: Any) -> None:
    traced.add("2_index", "CREATE INDEX users_email ON users (email);\n")
    said = traced.ok("trace", "--rows", "30")
    assert "30 made-up rows in each table" in said
    assert "SHARE on users" in said and "reads all of users" in said and "as predicted" in said
    assert "1 statement of 1 migration traced, none differs from the prediction." in said
    assert "reads all of users" not in traced.ok("trace", "--rows", "0")


def test_a_difference_is_a_failure_and_says_in_which_way(traced: Any) -> None:
    """What the function locks, no prediction can know: a trigger on DDL takes a lock of its own."""
    traced.database.sql("CREATE TABLE other (a int)")
    traced.database.sql(
        "CREATE FUNCTION takes() RETURNS event_trigger LANGUAGE plpgsql AS "
        "'BEGIN LOCK TABLE other IN SHARE MODE; END'"
    )
    traced.database.sql("CREATE EVENT TRIGGER watching ON ddl_command_end EXECUTE FUNCTION takes()")
    traced.add("2_column", "ALTER TABLE users ADD COLUMN age int;\n")
    said = traced.refused(1, "trace")
    assert "DIFFERS (stricter): other: predicted no lock, the server: SHARE" in said
    assert "1 stricter than predicted" in said


@pytest.fixture
def session(postgres: Any) -> Any:
    db = databases.of("postgres")
    found = db.connect(parse(postgres.url), ("5s", ""), True)
    db.query(found, USERS)
    db.query(found, "INSERT INTO users SELECT g, 'e', 'n', now() FROM generate_series(1, 20) g")
    yield found
    db.close(found)


def test_a_prediction_for_another_version_differs(session: Any) -> None:
    """PostgreSQL 10 wrote the table again for any default, 11 and later do not."""
    db = databases.of("postgres")
    add = "ALTER TABLE users ADD COLUMN age int NOT NULL DEFAULT 7"
    found = trace_statements(db, session, add, 11)[0]
    assert found.differences == ()
    migration = Migration("a.sql", f"{add.replace('age', 'size')};", "", "a", "plain", "postgres")
    local = Local("a", migration, b"")
    config = Config(dialect="postgres", server_version=10)
    (one,) = follow(db, session, local, config).traced
    assert {(d.what, d.way) for d in one.differences} == {("rewrite", "looser"), ("scan", "looser")}


def test_what_is_unknown_is_shown_and_is_no_difference(session: Any) -> None:
    db = databases.of("postgres")
    change = "ALTER TABLE users ALTER COLUMN created TYPE timestamptz"
    (one,) = trace_statements(db, session, change)
    assert one.differences == ()
    assert any("predicted unknown" in sentence for sentence in one.assumed)


def test_a_failure_is_reported_as_apply_reports_it(traced: Any) -> None:
    traced.add(
        "2_bad", "ALTER TABLE users ADD COLUMN a int;\nALTER TABLE users ADD COLUMN a int;\n"
    )
    said = traced.refused(1, "trace")
    assert (
        'prisma/migrations/2_bad/migration.sql:2:1: the migration 2_bad failed: column "a"' in said
    )
    assert "It was rolled back" in said
    assert not scratches(traced.database)


def test_rows_that_stand_in_the_way_are_taken_out(traced: Any) -> None:
    traced.add("2_needed", "ALTER TABLE users ADD COLUMN must int NOT NULL;\n")
    said = traced.ok("trace")
    assert '2_needed fails on made-up rows (column "must"' in said
    assert "traced on empty tables instead" in said


@pytest.mark.parametrize("way", [(), ("--replay",)], ids=["pg_dump", "replay"])
def test_the_copy_is_that_of_the_database(traced: Any, way: tuple[str, ...]) -> None:
    """A table that no migration made is in the copy by pg_dump, and not in the replayed one."""
    traced.database.sql("CREATE TABLE made_by_hand (a int)")
    traced.add("2_hand", "ALTER TABLE made_by_hand ADD COLUMN b int;\n")
    if way:
        assert '"made_by_hand" does not exist' in traced.refused(1, "trace", *way)
    else:
        assert "ACCESS EXCLUSIVE on made_by_hand" in traced.ok("trace", *way)


def test_a_named_file_is_traced_instead(traced: Any) -> None:
    traced.add("2_bad", "SELECT 1 / 0;\n")
    traced.write("try.sql", "DROP INDEX users_name;\n")
    said = traced.ok("trace", "--file", "try.sql")
    assert "ACCESS EXCLUSIVE on users" in said and "2_bad" not in said


def test_nothing_pending_is_said(traced: Any) -> None:
    assert "Nothing to trace" in traced.ok("trace")


def test_what_reaches_beyond_the_scratch_database_is_not_run(traced: Any) -> None:
    name = f"role_of_{os.getpid()}"
    traced.add("2_role", f"CREATE ROLE {name};\nALTER TABLE users ADD COLUMN a int;\n")
    said = traced.ok("trace")
    assert "not run: it reaches beyond the scratch database" in said
    assert not traced.database.sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{name}'")


def test_production_wants_to_be_asked(traced: Any) -> None:
    traced.add("2_column", "ALTER TABLE users ADD COLUMN a int;\n")
    said = traced.refused(5, "trace", "--env", "production")
    assert "--scratch-url" in said and "--on-this-server" in said
    assert "none differs" in traced.ok("trace", "--env", "production", "--on-this-server")


def test_a_scratch_database_of_ones_own_is_emptied_again(traced: Any) -> None:
    own = f"{traced.database.url}_own"
    name = own.rpartition("/")[2]
    traced.database.sql(f"CREATE DATABASE {name}")
    try:
        traced.add("2_column", "CREATE SCHEMA s; ALTER TABLE users ADD COLUMN a int;\n")
        for _ in range(2):
            said = traced.ok("trace", "--env", "production", "--scratch-url", own)
            assert "none differs" in said
        said = traced.refused(2, "trace", "--scratch-url", traced.database.url)
        assert "is not empty" in said
    finally:
        traced.database.sql(f"DROP DATABASE {name}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_signal_drops_the_scratch_database(traced: Any, number: int) -> None:
    traced.add("2_slow", "SELECT pg_sleep(60);\n")
    process = traced.start("trace")
    _until(
        lambda: traced.database.sql(
            "SELECT 1 FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep'"
        )
    )
    process.send_signal(number)
    process.communicate(timeout=300)
    assert process.returncode == 128 + number
    assert not scratches(traced.database)


def _until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_password_is_in_no_output_and_on_no_command_line(traced: Any) -> None:
    url = traced.database.url.replace("postgres@", "postgres:gehe1m@")
    traced.add("2_column", "ALTER TABLE users ADD COLUMN a int;\n")
    done = traced.run("trace", DATABASE_URL=url)
    assert done.returncode == 0 and "gehe1m" not in done.stdout + done.stderr


def test_sqlite_has_nothing_to_trace(on_sqlite: Any) -> None:
    on_sqlite.add("1_users", "CREATE TABLE users (id int);\n")
    assert "no locks on tables" in on_sqlite.refused(2, "trace")


def test_a_file_that_sets_its_isolation_is_not_disturbed(traced: Any) -> None:
    """SET TRANSACTION must come before any query, ours too."""
    traced.add(
        "2_data",
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;\nALTER TABLE users ADD COLUMN a int;\n",
    )
    said = traced.ok("trace")
    assert "in one transaction" in said and "ACCESS EXCLUSIVE on users" in said


def test_it_needs_the_folder_of_no_other_kind(session: Any) -> None:
    db = databases.of("postgres")
    with pytest.raises(MigralintError, match="does not exist"):
        trace_statements(db, session, "ALTER TABLE absent ADD COLUMN a int")
    assert db.state(session) == "idle"


def test_a_file_with_its_own_transaction_is_tried_on_empty_tables_too(traced: Any) -> None:
    """Nothing of it is committed when it fails between its own BEGIN and COMMIT."""
    traced.add(
        "2_own",
        "BEGIN;\nALTER TABLE users ADD COLUMN must int NOT NULL;\nCOMMIT;\nBEGIN;\n"
        "DROP INDEX users_name;\nCOMMIT;\n",
    )
    said = traced.ok("trace")
    assert "without a transaction (line 1 controls transactions by itself)" in said
    assert "2_own fails on made-up rows" in said


def test_what_a_file_has_committed_is_said(traced: Any) -> None:
    traced.add("2_own", "COMMIT;\nDROP INDEX users_name;\nSELECT 1 / 0;\n")
    said = traced.refused(1, "trace")
    assert "2 of 3 statements are in the database" in said


FILLED = """
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE DOMAIN small AS varchar(6) CHECK (length(value) < 7);
CREATE TABLE users (id serial PRIMARY KEY, email text UNIQUE NOT NULL, mood mood NOT NULL,
    code small NOT NULL, price numeric(5, 2) NOT NULL, tags text[] NOT NULL, data jsonb NOT NULL,
    boss int REFERENCES users (id), made timestamptz NOT NULL, born date NOT NULL,
    upper text GENERATED ALWAYS AS (upper(email)) STORED, key uuid NOT NULL, raw bytea NOT NULL);
CREATE TABLE teams (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name char(3) NOT NULL,
    rn int, total int);
CREATE TABLE members (user_id int NOT NULL REFERENCES users, team_id uuid NOT NULL REFERENCES teams,
    since inet, PRIMARY KEY (user_id, team_id));
CREATE TABLE never (a int NOT NULL CHECK (a > 10 AND a < 5));
CREATE TABLE sparse (a int CHECK (a < 0), b int);
"""


def test_tables_are_filled_as_far_as_they_can_be(session: Any) -> None:
    from migralint.trace.filling import fill

    db = databases.of("postgres")
    db.query(session, f"DROP TABLE users; {FILLED}")
    problems = fill(db, session, 40, set())
    assert len(problems) == 1 and problems[0].startswith('"public"."never" stays empty: new row')
    for table in ("users", "teams", "members", "sparse"):
        assert db.query(session, f"SELECT count(*) FROM {table}") == [(40,)], table
    assert db.query(session, "SELECT count(DISTINCT mood), count(DISTINCT email) FROM users") == [
        (2, 40)
    ]


def test_mysql_is_said_to_be_untraced(on_mysql: Any) -> None:
    on_mysql.add("1_users", "CREATE TABLE users (id int);\n")
    assert "cannot be traced" in on_mysql.refused(2, "trace")
