"""Running code writes all the time while the steps are applied: nothing is lost, nothing is stale,
and no write fails."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

import psycopg
import pytest
from splitting import Split, scratch, split, why
from test_split_proof import SCHEMA, SEED

psycopg_errors = pytest.importorskip("psycopg.errors")
PATIENCE = "5s"  # the application's lock_timeout


class Writers(threading.Thread):
    """An application: inserts rows, changes rows and remembers what each row should hold."""

    def __init__(self, url: str, insert: str, update: str, rows: int) -> None:
        super().__init__(daemon=True)
        self.url, self.insert, self.update, self.rows = url, insert, update, rows
        self.expected: dict[int, int | None] = {}
        self.stopped = threading.Event()
        self.problems: list[str] = []
        self.writes = 0

    def run(self) -> None:
        with psycopg.connect(self.url, autocommit=True, prepare_threshold=None) as connection:
            connection.execute(f"SET lock_timeout = '{PATIENCE}'")
            number = 0
            while not self.stopped.is_set():
                number += 1
                try:
                    self.write(connection, number)
                except psycopg.Error as error:
                    self.problems.append(str(error))
                    return
                self.writes += 1
                time.sleep(0.001)

    def write(self, connection: Any, number: int) -> None:
        value = number % 1000
        if number % 3 == 0:
            row = connection.execute(self.insert, {"value": value}).fetchone()
            self.expected[row[0]] = value
            return
        given = None if number % 7 == 0 else value
        key = number * 7919 % self.rows + 1
        changed = connection.execute(self.update, {"value": given, "key": key})
        if changed.rowcount:
            self.expected[key] = given

    def stop(self) -> None:
        self.stopped.set()
        self.join(30)
        assert not self.problems, self.problems
        assert self.writes > 50


def insert(column: str) -> str:
    return f"INSERT INTO orders (user_id, {column}) VALUES (1, %(value)s) RETURNING id"


def update(column: str) -> str:
    return f"UPDATE orders SET {column} = %(value)s WHERE id = %(key)s"


def steps(url: str, found: Split, between: Any) -> None:
    """Each step in a connection of its own; `between` is called before each and at the end."""
    for file in found.files:
        between(file)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SET lock_timeout = '5s'")
            connection.execute(file.text)


def wrong(url: str, column: str, expected: dict[int, int | None]) -> list[Any]:
    """The rows that do not hold what was last written to them, or what they held before."""
    with psycopg.connect(url, autocommit=True) as connection:
        rows = connection.execute(f"SELECT id, {column} FROM orders").fetchall()
    held = {key: value and int(value) for key, value in rows}
    before = {n: n % 7 for n in range(1, 12001)}
    return [
        (key, value, held.get(key))
        for key, value in {**before, **expected}.items()
        if key not in held or held[key] != value
    ]


TYPES = {
    "bigger": "ALTER TABLE orders ALTER COLUMN kind TYPE bigint;",
    "as text": "ALTER TABLE orders ALTER COLUMN kind TYPE text;",
}


@pytest.mark.parametrize("name", TYPES)
def test_another_type_while_others_write(name: str, postgres_url: str) -> None:
    found = split(SCHEMA, TYPES[name])
    assert len(found.files) == 3, why(found)
    with scratch(postgres_url, f"split_writers_{os.getpid()}", SCHEMA + SEED) as one:
        url = one.session.connection.info.dsn
        writers = Writers(url, insert("kind"), update("kind"), 12000)
        writers.start()
        try:
            steps(url, found, lambda file: time.sleep(0.3))
            time.sleep(0.3)
        finally:
            writers.stop()
        assert wrong(url, "kind", writers.expected) == []


def test_another_name_while_old_and_new_code_write(postgres_url: str) -> None:
    """Old code until the last step; new code from the moment at which every row is filled."""
    found = split(SCHEMA, "ALTER TABLE orders RENAME COLUMN kind TO sort;")
    assert len(found.files) == 3, why(found)
    with scratch(postgres_url, f"split_renamers_{os.getpid()}", SCHEMA + SEED) as one:
        url = one.session.connection.info.dsn
        old = Writers(url, insert("kind"), update("kind"), 6000)
        new = Writers(
            url, insert("sort"), update("sort").replace("%(key)s", "6000 + %(key)s"), 6000
        )
        old.start()

        def between(file: Any) -> None:
            time.sleep(0.3)
            if file.path in found.later:
                new.start()  # old and new code run side by side: a rolling deployment
                time.sleep(0.3)
                same = one.db.query(
                    one.session, "SELECT count(*) FROM orders WHERE kind IS DISTINCT FROM sort"
                )
                assert same[0][0] == 0
                old.stop()

        try:
            steps(url, found, between)
            time.sleep(0.3)
        finally:
            new.stop()
        moved = {key + 6000 if key <= 6000 else key: v for key, v in new.expected.items()}
        assert wrong(url, "sort", {**old.expected, **moved}) == []


def test_a_column_is_filled_while_others_write(postgres_url: str) -> None:
    """A required column with a default of its own for each row, a key on it, and a foreign key."""
    found = split(
        SCHEMA,
        "ALTER TABLE orders ADD COLUMN pid uuid NOT NULL DEFAULT gen_random_uuid();\n"
        "CREATE UNIQUE INDEX orders_pid_key ON orders (pid);\n"
        "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users (id);\n"
        "UPDATE orders SET note = 'none' WHERE note IS NULL;",
    )
    assert not found.refused, why(found)
    with scratch(postgres_url, f"split_fillers_{os.getpid()}", SCHEMA + SEED) as one:
        url = one.session.connection.info.dsn
        writers = Writers(url, insert("kind"), update("kind"), 12000)
        writers.start()
        try:
            steps(url, found, lambda file: time.sleep(0.1))
        finally:
            writers.stop()
        assert wrong(url, "kind", writers.expected) == []
        counts = "SELECT count(*) = count(DISTINCT pid), count(*) FILTER (WHERE id <= 12000 AND note IS NULL) FROM orders"
        assert one.db.query(one.session, counts)[0] == (True, 0)
