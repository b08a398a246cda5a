"""What no linter can see: ends of transactions in code, a client with a wrong clock, a full disk."""

from __future__ import annotations

import re

import pytest


def allowed(project, name, text):
    """The migration, with everything allowed that would stop it: that is not the question here."""
    project.add(name, text)
    done = project.run("apply", "--dry-run")
    rules = sorted(set(re.findall(r"error\[([a-z-]+)\]", done.stdout + done.stderr)))
    head = "".join(f"-- migralint: allow-file {rule} (a test)\n" for rule in rules)
    project.add(name, head + text)


def live(project):
    """(name, finished) of the rows that are not rolled back."""
    return [(row[0], row[1]) for row in project.database.history() if not row[2]]


TABLES = "CREATE TABLE a (id INT PRIMARY KEY);\n{}\nCREATE TABLE b (id INT PRIMARY KEY);\n"
ENDS = ["COMMIT;", "END;", "END TRANSACTION;", "ROLLBACK;", "ABORT;", "COMMIT AND CHAIN;",
        "ROLLBACK AND CHAIN;", "COMMIT; BEGIN;", "ROLLBACK; BEGIN;"]  # fmt: skip


@pytest.mark.parametrize("end", ENDS)
def test_an_end_of_the_transaction_in_the_file(on_postgres, end):
    """Whatever the outcome, history and database agree and nothing runs on unnoticed."""
    name = "20240101000000_x"
    allowed(on_postgres, name, TABLES.format(end))
    done = on_postgres.run("apply")
    has = [on_postgres.database.has(table) for table in "ab"]
    if done.returncode == 0:
        assert all(has) and live(on_postgres) == [(name, True)]
    else:
        assert done.returncode == 1, done.stderr
        assert live(on_postgres) == [(name, False)]
        assert "in the database and stay" in done.stderr
        assert "failed" in on_postgres.refused(1, "status")
        on_postgres.refused(5, "apply")


PROCEDURE = """\
CREATE PROCEDURE hidden() LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO log VALUES (1);
    {};
    INSERT INTO log VALUES (2);
END $$;
"""


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
@pytest.mark.parametrize("call", ["CALL hidden()", "DO $$ BEGIN CALL hidden(); END $$"])
def test_a_procedure_that_ends_the_transaction(on_postgres, end, call):
    """The server refuses that in a transaction; then the migration runs without one."""
    on_postgres.add(
        "20240101000000_p", "CREATE TABLE log (id INT PRIMARY KEY);\n" + PROCEDURE.format(end)
    )
    on_postgres.ok("apply")
    on_postgres.add("20240102000000_call", TABLES.format(f"{call};"))
    out = on_postgres.ok("apply")
    assert "without a transaction, because the server says: invalid transaction termination" in out
    assert on_postgres.database.has("a") and on_postgres.database.has("b")
    expected = [(1,), (2,)] if end == "COMMIT" else [(2,)]
    assert on_postgres.database.sql("SELECT id FROM log ORDER BY id") == expected
    assert live(on_postgres)[1] == ("20240102000000_call", True)


def test_a_commit_by_execute(on_postgres):
    """EXECUTE knows no COMMIT: the whole is rolled back."""
    allowed(
        on_postgres,
        "20240101000000_x",
        TABLES.format("DO $$ BEGIN EXECUTE chr(67) || 'OMMIT'; END $$;"),
    )
    assert "nothing of it is in the database" in on_postgres.refused(1, "apply")
    assert not on_postgres.database.has("a") and live(on_postgres) == []


def test_a_prepared_transaction(on_postgres):
    """PREPARE TRANSACTION takes the session out of its transaction, without COMMIT."""
    allowed(on_postgres, "20240101000000_x", TABLES.format("PREPARE TRANSACTION 'mine';"))
    done = on_postgres.run("apply")
    assert done.returncode == 1
    assert not on_postgres.database.has("b")
    assert "pending" in on_postgres.run("status").stdout or live(on_postgres) == [
        ("20240101000000_x", False)
    ]


@pytest.mark.parametrize(
    "statement",
    ["INSERT OR ROLLBACK INTO t VALUES (1)", "INSERT INTO t VALUES (7)"],
)
def test_sqlite_rolls_back_by_itself(on_sqlite, statement):
    """OR ROLLBACK and RAISE(ROLLBACK) end our transaction from inside a statement."""
    on_sqlite.add(
        "20240101000000_t",
        "CREATE TABLE t (id INT PRIMARY KEY);\nINSERT INTO t VALUES (1);\n"
        "CREATE TRIGGER seven BEFORE INSERT ON t WHEN NEW.id = 7 BEGIN\n"
        "    SELECT RAISE(ROLLBACK, 'not seven');\nEND;\n",
    )
    on_sqlite.ok("apply")
    on_sqlite.add("20240102000000_x", TABLES.format(f"{statement};"))
    told = on_sqlite.refused(1, "apply")
    assert "nothing of it is in the database" in told
    assert not on_sqlite.database.has("a") and not on_sqlite.database.has("b")
    assert live(on_sqlite) == [("20240101000000_t", True)]


SKEWED = """\
import datetime, time

import psycopg, pymysql, yaml  # those that are compiled want the true one

_time, _datetime = time.time, datetime.datetime
time.time = lambda: _time() + 3 * 86400


class Later(_datetime):
    @classmethod
    def now(cls, tz=None):
        return _datetime.now(tz) + datetime.timedelta(days=3)

    @classmethod
    def utcnow(cls):
        return _datetime.utcnow() + datetime.timedelta(days=3)


datetime.datetime = Later
"""
AGE = {
    "postgres": "extract(epoch FROM now() - {})",
    "mysql": "timestampdiff(SECOND, {}, utc_timestamp())",
    "sqlite": "strftime('%s', 'now') - {} / 1000",
}


def test_a_client_with_a_wrong_clock(project):
    """The rows have the time of the server, in UTC, whatever the applier's clock and zone say."""
    wrong = project.folder / "wrong"
    project.write("wrong/sitecustomize.py", SKEWED)
    path = f"{wrong}:{project.environ()['PYTHONPATH']}"
    check = project.run("new", "probe", PYTHONPATH=path).stdout
    from datetime import UTC, datetime

    now = datetime.now(UTC).strftime("%Y%m%d")
    assert re.search(r"/(\d{8})", check)[1] > now  # the clock of that client is wrong indeed
    plain = "CREATE TABLE a (id INT PRIMARY KEY);\n"
    index = {"postgres": "CREATE INDEX CONCURRENTLY i ON a (id)", "sqlite": "VACUUM"}
    project.add("20240101000000_a", plain)
    project.add("20240102000000_b", index.get(project.database.dialect, "SELECT 1") + ";\n")
    project.ok("apply", PYTHONPATH=path, TZ="Asia/Tokyo")
    age = AGE[project.database.dialect]
    if project.database.dialect == "sqlite":
        # SQLite is in the applier's process, but it asks the system for the time
        assert project.database.sql("SELECT typeof(started_at) FROM _prisma_migrations")[0] == (
            "integer",
        )
    columns = f"{age.format('started_at')}, {age.format('finished_at')}"
    for row in project.database.sql(f"SELECT {columns} FROM _prisma_migrations"):
        assert all(-2 <= float(seconds) < 60 for seconds in row), row


def test_temporary_files_have_no_room(on_postgres):
    """What a sort may write is limited: the error is of the class of a full disk."""
    on_postgres.add("20240101000000_t", "CREATE TABLE t (id INT PRIMARY KEY, x TEXT);\n")
    on_postgres.ok("apply")
    on_postgres.database.sql(
        "INSERT INTO t SELECT n, md5(n::text) FROM generate_series(1, 60000) n"
    )
    name = on_postgres.database.url.rpartition("/")[2]
    on_postgres.database.sql(f"ALTER DATABASE {name} SET temp_file_limit = '256kB'")
    on_postgres.database.sql(f"ALTER DATABASE {name} SET work_mem = '64kB'")
    on_postgres.add(
        "20240102000000_u",
        "CREATE TABLE u (id INT PRIMARY KEY);\nINSERT INTO u SELECT min(id) FROM (SELECT id, x FROM t ORDER BY x) s;\n",
    )
    told = on_postgres.refused(1, "apply")
    assert "temporary file size exceeds temp_file_limit" in told and "(53400)" in told
    assert "nothing of it is in the database" in told
    assert live(on_postgres) == [("20240101000000_t", True)]


SLOW = """\
CREATE TABLE t (id INT PRIMARY KEY, x INT);
CREATE FUNCTION slow(n INT) RETURNS INT IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(0.002); RETURN n; END $$;
"""


def on_a_terminal(project, *args):
    """What a person sees of the command, with the carriage returns."""
    import os
    import pty
    import subprocess
    import sys

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "migralint", *args],
        cwd=project.folder,
        env=project.environ(TERM="xterm"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # Linux says so when the other end is closed
            break
        if not part:
            break
        seen += part
    os.close(ours)
    assert process.wait(300) == 0, seen
    return seen.decode()


@pytest.mark.parametrize("how", ["", "CONCURRENTLY "])
def test_how_far_an_index_is_on_a_terminal(on_postgres, how):
    """The moving line shows the migration, the statement, the time and the server's own progress."""
    on_postgres.add("20240101000000_t", SLOW)
    on_postgres.ok("apply")
    on_postgres.database.sql("INSERT INTO t SELECT n, n FROM generate_series(1, 1500) n")
    on_postgres.add("20240102000000_i", f"CREATE INDEX {how}t_slow ON t (slow(x));\n")
    seen = on_a_terminal(on_postgres, "apply")
    assert re.search(
        r"\r  20240102000000_i: statement 1 of 1 \(line 1\), \d+ s, building index[^\r]* \d+%",
        seen,
    ), seen
    assert "applied 20240102000000_i" in seen
    # the line is wiped before the next is written
    assert re.search(r"\r +\r  applied 20240102000000_i", seen), seen


def test_who_is_waited_for_on_a_terminal(on_postgres):
    import threading
    import time

    from test_faults import wait_for

    on_postgres.add("20240101000000_t", "CREATE TABLE t (id INT PRIMARY KEY, x INT);\n")
    on_postgres.ok("apply")
    on_postgres.add("20240102000000_y", "ALTER TABLE t ADD COLUMN y INT;\n")
    holder = on_postgres.database.connect()
    holder.execute("BEGIN")
    holder.execute("LOCK TABLE t IN ACCESS SHARE MODE")
    pid = holder.info.backend_pid

    def let_go():
        waits = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 't'::regclass"
        wait_for(lambda: on_postgres.database.sql(waits))
        time.sleep(3.5)
        holder.execute("ROLLBACK")

    thread = threading.Thread(target=let_go)
    thread.start()
    seen = on_a_terminal(on_postgres, "apply", "--lock-timeout", "30s")
    thread.join()
    holder.close()
    assert f", waiting for pid {pid}" in seen
