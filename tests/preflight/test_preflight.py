"""preflight on real servers: each check made to pass, to warn and to fail; nothing is written."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import cluster as clusters
import psycopg
import pytest

from migralint.cli import main

FIRST = "CREATE TABLE users (id INT PRIMARY KEY, email VARCHAR(100), age INT);\n"
# A later migration, on lines of its own.
SECOND = "ALTER TABLE users ADD COLUMN city VARCHAR(50);\n"


def start(project: Any, pending: str = SECOND, rows: str = "") -> Any:
    project.add("20240101000000_a", FIRST)
    project.ok("apply")
    if rows:
        project.database.sql(rows)
    if pending:
        project.add("20240102000000_b", pending)
    return project


def checks(project: Any, *args: str, status: int | None = None, **environ: str) -> Any:
    """{name: [(outcome, said, lines, hint), ...]} of the JSON."""
    ended, text = run_here(project, "preflight", "--output", "json", *args, **environ)
    assert ended in ((0, 1) if status is None else (status,)), text
    found = json.loads(text)
    assert found["schema_version"] == 1
    assert (found["outcome"] == "fail") == (ended != 0)
    by_name: dict[str, list[Any]] = {}
    for check in found["checks"]:
        by_name.setdefault(check["name"], []).append(check)
    return by_name


def run_here(project: Any, *args: str, **environ: str) -> tuple[int, str]:
    """(exit status, standard output) of `migralint` without a process of its own."""
    before, out = dict(os.environ), io.StringIO()
    os.environ.clear()
    os.environ.update(project.environ(**environ))
    try:
        with contextlib.chdir(project.folder), contextlib.redirect_stdout(out):
            return main(args), out.getvalue()
    finally:
        os.environ.clear()
        os.environ.update(before)


def outcomes(found: Any, name: str) -> list[str]:
    return [check["outcome"] for check in found[name]]


def test_nothing_in_the_way_and_nothing_written(project: Any) -> None:
    """On each of the three: before the first apply, after it, and with one pending."""
    project.add("20240101000000_a", FIRST)
    if project.database.dialect == "sqlite":
        project.database.sql("SELECT 1")  # the file
    found = checks(project, status=0)
    assert outcomes(found, "history") == ["pass"] and outcomes(found, "data") == ["pass"]
    assert not project.database.has("_prisma_migrations") and not project.database.has("users")
    project.ok("apply")
    before = contents(project)
    found = checks(project, status=0)
    assert found["pending"][0]["said"] == "nothing is pending"
    assert "data" not in found and "backup" not in found
    project.add("20240102000000_b", SECOND)
    found = checks(project, status=0)
    assert outcomes(found, "destructive") == ["pass"]
    assert contents(project) == before


def contents(project: Any) -> Any:
    if project.database.dialect == "sqlite":
        path = project.database.url.removeprefix("file:")
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    return project.database.history(), project.database.has("city")


def test_a_database_that_does_not_answer(make_project: Any, postgres: Any) -> None:
    project = make_project(postgres)
    project.add("20240101000000_a", FIRST)
    url = "postgresql://someone:geheim@127.0.0.1:1/nothing"
    found = checks(project, status=4, DATABASE_URL=url)
    assert outcomes(found, "reachable") == ["fail"]
    assert "geheim" not in json.dumps(found)
    said = project.refused(4, "preflight", DATABASE_URL=url)
    assert "FAIL" in said and "geheim" not in said


@pytest.mark.parametrize(
    "url, said",
    [
        ("", "which database? There is no URL"),
        ("mongodb://geheim@host/shop", "DATABASE_URL is no URL of PostgreSQL, MySQL or SQLite"),
        ("mysql://root@localhost/shop", "are for sqlite, but DATABASE_URL is mysql://"),
    ],
)
def test_a_url_that_names_no_database_is_a_failed_check(
    on_sqlite: Any, url: str, said: str
) -> None:
    """As every other check, in each form of the output."""
    on_sqlite.add("20240101000000_a", FIRST)
    found = checks(on_sqlite, status=4, DATABASE_URL=url)
    assert outcomes(found, "database URL") == ["fail"] and outcomes(found, "the rest") == ["warn"]
    assert said in found["database URL"][0]["said"] and found["database URL"][0]["hint"]
    for form in ("text", "markdown"):
        done = on_sqlite.run("preflight", "--output", form, DATABASE_URL=url)
        assert done.returncode == 4 and "FAIL" in done.stdout and "database URL" in done.stdout
        assert "geheim" not in done.stdout + done.stderr


def test_no_limit_of_time_for_the_data(project: Any) -> None:
    """`0` is for none, on each of the three."""
    pending = "DELETE FROM users WHERE id = 1;\n"
    start(project, pending, "INSERT INTO users VALUES (1, 'a', 1)")
    (check,) = checks(project, "--data-timeout", "0")["destructive"]
    assert "1 row" in check["lines"][0]


def test_a_password_is_never_shown(on_postgres: Any) -> None:
    url = urlsplit(on_postgres.database.url)
    secret = url._replace(netloc=f"{url.username}:geheim@{url.hostname}:{url.port}").geturl()
    on_postgres.add("20240101000000_a", FIRST)
    for form in ("text", "json", "markdown"):
        done = on_postgres.run("preflight", "--output", form, DATABASE_URL=secret)
        assert done.returncode == 0
        assert "geheim" not in done.stdout + done.stderr


def test_a_failed_migration_does_not_hide_the_rest(on_postgres: Any) -> None:
    project = start(on_postgres, rows="INSERT INTO users VALUES (1, NULL)")
    project.database.sql(
        "INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('x', 'y', 'broken')"
    )
    project.add("20240103000000_c", "ALTER TABLE users ALTER email SET NOT NULL;\n")
    found = checks(project, status=1)
    assert outcomes(found, "history") == ["fail"]
    assert found["history"][0]["lines"] == ["broken"]
    assert outcomes(found, "data") == ["fail"]


def test_edited_missing_and_late(on_postgres: Any) -> None:
    project = start(on_postgres, "")
    project.add("20240103000000_c", "CREATE TABLE c (id INT PRIMARY KEY);\n")
    project.ok("apply")
    project.add("20240101000000_a", FIRST + "-- edited\n")
    (project.migrations / "20240103000000_c" / "migration.sql").unlink()
    project.add("20230101000000_early", "CREATE TABLE early (id INT PRIMARY KEY);\n")
    found = checks(project, status=1)
    told = {check["said"]: check["outcome"] for check in found["history"]}
    assert told["1 migration edited since applied"] == "fail"
    assert told["1 migration applied, but missing from the folder"] == "warn"
    assert told["1 migration earlier than what is applied already"] == "warn"
    found = checks(project, status=1, DATABASE_ENV="production")
    assert outcomes(found, "history") == ["fail", "fail", "fail"]


def test_tables_without_a_history(on_postgres: Any) -> None:
    on_postgres.database.sql("CREATE TABLE somebodys (id INT)")
    on_postgres.add("20240101000000_a", FIRST)
    found = checks(on_postgres, status=1)
    assert "somebodys" in found["history"][0]["said"]


def test_a_file_that_cannot_be_run(on_postgres: Any) -> None:
    project = start(on_postgres, "\\i other.sql\n")
    found = checks(project, status=1)
    assert "\\i" in found["pending"][0]["said"]


def test_lint_errors_and_what_is_allowed(on_postgres: Any) -> None:
    project = start(on_postgres, "DROP TABLE users;\n", "INSERT INTO users VALUES (1), (2)")
    found = checks(project, status=1)
    assert outcomes(found, "lint") == ["fail"]
    assert "error[drop-table]" in found["lint"][0]["lines"][0]
    assert found["destructive"][0]["lines"] == [
        "prisma/migrations/20240102000000_b/migration.sql:1: drop_table users: 2 rows"
    ]
    allowed = "-- migralint: allow drop-table (nobody reads it since May)\nDROP TABLE users;\n"
    project.add("20240102000000_b", allowed)
    found = checks(project)
    assert outcomes(found, "lint") != ["fail"] and outcomes(found, "allowed") == ["warn"]
    assert "nobody reads it since May" in found["allowed"][0]["lines"][0]


def test_what_would_be_destroyed_is_counted(project: Any) -> None:
    rows = "INSERT INTO users VALUES (1, 'a', 1), (2, NULL, 2), (3, 'c', 3)"
    pending = "DELETE FROM users WHERE age > 1;\nALTER TABLE users DROP COLUMN email;\n"
    project = start(project, pending, rows)
    lines = checks(project)["destructive"][0]["lines"]
    assert lines[0].endswith("migration.sql:1: delete users: 2 rows")
    assert lines[1].endswith("migration.sql:2: drop_column users.email: 2 values")
    project.database.sql("DELETE FROM users")
    assert outcomes(checks(project), "destructive") == ["pass"]


def test_the_data_is_not_asked_where_that_is_said(on_postgres: Any) -> None:
    rows = "INSERT INTO users VALUES (1, NULL)"
    project = start(on_postgres, "ALTER TABLE users ALTER email SET NOT NULL;\n", rows)
    assert outcomes(checks(project), "data") == ["fail"]
    assert outcomes(checks(project, "--no-data"), "data") == ["warn"]
    assert "soon" in project.refused(2, "preflight", "--data-timeout", "soon")


def test_only_to(on_postgres: Any) -> None:
    project = start(on_postgres, rows="INSERT INTO users VALUES (1, NULL)")
    project.add("20240103000000_c", "ALTER TABLE users ALTER email SET NOT NULL;\n")
    assert outcomes(checks(project), "data") == ["fail"]
    assert outcomes(checks(project, "--only-to", "20240102000000"), "data") == ["pass"]


@contextmanager
def role(database: Any, name: str, *grants: str) -> Any:
    """A URL of a user who has these rights and no others."""
    database.sql(f"CREATE ROLE {name} LOGIN PASSWORD 'pw'")
    try:
        for grant in grants:
            database.sql(f"GRANT {grant} TO {name}")
        url = urlsplit(database.url)
        yield url._replace(netloc=f"{name}:pw@{url.hostname}:{url.port}").geturl()
    finally:
        database.sql(f"DROP OWNED BY {name}")
        database.sql(f"DROP ROLE {name}")


def test_rights_by_operation(on_postgres: Any) -> None:
    pending = (
        "ALTER TABLE users ADD COLUMN city TEXT;\n"
        "CREATE TABLE posts (id INT PRIMARY KEY, author INT REFERENCES users (id));\n"
        "UPDATE users SET age = 1 WHERE id = 1;\n"
        "CREATE SCHEMA extra;\nCREATE EXTENSION adminpack;\nCREATE EXTENSION no_such_thing;\n"
        "CREATE ROLE another;\nCREATE TABLE tools.t (id INT PRIMARY KEY);\n"
        "ALTER TYPE mood ADD VALUE 'so so';\nDROP INDEX ages;\n"
    )
    project = start(on_postgres, pending, "CREATE INDEX ages ON users (age)")
    project.database.sql("CREATE SCHEMA tools")
    project.database.sql("CREATE TYPE mood AS ENUM ('good')")
    assert "no_such_thing is not on" in str(checks(project)["rights"])
    name = f"poor_{time.time_ns()}"
    grants = ("SELECT ON ALL TABLES IN SCHEMA public",)
    with role(project.database, name, *grants) as url:
        (check,) = checks(project, status=1, DATABASE_URL=url)["rights"]
    lines = "\n".join(check["lines"])
    for lacking in (
        "create anything in the schema public", "does not own users", "no REFERENCES on users",
        "no UPDATE on users", "may not create the schema extra", "install the extension adminpack",
        "no_such_thing is not on the server", "CREATEROLE", "in the schema tools",
        "does not own mood", "does not own ages",
    ):  # fmt: skip
        assert lacking in lines, lines


def test_rights_that_suffice(on_postgres: Any) -> None:
    on_postgres.add("20240101000000_a", FIRST)
    on_postgres.add("20240102000000_b", "ALTER TABLE users ADD COLUMN parent INT REFERENCES users;")
    with role(on_postgres.database, f"rich_{time.time_ns()}", "ALL ON SCHEMA public") as url:
        assert outcomes(checks(on_postgres, DATABASE_URL=url), "rights") == ["pass"]
        assert on_postgres.run("apply", DATABASE_URL=url).returncode == 0


def test_who_is_in_the_way(on_postgres: Any, on_mysql: Any) -> None:
    """Idle transactions on the tables, old enough to be in the way, on both servers at once."""
    ours, theirs = start(on_postgres), start(on_mysql)
    other, connection = ours.database.connect(), theirs.database.connect()
    other.autocommit = False
    began = time.monotonic()
    other.execute("SELECT * FROM users")
    connection.begin()
    connection.cursor().execute("SELECT * FROM users")
    try:
        found = outcomes(checks(ours), "activity")
        if time.monotonic() - began < 5:  # on a busy machine it is old by now
            assert found == ["pass"]
        time.sleep(5)
        (check,) = checks(ours, status=1)["activity"]
        assert "idle in transaction" in check["said"] and "users" in check["said"]
        assert "pg_terminate_backend" in check["hint"]
        (check,) = checks(theirs)["activity"]
        assert check["outcome"] in ("warn", "fail") and "transaction open" in check["said"]
    finally:
        other.close()
        connection.close()
    assert outcomes(checks(ours), "activity") == ["pass"]


def test_leftovers(on_postgres: Any) -> None:
    project = start(on_postgres, rows="INSERT INTO users VALUES (1, 'a', 1), (2, 'a', -1)")
    assert outcomes(checks(project), "leftovers") == ["pass"]
    with pytest.raises(psycopg.errors.UniqueViolation):
        project.database.sql("CREATE UNIQUE INDEX CONCURRENTLY broken ON users (email)")
    project.database.sql("ALTER TABLE users ADD CONSTRAINT old CHECK (age > 0) NOT VALID")
    index, constraint = checks(project)["leftovers"]
    assert index["lines"] == ["broken on users"] and constraint["lines"] == ["old of users"]
    assert index["outcome"] == constraint["outcome"] == "warn"


def test_a_slot_that_nobody_reads(on_postgres: Any) -> None:
    project, name = start(on_postgres), f"slot_{time.time_ns()}"
    project.database.sql(f"SELECT pg_create_physical_replication_slot('{name}', true)")
    try:
        found = checks(project)["replication"]
    finally:
        project.database.sql(f"SELECT pg_drop_replication_slot('{name}')")
    assert any(name in check["said"] and check["outcome"] == "warn" for check in found)


def test_a_damaged_file_and_rows_that_refer_to_nothing(on_sqlite: Any) -> None:
    project = start(on_sqlite, "CREATE INDEX by_age ON users (age);\n")
    connection = project.database.connect()
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("CREATE TABLE posts (id INT PRIMARY KEY, author INT REFERENCES users (id))")
    connection.execute("INSERT INTO posts VALUES (1, 7), (2, 8)")
    connection.close()
    found = checks(project)
    assert outcomes(found, "integrity") == ["pass"]
    assert found["foreign keys"][0]["lines"] == ["2 rows of posts refer to nothing in users"]
    connection = project.database.connect()
    connection.execute("INSERT INTO users VALUES (1, 'a', 1)")
    connection.execute("CREATE UNIQUE INDEX hurt ON users (email)")
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master"
                       " WHERE name = 'posts') WHERE name = 'hurt'")  # fmt: skip
    connection.close()
    found = checks(project, status=1)
    assert outcomes(found, "integrity") == ["fail"]


def test_a_backup_is_wanted_and_in_production_required(on_postgres: Any) -> None:
    project = start(on_postgres)
    assert outcomes(checks(project), "backup") == ["warn"]
    assert outcomes(checks(project, DATABASE_ENV="production"), "backup") == ["fail"]
    if project.run("backup").returncode:
        pytest.skip("no pg_dump that can read this server was found")
    found = checks(project, DATABASE_ENV="production")
    assert outcomes(found, "backup") == ["pass"] and "read whole" in found["backup"][0]["said"]
    project.write(".migralint.yaml", "backup_max_age: 1s\n")
    time.sleep(1.1)
    found = checks(project, DATABASE_ENV="production")
    assert outcomes(found, "backup") == ["fail"] and "older than" in found["backup"][0]["said"]


def test_the_configuration_and_the_server_disagree(on_postgres: Any) -> None:
    project = start(on_postgres)
    assert "server_version" not in checks(project)
    project.write(".migralint.yaml", "server_version: 11\nlock_timeout: 0s\n")
    found = checks(project)
    assert outcomes(found, "server_version") == ["warn"]
    assert outcomes(found, "lock_timeout") == ["warn"]


def test_locks_that_are_felt_and_the_room_they_need(on_postgres: Any) -> None:
    rows = "INSERT INTO users SELECT n, repeat('x', 90), n FROM generate_series(1, 300000) n"
    project = start(on_postgres, "ALTER TABLE users ALTER age TYPE BIGINT;\n", rows)
    project.database.sql("ANALYZE users")
    found = checks(project)
    assert outcomes(found, "locks") == ["warn"]
    assert "ACCESS EXCLUSIVE" in found["locks"][0]["lines"][0]
    assert "MB needed" in found["disk space"][0]["said"]
    if "cannot be seen" in found["disk space"][0]["said"]:
        assert outcomes(found, "disk space") == ["warn"]


def test_markdown_ends_with_what_only_a_person_knows(on_postgres: Any) -> None:
    project = start(on_postgres, "ALTER TABLE users DROP COLUMN email;\n",
                    "INSERT INTO users VALUES (1, 'a|b`c')")  # fmt: skip
    done = project.run("preflight", "--output", "markdown", DATABASE_ENV="production")
    assert done.returncode == 1
    table, _, questions = done.stdout.partition("### For a person to answer")
    assert "| ✗ FAIL | lint |" in table
    assert "- [ ] Is the data of users.email really no longer needed" in questions
    assert "second engineer" in questions and "staging" in questions and "tenants" in questions
    harmless = "CREATE TABLE c (id INT PRIMARY KEY);\n"
    project.add("20240102000000_b", harmless)
    questions = project.run("preflight", "--output", "markdown").stdout.partition("### For")[2]
    assert questions.count("- [ ]") == 1


def test_a_pooler_is_said(tmp_path: Path, make_project: Any, postgres: Any) -> None:
    with clusters.running() as cluster, clusters.pgbouncer(cluster, "transaction") as port:
        cluster.sql("ALTER SYSTEM SET max_prepared_transactions = 5")
        project = make_project(postgres)
        project.add("20240101000000_a", FIRST)
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        found = checks(project, status=1, DATABASE_URL=url)
        assert outcomes(found, "primary") == ["fail"]
        assert "pooler" in found["primary"][0]["said"]
        cluster.stop("fast")
        cluster.start()
        _prepared(project, cluster)


def _prepared(project: Any, cluster: Any) -> None:
    """Nothing but its end takes the locks of a prepared transaction away."""
    environ = {"DATABASE_URL": cluster.url}
    assert project.run("apply", **environ).returncode == 0
    project.add("20240102000000_b", SECOND)
    cluster.sql("BEGIN; LOCK TABLE users IN SHARE MODE; PREPARE TRANSACTION 'forgotten'")
    (check,) = checks(project, status=1, **environ)["activity"]
    assert "prepared transaction" in check["said"] and "users" in check["said"]
    assert "ROLLBACK PREPARED 'forgotten'" in check["hint"]
    cluster.sql("ROLLBACK PREPARED 'forgotten'")
    assert outcomes(checks(project, **environ), "activity") == ["pass"]


def test_room_on_the_disk_is_never_taken_for_granted(on_postgres: Any) -> None:
    """From elsewhere it cannot be seen; here it is compared with what is needed."""
    from migralint.knowledge.effects import Effect
    from migralint.model import replace
    from migralint.preflight import space
    from migralint.preflight.asked import Asked, Options
    from migralint.runner.databases import of
    from migralint.runner.environment import Environment
    from migralint.runner.modes import Mode
    from migralint.runner.plan import Plan, Planned
    from migralint.runner.url import parse

    url = parse(on_postgres.database.url, "the test")
    session = of("postgres").connect(url, ("5s", ""), False)

    def said(size: int | None, host: str = url.host) -> Any:
        effect = Effect("alter_column_type", "users.age", 1, "ACCESS EXCLUSIVE", "reads and writes",
                        "rewrite", None, None, size)  # fmt: skip
        planned = Planned("b", "b.sql", Mode(True, ()), (effect,), ())
        plan = Plan("", Environment("test", ""), (planned,), None, ())
        there = replace(session, url=replace(url, host=host))
        target: Any = type("Target", (), {"db": of("postgres")})
        (check,) = space.disk(Asked(target, there, plan, (), True, Options()))
        return check

    try:
        elsewhere = said(5_000_000_000, "db.example.org")
        assert elsewhere.outcome == "warn" and "10 GB needed" in elsewhere.said
        unknown = said(None)
        assert unknown.outcome == "warn" and "not known for users.age" in unknown.said
        here = said(10**17)
        assert here.outcome == ("fail" if "free" in here.said.split("needed")[1] else "warn")
        assert said(1000).outcome in ("pass", "warn")
    finally:
        of("postgres").close(session)


def test_a_database_that_takes_no_writes(on_postgres: Any) -> None:
    """A replica, or one that is set to read only: the checks are made all the same."""
    project = start(on_postgres)
    name = urlsplit(project.database.url).path[1:]
    project.database.sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    found = checks(project, status=1)
    assert outcomes(found, "primary") == ["fail"] and "read-only" in found["primary"][0]["said"]
    assert outcomes(found, "data") == ["pass"]
