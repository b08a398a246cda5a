"""Drifts made by hand in SQLite files and on MySQL or MariaDB: named, and repaired where offered."""

from __future__ import annotations

import pytest

from migralint import catalog
from migralint.catalog import sqlite as reading
from migralint.catalog.repair import is_offered, repair
from migralint.runner import databases
from migralint.runner.url import parse

SQLITE = [
    "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL COLLATE NOCASE, "
    "age INT DEFAULT 1 CHECK (age > 0), nick TEXT, UNIQUE (email, age), CHECK (age < 200))",
    'CREATE TABLE "order" (id TEXT PRIMARY KEY, user_id INT REFERENCES users (id) ON DELETE CASCADE, '
    "at DATETIME DEFAULT CURRENT_TIMESTAMP, twice INT AS (user_id * 2) STORED, n INT DEFAULT (1 + 2))",
    "CREATE TABLE pair (a INT, b INT, PRIMARY KEY (b, a), "
    "FOREIGN KEY (a) REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED) WITHOUT ROWID",
    "CREATE INDEX users_nick ON users (nick) WHERE nick IS NOT NULL",
    'CREATE VIEW young AS SELECT * FROM users WHERE age < 30 AND nick <> "x"',
    "CREATE TRIGGER touch AFTER INSERT ON users BEGIN UPDATE users SET nick = 'a;b'; END",
]
# (the drift, the difference that must be named, is all of the repair offered to be run)
SQLITE_DRIFTS = [
    (["ALTER TABLE users ADD more TEXT"], "extra column users.more", False),
    (["DROP INDEX users_nick", "DROP VIEW young", "DROP TRIGGER touch", "ALTER TABLE users DROP nick"], "missing column users.nick", True),
    (["DROP INDEX users_nick"], "missing index users_nick", True),
    (["DROP INDEX users_nick", "CREATE INDEX users_nick ON users (nick)"], "different index users_nick", True),
    (["CREATE INDEX more ON users (age)"], "extra index more", True),
    (["DROP VIEW young", "CREATE VIEW young AS SELECT id FROM users"], "different view young", True),
    (["DROP VIEW young"], "missing view young", True),
    (["DROP TRIGGER touch"], "missing trigger touch", True),
    (["DROP TRIGGER touch", "CREATE TRIGGER touch AFTER DELETE ON users BEGIN SELECT 1; END"], "different trigger touch", True),
    (["CREATE TABLE notes (a INT, UNIQUE (a))"], "extra table notes", False),
    (['DROP TABLE "order"'], 'missing table "order"', True),
    (["DROP TABLE pair"], "missing table pair", True),
    (["DROP TABLE pair", "CREATE TABLE pair (a INT, b INT NOT NULL, PRIMARY KEY (b, a), FOREIGN KEY (a) REFERENCES users (id))"], "different table pair", False),
    (["DROP TABLE pair", "CREATE TABLE pair (a BIGINT, b INT, PRIMARY KEY (b, a), FOREIGN KEY (a) REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED) WITHOUT ROWID"], "different column pair.a", False),
    (["DROP TABLE pair", "CREATE TABLE pair (a INT, b INT, PRIMARY KEY (b, a), FOREIGN KEY (a) REFERENCES users (id)) WITHOUT ROWID"], "different foreign key on pair (a) to users (id)", False),
]  # fmt: skip
USERS = SQLITE[0]
# Parts of users that a copy of the table has otherwise.
SQLITE_REBUILDS = [
    ("COLLATE NOCASE", "", "different column users.email"),
    ("NOT NULL ", "", "different column users.email"),
    ("DEFAULT 1", "DEFAULT 2", "different column users.age"),
    ("age > 0", "age > 1", "different column users.age"),
    ("age < 200", "age < 100", "missing check on users (age < 200)"),
    (", UNIQUE (email, age)", "", "missing unique on users (email, age)"),
    (" AUTOINCREMENT", "", "different column users.id"),
]
MYSQL = [
    "CREATE TABLE users (id INT AUTO_INCREMENT PRIMARY KEY, email VARCHAR(50) NOT NULL DEFAULT 'x' "
    "COMMENT 'where', score DECIMAL(10,2), UNIQUE KEY users_email (email), "
    "CONSTRAINT positive CHECK (score > 0)) COMMENT 'people'",
    "CREATE TABLE `or der` (id INT PRIMARY KEY, user_id INT, mood ENUM('a','b'), KEY users (user_id), "
    "CONSTRAINT to_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE)",
    "CREATE TABLE parts (id INT) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10))",
    "CREATE VIEW names AS SELECT id, email FROM users",
    "CREATE TRIGGER lowered BEFORE INSERT ON users FOR EACH ROW SET NEW.email = lower(NEW.email)",
    "CREATE PROCEDURE work() SELECT 1",
    "CREATE FUNCTION one() RETURNS INT DETERMINISTIC RETURN 1",
    "CREATE EVENT daily ON SCHEDULE EVERY 1 DAY DO SELECT 1",
]
MYSQL_DRIFTS = [
    (["ALTER TABLE users ADD nick TEXT"], "extra column users.nick", False),
    (["ALTER TABLE `or der` DROP mood"], "missing column `or der`.mood", True),
    (["ALTER TABLE `or der` MODIFY mood ENUM('a','b','c')"], "different column `or der`.mood", False),
    (["ALTER TABLE users MODIFY email VARCHAR(40) NOT NULL DEFAULT 'x' COMMENT 'where'"], "different column users.email", True),
    (["ALTER TABLE users MODIFY email VARCHAR(50) DEFAULT 'y'"], "different column users.email", True),
    (["ALTER TABLE users MODIFY score DECIMAL(12,4)"], "different column users.score", False),
    (["DROP INDEX users_email ON users"], "missing index users_email on users", True),
    (["CREATE INDEX more ON users (score)"], "extra index more on users", True),
    (["ALTER TABLE users DROP INDEX users_email, ADD KEY users_email (email)"], "different index users_email on users", True),
    (["ALTER TABLE `or der` DROP FOREIGN KEY to_user"], "missing constraint to_user on `or der`", True),
    (["ALTER TABLE `or der` DROP FOREIGN KEY to_user", "ALTER TABLE `or der` ADD CONSTRAINT to_user FOREIGN KEY (user_id) REFERENCES users (id)"], "different constraint to_user on `or der`", True),
    (["ALTER TABLE users DROP CONSTRAINT positive"], "missing constraint positive on users", True),
    (["ALTER TABLE users COMMENT 'others'"], "different table users", True),
    (["ALTER TABLE parts ADD PARTITION (PARTITION p1 VALUES LESS THAN (20))"], "different table parts", False),
    (["DROP TABLE `or der`"], "missing table `or der`", True),
    (["CREATE TABLE notes (a INT)"], "extra table notes", False),
    (["CREATE OR REPLACE VIEW names AS SELECT id FROM users"], "different view names", True),
    (["DROP TRIGGER lowered"], "missing trigger lowered", True),
    (["DROP PROCEDURE work", "CREATE PROCEDURE work() SELECT 2"], "different procedure work", True),
    (["DROP FUNCTION one"], "missing function one", True),
    (["ALTER EVENT daily DISABLE"], "different event daily", True),
]  # fmt: skip


def taken(database):
    db = databases.of(database.dialect)
    session = db.connect(parse(database.url), ("5s", ""), False)
    try:
        return catalog.snapshot(db, session)
    finally:
        db.close(session)


def check(database, drift, named, offered):
    expected = taken(database)
    for statement in drift:
        database.sql(statement)
    found = taken(database)
    different = catalog.differences(expected, found)
    assert named in [f"{d.state} {d.object}" for d in different]
    repairs = repair(different, expected, found)
    runnable = [sql for sql in repairs if is_offered(sql)]
    assert repairs
    assert (len(runnable) == len(repairs)) is offered, repairs
    if offered:
        for sql in runnable:
            database.sql(sql)
        left = catalog.differences(expected, taken(database))
        assert not left, (repairs, left)


@pytest.mark.parametrize(("drift", "named", "offered"), SQLITE_DRIFTS)
def test_a_drift_of_sqlite(sqlite, drift, named, offered):
    for statement in SQLITE:
        sqlite.sql(statement)
    check(sqlite, drift, named, offered)


@pytest.mark.parametrize(("part", "otherwise", "named"), SQLITE_REBUILDS)
def test_a_table_of_sqlite_that_was_made_anew(sqlite, part, otherwise, named):
    assert part in USERS
    sqlite.sql(USERS)
    check(sqlite, ["DROP TABLE users", USERS.replace(part, otherwise)], named, False)


def test_how_a_table_of_sqlite_was_written_is_no_drift(sqlite):
    sqlite.sql(USERS)
    expected = taken(sqlite)
    sqlite.sql("DROP TABLE users")
    sqlite.sql(
        'CREATE TABLE "old" -- people\n'
        + USERS.removeprefix("CREATE TABLE users").replace("email", "`email`")
    )
    sqlite.sql("ALTER TABLE old RENAME TO users")
    sqlite.sql("CREATE TABLE _prisma_migrations (id TEXT)")
    sqlite.sql("INSERT INTO users (email, age) VALUES ('a', 3)")
    assert catalog.differences(expected, taken(sqlite)) == ()


def test_shadows_of_a_virtual_table_are_its_own(sqlite):
    sqlite.sql("CREATE VIRTUAL TABLE words USING fts5 (word)")
    assert list(taken(sqlite).objects) == ["table words"]


def test_tokens_of_sqlite():
    words = reading.tokens("CREATE /* a */ TABLE [x y] (a'b''c' -- d\n)")
    assert words == ["CREATE", "TABLE", "[x y]", "(", "a", "'b''c'", ")"]
    assert reading.text(words) == "CREATE TABLE \"x y\" (a 'b''c')"


@pytest.fixture(scope="module")
def mariadb(mysql_url):
    """A database for the whole module; a drift that is not repaired fills it anew."""
    from urllib.parse import urlsplit

    import pymysql

    class Filled:
        dialect = "mysql"
        url = f"{mysql_url.rpartition('/')[0]}/catalog_drifts"
        clean = False

        def __init__(self):
            parts = urlsplit(mysql_url)
            self.connection = pymysql.connect(
                host=parts.hostname, port=parts.port or 3306, user=parts.username,
                password=parts.password or "", autocommit=True,
            )  # fmt: skip

        def fill(self):
            self.sql("DROP DATABASE IF EXISTS catalog_drifts")
            self.sql("CREATE DATABASE catalog_drifts")
            self.sql("USE catalog_drifts")
            for statement in MYSQL:
                self.sql(statement)

        def sql(self, text):
            with self.connection.cursor() as cursor:
                cursor.execute(text)
                return cursor.fetchall()

    made = Filled()
    yield made
    made.sql("DROP DATABASE IF EXISTS catalog_drifts")
    made.connection.close()


@pytest.mark.parametrize(("drift", "named", "offered"), MYSQL_DRIFTS)
def test_a_drift_of_mysql(mariadb, drift, named, offered):
    if not mariadb.clean:
        mariadb.fill()
    mariadb.clean = False
    check(mariadb, drift, named, offered)
    mariadb.clean = offered


def test_what_is_no_drift_on_mysql(mariadb):
    mariadb.fill()
    expected = taken(mariadb)
    mariadb.sql("INSERT INTO users (email) VALUES ('a'), ('b')")
    mariadb.sql("CREATE TABLE _prisma_migrations (id INT)")
    mariadb.clean = False
    assert catalog.differences(expected, taken(mariadb)) == ()


def test_an_empty_file_is_repaired_whole(sqlite):
    empty = taken(_touched(sqlite))
    for statement in SQLITE:
        sqlite.sql(statement)
    expected = taken(sqlite)
    for statement in (
        "DROP VIEW young",
        'DROP TABLE "order"',
        "DROP TABLE pair",
        "DROP TABLE users",
    ):
        sqlite.sql(statement)
    for sql in repair(catalog.differences(expected, empty), expected, empty):
        sqlite.sql(sql)
    assert catalog.differences(expected, taken(sqlite)) == ()


def _touched(database):
    database.sql("CREATE TABLE a (b)")
    database.sql("DROP TABLE a")
    return database


def test_an_empty_mysql_database_is_repaired_whole(mariadb):
    mariadb.fill()
    expected = taken(mariadb)
    mariadb.sql("DROP DATABASE catalog_drifts")
    mariadb.sql("CREATE DATABASE catalog_drifts")
    mariadb.sql("USE catalog_drifts")
    mariadb.clean = False
    empty = taken(mariadb)
    for sql in repair(catalog.differences(expected, empty), expected, empty):
        mariadb.sql(sql)
    assert catalog.differences(expected, taken(mariadb)) == ()
