"""Data preflight on a real PostgreSQL: what it says fails fails, and what it passes succeeds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import psycopg
import pytest

from migralint.model import Record
from migralint.preflight import data
from migralint.runner.databases import of
from migralint.runner.url import parse
from migralint.sql.operations import operations
from migralint.sql.statements import split

_numbers = itertools.count(1)


class Case(Record):
    """`count` rows stand in the way (-1: that there is one is all that can be said)."""

    seed: str
    migration: str
    count: int
    code: str
    clean: str
    keys: str = ""


USERS = "CREATE TABLE users (id int PRIMARY KEY, email text, age int, name text);"
CASES = {
    "set not null": Case(
        USERS + "INSERT INTO users VALUES (1, 'a'), (2, NULL), (3, NULL)",
        "ALTER TABLE users ALTER email SET NOT NULL",
        2, "23502", "UPDATE users SET email = 'x' WHERE email IS NULL", "id = 2; 3",
    ),
    "quoted names": Case(
        'CREATE TABLE "User Table" ("Id" int PRIMARY KEY, "e""Mail" text);'
        """INSERT INTO "User Table" VALUES (7, NULL)""",
        'ALTER TABLE "User Table" ALTER COLUMN "e""Mail" SET NOT NULL',
        1, "23502", 'DELETE FROM "User Table"', '"Id" = 7',
    ),
    "a required column without a default": Case(
        USERS + "INSERT INTO users VALUES (1), (2)",
        "ALTER TABLE users ADD COLUMN city text NOT NULL",
        2, "23502", "DELETE FROM users", "id = 1; 2",
    ),
    "a required generated column": Case(
        USERS + "INSERT INTO users (id, age) VALUES (1, 3), (2, NULL)",
        "ALTER TABLE users ADD COLUMN twice int GENERATED ALWAYS AS (age * 2) STORED NOT NULL",
        1, "23502", "UPDATE users SET age = 1", "id = 2",
    ),
    "unique index": Case(
        USERS + "INSERT INTO users VALUES (1, 'a'), (2, 'a'), (3, 'b'), (4, NULL), (5, NULL)",
        "CREATE UNIQUE INDEX users_email ON users (email)",
        2, "23505", "DELETE FROM users WHERE id = 2", "id = 1; 2",
    ),
    "unique index, built concurrently": Case(
        USERS + "INSERT INTO users VALUES (1, 'a'), (2, 'a'), (3, 'a')",
        "CREATE UNIQUE INDEX CONCURRENTLY users_email ON users (email)",
        3, "23505", "DROP INDEX IF EXISTS users_email; DELETE FROM users WHERE id > 1",
    ),
    "partial unique index": Case(
        USERS + "INSERT INTO users VALUES (1, 'a', 1), (2, 'a', 1), (3, 'b', 0), (4, 'b', 0)",
        "CREATE UNIQUE INDEX users_email ON users (email) WHERE age > 0",
        2, "23505", "UPDATE users SET age = 0 WHERE id = 1",
    ),
    "unique index of an expression": Case(
        USERS + "INSERT INTO users VALUES (1, 'A'), (2, 'a'), (3, 'b')",
        "CREATE UNIQUE INDEX users_email ON users (lower(email) text_pattern_ops DESC)",
        2, "23505", "DELETE FROM users WHERE id = 1",
    ),
    "unique constraint of several columns": Case(
        USERS + "INSERT INTO users VALUES (1, 'a', 1), (2, 'a', 1), (3, 'a', 2), (4, 'a', NULL),"
        "(5, 'a', NULL)",
        "ALTER TABLE users ADD CONSTRAINT pair UNIQUE (email, age)",
        2, "23505", "DELETE FROM users WHERE id = 1",
    ),
    "nulls not distinct": Case(
        USERS + "INSERT INTO users VALUES (1, NULL), (2, NULL), (3, 'a')",
        "ALTER TABLE users ADD CONSTRAINT one UNIQUE NULLS NOT DISTINCT (email)",
        2, "23505", "DELETE FROM users WHERE id = 1",
    ),
    "primary key: duplicates": Case(
        "CREATE TABLE p (a int NOT NULL); INSERT INTO p VALUES (1), (1), (2)",
        "ALTER TABLE p ADD PRIMARY KEY (a)",
        2, "23505", "DELETE FROM p WHERE a = 1",
    ),
    "primary key: nulls": Case(
        "CREATE TABLE p (a int); INSERT INTO p VALUES (1), (NULL)",
        "ALTER TABLE p ADD PRIMARY KEY (a)",
        1, "23502", "DELETE FROM p WHERE a IS NULL",
    ),
    "primary key of an index": Case(
        "CREATE TABLE p (a int); CREATE UNIQUE INDEX p_a ON p (a); INSERT INTO p VALUES (1), (NULL)",
        "ALTER TABLE p ADD CONSTRAINT p_key PRIMARY KEY USING INDEX p_a",
        1, "23502", "DELETE FROM p WHERE a IS NULL",
    ),
    "check": Case(
        USERS + "INSERT INTO users (id, age) VALUES (1, -1), (2, 1), (3, NULL)",
        "ALTER TABLE users ADD CONSTRAINT old CHECK (users.age >= 0)",
        1, "23514", "UPDATE users SET age = 0 WHERE id = 1", "id = 1",
    ),
    "validate a check of today": Case(
        USERS + "INSERT INTO users (id, age) VALUES (1, -1);"
        "ALTER TABLE users ADD CONSTRAINT old CHECK (age >= 0) NOT VALID",
        "ALTER TABLE users VALIDATE CONSTRAINT old",
        1, "23514", "UPDATE users SET age = 0",
    ),
    "validate a check of the same migration": Case(
        USERS + "INSERT INTO users (id, age) VALUES (1, -1)",
        "ALTER TABLE users ADD CONSTRAINT old CHECK (age >= 0) NOT VALID;"
        "ALTER TABLE users VALIDATE CONSTRAINT old",
        1, "23514", "UPDATE users SET age = 0",
    ),
    "foreign key": Case(
        USERS + "CREATE TABLE posts (id int PRIMARY KEY, author int);"
        "INSERT INTO users VALUES (1); INSERT INTO posts VALUES (10, 1), (11, 2), (12, NULL)",
        "ALTER TABLE posts ADD FOREIGN KEY (author) REFERENCES users",
        1, "23503", "DELETE FROM posts WHERE id = 11", "id = 11",
    ),
    "foreign key to itself": Case(
        "CREATE TABLE t (id int PRIMARY KEY, parent int); INSERT INTO t VALUES (1, NULL), (2, 1), (3, 9)",
        "ALTER TABLE t ADD CONSTRAINT up FOREIGN KEY (parent) REFERENCES t (id)",
        1, "23503", "UPDATE t SET parent = 1 WHERE id = 3", "id = 3",
    ),
    "foreign key of two columns": Case(
        "CREATE TABLE p (a int, b int, UNIQUE (a, b)); INSERT INTO p VALUES (1, 1);"
        "CREATE TABLE c (id int PRIMARY KEY, x int, y int);"
        "INSERT INTO c VALUES (1, 1, 1), (2, 1, 2), (3, 1, NULL)",
        "ALTER TABLE c ADD FOREIGN KEY (x, y) REFERENCES p (a, b)",
        1, "23503", "DELETE FROM c WHERE id = 2", "id = 2",
    ),
    "foreign key, MATCH FULL": Case(
        "CREATE TABLE p (a int, b int, UNIQUE (a, b)); INSERT INTO p VALUES (1, 1);"
        "CREATE TABLE c (id int PRIMARY KEY, x int, y int);"
        "INSERT INTO c VALUES (1, 1, 1), (2, 1, NULL), (3, NULL, NULL)",
        "ALTER TABLE c ADD FOREIGN KEY (x, y) REFERENCES p (a, b) MATCH FULL",
        1, "23503", "DELETE FROM c WHERE id = 2", "id = 2",
    ),
    "foreign key to a new, empty table": Case(
        USERS + "INSERT INTO users (id, age) VALUES (1, 5), (2, NULL)",
        "CREATE TABLE ages (id int PRIMARY KEY);"
        "ALTER TABLE users ADD FOREIGN KEY (age) REFERENCES ages (id)",
        1, "23503", "UPDATE users SET age = NULL",
    ),
    "validate a foreign key": Case(
        USERS + "INSERT INTO users (id, age) VALUES (1, 5); CREATE TABLE ages (id int PRIMARY KEY);"
        "ALTER TABLE users ADD CONSTRAINT f FOREIGN KEY (age) REFERENCES ages (id) NOT VALID",
        "ALTER TABLE users VALIDATE CONSTRAINT f",
        1, "23503", "UPDATE users SET age = NULL",
    ),
    "a new column with a default that refers to nothing": Case(
        USERS + "INSERT INTO users (id) VALUES (1), (2); CREATE TABLE roles (id int PRIMARY KEY);",
        "ALTER TABLE users ADD COLUMN role int NOT NULL DEFAULT 3 REFERENCES roles (id)",
        2, "23503", "INSERT INTO roles VALUES (3)",
    ),
    "a new unique column with a default": Case(
        USERS + "INSERT INTO users (id) VALUES (1), (2)",
        "ALTER TABLE users ADD COLUMN role int DEFAULT 3; CREATE UNIQUE INDEX ON users (role)",
        2, "23505", "DELETE FROM users WHERE id = 1",
    ),
    "varchar": Case(
        USERS + "INSERT INTO users (id, name) VALUES (1, 'abcdef'), (2, 'abc'), (3, 'abc       ')",
        "ALTER TABLE users ALTER name TYPE varchar(5)",
        1, "22001", "UPDATE users SET name = 'a' WHERE id = 1", "id = 1",
    ),
    "varchar made shorter": Case(
        "CREATE TABLE t (id int PRIMARY KEY, v varchar(50)); INSERT INTO t VALUES (1, 'abcdef')",
        "ALTER TABLE t ALTER v SET DATA TYPE character varying (5)",
        1, "22001", "UPDATE t SET v = 'a'",
    ),
    "numeric precision": Case(
        "CREATE TABLE t (id int PRIMARY KEY, v numeric(10,2)); INSERT INTO t VALUES (1, 1000), (2, 999.994)",
        "ALTER TABLE t ALTER v TYPE numeric(5,2)",
        1, "22003", "DELETE FROM t WHERE id = 1",
    ),
    "rounding up is too much as well": Case(
        "CREATE TABLE t (id int PRIMARY KEY, v numeric); INSERT INTO t VALUES (1, 999.996)",
        "ALTER TABLE t ALTER v TYPE numeric(5,2)",
        1, "22003", "DELETE FROM t WHERE id = 1",
    ),
    "integer range": Case(
        "CREATE TABLE t (id int PRIMARY KEY, v bigint); INSERT INTO t VALUES (1, 2147483648), (2, 5)",
        "ALTER TABLE t ALTER v TYPE int",
        1, "22003", "DELETE FROM t WHERE id = 1", "id = 1",
    ),
    "double to integer": Case(
        "CREATE TABLE t (id int PRIMARY KEY, v float8); INSERT INTO t VALUES (1, 32767.6), (2, 32767.4)",
        "ALTER TABLE t ALTER v TYPE smallint",
        1, "22003", "DELETE FROM t WHERE id = 1",
    ),
    "text to integer": Case(
        USERS + "INSERT INTO users (id, name) VALUES (1, ' 12 '), (2, 'x'), (3, '99999999999'), (4, '')",
        "ALTER TABLE users ALTER name TYPE integer USING name::integer",
        3, "22P02 22003", "DELETE FROM users WHERE id > 1",
    ),
    "text to uuid": Case(
        USERS + "INSERT INTO users (id, name) VALUES (1, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'),"
        "(2, '{a0eebc999c0b4ef8bb6d6bb9bd380a11}'), (3, 'no')",
        'ALTER TABLE users ALTER "name" TYPE uuid USING ("name")::uuid',
        1, "22P02", "DELETE FROM users WHERE id = 3", "id = 3",
    ),
    "text to boolean": Case(
        USERS + "INSERT INTO users (id, name) VALUES (1, 'yes'), (2, 'OF'), (3, 'maybe'), (4, 'o')",
        "ALTER TABLE users ALTER name TYPE boolean USING name::boolean",
        2, "22P02", "DELETE FROM users WHERE id > 2",
    ),
    "text to date": Case(
        USERS + "INSERT INTO users (id, name) VALUES (1, '2024-02-29'), (2, '2023-02-29')",
        "ALTER TABLE users ALTER name TYPE date USING name::date",
        -1, "22008 22007", "DELETE FROM users WHERE id = 2", "id = 2",
    ),
    "text to an expression of one's own": Case(
        USERS + "INSERT INTO users (id, name) VALUES (1, ' 7'), (2, 'seven'), (3, '8')",
        "ALTER TABLE users ALTER name TYPE int USING trim(name)::int",
        -1, "22P02", "DELETE FROM users WHERE id = 2", "id = 2",
    ),
    "an index of a cast": Case(
        USERS + "INSERT INTO users (id, name) VALUES (1, '7'), (2, 'seven')",
        "CREATE INDEX numbers ON users ((name::int))",
        -1, "22P02", "TRUNCATE users",
    ),
    "text to an enum": Case(
        "CREATE TYPE color AS ENUM ('red', 'it''s');" + USERS
        + "INSERT INTO users (id, name) VALUES (1, 'red'), (2, 'it''s'), (3, 'Red'), (4, NULL)",
        "ALTER TABLE users ALTER name TYPE color USING name::color",
        1, "22P02", "DELETE FROM users WHERE id = 3", "id = 3",
    ),
    "Prisma removes a value of an enum": Case(
        """CREATE TYPE "Role" AS ENUM ('ADMIN', 'USER', 'GUEST');"""
        'CREATE TABLE "User" (id int PRIMARY KEY, "role" "Role" NOT NULL);'
        """INSERT INTO "User" VALUES (1, 'ADMIN'), (2, 'GUEST'), (3, 'GUEST')""",
        """CREATE TYPE "Role_new" AS ENUM ('ADMIN', 'USER');
        ALTER TABLE "User" ALTER COLUMN "role" TYPE "Role_new" USING ("role"::text::"Role_new");
        ALTER TYPE "Role" RENAME TO "Role_old";
        ALTER TYPE "Role_new" RENAME TO "Role";
        DROP TYPE "Role_old";""",
        2, "22P02", """UPDATE "User" SET role = 'USER' WHERE role = 'GUEST'""", "id = 2; 3",
    ),
    "Prisma removes a value of an enum in an array": Case(
        """CREATE TYPE "Role" AS ENUM ('ADMIN', 'USER', 'GUEST');"""
        'CREATE TABLE "User" (id int PRIMARY KEY, "role" "Role"[]);'
        """INSERT INTO "User" VALUES (1, '{ADMIN}'), (2, '{USER,GUEST}'), (3, NULL)""",
        """CREATE TYPE "Role_new" AS ENUM ('ADMIN', 'USER');
        ALTER TABLE "User" ALTER COLUMN "role" TYPE "Role_new"[] USING ("role"::text::"Role_new"[])""",
        1, "22P02", """UPDATE "User" SET role = '{USER}' WHERE id = 2""", "id = 2",
    ),
    "exclusion": Case(
        "CREATE TABLE b (id int PRIMARY KEY, during int4range, live bool DEFAULT true);"
        "INSERT INTO b VALUES (1, '[1,5)', true), (2, '[4,6)', true), (3, '[7,8)', true),"
        "(4, '[7,8)', false)",
        "ALTER TABLE b ADD CONSTRAINT apart EXCLUDE USING gist (during WITH &&) WHERE (live)",
        2, "23P01", "DELETE FROM b WHERE id = 2", "id = 1; 2",
    ),
    "attach a partition": Case(
        "CREATE TABLE e (id int, at date) PARTITION BY RANGE (at); CREATE TABLE e1 (id int, at date);"
        "INSERT INTO e1 VALUES (1, '2024-01-01'), (2, '2024-12-31'), (3, '2025-01-01'), (4, NULL)",
        "ALTER TABLE e ATTACH PARTITION e1 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
        2, "23514", "DELETE FROM e1 WHERE id > 2",
    ),
    "attach a partition by two columns": Case(
        "CREATE TABLE e (a int, b int) PARTITION BY RANGE (a, b); CREATE TABLE e1 (a int, b int);"
        "INSERT INTO e1 VALUES (1, 4), (1, 5), (2, 9), (3, 0)",
        "ALTER TABLE e ATTACH PARTITION e1 FOR VALUES FROM (1, 5) TO (2, MAXVALUE)",
        2, "23514", "DELETE FROM e1 WHERE a = 3 OR b = 4",
    ),
    "attach a partition of a list": Case(
        "CREATE TABLE e (c text) PARTITION BY LIST (lower(c)); CREATE TABLE e1 (c text);"
        "INSERT INTO e1 VALUES ('DE'), ('it'), ('fr'), (NULL)",
        "ALTER TABLE e ATTACH PARTITION e1 FOR VALUES IN ('de', 'it', NULL)",
        1, "23514", "DELETE FROM e1 WHERE c = 'fr'",
    ),
    "a partition beside the default": Case(
        "CREATE TABLE e (c int) PARTITION BY LIST (c); CREATE TABLE rest PARTITION OF e DEFAULT;"
        "INSERT INTO e VALUES (1), (2), (3)",
        "CREATE TABLE e1 PARTITION OF e FOR VALUES IN (1, 2)",
        2, "23514", "DELETE FROM e WHERE c < 3",
    ),
    "after a rename": Case(
        USERS + "INSERT INTO users VALUES (1, NULL)",
        "ALTER TABLE users RENAME TO people; ALTER TABLE people RENAME COLUMN email TO mail;"
        "ALTER TABLE people ALTER mail SET NOT NULL",
        1, "23502", "UPDATE users SET email = 'x'", "id = 1",
    ),
    "a column dropped and made again": Case(
        USERS + "INSERT INTO users VALUES (1, 'a'), (2, 'a')",
        "ALTER TABLE users DROP COLUMN email, ADD COLUMN email text DEFAULT 'b';"
        "CREATE UNIQUE INDEX ON users (email, name) NULLS NOT DISTINCT",
        2, "23505", "DELETE FROM users WHERE id = 1",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def server(postgres_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def schema(server: psycopg.Connection) -> Iterator[str]:
    name = f"data_{next(_numbers)}"
    server.execute(f"CREATE SCHEMA {name}; SET search_path TO {name}")
    yield name
    server.execute(f"DROP SCHEMA {name} CASCADE; RESET search_path")


def asked(postgres_url: str, schema: str, *migrations: str, timeout: str = "10s"):
    db = of("postgres")
    url = parse(f"{postgres_url}?schema={schema}", "the test")
    session = db.connect(url, ("5s", ""), False)
    pending = [
        (f"{n}.sql", [o for s in split(text, "postgres") for o in operations(s, "postgres")])
        for n, text in enumerate(migrations, 1)
    ]
    try:
        return data.check(db, session, pending, timeout)
    finally:
        db.close(session)


def run(server: psycopg.Connection, migration: str) -> str:
    """The SQLSTATE that the migration ends with, "" where it succeeds; statement by statement."""
    try:
        for statement in split(migration, "postgres"):
            server.execute(statement.text)
    except psycopg.Error as error:
        return error.sqlstate or "?"
    return ""


def run_for_nothing(server: psycopg.Connection, migration: str) -> str:
    """Taken back, where it can be."""
    if "CONCURRENTLY" in migration:
        return run(server, migration)
    with server.transaction(force_rollback=True):
        return run(server, migration)


@pytest.mark.parametrize("name", CASES)
def test_both_ways(name: str, server: psycopg.Connection, schema: str, postgres_url: str) -> None:
    case = CASES[name]
    server.execute(case.seed)
    checks = asked(postgres_url, schema, case.migration)
    assert [check.outcome for check in checks] == ["fail"], checks
    (check,) = checks
    if case.count >= 0:
        rows = f"{case.count} row{'' if case.count == 1 else 's'} "
        assert f": {rows}" in check.said
        shown = server.execute(check.lines[-1]).fetchall() if "RENAME" not in case.migration else ()
        assert not shown or len(shown) == case.count
    if case.keys:
        assert check.lines[0] == f"for example {case.keys}"
    code = run_for_nothing(server, case.migration)
    assert code in case.code.split()
    if case.count >= 0:
        assert case.code.split()[0] in check.said
    server.execute(case.clean)
    assert [check.outcome for check in asked(postgres_url, schema, case.migration)] == ["pass"]
    assert run(server, case.migration) == ""


# What no query of today decides: (seed, migration, what the check says).
DOUBTS = {
    "filled before": (
        USERS + "INSERT INTO users VALUES (1, NULL)",
        "UPDATE users SET email = name WHERE email IS NULL;\n"
        "ALTER TABLE users ALTER email SET NOT NULL",
        "1.sql:2: making users.email NOT NULL: not decidable before line 1 has run; "
        "today 1 row with NULL in it",
    ),
    "filled by nobody knows what": (
        USERS,
        "SELECT my_own_function();\nCREATE UNIQUE INDEX ON users (email)",
        "not decidable before line 1 has run; today nothing is in the way",
    ),
    "rows go before": (
        USERS + "INSERT INTO users VALUES (1, NULL)",
        "DELETE FROM users WHERE email IS NULL;\nALTER TABLE users ALTER email SET NOT NULL",
        "not decidable before line 1 has run; today 1 row",
    ),
    "parents go before": (
        USERS + "CREATE TABLE posts (id int PRIMARY KEY, author int)",
        "DELETE FROM users;\nALTER TABLE posts ADD FOREIGN KEY (author) REFERENCES users",
        "not decidable before line 1 has run; today nothing",
    ),
    "parents come before": (
        "CREATE TABLE posts (id int PRIMARY KEY, author int); INSERT INTO posts VALUES (1, 1)",
        "CREATE TABLE users (id int PRIMARY KEY);\nINSERT INTO users SELECT author FROM posts;\n"
        "INSERT INTO users VALUES (9);\n"
        "ALTER TABLE posts ADD FOREIGN KEY (author) REFERENCES users (id)",
        "1.sql:4: the foreign key from posts to users: not decidable before line 2",
    ),
    "rounded before": (
        "CREATE TABLE t (id int PRIMARY KEY, v numeric); INSERT INTO t VALUES (1, 1.1), (2, 1.2)",
        "ALTER TABLE t ALTER v TYPE int;\nCREATE UNIQUE INDEX ON t (v)",
        "1.sql:2: the unique key on t: not decidable before line 1 has run",
    ),
    "filled with what may be NULL": (
        USERS + "INSERT INTO users VALUES (1, 'a')",
        "UPDATE users SET email = 'x'::text || name;\nALTER TABLE users ALTER email SET NOT NULL",
        "not decidable before line 1 has run; today nothing",
    ),
    "a domain": (
        "CREATE DOMAIN d AS int; CREATE TABLE t (v d)",
        "ALTER DOMAIN d ADD CONSTRAINT c CHECK (value > 0)",
        "the server checks every column of the domain d",
    ),
    "a type made here, under an expression": (
        USERS + "INSERT INTO users VALUES (1)",
        "CREATE TYPE c AS ENUM ('a');\nALTER TABLE users ALTER name TYPE c USING upper(name)::c",
        "its USING has casts to a type that is made by an earlier statement",
    ),
    "a volatile default": (
        USERS + "INSERT INTO users VALUES (1)",
        "ALTER TABLE users ADD COLUMN r float8 DEFAULT random();\n"
        "ALTER TABLE users ADD CHECK (r > 0.5)",
        "not decidable before its values are made",
    ),
    "rows go in a block": (
        USERS + "INSERT INTO users VALUES (1, NULL)",
        "DO $$ DECLARE r record; BEGIN FOR r IN WITH d AS (DELETE FROM users WHERE email IS NULL"
        " RETURNING id) SELECT * FROM d LOOP NULL; END LOOP; END $$;\n"
        "ALTER TABLE users ALTER email SET NOT NULL",
        "not decidable before line 1 has run; today 1 row",
    ),
    "in a block that asks first": (
        USERS + "INSERT INTO users VALUES (1, NULL)",
        "DO $$ BEGIN IF 1 = 2 THEN ALTER TABLE users ALTER email SET NOT NULL; END IF; END $$",
        "fails if the DO block comes to it: 1 row",
    ),
    "an expression that the server does not know": (
        USERS + "INSERT INTO users VALUES (1, NULL)",
        "CREATE FUNCTION ok(text) RETURNS bool LANGUAGE sql AS 'SELECT true';\n"
        "ALTER TABLE users ADD CHECK (ok(email))",
        "the query could not be asked: function ok(text) does not exist",
    ),
}


@pytest.mark.parametrize("name", DOUBTS)
def test_what_cannot_be_decided_is_a_warning(
    name: str, server: psycopg.Connection, schema: str, postgres_url: str
) -> None:
    seed, migration, said = DOUBTS[name]
    server.execute(seed)
    check = asked(postgres_url, schema, migration)[0]
    assert check.outcome == "warn"
    assert said in check.said


# What the data cannot make fail, although it looks like it.
PASSING = {
    "a new table and all that belongs to it": (
        USERS + "INSERT INTO users VALUES (1, NULL)",
        "CREATE TABLE posts (id serial PRIMARY KEY, author int NOT NULL, slug text);"
        "CREATE UNIQUE INDEX ON posts (slug);"
        "ALTER TABLE posts ADD FOREIGN KEY (author) REFERENCES users (id);"
        "ALTER TABLE posts ALTER slug SET NOT NULL",
    ),
    "a new optional column that is unique and refers": (
        USERS + "INSERT INTO users VALUES (1), (2)",
        "CREATE TABLE teams (id int PRIMARY KEY);"
        "ALTER TABLE users ADD COLUMN team int; CREATE UNIQUE INDEX ON users (team);"
        "ALTER TABLE users ADD FOREIGN KEY (team) REFERENCES teams (id)",
    ),
    "a new key from a sequence": (
        "CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)",
        "ALTER TABLE t ADD COLUMN id serial NOT NULL, ADD CONSTRAINT t_key PRIMARY KEY (id)",
    ),
    "not checked now": (
        USERS + "INSERT INTO users VALUES (1, NULL, -1), (2, 'a', NULL), (3, 'a', NULL)",
        "ALTER TABLE users ADD CHECK (age > 0) NOT VALID;"
        "ALTER TABLE users ADD FOREIGN KEY (age) REFERENCES users (id) NOT VALID",
    ),
    "a table with nothing in it": (
        USERS,
        "ALTER TABLE users ADD COLUMN city text NOT NULL; ALTER TABLE users ALTER email SET NOT NULL",
    ),
    "it is so already": (
        "CREATE TABLE t (a int NOT NULL); INSERT INTO t VALUES (1), (1)",
        "ALTER TABLE t ALTER a SET NOT NULL; ALTER TABLE t ALTER a TYPE bigint",
    ),
    "an index that is there": (
        USERS + "CREATE INDEX mails ON users (email); INSERT INTO users VALUES (1, 'a'), (2, 'a')",
        "CREATE UNIQUE INDEX IF NOT EXISTS mails ON users (email)",
    ),
    "an explicit cast cuts": (
        USERS + "INSERT INTO users (id, name) VALUES (1, 'abcdef')",
        "ALTER TABLE users ALTER name TYPE varchar(3) USING name::varchar(3)",
    ),
    "rows copied into a new table": (
        USERS + "INSERT INTO users VALUES (1, 'a'), (2, 'b')",
        "CREATE TABLE people (id int PRIMARY KEY, email text NOT NULL);"
        "INSERT INTO people (id, email) SELECT id, email FROM users;"
        "CREATE UNIQUE INDEX ON people (email)",
    ),
    "filled with a constant": (
        USERS + "INSERT INTO users VALUES (1, NULL)",
        "ALTER TABLE users ADD COLUMN city text;"
        "UPDATE users SET city = 'Rome'; ALTER TABLE users ALTER city SET NOT NULL;"
        "UPDATE users SET email = 'x'::text WHERE email IS NULL;"
        "ALTER TABLE users ALTER email SET NOT NULL",
    ),
    "an update of another column": (
        USERS + "INSERT INTO users VALUES (1, 'a')",
        "UPDATE users SET age = age + 1; ALTER TABLE users ALTER email SET NOT NULL",
    ),
    "a block that only handles duplicates": (
        USERS + "CREATE TABLE posts (id int PRIMARY KEY, author int)",
        "DO $$ BEGIN ALTER TABLE posts ADD CONSTRAINT f FOREIGN KEY (author) REFERENCES users (id)"
        " ON DELETE CASCADE ON UPDATE CASCADE; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
        "ALTER TABLE users ALTER email SET NOT NULL",
    ),
    "a foreign key dropped and made again": (
        USERS + "CREATE TABLE posts (id int PRIMARY KEY, author int,"
        " CONSTRAINT f FOREIGN KEY (author) REFERENCES users);"
        "INSERT INTO users VALUES (1); INSERT INTO posts VALUES (1, 1)",
        "UPDATE posts SET author = NULL WHERE author = 0; INSERT INTO users VALUES (2);"
        "ALTER TABLE posts DROP CONSTRAINT f;"
        "ALTER TABLE posts ADD CONSTRAINT f FOREIGN KEY (author) REFERENCES users (id)"
        " ON DELETE CASCADE",
    ),
    "parents are added before": (
        USERS + "CREATE TABLE posts (id int PRIMARY KEY, author int);"
        "INSERT INTO users VALUES (1); INSERT INTO posts VALUES (1, 1)",
        "INSERT INTO users VALUES (2);"
        "ALTER TABLE posts ADD FOREIGN KEY (author) REFERENCES users (id)",
    ),
    "USING of one's own": (
        USERS + "INSERT INTO users VALUES (1, 'a')",
        "ALTER TABLE users ALTER email TYPE boolean USING (email IS NOT NULL)",
    ),
    "IF NOT EXISTS, and it does not": (
        USERS,
        "CREATE TABLE IF NOT EXISTS posts (id int PRIMARY KEY, author int);"
        "ALTER TABLE posts ADD FOREIGN KEY (author) REFERENCES users (id)",
    ),
    "the order of actions": (
        USERS + "INSERT INTO users VALUES (1, 'a')",
        "ALTER TABLE users ADD CONSTRAINT c CHECK (city <> 'x'), ADD COLUMN city text DEFAULT 'y',"
        " ADD UNIQUE (city)",
    ),
    "enum values added": (
        "CREATE TYPE c AS ENUM ('a'); CREATE TABLE t (v c); INSERT INTO t VALUES ('a')",
        "CREATE TYPE d AS ENUM ('a', 'b'); ALTER TABLE t ALTER v TYPE d USING v::text::d",
    ),
}


@pytest.mark.parametrize("name", PASSING)
def test_what_passes_succeeds(
    name: str, server: psycopg.Connection, schema: str, postgres_url: str
) -> None:
    seed, migration = PASSING[name]
    server.execute(seed)
    checks = asked(postgres_url, schema, migration)
    writes = any(
        word in migration for word in ("UPDATE users", "UPDATE posts", "INSERT INTO users")
    )
    assert [check.outcome for check in checks] == (["warn"] if writes else ["pass"]), checks
    assert not writes or "shows when they run" in checks[0].said
    assert run(server, migration) == ""


# The server refuses these whatever the data is; seen without a row.
ALWAYS = {
    "text to integer": (USERS, "ALTER TABLE users ALTER name TYPE integer"),
    "integer to boolean": (USERS, "ALTER TABLE users ALTER age TYPE boolean"),
    "enum to enum": (
        "CREATE TYPE c AS ENUM ('a'); CREATE TABLE t (v c)",
        "CREATE TYPE d AS ENUM ('a'); ALTER TABLE t ALTER v TYPE d",
    ),
}


@pytest.mark.parametrize("name", ALWAYS)
def test_a_cast_that_is_not_made_without_using(
    name: str, server: psycopg.Connection, schema: str, postgres_url: str
) -> None:
    seed, migration = ALWAYS[name]
    server.execute(seed)
    (check,) = asked(postgres_url, schema, migration)
    assert check.outcome == "fail" and "42804" in check.said
    assert run(server, migration) == "42804"


def test_a_timeout_is_a_warning_with_the_query(
    server: psycopg.Connection, schema: str, postgres_url: str
) -> None:
    server.execute(USERS + "INSERT INTO users SELECT n FROM generate_series(1, 2000) n")
    migration = "ALTER TABLE users ADD CHECK (pg_sleep(0.01) IS NULL)"
    (check,) = asked(postgres_url, schema, migration, timeout="200ms")
    assert check.outcome == "warn" and "not decided within 200ms" in check.said
    assert "pg_sleep(0.01)" in check.lines[0] and check.lines[0].endswith(";")


def test_rows_that_a_policy_hides_are_not_taken_for_none(
    server: psycopg.Connection, schema: str, postgres_url: str
) -> None:
    role = f"blind_{schema}"
    server.execute(
        USERS + "INSERT INTO users VALUES (1, NULL); ALTER TABLE users ENABLE ROW LEVEL SECURITY;"
        f"CREATE ROLE {role} LOGIN PASSWORD 'pw'; GRANT ALL ON SCHEMA {schema} TO {role};"
        f"ALTER TABLE users OWNER TO {role}; ALTER TABLE users FORCE ROW LEVEL SECURITY"
    )
    try:
        url = postgres_url.replace("//postgres@", f"//{role}:pw@")
        (check,) = asked(url, schema, "ALTER TABLE users ALTER email SET NOT NULL")
    finally:
        server.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
    assert check.outcome == ("warn" if url != postgres_url else "fail"), check


def test_a_locked_table_is_a_warning(
    server: psycopg.Connection, schema: str, postgres_url: str
) -> None:
    server.execute(USERS)
    with psycopg.connect(postgres_url) as other:
        other.execute(f"LOCK TABLE {schema}.users")
        (check,) = asked(postgres_url, schema, "ALTER TABLE users ALTER email SET NOT NULL")
        other.rollback()
    assert check.outcome == "warn"


def test_no_value_is_shown_and_nothing_is_written(
    server: psycopg.Connection, schema: str, postgres_url: str
) -> None:
    """A function that writes cannot; a failing cast does not tell whose value it was."""
    server.execute(
        USERS + "INSERT INTO users (id, name) VALUES (1, 'geheim');"
        "CREATE FUNCTION w() RETURNS bool LANGUAGE sql AS"
        " 'INSERT INTO users VALUES (99) RETURNING true'"
    )
    migrations = (
        "ALTER TABLE users ADD CHECK (name = 'x')",
        "ALTER TABLE users ALTER name TYPE date USING name::date",
        "ALTER TABLE users ALTER name TYPE int USING (name || '')::int",
        "ALTER TABLE users ADD CHECK (w())",
    )
    checks = asked(postgres_url, schema, *migrations)
    assert [check.outcome for check in checks] == ["fail", "fail", "warn", "warn"]
    assert "geheim" not in repr(checks)
    assert server.execute("SELECT count(*) FROM users").fetchone() == (1,)
