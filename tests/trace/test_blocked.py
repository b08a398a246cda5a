"""`locks`: really blocked sessions, in the order in which they wait, and how to end the first."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from cluster import running

from migralint.runner import databases
from migralint.runner.databases import LOCK_KEY
from migralint.runner.url import parse
from migralint.trace import blocked

psycopg = pytest.importorskip("psycopg")


class Sessions:
    """Sessions of a database; `start` runs a statement that will wait, `holds` one that does not."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.open: list[Any] = []
        self.threads: list[threading.Thread] = []

    def holds(self, sql: str, name: str = "holder") -> Any:
        session = psycopg.connect(self.url, autocommit=True, application_name=name)
        self.open.append(session)
        session.execute(sql)
        return session

    def start(self, sql: str, name: str) -> Any:
        session = self.holds("SELECT 1", name)
        thread = threading.Thread(target=self._wait, args=(session, sql), daemon=True)
        thread.start()
        self.threads.append(thread)
        pid = session.info.backend_pid
        waits = "SELECT 1 FROM pg_locks WHERE NOT granted AND pid = %s"
        with psycopg.connect(self.url, autocommit=True) as looking:
            until(lambda: looking.execute(waits, [pid]).fetchone())
        return session

    def _wait(self, session: Any, sql: str) -> None:
        with suppress(psycopg.Error):  # the test ends it
            session.execute(sql)

    def close(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as last:
            last.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        for thread in self.threads:
            thread.join(timeout=10)
        for session in self.open:
            session.close()


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def sessions(postgres: Any) -> Iterator[Sessions]:
    postgres.sql("CREATE TABLE users (id int PRIMARY KEY, email text)")
    postgres.sql("INSERT INTO users VALUES (1, 'a'), (2, 'b')")
    found = Sessions(postgres.url)
    yield found
    found.close()


def look(url: str) -> blocked.Picture:
    db = databases.of("postgres")
    session = db.connect(parse(url), ("5s", "10s"), False)
    try:
        return blocked.look(db, session)
    finally:
        db.close(session)


def pid(session: Any) -> str:
    return str(session.info.backend_pid)


def test_nobody_is_blocked(on_postgres: Any) -> None:
    assert "Nobody is blocked." in on_postgres.ok("locks")


def test_a_chain_of_three(on_postgres: Any, sessions: Sessions) -> None:
    first = sessions.holds("BEGIN; UPDATE users SET email = 'x' WHERE id = 1", "psql")
    second = sessions.start("BEGIN; UPDATE users SET email = 'y' WHERE id = 2; "
                            "UPDATE users SET email = 'y' WHERE id = 1", "worker")  # fmt: skip
    third = sessions.start("UPDATE users SET email = 'z' WHERE id = 2", "web")
    time.sleep(0.3)
    said = on_postgres.refused(1, "locks")
    lines = said.splitlines()
    depth = {
        name: next(len(line) - len(line.lstrip()) for line in lines if line.lstrip().startswith(n))
        for name, n in (("psql", pid(first)), ("worker", pid(second)), ("web", pid(third)))
    }
    assert depth == {"psql": 0, "worker": 4, "web": 8}
    assert f"to end it: SELECT pg_terminate_backend({pid(first)});" in said
    assert "idle in transaction" in said and "its last statement: BEGIN; UPDATE users" in said
    assert said.count("to end it") == 1  # of those that wait themselves, nobody need be ended
    assert "waits" in said and "a row of users" in said
    assert "2 sessions wait" in said
    assert sessions.holds("SELECT 1").execute("SELECT count(*) FROM pg_stat_activity WHERE "
        "application_name IN ('psql', 'worker', 'web')").fetchone() == (3,)  # fmt: skip


def test_the_queue_behind_an_alter_table(postgres: Any, sessions: Sessions) -> None:
    reader = sessions.holds("BEGIN; SELECT * FROM users", "report")
    alter = sessions.start("ALTER TABLE users ADD COLUMN age int", "migration")
    time.sleep(0.2)
    web = sessions.start("SELECT * FROM users", "web")
    picture = look(postgres.url)
    (root,) = blocked.tree(picture)
    assert root.person.id == pid(reader) and root.wait is None
    waits = {wait.waiter: wait for wait in picture.waits}
    assert waits[pid(alter)].wanted == "ACCESS EXCLUSIVE"
    assert waits[pid(alter)].object == "users"
    assert waits[pid(alter)].held == {pid(reader): "ACCESS SHARE"}
    assert waits[pid(web)].wanted == "ACCESS SHARE"
    assert waits[pid(web)].blockers == (pid(alter),)
    (first,) = root.below
    assert first.person.id == pid(alter) and [n.person.id for n in first.below] == [pid(web)]
    assert waits[pid(alter)].seconds > waits[pid(web)].seconds
    assert "holds ACCESS SHARE on users" in blocked.text(picture)


def test_a_running_statement_is_cancelled_and_not_terminated(
    postgres: Any, sessions: Sessions
) -> None:
    slow = sessions.holds("SELECT 1", "slow")
    sql = "BEGIN; LOCK TABLE users; SELECT pg_sleep(60)"
    thread = threading.Thread(target=sessions._wait, args=(slow, sql), daemon=True)
    thread.start()
    sessions.threads.append(thread)
    until(lambda: postgres.sql("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"))
    sessions.start("SELECT * FROM users", "web")
    (root,) = blocked.tree(look(postgres.url))
    assert root.person.end == f"SELECT pg_cancel_backend({pid(slow)});"


def test_a_concurrent_build_waits_for_a_transaction(postgres: Any, sessions: Sessions) -> None:
    old = sessions.holds("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1", "report")
    build = sessions.start("CREATE INDEX CONCURRENTLY i ON users (email)", "migration")
    picture = look(postgres.url)
    (wait,) = picture.waits
    assert wait.waiter == pid(build) and wait.blockers == (pid(old),)
    assert "CONCURRENTLY waits" in wait.object


def test_ending_a_concurrent_build_leaves_an_index(postgres: Any, sessions: Sessions) -> None:
    sessions.holds("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1", "report")
    build = sessions.start("CREATE INDEX CONCURRENTLY i ON users (email)", "migration")
    sessions.start("ALTER TABLE users ADD COLUMN age int", "other")
    person = look(postgres.url).people[pid(build)]
    assert person.end.startswith("SELECT pg_cancel_backend") and "INVALID" in person.why


def test_the_lock_of_the_appliers(postgres: Any, sessions: Sessions) -> None:
    holder = sessions.holds(f"SELECT pg_advisory_lock({LOCK_KEY})", "migralint")
    waiter = sessions.start(f"SELECT pg_advisory_lock({LOCK_KEY})", "prisma")
    picture = look(postgres.url)
    (wait,) = picture.waits
    assert (wait.waiter, wait.blockers) == (pid(waiter), (pid(holder),))
    assert wait.object == "the lock of the appliers (migralint's and Prisma's)"
    assert "holds a lock of the session" in blocked.text(picture)


def test_the_longest_comes_first(postgres: Any, sessions: Sessions) -> None:
    postgres.sql("CREATE TABLE later (id int)")
    one = sessions.holds("BEGIN; LOCK TABLE later", "one")
    two = sessions.holds("BEGIN; LOCK TABLE users", "two")
    sessions.start("SELECT * FROM users", "waits long")
    time.sleep(0.3)
    sessions.start("SELECT * FROM later", "waits short")
    found = [node.person.id for node in blocked.tree(look(postgres.url))]
    assert found == [pid(two), pid(one)]


def test_a_statement_is_cut_and_its_password_masked(postgres: Any, sessions: Sessions) -> None:
    sessions.holds("BEGIN; LOCK TABLE users")
    role = f"SELECT * FROM users WHERE email <> 'postgresql://u:gehe1m@h/d'{' OR true' * 60}"
    sessions.start(role, "web")
    picture = look(postgres.url)
    said = blocked.text(picture) + json.dumps(blocked.as_json(picture))
    assert "gehe1m" not in said and "postgresql://u:***@h/d" in said and "..." in said


def test_json_and_watching(on_postgres: Any, sessions: Sessions) -> None:
    sessions.holds("BEGIN; LOCK TABLE users", "psql")
    sessions.start("SELECT * FROM users", "web")
    done = on_postgres.run("locks", "--output", "json")
    answer = json.loads(done.stdout)
    assert done.returncode == 1 and answer["blocked"] == 1
    (root,) = answer["tree"]
    (waiting,) = root["blocks"]
    assert root["application"] == "psql" and waiting["application"] == "web"
    assert waiting["waits"]["wanted"] == "ACCESS SHARE" and waiting["waits"]["seconds"] > 0
    process = on_postgres.start("locks", "--output", "json", "--watch", "0.1")
    looks = [json.loads(process.stdout.readline()) for _ in range(3)]
    process.terminate()
    process.communicate(timeout=300)
    assert [one["blocked"] for one in looks] == [1, 1, 1]


def test_a_prepared_transaction_is_named() -> None:
    """Nobody runs it: neither cancel nor terminate helps."""
    with running(create=False) as cluster:
        cluster.settings["max_prepared_transactions"] = "5"
        cluster.create()
        cluster.start()
        cluster.sql("CREATE TABLE users (id int)")
        sessions = Sessions(cluster.url)
        sessions.holds("BEGIN; LOCK TABLE users; PREPARE TRANSACTION 'it''s'").close()
        sessions.start("SELECT * FROM users", "web")
        said = blocked.text(look(cluster.url))
        assert "prepared transaction 'it's', by postgres" in said
        assert "holds ACCESS EXCLUSIVE on users" in said
        assert "ROLLBACK PREPARED 'it''s'; or COMMIT PREPARED 'it''s';" in said
        sessions.close()


def test_sqlite_says_that_it_cannot_be_asked(on_sqlite: Any) -> None:
    on_sqlite.add("1_users", "CREATE TABLE users (id int);\n")
    on_sqlite.ok("apply")
    assert "SQLite keeps no list of its locks" in on_sqlite.refused(2, "locks")


def test_a_circle_and_an_unknown_blocker_are_shown_too() -> None:
    def wait(waiter: str, *blockers: str) -> blocked.Wait:
        return blocked.Wait(waiter, blockers, 1.0, "users")

    people = {name: blocked.Person(name) for name in "abc"}
    picture = blocked.Picture("db", people, (wait("a", "b"), wait("b", "a"), wait("c")))
    said = blocked.text(picture)
    assert all(f"{name} (an application without a name" in said for name in "abc")
    assert "3 sessions wait" in said
