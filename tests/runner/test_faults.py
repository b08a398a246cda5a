"""Faults that every database has: kills, signals, many appliers, locks, wrong addresses.

After each: nothing is lost, nothing is applied twice, status tells the truth, the message says what
to do.
"""

from __future__ import annotations

import signal
import sqlite3
import threading
import time

import pytest

APPLIERS = 16


def wait_for(condition, seconds=120.0):
    """What `condition` answers as soon as that is true."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not come to that")


def test_sixteen_appliers_at_once(project):
    names = [f"202401{number:02}000000_t{number}" for number in range(1, 11)]
    for number, name in enumerate(names):
        project.add(
            name,
            f"CREATE TABLE t{number} (id INT PRIMARY KEY);\nINSERT INTO t{number} VALUES (1);\n",
        )
    started = [project.start("apply") for _ in range(APPLIERS)]
    ended = [(process.communicate(timeout=300), process.returncode) for process in started]
    assert [status for _, status in ended] == [0] * APPLIERS, [e for e in ended if e[1]]
    assert project.database.applied() == names
    assert len(project.database.history()) == len(names)
    applied = sum(out.count("  applied ") for (out, _), _ in ended)
    assert applied == len(names)


def test_sixteen_appliers_and_a_migration_without_a_transaction(project):
    text = {
        "postgres": "CREATE INDEX CONCURRENTLY t1_x ON t1 (x);\n",
        "mysql": "CREATE INDEX t1_x ON t1 (x);\n",
        "sqlite": "CREATE INDEX t1_x ON t1 (x);\nVACUUM;\n",
    }[project.database.dialect]
    project.add("20240101000000_t1", "CREATE TABLE t1 (id INT PRIMARY KEY, x INT);\n")
    project.add("20240102000000_index", text)
    project.add("20240103000000_t2", "CREATE TABLE t2 (id INT PRIMARY KEY);\n")
    started = [project.start("apply") for _ in range(APPLIERS)]
    ended = [(process.communicate(timeout=300), process.returncode) for process in started]
    assert [status for _, status in ended] == [0] * APPLIERS, [e for e in ended if e[1]]
    assert len(project.database.applied()) == len(project.database.history()) == 3


SLEEP = {
    "postgres": "SELECT pg_sleep(60)",
    "mysql": "SELECT sleep(60)",
    "sqlite": "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 300000000) "
    "SELECT count(*) FROM c",
}


def _slow(project):
    dialect = project.database.dialect
    project.add("20240101000000_first", "CREATE TABLE before_it (id INT PRIMARY KEY);\n")
    project.add(
        "20240102000000_slow",
        f"CREATE TABLE part (id INT PRIMARY KEY);\n{SLEEP[dialect]};\nCREATE TABLE never (id INT PRIMARY KEY);\n",
    )


def _is_sleeping(project):
    database = project.database
    if database.dialect == "postgres":
        return database.sql(
            "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND datname = current_database()"
        )
    if database.dialect == "mysql":
        return database.sql(
            "SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT sleep%' AND db = database()"
        )
    return database.has("before_it") and _is_locked(database)


def _is_locked(database):
    """A writer has the file: the second migration, where the first one is in it."""
    connection = sqlite3.connect(database.url[5:], timeout=0, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        return "locked" in str(error)
    finally:
        connection.close()
    return False


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_cancels_the_statement(project, number, status):
    _slow(project)
    process = project.start("apply")
    wait_for(lambda: _is_sleeping(project))
    process.send_signal(number)
    _out, err = process.communicate(timeout=300)
    assert process.returncode == status, err
    assert "was interrupted" in err and "20240102000000_slow" in err
    assert "1 migration before it" in err
    assert not project.database.has("never")
    if project.database.dialect != "sqlite":
        wait_for(lambda: not _is_sleeping(project), 5)
    if project.database.dialect == "mysql":
        assert "1 of 3 statements are in the database" in err
        assert project.database.history()[1][1:3] == (False, False)
        assert "failed" in project.refused(1, "status")
    else:
        assert "nothing of it is in the database" in err
        assert not project.database.has("part")
        assert len(project.database.applied()) == 1
        assert "pending" in project.ok("status")


def test_killed_while_a_statement_runs(project):
    """The server ends the statement of a client that is gone (MySQL does not: the row tells)."""
    _slow(project)
    process = project.start("apply")
    wait_for(lambda: _is_sleeping(project))
    process.kill()
    process.communicate()
    if project.database.dialect == "mysql":
        told = project.refused(5, "apply")
        assert "1 of 3 statements are done; running the one at line 2" in told
        return
    wait_for(lambda: not _is_sleeping(project), 10)
    assert not project.database.has("part")
    assert len(project.database.history()) == 1
    text = "CREATE TABLE part (id INT PRIMARY KEY);\n"
    project.add("20240102000000_slow", text)
    assert "1 migration applied" in project.ok("apply")


def _locked_table(project):
    project.add("20240101000000_t", "CREATE TABLE t (id INT PRIMARY KEY, x INT);\n")
    project.ok("apply")
    project.add("20240102000000_x", "ALTER TABLE t ADD COLUMN y INT;\n")
    holder = project.database.connect()
    begin = {
        "postgres": ["BEGIN", "LOCK TABLE t IN ACCESS SHARE MODE"],
        "mysql": ["BEGIN", "INSERT INTO t VALUES (1, 1)"],
        "sqlite": ["BEGIN IMMEDIATE"],
    }[project.database.dialect]
    for statement in begin:
        cursor = holder.cursor()
        cursor.execute(statement)
    return holder


def test_a_lock_timeout_is_tried_again(project):
    holder = _locked_table(project)
    process = project.start("apply", "--lock-timeout", "1500ms", "--retries", "8")
    told = next((line for line in process.stdout if "trying again" in line), "")
    holder.rollback() if project.database.dialect != "sqlite" else holder.execute("ROLLBACK")
    holder.close()
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, told + out + err
    assert told
    assert len(project.database.applied()) == 2


def test_who_is_in_the_way_is_named(project):
    holder = _locked_table(project)
    number = holder.info.backend_pid if project.database.dialect == "postgres" else 0
    number = holder.thread_id() if project.database.dialect == "mysql" else number
    told = project.refused(1, "apply", "--lock-timeout", "2500ms", "--retries", "1")
    holder.close()
    assert "after 2 attempts" in told or project.database.dialect == "mysql"
    if project.database.dialect == "postgres":
        assert f"in the way was pid {number}" in told
        assert "LOCK TABLE t IN ACCESS SHARE MODE" in told
    if project.database.dialect == "mysql":
        assert f"in the way was connection {number}" in told
    if project.database.dialect == "sqlite":
        assert "Another process writes to the file" in told


def test_a_busy_file_while_the_history_is_made(on_sqlite):
    """The very first write meets a lock: it is waited for, not a traceback."""
    on_sqlite.add("20240101000000_t", "CREATE TABLE t (id INT PRIMARY KEY);\n")
    holder = sqlite3.connect(
        on_sqlite.database.url[5:], isolation_level=None, check_same_thread=False
    )
    holder.execute("BEGIN IMMEDIATE")
    threading.Timer(2, lambda: holder.execute("ROLLBACK")).start()
    on_sqlite.ok("apply")
    holder.close()
    assert len(on_sqlite.database.applied()) == 1


@pytest.mark.parametrize("dialect", ["postgres", "mysql"])
def test_another_tool_holds_the_applier_lock(request, make_project, dialect):
    database = request.getfixturevalue(dialect)
    project = make_project(database)
    project.add("20240101000000_t", "CREATE TABLE t (id INT PRIMARY KEY);\n")
    holder = database.connect()
    take = {
        "postgres": "SELECT pg_advisory_lock(72707369)",
        "mysql": "SELECT GET_LOCK('prisma_migrate', 1)",
    }
    holder.cursor().execute(take[dialect])
    number = holder.info.backend_pid if dialect == "postgres" else holder.thread_id()
    told = project.refused(4, "apply", "--lock-wait", "1")
    assert "another applier holds the lock" in told and str(number) in told
    assert not database.has("t")
    holder.close()
    project.ok("apply")


@pytest.mark.parametrize("dialect", ["postgres", "mysql"])
def test_a_secret_is_nowhere(request, make_project, postgres_url, mysql_url, dialect):
    """Wrong passwords, hosts and broken URLs, at every verbosity."""
    database = request.getfixturevalue(dialect)
    project = make_project(database)
    project.add("20240101000000_t", "CREATE TABLE t (id INT PRIMARY KEY);\n")
    base = database.url
    host = base.rpartition("@")[2].partition("/")[0]
    scheme = base.partition(":")[0]
    urls = [
        f"{scheme}://nobody_here:s3cr%23t!Pw@{host}/nowhere",
        f"{scheme}://u:s3cr#t!Pw@{host}/nowhere",
        f"{scheme}://u:s3cr/t!Pw@{host}/nowhere",
        f'"{scheme}://u:s3cr%23t!Pw@127.0.0.1:1/nowhere"\n',
        f"{scheme}://u:s3cr%2xt!Pw@127.0.0.1:1/nowhere",
        f"{scheme}://u:s3cr@t!Pw@127.0.0.1:1/nowhere",
        f"{scheme}://u:s3cr%23t!Pw@127.0.0.1:notaport/nowhere",
        "s3cr#t!Pw://x",
    ]
    for url in urls:
        for command in (["apply"], ["status", "-v"], ["status", "--output", "json"], ["plan"]):
            done = project.run(*command, DATABASE_URL=url)
            told = done.stdout + done.stderr
            assert done.returncode in (2, 4), told
            assert "t!Pw" not in told and "s3cr" not in told, told
            assert "Traceback" not in told


def test_ten_thousand_migrations(on_sqlite):
    for number in range(10_000):
        on_sqlite.add(f"{number:05}_t", f"CREATE TABLE t{number} (id INT PRIMARY KEY);\n")
    assert "10,000 migrations applied" in on_sqlite.ok("apply", timeout=600)
    assert "up to date (10000 applied)" in on_sqlite.ok("status")
