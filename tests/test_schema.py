"""What the replayed schema knows, and what it says that it does not know."""

from __future__ import annotations

import sys

import pytest
from linting import migration, operations_of

from migralint.knowledge.schema import Schema
from migralint.lint import lint
from migralint.model import UNKNOWN, Name
from migralint.rules import builtin_directory, load

USERS = "CREATE TABLE users (id bigint PRIMARY KEY, email text);"


def schema_of(*texts: str, dialect: str = "postgres") -> Schema:
    """The schema after these migrations."""
    schema = Schema(dialect, complete=True)
    for number, text in enumerate(texts):
        schema.begin(f"migration {number}")
        for operation in operations_of(text, dialect):
            schema.apply(operation, f"migration {number}")
    return schema


def is_missing(schema: Schema, name: str) -> bool:
    schema.begin("the next")
    return schema.missing(Name(name))


def test_a_table_that_no_migration_made_is_missing() -> None:
    assert is_missing(schema_of(USERS), "orders")
    assert not is_missing(schema_of(USERS), "users")
    assert is_missing(schema_of(USERS, "DROP TABLE users;", "CREATE TABLE a (id int);"), "users")


@pytest.mark.parametrize(
    "then",
    [
        "ALTER TABLE something ADD COLUMN a int;",  # the folder does not begin with the database
        "UPDATE something SET a = 1;",
        "DO $$ BEGIN EXECUTE statement; END $$;",
        "DO $$ DECLARE t text; BEGIN FOR t IN SELECT 1 LOOP EXECUTE format('CREATE TABLE %I (id int)', t); END LOOP; END $$;",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS 'BEGIN EXECUTE 1; END'; SELECT f();",
        "SOMETHING that nobody can read;",
        "SET search_path = attic; CREATE TABLE a (id int);",
        "DO $$ BEGIN IF 1 = 2 THEN DROP TABLE orders; END IF; END $$;",
    ],
)
def test_after_what_it_could_not_follow_nothing_is_missing(then: str) -> None:
    assert not is_missing(schema_of(USERS, then), "orders")


@pytest.mark.parametrize(
    "then",
    [
        "SELECT count(*) FROM users;",
        "ALTER TABLE IF EXISTS something ADD COLUMN a int;",
        "DROP TABLE IF EXISTS something;",
        "SET search_path = public, extensions;",
        "ALTER TABLE auth.users ADD COLUMN a int;",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; SELECT f();",
    ],
)
def test_what_concerns_no_table_of_the_folder_changes_nothing(then: str) -> None:
    assert is_missing(schema_of(USERS, then), "orders")


@pytest.mark.parametrize("name", ["{{table}}", "pg_stat_statements", ""])
def test_these_names_are_never_missing(name: str) -> None:
    assert not is_missing(schema_of(USERS), name)


def test_a_folder_is_taken_for_whole_when_it_has_used_its_own_tables_for_a_while() -> None:
    schema = Schema("postgres")
    for number, text in enumerate([USERS, *["ALTER TABLE users ADD COLUMN a{} text;"] * 3]):
        assert not is_missing(schema, "orders")
        for operation in operations_of(text.format(number)):
            schema.apply(operation, number)
    assert is_missing(schema, "orders")


def test_a_query_that_reads_an_unknown_table_tells_that_the_folder_is_not_whole() -> None:
    for query in ("SELECT * FROM old", "SELECT * FROM users JOIN old USING (id)"):
        assert not is_missing(schema_of(USERS, f"CREATE VIEW v AS {query};"), "orders")
        assert not is_missing(schema_of(USERS, f"CREATE TABLE t AS {query};"), "orders")
    query = "WITH a AS (SELECT extract(year FROM now()) FROM users) SELECT * FROM a, generate_series(1, 2)"
    assert is_missing(schema_of(USERS, f"CREATE VIEW v AS {query};"), "orders")


def test_in_the_first_migration_nothing_is_missing() -> None:
    schema = schema_of(USERS)
    assert not schema.missing(Name("orders"))


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t (LIKE unseen);",
        "CREATE TABLE t AS SELECT * FROM unseen;",
        "CREATE TABLE t PARTITION OF unseen FOR VALUES IN (1);",
        "CREATE TABLE t (a int) INHERITS (unseen);",
        "CREATE TABLE t OF unseen_type;",
        "ALTER TABLE t ADD COLUMN a int;",
        "CREATE TABLE t (a int); ALTER TABLE t DROP COLUMN unseen;",
        "CREATE TABLE t (a int, b int); DO $$ BEGIN IF now() > '2020-01-01' THEN ALTER TABLE t DROP COLUMN b; END IF; END $$;",
    ],
)
def test_a_table_that_is_not_wholly_known_has_unknown_columns(sql: str) -> None:
    schema = schema_of(sql)
    table = schema.tables[Name("t")]
    assert not table.whole
    assert schema.absent(table) is UNKNOWN


def test_a_table_that_is_wholly_known_lacks_what_it_lacks() -> None:
    schema = schema_of(USERS)
    assert schema.absent(schema.tables[Name("users")]) is False


def test_a_temporary_table_ends_with_its_migration() -> None:
    assert Name("t") not in schema_of("CREATE TEMP TABLE t (id int);", USERS).tables


def test_if_not_exists_changes_nothing_that_is_there() -> None:
    schema = schema_of(
        USERS, "CREATE TABLE IF NOT EXISTS users (phone text UNIQUE, CHECK (phone <> ''));"
    )
    table = schema.tables[Name("users")]
    assert [name.name for name in table.columns] == ["id", "email"]
    assert [c.kind for c in table.constraints.values()] == ["primary_key"]


def test_enum_values_are_kept_in_their_order() -> None:
    schema = schema_of(
        "CREATE TYPE mood AS ENUM ('sad', 'happy');",
        "ALTER TYPE mood ADD VALUE 'ok' BEFORE 'happy'; ALTER TYPE mood ADD VALUE 'glad';"
        "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'; ALTER TYPE mood RENAME TO feeling;",
    )
    assert schema.types[Name("feeling")].values == ["blue", "ok", "happy", "glad"]


def test_foreign_keys_follow_a_renamed_table() -> None:
    schema = schema_of(
        USERS, "CREATE TABLE a (u bigint REFERENCES users);", "ALTER TABLE users RENAME TO people;"
    )
    assert [c.table.name.name for c in schema.references_to(Name("people"))] == ["a"]
    assert not schema.references_to(Name("users"))


def test_mysqls_own_index_for_a_foreign_key_makes_room() -> None:
    schema = schema_of(
        "CREATE TABLE users (id int PRIMARY KEY);"
        "CREATE TABLE a (u int, CONSTRAINT fk FOREIGN KEY (u) REFERENCES users (id));"
        "CREATE INDEX mine ON a (u, v);",
        dialect="mysql",
    )
    assert [name.name for name in schema.tables[Name("a")].indexes] == ["mine"]


@pytest.mark.parametrize(
    "circle",
    [
        "ALTER TABLE users ATTACH PARTITION users DEFAULT;",
        "ALTER TABLE users INHERIT users;",
        "CREATE TABLE heirs () INHERITS (users); ALTER TABLE users INHERIT heirs;",
    ],
)
def test_a_circle_of_heirs_is_none(circle: str) -> None:
    """The server refuses it, and what is passed down would never end."""
    schema = schema_of(USERS, circle, "ALTER TABLE users ADD COLUMN age int, ADD CHECK (age > 0);")
    assert Name("age") in schema.tables[Name("users")].columns


def test_an_heir_of_several_gets_each_thing_once() -> None:
    levels = [
        f"CREATE TABLE {side}{n} () INHERITS (a{n - 1}, b{n - 1});"
        for n in range(1, 30)
        for side in "ab"
    ]
    change = "ALTER TABLE a0 ADD COLUMN age int, ADD CONSTRAINT old CHECK (age > 0);"
    schema = schema_of("CREATE TABLE a0 (); CREATE TABLE b0 ();", "".join(levels), change)
    last = schema.tables[Name("b29")]
    assert [str(name) for name in (*last.columns, *last.constraints)] == ["age", "old"]


def test_a_history_of_any_length_is_replayed_in_linear_time() -> None:
    """Ten times the migrations make about ten times the calls: counted, not timed."""

    def calls(count: int) -> int:
        made = [
            (f"m{n}", operations_of(f"CREATE TABLE t{n} (id bigint PRIMARY KEY, a text, u bigint REFERENCES t{max(n - 1, 0)} (id));"
                                    f"CREATE INDEX ON t{n} (a); ALTER TABLE t{n // 2} ADD COLUMN c{n} text;"
                                    f"ALTER TABLE t{n // 2} DROP COLUMN c{n};"))
            for n in range(count)
        ]  # fmt: skip
        schema, counted = Schema("postgres"), 0

        def count_one(frame: object, event: str, argument: object) -> None:
            nonlocal counted
            counted += 1

        sys.setprofile(count_one)
        try:
            for batch, found in made:
                for operation in found:
                    schema.apply(operation, batch)
        finally:
            sys.setprofile(None)
        return counted

    assert calls(1000) < 12 * calls(100)


@pytest.mark.parametrize(
    ("version", "folder", "speaks"),
    [
        ("002", "migrations", True),
        ("latest", "migrations", False),
        ("002", "migrations/v1.2", False),
    ],
)
def test_the_order_must_be_known_before_anything_is_missing(
    version: str, folder: str, speaks: bool
) -> None:
    rules = [rule for rule in load([builtin_directory()]) if rule.id == "unknown-object"]
    from migralint.config import Config

    place = {"folder": folder, "layout": "prisma"}
    first = migration(USERS, f"{folder}/001_a.sql", version="001", report=False, **place)
    second = migration(
        "ALTER TABLE acounts ADD COLUMN a int;", f"{folder}/b.sql", version=version, **place
    )
    assert bool(lint([first, second], rules, Config()).findings) is speaks
