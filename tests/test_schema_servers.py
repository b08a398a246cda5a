"""The replayed schema against MariaDB (or MySQL) and SQLite that took the same statements."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from migralint.knowledge.schema import Schema
from migralint.sql.operations import operations
from migralint.sql.statements import split

HERE = os.path.dirname(__file__)
NAME = "migralint_schema_test"
Things = dict[str, dict[tuple[str, ...], Any]]


def history(dialect: str) -> list[str]:
    with open(os.path.join(HERE, f"schema_history.{dialect}.sql"), encoding="utf-8") as file:
        return [statement.text for statement in split(file.read(), dialect)]


def replayed(dialect: str) -> Schema:
    schema = Schema(dialect)
    for text in history(dialect):
        for statement in split(text, dialect):
            for operation in operations(statement, dialect):
                schema.apply(operation, "migration")
    schema.begin(None)
    return schema


def compare(ours: Things, theirs: Things) -> None:
    for kind in theirs:
        wrong = {
            key: (ours[kind].get(key), theirs[kind].get(key))
            for key in {**ours[kind], **theirs[kind]}
            if ours[kind].get(key) != theirs[kind].get(key)
        }
        assert not wrong, f"{kind}: (replayed, server) {wrong}"


# -- MariaDB


@pytest.fixture
def mariadb(mysql_url: str) -> Iterator[Any]:
    import pymysql

    url = urlsplit(mysql_url)
    server = pymysql.connect(
        host=url.hostname,
        port=url.port or 3306,
        user=url.username or "root",
        password=url.password or "",
        autocommit=True,
    )
    with server.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {NAME}")
        cursor.execute(f"CREATE DATABASE {NAME}")
        cursor.execute(f"USE {NAME}")
        yield cursor
        cursor.execute(f"DROP DATABASE {NAME}")
    server.close()


def test_mariadb_has_what_the_replay_has(mariadb: Any) -> None:
    for text in history("mysql"):
        mariadb.execute(text)
    compare(of_replay("mysql"), of_mariadb(mariadb))


def of_mariadb(cursor: Any) -> Things:
    def rows(query: str) -> list[Any]:
        cursor.execute(query)
        return list(cursor.fetchall())

    where = f"WHERE table_schema = '{NAME}'"
    columns = rows(
        f"""SELECT table_name, lower(column_name), is_nullable = 'YES',
                   coalesce(column_default, 'NULL') <> 'NULL' FROM information_schema.columns
             {where} AND table_name NOT IN (SELECT table_name FROM information_schema.views {where})"""
    )
    indexes = rows(
        f"""SELECT table_name, lower(index_name), non_unique = 0, group_concat(lower(column_name) ORDER BY seq_in_index)
              FROM information_schema.statistics {where} GROUP BY 1, 2, 3"""
    )
    keys = rows(
        f"""SELECT table_name, constraint_name, referenced_table_name, group_concat(lower(column_name) ORDER BY ordinal_position)
              FROM information_schema.key_column_usage {where} AND referenced_table_name IS NOT NULL GROUP BY 1, 2, 3"""
    )
    return {
        "columns": {(t, c): (bool(null), bool(default)) for t, c, null, default in columns},
        "indexes": {(t, i): (bool(unique), names) for t, i, unique, names in indexes},
        "keys": {(t, k): (target, names) for t, k, target, names in keys},
    }


def of_replay(dialect: str) -> Things:
    def joined(names: Any) -> str:
        return ",".join(name.name for name in names)

    def has_default(text: str) -> bool:
        return bool(text) and text.lower() != "null"

    schema = replayed(dialect)
    assert schema.gaps == []
    tables = schema.tables.values()
    return {
        "columns": {
            (t.name.name, c.name.name): (c.nullable, has_default(c.default))
            for t in tables
            for c in t.columns.values()
        },
        "indexes": {
            (t.name.name, i.name.name.lower()): (i.unique, joined(i.columns))
            for t in tables
            for i in t.indexes.values()
        },
        "keys": {
            (t.name.name, c.name.name): (c.references.name, joined(c.columns))
            for t in tables
            for c in t.constraints.values()
            if c.references is not None
        },
    }


# -- SQLite


def test_sqlite_has_what_the_replay_has() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for text in history("sqlite"):
        connection.execute(text)
    ours, theirs = of_replay("sqlite"), of_sqlite(connection)
    connection.close()
    ours["keys"] = {
        (key[0], *value): True for key, value in ours["keys"].items()
    }  # they have no names
    # A primary key says nothing of NULL in SQLite, and an index of its own is the table.
    keys = {k for k, v in theirs["columns"].items() if v is None}
    ours["columns"] = {k: None if k in keys else v for k, v in ours["columns"].items()}
    named = {k for k in ours["indexes"] if not k[1].startswith("(")}
    ours["indexes"] = {k: v for k, v in ours["indexes"].items() if k in named}
    compare(ours, theirs)


def of_sqlite(connection: sqlite3.Connection) -> Things:
    found: Things = {"columns": {}, "indexes": {}, "keys": {}}
    tables = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    for (table,) in tables.fetchall():
        for row in connection.execute(f"PRAGMA table_info('{table}')"):
            found["columns"][table, row[1].lower()] = (
                None if row[5] else (not row[3], row[4] is not None)
            )
        for row in connection.execute(f"PRAGMA index_list('{table}')").fetchall():
            if row[3] == "c":
                names = [
                    r[2] or "(expression)"
                    for r in connection.execute(f"PRAGMA index_info('{row[1]}')")
                ]
                found["indexes"][table, row[1]] = (bool(row[2]), ",".join(names))
        for row in connection.execute(f"PRAGMA foreign_key_list('{table}')"):
            found["keys"][table, row[2], row[3]] = True
    return found
