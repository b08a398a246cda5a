"""What only PostgreSQL has: transactions around DDL, CONCURRENTLY, poolers, replicas, roles."""

from __future__ import annotations

import threading
import time

import cluster as clusters
import psycopg
import pytest
from test_faults import wait_for

GATE = 471100


def _gated(statements):
    """The statements with a gate before each and one at the end: gate k waits for advisory lock k."""
    lines = []
    for number, statement in enumerate([*statements, None]):
        lines.append(f"SELECT pg_advisory_xact_lock({GATE}, {number});")
        if statement:
            lines.append(f"{statement};")
    return "\n".join(lines) + "\n"


TABLES = [f"CREATE TABLE t{number} (id INT PRIMARY KEY)" for number in range(10)]


def _kill_at(project, gate):
    """Start an apply, let it come to the gate, and kill it there."""
    with psycopg.connect(project.database.url, autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(%s, %s)", (GATE, gate))
        process = project.start("apply", "--lock-timeout", "30s")
        waits = (
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND NOT granted"
        )
        pid = wait_for(lambda: holder.execute(waits, (GATE,)).fetchone())[0]
        process.kill()
        process.communicate()
        gone = "SELECT 1 FROM pg_stat_activity WHERE pid = %s"
        wait_for(lambda: not holder.execute(gone, (pid,)).fetchone(), 10)


@pytest.mark.parametrize("gate", range(11))
def test_killed_at_a_statement_boundary(on_postgres, gate):
    on_postgres.add("20240101000000_ten", _gated(TABLES))
    _kill_at(on_postgres, gate)
    assert not on_postgres.database.has("t0")
    assert on_postgres.database.history() == []
    assert "1 pending, 0 failed" in on_postgres.ok("status")
    assert "1 migration applied" in on_postgres.ok("apply")
    assert on_postgres.database.has("t9")
    assert len(on_postgres.database.history()) == 1


@pytest.mark.parametrize("gate", range(11))
def test_killed_at_a_statement_boundary_without_a_transaction(on_postgres, gate):
    statements = [*TABLES[:9], "CREATE INDEX CONCURRENTLY t0_id ON t0 (id)"]
    on_postgres.add("20240101000000_ten", _gated(statements))
    _kill_at(on_postgres, gate)
    done = sum(on_postgres.database.has(f"t{number}") for number in range(9))
    assert done == min(gate, 9)
    assert on_postgres.database.history()[0][1:4] == (False, False, 0)
    told = on_postgres.refused(5, "apply")
    assert f"{2 * gate} of 21 statements are done; running the one at line {2 * gate + 1}" in told
    assert "failed" in on_postgres.refused(1, "status")
    for number in range(done):
        on_postgres.database.sql(f"DROP TABLE t{number}")
    on_postgres.ok("resolve", "--rolled-back", "20240101000000_ten")
    assert "1 migration applied" in on_postgres.ok("apply")
    assert [row[1:3] for row in on_postgres.database.history()] == [(False, True), (True, False)]


def test_the_connection_is_cut(on_postgres):
    on_postgres.add("20240101000000_first", "CREATE TABLE first (id INT PRIMARY KEY);")
    on_postgres.add(
        "20240102000000_slow", "CREATE TABLE part (id INT PRIMARY KEY);\nSELECT pg_sleep(60);"
    )
    process = on_postgres.start("apply")
    find = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND datname = current_database()"
    wait_for(lambda: on_postgres.database.sql(find))
    _out, err = process.communicate(timeout=300)
    assert process.returncode == 4, err
    assert "terminating connection" in err and "nothing of it is in the database" in err
    assert "1 migration before it was applied and stays." in err
    assert not on_postgres.database.has("part")
    on_postgres.add("20240102000000_slow", "CREATE TABLE part (id INT PRIMARY KEY);")
    on_postgres.ok("apply")


def test_the_connection_is_cut_without_a_transaction(on_postgres):
    on_postgres.add(
        "20240101000000_slow",
        "CREATE TABLE part (id INT PRIMARY KEY);\nSELECT pg_sleep(60);\nVACUUM part;\n",
    )
    process = on_postgres.start("apply")
    find = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND datname = current_database()"
    wait_for(lambda: on_postgres.database.sql(find))
    _out, err = process.communicate(timeout=300)
    assert process.returncode == 4, err
    assert "1 of 3 statements are in the database" in err
    assert "may have been carried out too" in err
    assert on_postgres.database.history()[0][1:3] == (False, False)


def test_a_deadlock_is_tried_again(on_postgres):
    on_postgres.add(
        "20240101000000_t",
        "CREATE TABLE a (id INT PRIMARY KEY);\nCREATE TABLE b (id INT PRIMARY KEY);",
    )
    on_postgres.ok("apply")
    on_postgres.add(
        "20240102000000_x",
        "ALTER TABLE a ADD COLUMN x INT;\nSELECT pg_sleep(1);\nALTER TABLE b ADD COLUMN x INT;\n",
    )
    other = on_postgres.database.connect()
    other.execute("SET deadlock_timeout = '60s'")  # the applier is the one who notices
    other.execute("BEGIN")
    other.execute("LOCK TABLE b IN SHARE UPDATE EXCLUSIVE MODE")

    def cross():
        # as soon as the applier has a
        wait_for(
            lambda: on_postgres.database.sql(
                "SELECT 1 FROM pg_locks WHERE relation = 'a'::regclass AND mode = 'AccessExclusiveLock' AND granted"
            )
        )
        other.execute("LOCK TABLE a IN ACCESS SHARE MODE")
        other.execute("COMMIT")

    thread = threading.Thread(target=cross)
    thread.start()
    out = on_postgres.ok("apply", "--lock-timeout", "20s")
    thread.join()
    other.close()
    assert "deadlock detected" in out and "trying again" in out
    assert len(on_postgres.database.applied()) == 2


def test_no_lock_timeout_cancels_a_concurrent_build(on_postgres):
    on_postgres.add("20240101000000_t", "CREATE TABLE t (id INT PRIMARY KEY, x INT);")
    on_postgres.ok("apply")
    on_postgres.add("20240102000000_i", "CREATE INDEX CONCURRENTLY t_x ON t (x);")
    holder = on_postgres.database.connect()
    holder.execute("BEGIN")
    holder.execute("INSERT INTO t VALUES (1, 1)")
    process = on_postgres.start("apply", "--lock-timeout", "500ms", "--statement-timeout", "1s")
    time.sleep(3)
    assert process.poll() is None
    holder.execute("COMMIT")
    holder.close()
    _out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert on_postgres.database.sql("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == [(0,)]


def test_who_holds_a_table_is_named_while_the_schema_is_read(on_postgres):
    """The server opens each table to tell its defaults: there a lock is met before any statement."""
    on_postgres.add("20240101000000_t", "CREATE TABLE t (id INT PRIMARY KEY, x INT DEFAULT 1);")
    on_postgres.ok("apply")
    on_postgres.add("20240102000000_y", "ALTER TABLE t ADD COLUMN y INT;")
    with on_postgres.database.connect() as holder:
        holder.execute("BEGIN; LOCK TABLE t")
        told = on_postgres.refused(4, "apply", "--lock-timeout", "2s", "--retries", "0")
        assert "reading the schema: canceling statement due to lock timeout" in told
        assert "in the way: pid" in told and "LOCK TABLE t" in told
        process = on_postgres.start("apply", "--lock-timeout", "2s")
        lines = [process.stdout.readline() for _ in range(2)]
        assert "trying again" in lines[1]
        holder.execute("COMMIT")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and "applied 20240102000000_y" in out, err


def test_an_invalid_index_is_named_and_cleaned_up(on_postgres):
    on_postgres.add("20240101000000_t", 'CREATE TABLE "T" (id INT PRIMARY KEY, x INT);')
    on_postgres.ok("apply")
    on_postgres.database.sql('INSERT INTO "T" VALUES (1, 1), (2, 1)')
    on_postgres.add(
        "20240102000000_i", 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "T_x" ON "T" (x);'
    )
    told = on_postgres.refused(1, "apply")
    assert '"T_x" was left INVALID' in told and "could not create unique index" in told
    assert "resolve --rolled-back 20240102000000_i" in told
    on_postgres.database.sql('DELETE FROM "T" WHERE id = 2')
    on_postgres.ok("resolve", "--rolled-back", "20240102000000_i")
    out = on_postgres.ok("apply")
    assert 'dropping the INVALID index "T_x"' in out
    assert on_postgres.database.sql("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == [(0,)]
    assert on_postgres.database.sql("SELECT 1 FROM pg_class WHERE relname = 'T_x'") == [(1,)]


def test_what_came_before_an_invalid_index_has_to_be_undone_too(on_postgres):
    """The commands that are said lead to the end; run again as it is, it fails at the first line."""
    name = "20240102000000_i"
    on_postgres.add("20240101000000_t", "CREATE TABLE t (id INT PRIMARY KEY, x INT);")
    on_postgres.ok("apply")
    on_postgres.database.sql("INSERT INTO t VALUES (1, 1), (2, 1)")
    column, index = (
        "ALTER TABLE t ADD COLUMN {}y INT;\n",
        "CREATE UNIQUE INDEX CONCURRENTLY i ON t (x);",
    )
    on_postgres.add(name, column.format("") + index)
    told = on_postgres.refused(1, "apply")
    assert "1 of 2 statements are in the database and stay" in told and "i was left INVALID" in told
    assert "Mend the cause and undo what is there (or guard it, IF NOT EXISTS)" in told
    on_postgres.ok("resolve", "--rolled-back", name)
    told = on_postgres.refused(1, "apply")
    assert "this run has put no statement of it into the database" in told
    on_postgres.database.sql("DELETE FROM t WHERE id = 2")
    on_postgres.add(name, column.format("IF NOT EXISTS ") + index)
    on_postgres.ok("resolve", "--rolled-back", name)
    assert "dropping the INVALID index" in on_postgres.ok("apply")


def test_an_invalid_index_that_somebody_builds_stays(on_postgres):
    on_postgres.add("20240101000000_t", "CREATE TABLE t (id INT PRIMARY KEY, x INT);")
    on_postgres.ok("apply")
    writer = on_postgres.database.connect()
    writer.execute("BEGIN")
    writer.execute("INSERT INTO t VALUES (1, 1)")
    builder = on_postgres.database.connect()
    thread = threading.Thread(
        target=lambda: builder.execute("CREATE INDEX CONCURRENTLY t_x ON t (x)")
    )
    thread.start()
    wait_for(lambda: on_postgres.database.sql("SELECT 1 FROM pg_index WHERE NOT indisvalid"))
    on_postgres.add("20240102000000_i", "CREATE INDEX CONCURRENTLY t_x ON t (x);")
    told = on_postgres.refused(1, "apply")
    assert "another session is building t_x" in told
    writer.execute("COMMIT")
    thread.join()
    writer.close(), builder.close()
    assert on_postgres.database.sql("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == [(0,)]


@pytest.mark.parametrize(
    "text",
    [
        "ALTER TYPE mood ADD VALUE 'fine';\nALTER TABLE t ALTER COLUMN m SET DEFAULT 'fine';\n",
        "REINDEX SCHEMA public;\n",
        "VACUUM t;\n",
        "CREATE INDEX CONCURRENTLY t_m ON t (m);\nDROP INDEX CONCURRENTLY t_m;\n",
        "DO $$ BEGIN EXECUTE 'SELECT 1'; END $$;\nREINDEX TABLE CONCURRENTLY t;\n",
        "BEGIN;\nALTER TABLE t ADD COLUMN a INT;\nCOMMIT;\nVACUUM t;\n",
    ],
)
def test_what_cannot_run_in_a_transaction_runs_without(on_postgres, text):
    on_postgres.add(
        "20240101000000_t",
        "CREATE TYPE mood AS ENUM ('ok');\nCREATE TABLE t (id INT PRIMARY KEY, m mood);",
    )
    on_postgres.ok("apply")
    allow = "".join(
        f"-- migralint: allow-file {rule} (a test)\n" for rule in _errors(on_postgres, text)
    )
    on_postgres.add("20240102000000_x", allow + text)
    out = on_postgres.ok("apply")
    assert "without a transaction, because" in out
    assert on_postgres.database.history()[1] == ("20240102000000_x", True, False, 1, None)


def _errors(project, text):
    """The rules that stop this text: they are not what the test is about."""
    import re

    project.add("20240102000000_x", text)
    done = project.run("apply", "--dry-run")
    return sorted(set(re.findall(r"error\[([a-z-]+)\]", done.stdout + done.stderr)))


def test_a_begin_and_commit_around_the_file_are_ours(on_postgres):
    on_postgres.add(
        "20240101000000_t",
        "BEGIN;\nCREATE TABLE t (id INT PRIMARY KEY);\nINSERT INTO nowhere VALUES (1);\nCOMMIT;\n",
    )
    allow = "".join(f"-- migralint: allow-file {r} (a test)\n" for r in _errors_of(on_postgres))
    on_postgres.add(
        "20240101000000_t",
        f"{allow}BEGIN;\nCREATE TABLE t (id INT PRIMARY KEY);\nINSERT INTO nowhere VALUES (1);\nCOMMIT;\n",
    )
    assert "nothing of it is in the database" in on_postgres.refused(1, "apply")
    assert not on_postgres.database.has("t")


def _errors_of(project):
    import re

    done = project.run("apply", "--dry-run")
    return sorted(set(re.findall(r"error\[([a-z-]+)\]", done.stdout + done.stderr)))


def test_a_transaction_that_is_left_open_is_not_taken_for_done(on_postgres):
    text = "CREATE TABLE a (id INT PRIMARY KEY);\nBEGIN;\nCREATE TABLE b (id INT PRIMARY KEY);\n"
    on_postgres.add("20240101000000_t", text)
    allow = "".join(f"-- migralint: allow-file {r} (a test)\n" for r in _errors_of(on_postgres))
    on_postgres.add("20240101000000_t", allow + text)
    told = on_postgres.refused(1, "apply")
    assert "leaves a transaction open" in told
    assert on_postgres.database.has("a") and not on_postgres.database.has("b")
    assert on_postgres.database.history()[0][1:3] == (False, False)


def test_settings_do_not_leak_into_the_next_migration(on_postgres):
    on_postgres.add(
        "20240101000000_leaky",
        "CREATE SCHEMA other;\nSET search_path TO other;\nSET lock_timeout = '1ms';\nSET ROLE pg_monitor;\n"
        "SELECT pg_catalog.set_config('statement_timeout', '1', false);\nRESET ROLE;\nSET ROLE pg_monitor;\n",
    )
    on_postgres.add(
        "20240102000000_t", "CREATE TABLE t (id INT PRIMARY KEY);\nSELECT pg_sleep(0.1);\n"
    )
    allow = "".join(f"-- migralint: allow-file {r} (a test)\n" for r in _errors_of(on_postgres))
    file = on_postgres.migrations / "20240101000000_leaky" / "migration.sql"
    file.write_text(allow + file.read_text())
    on_postgres.ok("apply")
    assert on_postgres.database.sql("SELECT 1 FROM public.t") == []
    assert on_postgres.database.sql("SELECT count(*) FROM public._prisma_migrations") == [(2,)]


def test_copy_from_stdin(on_postgres):
    on_postgres.add(
        "20240101000000_t",
        "CREATE TABLE t (id INT PRIMARY KEY, name TEXT);\nCOPY t (id, name) FROM stdin;\n"
        "1\tone; two\n2\t\\N\n\\.\nCREATE TABLE u (id INT PRIMARY KEY);\n",
    )
    on_postgres.ok("apply")
    assert on_postgres.database.sql("SELECT * FROM t ORDER BY id") == [(1, "one; two"), (2, None)]
    assert on_postgres.database.has("u")


def test_psql_commands_are_refused(on_postgres):
    on_postgres.add(
        "20240101000000_t",
        "\\restrict abc\nCREATE TABLE t (id INT PRIMARY KEY);\n\\unrestrict abc\n",
    )
    on_postgres.ok("apply")
    on_postgres.add("20240102000000_u", "CREATE TABLE u (id INT PRIMARY KEY);\n\\i more.sql\n")
    told = on_postgres.refused(2, "apply")
    assert "20240102000000_u/migration.sql:2" in told and "\\i" in told
    assert not on_postgres.database.has("u")


def test_what_a_splitter_gets_wrong(on_postgres):
    on_postgres.add(
        "20240101000000_t",
        "CREATE TABLE t (id INT PRIMARY KEY, \"a;b\" TEXT DEFAULT E'it\\'s; %s %');\n"
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END;\n"
        "CREATE FUNCTION g() RETURNS text LANGUAGE plpgsql AS $x$ BEGIN RETURN 'a;b'; END $x$;\n"
        "/* ; /* nested; */ ; */ INSERT INTO t (id) VALUES (1);\n",
    )
    on_postgres.ok("apply")
    assert on_postgres.database.sql('SELECT "a;b", f(), g() FROM t') == [("it's; %s %", 2, "a;b")]


def test_another_schema(on_postgres):
    url = on_postgres.database.url + "?schema=My%20App&connection_limit=1&pool_timeout=3"
    on_postgres.add("20240101000000_t", "CREATE TABLE t (id INT PRIMARY KEY);")
    on_postgres.ok("apply", DATABASE_URL=url)
    found = on_postgres.database.sql('SELECT migration_name FROM "My App"._prisma_migrations')
    assert found == [("20240101000000_t",)]
    assert on_postgres.database.sql('SELECT 1 FROM "My App".t') == []
    assert "up to date" in on_postgres.ok("status", DATABASE_URL=url)
    assert "no history table yet" in on_postgres.ok("status")


def test_permission_denied(on_postgres):
    database = on_postgres.database
    role = f"weak_{database.url.rpartition('_')[2]}"
    database.sql(f"CREATE ROLE {role} LOGIN")
    url = database.url.replace("postgres@", f"{role}@")
    try:
        on_postgres.add("20240101000000_t", "CREATE TABLE t (id INT PRIMARY KEY);")
        told = on_postgres.refused(4, "apply", DATABASE_URL=url)
        assert f"{role} may not create anything in the schema public" in told
        assert not database.has("_prisma_migrations")
        on_postgres.ok("apply")
        database.sql(f"GRANT CREATE ON SCHEMA public TO {role}")
        on_postgres.add("20240102000000_u", "ALTER TABLE t ADD COLUMN x INT;")
        told = on_postgres.refused(4, "status", DATABASE_URL=url)
        assert "permission denied" in told
        database.sql(f"GRANT SELECT, INSERT, UPDATE ON _prisma_migrations TO {role}")
        told = on_postgres.refused(4, "apply", DATABASE_URL=url)
        assert f"{role} does not own t; its owner is postgres" in told
        assert len(database.history()) == 1
    finally:
        database.sql(f"DROP OWNED BY {role}")
        database.sql(f"DROP ROLE {role}")


def test_a_server_that_is_stopped_and_started(on_postgres):
    with clusters.running() as cluster:
        on_postgres.add("20240101000000_a", "CREATE TABLE a (id INT PRIMARY KEY);")
        on_postgres.add(
            "20240102000000_b", "CREATE TABLE b (id INT PRIMARY KEY);\nSELECT pg_sleep(60);\n"
        )
        process = on_postgres.start("apply", DATABASE_URL=cluster.url)
        wait_for(
            lambda: cluster.sql(
                "SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'"
            )
        )
        cluster.stop("immediate")
        out, err = process.communicate(timeout=300)
        assert process.returncode == 4, err
        assert "20240102000000_b" in err and "nothing of it is in the database" in err
        assert "cannot use" in on_postgres.refused(4, "status", DATABASE_URL=cluster.url)
        on_postgres.add("20240102000000_b", "CREATE TABLE b (id INT PRIMARY KEY);")
        waiting = on_postgres.start("apply", "--wait", "60", DATABASE_URL=cluster.url)
        time.sleep(1)
        cluster.start()
        out, err = waiting.communicate(timeout=300)
        assert waiting.returncode == 0, err
        assert "1 migration applied" in out
        assert cluster.sql("SELECT count(*) FROM _prisma_migrations") == [(2,)]


def test_a_read_replica_is_refused(on_postgres):
    on_postgres.add("20240101000000_a", "CREATE TABLE a (id INT PRIMARY KEY);")
    with clusters.running() as primary, clusters.running(create=False) as replica:
        url = f"postgresql://postgres@127.0.0.1:{primary.port}/postgres"
        replica.command(
            "pg_basebackup", "-d", url, "-D", str(replica.data), "-R", "-X", "stream", "-c", "fast"
        )
        replica.start()
        assert "read replica" in on_postgres.refused(4, "apply", DATABASE_URL=replica.url)
        on_postgres.ok("apply", DATABASE_URL=primary.url)
        wait_for(lambda: "up to date" in on_postgres.run("status", DATABASE_URL=replica.url).stdout)
        primary.sql("ALTER DATABASE postgres SET default_transaction_read_only = on")
        assert "read-only" in on_postgres.refused(4, "apply", DATABASE_URL=primary.url)


def test_a_pooler_by_transaction_is_refused_and_one_by_session_is_not(on_postgres):
    on_postgres.add("20240101000000_a", "CREATE TABLE a (id INT PRIMARY KEY);")
    with clusters.running() as cluster:
        with clusters.pgbouncer(cluster, "transaction") as port:
            url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
            told = on_postgres.refused(4, "apply", DATABASE_URL=url)
            assert "pooler" in told and "DIRECT_URL" in told
            on_postgres.ok("apply", DATABASE_URL=url, DIRECT_URL=cluster.url)
        on_postgres.add("20240102000000_b", "CREATE TABLE b (id INT PRIMARY KEY);")
        with clusters.pgbouncer(cluster, "session") as port:
            url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
            on_postgres.ok("apply", DATABASE_URL=url)
        assert cluster.sql("SELECT count(*) FROM _prisma_migrations") == [(2,)]


def test_the_disk_is_full(on_postgres):
    """A tablespace on a file system of 24 MB."""
    import os
    import subprocess
    from pathlib import Path

    with clusters.running() as cluster:
        place = cluster.folder / "small"
        place.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=24m,mode=777", "tmpfs", str(place)],
            capture_output=True,
        )
        if mounted.returncode:
            pytest.skip("no small file system can be mounted here")
        try:
            inner = Path(place, "space")
            inner.mkdir()
            if cluster.user:
                import shutil

                shutil.chown(inner, cluster.user)
            cluster.sql(f"CREATE TABLESPACE small LOCATION '{inner}'")
            on_postgres.add("20240101000000_a", "CREATE TABLE a (id INT PRIMARY KEY);")
            on_postgres.add(
                "20240102000000_b",
                "CREATE TABLE b (x TEXT) TABLESPACE small;\n"
                "INSERT INTO b SELECT repeat(md5(n::text), 20) FROM generate_series(1, 100000) n;\n",
            )
            told = on_postgres.refused(1, "apply", DATABASE_URL=cluster.url)
            assert "No space left" in told and "nothing of it is in the database" in told
            assert cluster.sql(
                "SELECT count(*) FROM _prisma_migrations WHERE rolled_back_at IS NULL"
            ) == [(1,)]
        finally:
            cluster.stop("immediate")
            subprocess.run(["umount", str(place)], check=True)
            os.path.exists(place)


def test_a_server_with_no_free_connection(on_postgres):
    on_postgres.add("20240101000000_a", "CREATE TABLE a (id INT PRIMARY KEY);")
    database = on_postgres.database
    name = database.url.rpartition("/")[2]
    role = f"full_{name}"
    database.sql(f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 1")
    database.sql(f"GRANT ALL ON SCHEMA public TO {role}")
    url = database.url.replace("postgres@", f"{role}@")
    try:
        held = psycopg.connect(url, autocommit=True)
        assert "too many connections" in on_postgres.refused(4, "apply", DATABASE_URL=url)
        process = on_postgres.start("apply", "--wait", "30", DATABASE_URL=url)
        time.sleep(1.5)
        held.close()
        _out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
    finally:
        database.sql(f"DROP OWNED BY {role}")
        database.sql(f"DROP ROLE {role}")


def test_the_marker_of_the_database_counts(on_postgres):
    """A copy of the variables is easily wrong; the database says of itself what it is."""
    on_postgres.add("20240101000000_a", "CREATE TABLE a (id INT PRIMARY KEY, x INT);")
    on_postgres.ok("apply")
    name = on_postgres.database.url.rpartition("/")[2]
    on_postgres.database.sql(f"ALTER DATABASE {name} SET migralint.environment = 'production'")
    on_postgres.write(".migralint.yaml", "rules: {drop-column: off}\n")
    on_postgres.add("20240102000000_b", "ALTER TABLE a DROP COLUMN x;")
    assert "in production" in on_postgres.refused(5, "apply", DATABASE_ENV="development")
    assert "the database says of itself" in on_postgres.refused(1, "plan")


def test_interrupted_while_plain_statements_wait(on_postgres):
    """Plain statements go in one message; Ctrl-C and a kill end them as they end any other."""
    import signal

    on_postgres.add("20240101000000_a", "CREATE TABLE a (id INT PRIMARY KEY);")
    on_postgres.ok("apply")
    on_postgres.add(
        "20240102000000_b",
        "CREATE TABLE b (id INT PRIMARY KEY);\nALTER TABLE a ADD COLUMN x INT;\n",
    )
    with psycopg.connect(on_postgres.database.url) as holder:
        holder.execute("LOCK TABLE a IN ACCESS SHARE MODE")
        waits = "SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'a'::regclass"
        for number, status in ((signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)):
            process = on_postgres.start("apply", "--lock-timeout", "60s")
            wait_for(lambda: on_postgres.database.sql(waits))
            process.send_signal(number)
            _, err = process.communicate(timeout=300)
            assert process.returncode == status, err
            if number != signal.SIGKILL:
                assert "nothing of it is in the database" in err
            wait_for(lambda: not on_postgres.database.sql(waits), 10)
            assert not on_postgres.database.has("b")
    assert "1 migration applied" in on_postgres.ok("apply")
    assert len(on_postgres.database.history()) == 2
