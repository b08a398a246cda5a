"""`migralint verify` as a process, on the three databases; and what Prisma says of the snapshot."""

from __future__ import annotations

import json
import os
import signal
import stat
import time

import pytest

A = "CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(50) NOT NULL);\n"
B = "CREATE INDEX users_email ON users (email);\n"
ONE, TWO, THREE = "20240101000000_a", "20240102000000_b", "20240103000000_c"
INDEX = {"mysql": "index users_email on users", "sqlite": "index users_email"}
DROP = {"mysql": "DROP INDEX users_email ON users"}


@pytest.fixture
def applied(project):
    """A project whose two migrations have been applied."""
    project.add(ONE, A)
    project.add(TWO, B)
    project.ok("apply")
    return project


def drift(project):
    dialect = project.database.dialect
    project.database.sql(DROP.get(dialect, "DROP INDEX users_email"))
    project.database.sql("ALTER TABLE users ADD nick VARCHAR(9)")
    return INDEX.get(dialect, "index public.users_email")


def test_after_an_apply_there_is_no_drift(applied):
    out = applied.ok("verify")
    assert "No drift: the database is what the snapshot of the last apply" in out
    assert "up to date" not in out


def test_drift_is_named_with_the_sql_that_repairs_it(applied):
    index = drift(applied)
    out = applied.refused(1, "verify")
    assert f"  missing   {index}\n" in out and ".nick\n" in out and "  extra " in out
    assert "users_email" in out.partition("would repair it")[2] and "DROP COLUMN" in out
    assert "NOT offered to be run, because it loses what is in the column" in out


def test_parts_are_shown_with_their_table(on_postgres):
    on_postgres.add(ONE, A)
    on_postgres.ok("apply")
    on_postgres.database.sql(
        "CREATE TABLE more (id INT PRIMARY KEY, a TEXT); CREATE INDEX i ON more (a); "
        "CREATE INDEX j ON more (a)"
    )
    out = on_postgres.refused(1, "verify")
    assert "Drift: 6 differences" in out
    assert "  extra     table public.more (with 2 columns, 1 constraint, 2 indexes)\n" in out
    assert "public.more.a" not in out and "index public.i" not in out


def test_what_differs_is_shown_line_by_line(on_postgres):
    on_postgres.add(ONE, A)
    on_postgres.ok("apply")
    on_postgres.database.sql("ALTER TABLE users ALTER email TYPE varchar(80)")
    out = on_postgres.refused(1, "verify")
    assert (
        "  different column public.users.email\n"
        "      - type: character varying(50)\n"
        "      + type: character varying(80)\n"
    ) in out
    assert "    ALTER TABLE public.users ALTER COLUMN email TYPE character varying(50);\n" in out


def test_json(applied):
    assert json.loads(applied.ok("verify", "--output", "json"))["clean"] is True
    index = drift(applied)
    found = json.loads(applied.refused(1, "verify", "--output", "json"))
    assert found["schema_version"] == 1 and found["clean"] is False and found["drift"]["checked"]
    states = {d["object"]: d["state"] for d in found["drift"]["differences"]}
    assert states[index] == "missing" and len(states) == 2
    assert len(found["drift"]["repair"]) == 2


def test_the_repair_repairs(applied):
    drift(applied)
    found = json.loads(applied.refused(1, "verify", "--output", "json"))
    for sql in found["drift"]["repair"]:
        applied.database.sql(sql.rpartition("--   ")[2].rstrip(";"))
    applied.ok("verify")


def test_without_a_snapshot_it_is_not_clean(project):
    project.add(ONE, A)
    project.ok("apply")
    forget(project)
    out = project.refused(4, "verify")
    assert "Drift was NOT checked: no apply has stored a snapshot yet" in out
    assert json.loads(project.refused(4, "verify", "--output", "json"))["clean"] is False
    assert "No drift: the database is what a replay of 1 migration has" in project.ok(
        "verify", "--replay"
    )


def forget(project):
    if project.database.dialect == "postgres":
        project.database.sql("DROP SCHEMA migralint CASCADE")
    else:
        for path in snapshots(project):
            path.unlink()


def snapshots(project):
    return list((project.folder / ".migralint" / "snapshots").glob("*.snapshot"))


def test_what_another_tool_applied_makes_the_snapshot_old(applied):
    applied.add(THREE, "CREATE TABLE c (id INTEGER);\n")
    applied.database.sql("CREATE TABLE c (id INTEGER)")
    now = "'2025-01-01 00:00:00'"
    applied.database.sql(
        "INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at) "
        f"VALUES ('x', 'y', '{THREE}', {now}, {now})"
    )
    out = applied.refused(1, "verify")  # the checksum is not that of the file
    assert "NOT checked" in out and THREE in out and "older than the history" in out


def test_pending_is_not_clean(applied):
    applied.add(THREE, "CREATE TABLE c (id INTEGER);\n")
    out = applied.refused(1, "verify")
    assert "No drift" in out and "pending" in out


def test_replay_sees_what_an_apply_has_covered(applied):
    drift(applied)
    applied.add(THREE, "CREATE TABLE c (id INTEGER);\n")
    applied.ok("apply")
    applied.ok("verify")
    out = applied.refused(1, "verify", "--replay")
    assert "Drift: 2 differences from a replay of 3 migrations" in out
    assert not left_over(applied)


def left_over(project):
    if project.database.dialect == "sqlite":
        return []
    column = {
        "postgres": "datname FROM pg_database",
        "mysql": "schema_name FROM information_schema.schemata",
    }
    found = project.database.sql(f"SELECT {column[project.database.dialect]}")
    return [name for (name,) in found if name.startswith("migralint_scratch")]


def test_a_migration_that_cannot_be_replayed(applied):
    applied.migrations.joinpath(ONE, "migration.sql").write_text(
        "CREATE TABLE other (id INTEGER);\n"
    )
    out = applied.refused(4, "verify", "--replay")
    assert f"{TWO} cannot be replayed" in out
    assert not left_over(applied)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_the_scratch_database_is_gone(on_postgres, number):
    on_postgres.add(ONE, A)
    on_postgres.add(TWO, "SELECT pg_sleep(0);\n")
    on_postgres.ok("apply")
    on_postgres.add(TWO, "SELECT pg_sleep(60);\n")
    running = on_postgres.start("verify", "--replay")
    until = time.monotonic() + 120
    sleeping = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()"
    while not on_postgres.database.sql(sleeping) and time.monotonic() < until:
        time.sleep(0.05)
    running.send_signal(number)
    out, error = running.communicate(timeout=300)
    assert running.returncode == 128 + number, (out, error)
    assert not left_over(on_postgres)


def test_what_reaches_beyond_the_database_is_not_replayed(on_postgres, request):
    """What the role is today must not become that of the migration again."""
    role = f"beyond_{os.getpid()}"
    dropped = f"DROP ROLE IF EXISTS {role}"
    request.addfinalizer(lambda: on_postgres.database.sql(dropped))
    on_postgres.add(ONE, f"CREATE ROLE {role};\n{A}")
    on_postgres.add(TWO, f"DO $$ BEGIN ALTER ROLE {role} CONNECTION LIMIT 3; END $$;\n")
    on_postgres.ok("apply")
    on_postgres.database.sql(f"ALTER ROLE {role} CONNECTION LIMIT 9")
    out = on_postgres.ok("verify", "--replay")
    assert "migration.sql:1 was not replayed: it reaches beyond one database" in out
    assert out.count("was not replayed") == 2
    limit = f"SELECT rolconnlimit FROM pg_roles WHERE rolname = '{role}'"
    assert on_postgres.database.sql(limit) == [(9,)]


def test_a_name_with_the_database_in_it_is_not_replayed(on_mysql):
    name = on_mysql.database.url.rpartition("/")[2]
    on_mysql.add(
        ONE,
        f"{A}CREATE TABLE `{name}`.other (id INT);\nINSERT INTO {name}.users VALUES (1, 'a');\n",
    )
    on_mysql.ok("apply")
    out = on_mysql.refused(1, "verify", "--replay")
    assert out.count("was not replayed") == 2 and "extra     table other" in out
    assert on_mysql.database.sql("SELECT count(*) FROM users") == [(1,)]


def test_what_prisma_applied_is_what_a_replay_makes(on_postgres, judge):
    on_postgres.add(ONE, A)
    on_postgres.add(TWO, B)
    done = judge.cli(on_postgres.folder, on_postgres.database.url, "deploy")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "NOT checked" in on_postgres.refused(4, "verify")
    on_postgres.ok("verify", "--replay")


def test_a_scratch_url_must_be_empty_and_is_emptied(applied, request):
    dialect = applied.database.dialect
    if dialect == "sqlite":
        other = f"file:{applied.folder}/scratch.db"
    else:
        base = applied.database.url.rpartition("/")[0]
        name = f"given_{os.getpid()}"
        applied.database.sql(f"CREATE DATABASE {name}")
        request.addfinalizer(lambda: applied.database.sql(f"DROP DATABASE {name}"))
        other = f"{base}/{name}"
    for _ in range(2):
        applied.ok("verify", "--replay", "--scratch-url", other)
    out = applied.refused(2, "verify", "--scratch-url", applied.database.url)
    assert "--scratch-url is not empty: it holds" in out
    assert applied.database.has("users")


def test_nothing_is_written(on_postgres):
    on_postgres.add(ONE, A)
    on_postgres.ok("apply")
    name = on_postgres.database.url.rpartition("/")[2]
    on_postgres.database.sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    on_postgres.ok("verify")
    on_postgres.refused(4, "apply")


def test_a_user_who_may_not_make_a_schema(on_postgres, request):
    database = on_postgres.database
    role = f"limited_{os.getpid()}"
    database.sql(f"CREATE ROLE {role} LOGIN")
    database.sql(f"GRANT CREATE ON SCHEMA public TO {role}")

    def dropped():
        database.sql(f"DROP OWNED BY {role} CASCADE")
        database.sql(f"DROP ROLE {role}")

    request.addfinalizer(dropped)
    on_postgres.add(ONE, A)
    url = database.url.replace("postgres@", f"{role}@")
    done = on_postgres.run("apply", DATABASE_URL=url)
    assert done.returncode == 0, done.stderr
    assert "the snapshot for `verify` was not stored: permission denied" in done.stderr
    assert f"CREATE SCHEMA migralint AUTHORIZATION {role}" in done.stderr
    assert "no scratch database could be made" in on_postgres.refused(
        4, "verify", "--replay", DATABASE_URL=url
    )
    database.sql(f"CREATE SCHEMA migralint AUTHORIZATION {role}")
    on_postgres.add(TWO, B)
    on_postgres.ok("apply", DATABASE_URL=url)
    on_postgres.ok("verify", DATABASE_URL=url)


def test_a_damaged_snapshot(on_postgres):
    on_postgres.add(ONE, A)
    on_postgres.ok("apply")
    on_postgres.database.sql("UPDATE migralint.snapshots SET data = data || '\\x00'::bytea")
    assert "damaged" in on_postgres.refused(4, "verify")
    on_postgres.ok("verify", "--replay")


def test_a_file_is_for_its_user_and_not_for_git(on_sqlite):
    on_sqlite.add(ONE, A)
    on_sqlite.ok("apply")
    (path,) = snapshots(on_sqlite)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (path.parent / ".gitignore").read_text() == "*\n"
    assert b"dev.db" not in path.read_bytes()


def test_a_baseline_is_remembered(project):
    project.add(ONE, A)
    for statement in A.split(";\n")[:-1]:
        project.database.sql(statement)
    project.ok("resolve", "--applied", ONE)
    project.ok("verify")


def test_prisma_is_content_with_the_snapshot(on_postgres, judge):
    on_postgres.add(ONE, A)
    on_postgres.ok("apply")
    on_postgres.add(TWO, B)
    on_postgres.ok("apply")
    assert on_postgres.database.has("migralint.snapshots")
    url = on_postgres.database.url
    for command in ("status", "deploy"):
        done = judge.cli(on_postgres.folder, url, command)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "up to date" in judge.cli(on_postgres.folder, url, "status").stdout
    on_postgres.ok("verify")


def test_prisma_asks_for_no_reset(on_postgres, judge):
    on_postgres.add(ONE, A)
    on_postgres.ok("apply")
    found = judge.ask("dev", on_postgres.database.url, on_postgres.migrations)
    assert found["result"]["action"] == {"tag": "createMigration"}, found


def test_several_appliers_remember_at_once(on_postgres):
    """Each of them makes the schema, the table and the row."""
    import threading

    from migralint.catalog import store
    from migralint.config import Config
    from migralint.runner import databases, environment, target
    from migralint.runner.url import parse

    on_postgres.add(ONE, A)
    on_postgres.ok("apply")
    forget(on_postgres)
    config = Config(root=str(on_postgres.folder))
    folder, layout, locals_, _ = target.migrations(config, str(on_postgres.migrations))
    found = environment.Found(parse(on_postgres.database.url), "a test")
    judged = environment.Environment("test", "a test")
    about = target.Target(config, folder, layout, locals_, found, judged, databases.of("postgres"))
    notes = []
    threads = [
        threading.Thread(target=lambda: notes.append(store.remember_now(about))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert notes == [""] * 6
    on_postgres.ok("verify")
