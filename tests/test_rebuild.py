"""What rebuild-cascade warns of, shown on SQLite itself."""

from __future__ import annotations

import sqlite3

import pytest

SCHEMA = """
CREATE TABLE orders (id integer PRIMARY KEY, note text);
CREATE TABLE items (id integer PRIMARY KEY, order_id REFERENCES orders (id) ON DELETE CASCADE);
INSERT INTO orders VALUES (1, 'a');
INSERT INTO items VALUES (1, 1);
PRAGMA foreign_keys = ON;
"""
REBUILD = """
CREATE TABLE new_orders (id integer PRIMARY KEY, note text NOT NULL);
INSERT INTO new_orders (id, note) SELECT id, note FROM orders;
DROP TABLE orders;
ALTER TABLE new_orders RENAME TO orders;
"""


@pytest.mark.parametrize(
    ("before", "after", "left"),
    [
        ("", "", 0),
        ("BEGIN; PRAGMA foreign_keys = OFF;", "COMMIT;", 0),
        ("PRAGMA foreign_keys = OFF; BEGIN;", "COMMIT;", 1),
    ],
)
def test_dropping_a_table_for_its_rebuild(before: str, after: str, left: int) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(SCHEMA)
    connection.executescript(before + REBUILD + after)
    assert connection.execute("SELECT count(*) FROM items").fetchone() == (left,)
    connection.close()
