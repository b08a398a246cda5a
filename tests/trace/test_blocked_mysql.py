"""`locks` on MariaDB: rows, metadata locks with and without the plugin, and named locks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from migralint.runner import databases
from migralint.runner.url import parse
from migralint.trace import blocked

pymysql = pytest.importorskip("pymysql")


@pytest.fixture
def sessions(mysql: Any) -> Iterator[Callable[..., Any]]:
    """`sessions(sql, waits=...)` runs it in a session of its own; one that waits in a thread."""
    mysql.sql("CREATE TABLE users (id int PRIMARY KEY, email text) ENGINE=InnoDB")
    mysql.sql("INSERT INTO users VALUES (1, 'a'), (2, 'b')")
    opened: list[Any] = []

    def start(*statements: str, waits: bool = False) -> str:
        session = mysql.connect()
        opened.append(session)
        cursor = session.cursor()
        for sql in statements[:-1] if waits else statements:
            cursor.execute(sql)
        if waits:
            threading.Thread(target=_wait, args=(cursor, statements[-1]), daemon=True).start()
        return str(session.thread_id())

    yield start
    for session in opened:
        with suppress(pymysql.Error):
            mysql.sql(f"KILL {session.thread_id()}")


def _wait(cursor: Any, sql: str) -> None:
    with suppress(Exception):  # the test kills it
        cursor.execute(sql)


def look(url: str, count: int) -> blocked.Picture:
    """As soon as so many wait."""
    db = databases.of("mysql")
    session = db.connect(parse(url), ("5s", "10s"), False)
    try:
        deadline = time.monotonic() + 120
        while len((found := blocked.look(db, session)).waits) < count:
            assert time.monotonic() < deadline, found
            time.sleep(0.2)  # InnoDB shows what it has shown to whoever asks again within 0.1 s
        return found
    finally:
        db.close(session)


def test_a_row_that_another_transaction_has_written(mysql: Any, sessions: Any) -> None:
    first = sessions("BEGIN", "UPDATE users SET email = 'x' WHERE id = 1")
    second = sessions("UPDATE users SET email = 'y' WHERE id = 1", waits=True)
    picture = look(mysql.url, 1)
    (wait,) = picture.waits
    assert (wait.waiter, wait.blockers) == (second, (first,))
    assert "`users`" in wait.object and wait.wanted == "X"
    said = blocked.text(picture)
    assert f"to end it: KILL {first};" in said and "idle in transaction" in said


def test_a_metadata_lock_whose_holder_cannot_be_seen(mysql: Any, sessions: Any) -> None:
    mysql.sql("UNINSTALL SONAME IF EXISTS 'metadata_lock_info'")
    holder = sessions("BEGIN", "SELECT * FROM users")
    alter = sessions("ALTER TABLE users ADD COLUMN age int", waits=True)
    picture = look(mysql.url, 1)
    assert picture.waits[0].waiter == alter and picture.waits[0].blockers == ()
    (note,) = picture.notes
    assert "METADATA_LOCK_INFO is not installed" in note
    assert f"transactions are open in {holder}" in note


def test_a_metadata_lock_with_the_plugin(mysql: Any, sessions: Any) -> None:
    try:
        mysql.sql("INSTALL SONAME 'metadata_lock_info'")
    except pymysql.Error:
        pytest.skip("no plugin METADATA_LOCK_INFO")
    try:
        holder = sessions("BEGIN", "SELECT * FROM users")
        alter = sessions("ALTER TABLE users ADD COLUMN age int", waits=True)
        (wait,) = look(mysql.url, 1).waits
        assert (wait.waiter, wait.blockers) == (alter, (holder,))
        assert wait.object.endswith(".users") and wait.held[holder]
    finally:
        mysql.sql("UNINSTALL SONAME IF EXISTS 'metadata_lock_info'")


def test_a_named_lock(mysql: Any, sessions: Any) -> None:
    holder = sessions("SELECT get_lock('migralint test', 1)")
    waiter = sessions("SELECT get_lock('migralint test', 20)", waits=True)
    (wait,) = look(mysql.url, 1).waits
    assert (wait.waiter, wait.blockers) == (waiter, (holder,))
    assert "'migralint test'" in wait.object


def test_the_command(on_mysql: Any, sessions: Any) -> None:
    assert "Nobody is blocked." in on_mysql.ok("locks")
    sessions("BEGIN", "UPDATE users SET email = 'x' WHERE id = 1")
    sessions("UPDATE users SET email = 'y' WHERE id = 1", waits=True)
    look(on_mysql.database.url, 1)
    said = on_mysql.refused(1, "locks")
    assert "1 session waits" in said and "UPDATE users SET email = 'y'" in said
