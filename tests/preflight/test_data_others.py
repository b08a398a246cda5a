"""Data preflight on MariaDB and SQLite: what it says fails fails, and what it passes succeeds."""

from __future__ import annotations

from typing import Any

import pytest

from migralint.model import Record
from migralint.preflight import data
from migralint.runner.databases import ServerError, of
from migralint.runner.url import parse
from migralint.sql.operations import operations
from migralint.sql.statements import split


class Case(Record):
    seed: str
    migration: str
    count: int
    clean: str
    keys: str = ""


USERS = "CREATE TABLE users (id int PRIMARY KEY, email varchar(100), age int);"
BOTH = {
    "unique index": Case(
        USERS + "INSERT INTO users VALUES (1, 'a', 1), (2, 'a', 1), (3, 'b', 1), (4, NULL, 1)",
        "CREATE UNIQUE INDEX mails ON users (email)",
        2, "DELETE FROM users WHERE id = 1", "= 1; 2",
    ),
}  # fmt: skip
MYSQL = {
    **BOTH,
    "modify to not null": Case(
        USERS + "INSERT INTO users VALUES (1, 'a', 1), (2, NULL, 1)",
        "ALTER TABLE `users` MODIFY `email` VARCHAR(100) NOT NULL",
        1, "UPDATE users SET email = 'x'", "`id` = 2",
    ),
    "shorter": Case(
        USERS + "INSERT INTO users VALUES (1, 'abcdef', 1), (2, 'abc', 1)",
        "ALTER TABLE users MODIFY email varchar(5)",
        1, "DELETE FROM users WHERE id = 1",
    ),
    "smaller": Case(
        USERS + "INSERT INTO users VALUES (1, 'a', 128), (2, 'a', 127)",
        "ALTER TABLE users CHANGE age years tinyint",
        1, "DELETE FROM users WHERE id = 1",
    ),
    "unique beginning": Case(
        USERS + "INSERT INTO users VALUES (1, 'abcx', 1), (2, 'abcy', 1)",
        "ALTER TABLE users ADD UNIQUE INDEX m (email(3))",
        2, "DELETE FROM users WHERE id = 1",
    ),
    "foreign key": Case(
        USERS + "CREATE TABLE posts (id int PRIMARY KEY, author int);"
        "INSERT INTO users VALUES (1, 'a', 1); INSERT INTO posts VALUES (1, 1), (2, 7), (3, NULL)",
        "ALTER TABLE `posts` ADD CONSTRAINT `f` FOREIGN KEY (`author`) REFERENCES `users`(`id`)",
        1, "DELETE FROM posts WHERE id = 2",
    ),
    "check": Case(
        USERS + "INSERT INTO users VALUES (1, 'a', -1), (2, 'a', NULL)",
        "ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0)",
        1, "DELETE FROM users WHERE id = 1",
    ),
    "enum value removed": Case(
        "CREATE TABLE t (id int PRIMARY KEY, c enum('a', 'b', 'c')); INSERT INTO t VALUES (1, 'a'), (2, 'c')",
        "ALTER TABLE t MODIFY c enum('a', 'b')",
        1, "DELETE FROM t WHERE id = 2",
    ),
}  # fmt: skip
SQLITE = {
    **BOTH,
    "a required column": Case(
        USERS + "INSERT INTO users VALUES (1, 'a', 1)",
        "ALTER TABLE users ADD COLUMN city TEXT NOT NULL",
        1, "DELETE FROM users",
    ),
    "Prisma redefines a table": Case(
        'CREATE TABLE "User" ("id" INTEGER NOT NULL PRIMARY KEY, "email" TEXT);'
        """INSERT INTO "User" VALUES (1, 'a'), (2, NULL)""",
        """PRAGMA foreign_keys=OFF;
        CREATE TABLE "new_User" ("id" INTEGER NOT NULL PRIMARY KEY, "email" TEXT NOT NULL);
        INSERT INTO "new_User" ("email", "id") SELECT "email", "id" FROM "User";
        DROP TABLE "User";
        ALTER TABLE "new_User" RENAME TO "User";""",
        1, """UPDATE "User" SET email = 'b' WHERE id = 2""",
    ),
    "Prisma redefines a table and makes it unique": Case(
        'CREATE TABLE "User" ("id" INTEGER NOT NULL PRIMARY KEY, "email" TEXT);'
        """INSERT INTO "User" VALUES (1, 'a'), (2, 'a'), (3, 'c')""",
        """PRAGMA foreign_keys=OFF;
        CREATE TABLE "new_User" ("id" INTEGER NOT NULL PRIMARY KEY, "email" TEXT NOT NULL);
        INSERT INTO "new_User" ("email", "id") SELECT coalesce("email", 'x'), "id" FROM "User";
        DROP TABLE "User";
        ALTER TABLE "new_User" RENAME TO "User";
        CREATE UNIQUE INDEX "User_email_key" ON "User"("email");""",
        2, """UPDATE "User" SET email = 'b' WHERE id = 2""",
    ),
}  # fmt: skip


def asked(database: Any, migration: str, timeout: str = "10s"):
    db = of(database.dialect)
    session = db.connect(parse(database.url, "the test"), ("5s", ""), False)
    made = [o for s in split(migration, database.dialect) for o in operations(s, database.dialect)]
    try:
        return data.check(db, session, [("m.sql", made)], timeout)
    finally:
        db.close(session)


def run(database: Any, migration: str) -> bool:
    db = of(database.dialect)
    session = db.connect(parse(database.url, "the test"), ("5s", ""), True)
    try:
        if database.dialect == "sqlite":
            db.query(session, "BEGIN")
        for statement in split(migration, database.dialect):
            db.run(session, statement.text)
        if database.dialect == "sqlite":
            db.query(session, "COMMIT")
    except ServerError:
        return False
    finally:
        db.close(session)
    return True


def both_ways(database: Any, case: Case) -> None:
    assert run(database, case.seed)
    checks = asked(database, case.migration)
    assert [check.outcome for check in checks] == ["fail"], checks
    (check,) = checks
    assert f": {case.count} row" in check.said, check
    assert case.keys in check.lines[0]
    assert not run(database, case.migration)
    assert run(database, case.clean)
    checks = asked(database, case.migration)
    assert [check.outcome for check in checks] == ["pass"], checks
    assert run(database, case.migration)


@pytest.mark.parametrize("name", MYSQL)
def test_mysql(name: str, mysql: Any) -> None:
    both_ways(mysql, MYSQL[name])


@pytest.mark.parametrize("name", SQLITE)
def test_sqlite(name: str, sqlite: Any) -> None:
    both_ways(sqlite, SQLITE[name])


def test_a_timeout_is_a_warning_with_the_query_on_mariadb(mysql: Any) -> None:
    assert run(mysql, USERS + "INSERT INTO users SELECT seq, 'a', seq FROM seq_1_to_3000")
    migration = "ALTER TABLE users ADD CHECK (sleep(0.01) = 0)"
    (check,) = asked(mysql, migration, "200ms")
    assert check.outcome == "warn" and "200ms" in check.said and "sleep" in check.lines[0]


def test_a_timeout_is_a_warning_with_the_query_on_sqlite(sqlite: Any) -> None:
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
    assert run(sqlite, USERS + f"INSERT INTO users {numbers} SELECT i, i, i FROM n")
    migration = (
        "ALTER TABLE users ADD COLUMN city TEXT;"
        "CREATE UNIQUE INDEX u ON users ((SELECT count(*) FROM users a, users b, users c))"
    )
    (check,) = asked(sqlite, migration, "200ms")
    assert check.outcome == "warn" and "200ms" in check.said and check.lines
