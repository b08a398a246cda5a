"""What the grammar makes of MySQL's, MariaDB's and SQLite's statements; do the servers know them?

The statements and what is expected of them are in data/*_operations.txt.
"""

from __future__ import annotations

import sqlite3
from typing import Any
from urllib.parse import urlsplit

import pytest
from outlines import cases, found, lines

_MYSQL = cases("mysql_operations.txt")
_MYSQL_8 = cases("mysql_8_operations.txt")  # an error of syntax to MariaDB
_SQLITE = cases("sqlite_operations.txt")


@pytest.mark.parametrize(("sql", "wanted"), _MYSQL + _MYSQL_8, ids=lambda value: value[:70])
def test_mysql(sql: str, wanted: str) -> None:
    assert lines(sql, "mysql") == wanted


@pytest.mark.parametrize(("sql", "wanted"), _SQLITE, ids=lambda value: value[:70])
def test_sqlite(sql: str, wanted: str) -> None:
    assert lines(sql, "sqlite") == wanted


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("mysql", "DORP TABLE t"),
        ("mysql", "ALTER TABLE t MODIFY a"),
        ("mysql", "ALTER TABLE t COLOUR=red"),
        ("mysql", "PRAGMA foreign_keys = OFF"),
        ("mysql", "LOCK TABLES t"),
        ("mysql", "SET"),
        ("sqlite", "ALTER TABLE t MODIFY a INT"),
        ("sqlite", "OPTIMIZE TABLE t"),
        ("sqlite", "SELECT"),
        ("sqlite", ".tables"),
    ],
)
def test_what_is_no_statement_is_unread(dialect: str, sql: str) -> None:
    assert [one.kind for one in found(sql, dialect)] == ["unparsed"]


def test_names_compare_as_each_database_compares_them() -> None:
    (mysql,), (sqlite,) = (
        found("DROP TABLE `Users`", "mysql"),
        found('DROP TABLE "Users"', "sqlite"),
    )
    assert mysql.facts["table"] != found("DROP TABLE users", "mysql")[0].facts["table"]
    assert sqlite.facts["table"] == found("DROP TABLE main.users", "sqlite")[0].facts["table"]


def test_libsql_gives_a_column_another_definition() -> None:
    assert lines(
        'ALTER TABLE `t` ALTER COLUMN "a" TO "a" text NOT NULL', "sqlite"
    ).splitlines() == [
        "alter_column_type table=t column=a type=text",
        "set_not_null table=t column=a",
    ]
    assert lines("ALTER TABLE t ALTER COLUMN a TO a integer", "sqlite").splitlines() == [
        "alter_column_type table=t column=a type=integer",
        "drop_not_null table=t column=a",
    ]


@pytest.mark.parametrize("sql", [sql for sql, _ in _SQLITE])
def test_sqlite_knows_the_syntax(sql: str) -> None:
    try:
        sqlite3.connect(":memory:").execute(f"EXPLAIN {sql}" if "EXPLAIN" not in sql else sql)
    except sqlite3.OperationalError as error:
        assert "syntax error" not in str(error)


@pytest.fixture(scope="module")
def mariadb(mysql_url: str) -> Any:
    pymysql = pytest.importorskip("pymysql")
    url = urlsplit(mysql_url)
    port, user = url.port or 3306, url.username or "root"
    return pymysql.connect(host=url.hostname, port=port, user=user, password=url.password or "")


@pytest.mark.parametrize("sql", [sql for sql, _ in _MYSQL])
def test_mariadb_knows_the_syntax(mariadb: Any, sql: str) -> None:
    """PREPARE parses and runs nothing; 1064 is an error of syntax, the others are of no concern."""
    import pymysql

    with mariadb.cursor() as cursor:
        try:
            cursor.execute("PREPARE looked_at FROM %s", (sql,))
        except pymysql.MySQLError as error:
            assert error.args[0] != 1064, error.args[1]


def test_two_dashes_without_a_space_are_told() -> None:
    first, *_ = found("--DROP TABLE a", "mysql")
    assert first.kind == "unparsed" and "only with a space behind it" in first.facts["problem"]
