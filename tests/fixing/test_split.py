"""What `lint --fix --split` writes: the texts, their order, the layouts' marks, and what it refuses."""

from __future__ import annotations

import pytest
from linting import all_rules
from splitting import judged, migrations, split, split_of, texts, why
from test_split_proof import SCHEMA

from migralint.config import Config
from migralint.fixing.split.recipes import RECIPES
from migralint.model import Severity, replace
from migralint.rulefile import SPLITS

INDEX = "CREATE INDEX users_email_idx ON users (email);\n"


def paths(found):
    return [file.path for file in found.files]


def test_a_rule_file_can_name_each_recipe_and_no_other() -> None:
    assert SPLITS.keys() == RECIPES.keys()
    assert {rule.split for rule in all_rules() if rule.split} == RECIPES.keys()


def test_what_is_not_touched_stays_byte_for_byte() -> None:
    text = (
        "-- ours\r\n\n/* a\n  note */\nALTER TABLE users   ADD  x  int; -- why\n\n"
        "-- the index\nCREATE INDEX a ON users (email);\n\n\n"
        "ALTER TABLE orders\n  ALTER total SET NOT NULL, -- sums\n  ADD  y  int\n;\n-- the end\n"
    )
    found = split(SCHEMA, text)
    assert found.files[0].text == (
        "-- ours\r\n\n/* a\n  note */\nALTER TABLE users   ADD  x  int; -- why\n\n\n"
        "ALTER TABLE orders\n  ADD CONSTRAINT orders_total_not_null CHECK (total IS NOT NULL) NOT VALID,"
        " -- sums\n  ADD  y  int\n;\n-- the end\n"
    )
    assert "-- the index\n" in found.files[1].text
    assert "CREATE INDEX CONCURRENTLY a ON users (email);\n" in found.files[1].text


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("CREATE INDEX a ON users (email) -- c\n;\nSELECT 1;\n", "SELECT 1;\n", "-- c\n"),
        ("SELECT 1;\nCREATE INDEX a ON users (email); -- c\n", "SELECT 1;\n", "-- c\n"),
        ("SELECT 1; CREATE INDEX a ON users (email); SELECT 2;", "SELECT 1;  SELECT 2;", ""),
        ("CREATE INDEX a ON users (email);SELECT 2", "SELECT 2", ""),
        ("SELECT 1;\n\n/* c */\nCREATE INDEX a\n  ON users (email)", "SELECT 1;\n", "/* c */\n"),
        ("-- +goose Up\n-- c\nCREATE INDEX a ON users (email);\nSELECT 1;", "-- +goose Up\nSELECT 1;", "-- c\n"),
    ],
)  # fmt: skip
def test_a_statement_leaves_with_its_comments(text: str, first: str, second: str) -> None:
    found = split(SCHEMA, text)
    assert found.files[0].text == first
    assert f"{second}-- Writes to users go on while it is built.\nCREATE INDEX CONCURRENTLY a" in (
        found.files[1].text
    )


def test_if_not_exists_does_not_hide_what_a_build_that_broke_off_has_left() -> None:
    """--fix writes it, and the rule hidden-invalid-index would find it in the step."""
    found = split(SCHEMA, 'CREATE INDEX IF NOT EXISTS "index" ON users (email);\nSELECT 1;\n')
    assert 'CREATE INDEX CONCURRENTLY "index" ON users (email);\n' in found.files[1].text


def test_a_batch_keeps_dollar_quotes_and_comments() -> None:
    found = split(SCHEMA, "UPDATE users SET bio = $$a$$ -- why\nWHERE age > 3 -- c\n;\n")
    assert found.files[0].text.startswith("-- c\n-- In batches")
    assert "DO $batches$\n" in found.files[0].text
    assert "SET bio = $$a$$ -- why\n            WHERE id BETWEEN" in found.files[0].text


def test_actions_leave_an_alter_table_with_their_commas() -> None:
    for actions, left in {
        "ADD UNIQUE (code), ADD a int": "ADD a int",
        "ADD a int, ADD UNIQUE (code)": "ADD a int",
        "ADD a int, ADD UNIQUE (code), ADD b int": "ADD a int, ADD b int",
        "ADD UNIQUE (code), ADD a int, ADD UNIQUE (note), ADD b int": "ADD a int, ADD b int",
        "ADD UNIQUE (code),\n  ADD UNIQUE (note),\n  ADD b int": "ADD b int",
    }.items():
        first = texts(split(SCHEMA, f"ALTER TABLE orders {actions};"))[0]
        assert first == f"ALTER TABLE orders {left};"


def test_the_first_step_is_in_the_place_of_the_file() -> None:
    found = split(SCHEMA, INDEX)
    assert paths(found) == ["prisma/migrations/20240102000000_change/migration.sql"]
    assert texts(found) == ["CREATE INDEX CONCURRENTLY users_email_idx ON users (email);"]


def test_later_steps_sort_behind_everything_that_is_there() -> None:
    made = migrations(SCHEMA, INDEX + "ALTER TABLE users ADD a int;")
    later = replace(
        made[1], path="prisma/migrations/20990101000000_z/migration.sql", text="SELECT 1;",
        version="20990101000000_z", name="z",
    )  # fmt: skip
    found = split_of([*made, later], made[1].path, Config(server_version=15))
    assert paths(found)[1:] == ["prisma/migrations/20990101000001_change_2_index/migration.sql"]
    config = Config(server_version=15, migration_name="YYYYMMDDHHMMSS_kebab-case")
    found = split_of(made, made[1].path, config)
    assert paths(found)[1:] == ["prisma/migrations/20260102030405_change-2-index/migration.sql"]


def test_a_later_migration_on_the_same_table_is_in_the_way() -> None:
    made = migrations(SCHEMA, INDEX + "ALTER TABLE users ADD a int;")
    later = replace(
        made[1], path="prisma/migrations/20250101000000_z/migration.sql", version="20250101000000_z",
        text="DROP INDEX users_email_idx; ALTER TABLE users DROP email;", name="z",
    )  # fmt: skip
    found = split_of([*made, later], made[1].path, Config(server_version=15))
    assert not found.files
    assert "20250101000000_z/migration.sql comes after it" in why(found)[0]


def test_what_depends_on_a_later_step_waits_for_it() -> None:
    found = split(
        SCHEMA,
        "ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email);\n"
        "CREATE TABLE mails (id int PRIMARY KEY, a text REFERENCES users (email));\n"
        "CREATE TABLE other (id int PRIMARY KEY, a int REFERENCES users (id));\n",
    )
    first, build, last = texts(found)
    assert first == "CREATE TABLE other (id int PRIMARY KEY, a int REFERENCES users (id));"
    assert build == "CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON users (email);"
    assert last.index("USING INDEX users_email_key") < last.index("CREATE TABLE mails")


def test_a_foreign_key_does_not_find_a_key_that_is_to_go() -> None:
    earlier = SCHEMA + "CREATE UNIQUE INDEX old_key ON users (email);"
    found = split(
        earlier,
        "DROP INDEX old_key;\nALTER TABLE users ADD CONSTRAINT new_key UNIQUE (email);\n"
        "ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (code) REFERENCES users (email);",
    )
    whole = "\n".join(texts(found))
    assert whole.index("DROP INDEX CONCURRENTLY old_key") < whole.index("FOREIGN KEY")
    assert whole.index("USING INDEX new_key") < whole.index("FOREIGN KEY")


def test_an_index_goes_before_its_column_does() -> None:
    found = split(
        SCHEMA,
        "DROP INDEX orders_user_id_idx;\nALTER TABLE orders DROP COLUMN user_id, ADD a int;\n"
        "DROP INDEX nobody_knows_it;\nALTER TABLE users DROP COLUMN bio;\n",
    )
    whole = "\n".join(texts(found))
    assert whole.index("orders_user_id_idx") < whole.index("DROP COLUMN user_id")
    assert whole.index("nobody_knows_it") < whole.index("DROP COLUMN bio")


def test_a_dropped_column_is_a_step_of_its_own_and_stays_an_error() -> None:
    """What it holds is gone then: a person says so, with a reason, in the release that does it."""
    found = split(SCHEMA, "ALTER TABLE users DROP COLUMN bio, ADD a int;")
    assert found.later == tuple(paths(found)[1:]) and len(found.later) == 1
    assert texts(found)[1] == "ALTER TABLE users DROP COLUMN bio;"
    errors = [f.rule for f in judged(SCHEMA, found) if f.severity is Severity.ERROR]
    assert errors == ["drop-column"]
    found = split(SCHEMA, "ALTER TABLE orders DROP COLUMN user_id;")
    assert texts(found)[0] == "ALTER TABLE orders ALTER COLUMN user_id DROP NOT NULL;"
    found = split(SCHEMA, "ALTER TABLE users DROP COLUMN bio;")
    assert not found.files and "a step of its own already" in why(found)[0]


def test_versions_of_postgres() -> None:
    not_null = "ALTER TABLE users ALTER email SET NOT NULL;"
    assert texts(split(SCHEMA, not_null, version=18)) == [
        "ALTER TABLE users ADD CONSTRAINT users_email_not_null NOT NULL email NOT VALID;",
        "ALTER TABLE users VALIDATE CONSTRAINT users_email_not_null;",
    ]
    assert "before PostgreSQL 12" in why(split(SCHEMA, not_null, version=11))[0]
    named = "ALTER TABLE users ADD CONSTRAINT a NOT NULL email;"
    assert texts(split(SCHEMA, named, version=18)) == [
        "ALTER TABLE users ADD CONSTRAINT a NOT NULL email NOT VALID;",
        "ALTER TABLE users VALIDATE CONSTRAINT a;",
    ]
    fill = "UPDATE users SET bio = '' WHERE bio IS NULL;"
    assert "before PostgreSQL 11" in why(split(SCHEMA, fill, version=10))[0]
    reindex = "REINDEX INDEX users_status_idx;"
    assert "before PostgreSQL 12" in why(split(SCHEMA, reindex, version=11))[0]
    type_18 = texts(split(SCHEMA, "ALTER TABLE users ALTER points TYPE bigint;", version=18))
    assert "RENAME CONSTRAINT users_points_new_not_null TO users_points_not_null" in type_18[-1]


REFUSED = {
    "ALTER TABLE orders DROP COLUMN id, ADD a int;": "with it goes the key",
    "ALTER TABLE users RENAME TO people; ALTER TABLE people ALTER age TYPE smallint;": "",
    "DROP INDEX a; CREATE UNIQUE INDEX a ON users (email);": "dropped and made again",
    "ALTER TABLE users DROP CONSTRAINT users_pkey, ADD PRIMARY KEY (email);": "made again",
    "ALTER TABLE users DROP COLUMN bio, ADD COLUMN bio int;": "made again in the same",
    "DROP INDEX users_status_idx CASCADE;": "takes no CASCADE",
    "REINDEX SYSTEM app;": "catalogues",
    "ALTER TABLE users ADD COLUMN n bigint GENERATED ALWAYS AS IDENTITY;": "identity",
    "ALTER TABLE users ADD COLUMN u text GENERATED ALWAYS AS (upper(name)) STORED;": "generated",
    "ALTER TABLE sessions ADD COLUMN id bigserial PRIMARY KEY;": "no values yet",
    "ALTER TABLE users ADD COLUMN x float DEFAULT nullif(random(), 0.5);": "may be NULL",
    "ALTER TABLE users ALTER COLUMN age TYPE smallint;": "is not certain",
    "ALTER TABLE users ALTER COLUMN email TYPE text USING lower(email);": "USING",
    "ALTER TABLE users ALTER COLUMN status TYPE varchar(20);": "is not certain",
    "ALTER TABLE users ALTER COLUMN id TYPE numeric;": "sequence or an expression",
    "ALTER TABLE orders ALTER COLUMN user_id TYPE numeric;": "orders_user_id_idx would have to",
    "ALTER TABLE nobody RENAME COLUMN a TO b;": "do not say",
    "ALTER TABLE users RENAME COLUMN created_at TO made_at;": "may be NULL and has a default",
    "UPDATE users SET age = age + 1 WHERE age > 3;": "run twice",
    "UPDATE users SET bio = now()::text WHERE age > 3;": "run twice",
    "UPDATE users SET bio = c.code FROM countries c WHERE c.id = country_id;": "another table",
    "UPDATE users SET bio = (SELECT code FROM countries LIMIT 1) WHERE age > 1;": "reads other rows",
    "UPDATE sessions SET device = '' WHERE user_id > 3;": "no primary key",
    "UPDATE users SET id = id + 1 WHERE age > 3;": "run twice",
    "DELETE FROM users WHERE id IN (SELECT user_id FROM orders);": "reads other rows",
    "DO $$ BEGIN CREATE INDEX a ON users (email); END $$;": "inside a DO block",
    "SET search_path TO other;\nCREATE INDEX a ON users (email);": "holds for all that follows",
    "CREATE INDEX a ON users (email);\nCOMMIT;\nSELECT 1;": "controls transactions",
    "ALTER TABLE users ADD EXCLUDE USING gist (email WITH =);": "",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_left_alone_and_why(text: str) -> None:
    found = split(SCHEMA, text)
    assert not found.files and not found.done
    assert all(REFUSED[text] in reason for reason in why(found)), why(found)
    assert why(found) or text.startswith("ALTER TABLE users ADD EXCLUDE")


def test_the_rest_is_split_where_one_cannot_be() -> None:
    found = split(SCHEMA, "ALTER TABLE users ALTER age TYPE smallint;\n" + INDEX)
    assert texts(found) == [
        "ALTER TABLE users ALTER age TYPE smallint;",
        "CREATE INDEX CONCURRENTLY users_email_idx ON users (email);",
    ]
    assert [finding.rule for finding, _ in found.refused] == ["rewriting-type-change"]


def test_what_would_bring_an_error_is_left_out() -> None:
    """Together the two would drop the check with the old column."""
    found = split(
        SCHEMA,
        "ALTER TABLE orders ALTER COLUMN kind TYPE bigint;\n"
        "ALTER TABLE orders ADD CONSTRAINT c CHECK (kind > -1);",
    )
    assert "c would have to be made again" in why(found)[0]
    assert texts(found)[0].startswith("ALTER TABLE orders ALTER COLUMN kind TYPE bigint;")


def test_partitioned_tables() -> None:
    earlier = "CREATE TABLE e (id bigint, k text) PARTITION BY RANGE (id);"
    for text in ("CREATE INDEX a ON e (k);", "ALTER TABLE e ADD UNIQUE (id);"):
        assert "is partitioned" in why(split(earlier, text))[0]
    key = "ALTER TABLE e ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES users (id);"
    assert "before PostgreSQL 18" in why(split(SCHEMA + earlier, key))[0]
    assert len(split(SCHEMA + earlier, key, version=18).files) == 2


def test_other_dialects_have_nothing_to_split() -> None:
    made = migrations("", "", dialect="mysql")
    for dialect, said in (("mysql", "gh-ost"), ("sqlite", "one writer")):
        text = "ALTER TABLE users RENAME TO people;"
        made = [replace(m, dialect=dialect) for m in migrations("", text)]
        found = split_of(made, made[1].path, Config())
        assert not found.files and said in why(found)[0]


MARKS = {
    "goose": "-- +goose NO TRANSACTION\n-- +goose Up\n",
    "dbmate": "-- migrate:up transaction:false\n",
    "sqlx": "-- no-transaction\n",
    "atlas": "-- atlas:txmode none\n\n",
    "prisma": "-- Step 2",
    "plain": "-- Step 2",
    "golang-migrate": "-- Step 2",
    "flyway": "-- Step 2",
    "diesel": "-- Step 2",
    "supabase": "-- Step 2",
}
NAMES = {
    "goose": "migrations/00003_change_2_index.sql",
    "dbmate": "db/migrations/20260102030405_change_2_index.sql",
    "sqlx": "migrations/20260102030405_change_2_index.sql",
    "atlas": "migrations/20260102030405_change_2_index.sql",
    "prisma": "prisma/migrations/20260102030405_change_2_index/migration.sql",
    "plain": "migrations/003_change_2_index.sql",
    "golang-migrate": "migrations/000003_change_2_index.up.sql",
    "flyway": "sql/V3__change_2_index.sql",
    "diesel": "migrations/20260102030405_change_2_index/up.sql",
    "supabase": "supabase/migrations/20260102030405_change_2_index.sql",
}
BESIDE = {
    "flyway": {"sql/V3__change_2_index.sql.conf"},
    "golang-migrate": {"migrations/000003_change_2_index.down.sql"},
    "diesel": {
        "migrations/20260102030405_change_2_index/metadata.toml",
        "migrations/20260102030405_change_2_index/down.sql",
    },
}


@pytest.mark.parametrize("layout", MARKS)
def test_the_marks_and_names_of_a_layout(layout: str, tmp_path: object) -> None:
    """And discover reads them as what they are: outside of a transaction."""
    found = split(SCHEMA, INDEX + "ALTER TABLE users ADD a int;\n", layout)
    steps = [file for file in found.files if file.title]
    assert steps[1].path == NAMES[layout]
    assert steps[1].text.startswith(MARKS[layout])
    assert {f.path for f in found.files if not f.title} == BESIDE.get(layout, set())


@pytest.mark.parametrize("layout", MARKS)
def test_discover_reads_the_steps_as_they_are_meant(layout: str) -> None:
    from rule_examples import Files

    from migralint.discover import discover

    found = split(SCHEMA, INDEX + "ALTER TABLE users ADD a int;\n", layout)
    first = migrations(SCHEMA, "", layout)[0]
    files = {first.path: SCHEMA, **{file.path: file.text for file in found.files}}
    read = discover([], Config(layout=layout, dialect="postgres"), Files(files)).migrations
    by_path = {m.path: m for m in read}
    for step in found.migrations:
        same = by_path[step.path]
        assert (same.transaction, same.version, same.forward) == (
            step.transaction, step.version, step.forward,
        )  # fmt: skip
    assert [m.path for m in read][-len(found.migrations) :] == [m.path for m in found.migrations]


def test_layouts_that_have_no_way_out() -> None:
    fill = "ALTER TABLE users ADD COLUMN a uuid DEFAULT gen_random_uuid();"
    assert "journal" in why(split(SCHEMA, INDEX, "drizzle"))[0]
    assert "in a transaction" in why(split(SCHEMA, INDEX, "hasura"))[0]
    assert "one batch" in why(split(SCHEMA, fill, "supabase"))[0]


def test_goose_keeps_its_way_back_and_a_do_in_one_piece() -> None:
    text = (
        "-- +goose Up\n-- fill\nUPDATE users SET bio = '' WHERE bio IS NULL;\n"
        "-- +goose Down\nSELECT 1;\n"
    )
    found = split(SCHEMA, text, "goose", forward=((0, text.index("-- +goose Down")),))
    only = found.files[0].text
    assert only.startswith("-- +goose NO TRANSACTION\n-- +goose Up\n-- +goose StatementBegin\n")
    assert only.endswith("-- +goose StatementEnd\n\n-- +goose Down\nSELECT 1;\n")
    assert "-- fill\n" in only


def test_a_transaction_of_the_files_own_and_its_timeouts() -> None:
    found = split(
        SCHEMA,
        "SET lock_timeout = '2s';\nBEGIN;\nALTER TABLE users ADD a int;\n"
        "ALTER TABLE users ADD UNIQUE (email);\nCOMMIT;\n",
        transaction="statement",
    )
    first, build, key = texts(found)
    assert first == ("SET lock_timeout = '2s';\nBEGIN;\nALTER TABLE users ADD a int;\nCOMMIT;")
    assert build.startswith("CREATE UNIQUE INDEX CONCURRENTLY")
    assert key.startswith("SET lock_timeout = '2s';\nALTER TABLE users ADD CONSTRAINT")
    alone = split(SCHEMA, f"BEGIN;\n{INDEX}COMMIT;\n", transaction="statement")
    assert texts(alone) == ["CREATE INDEX CONCURRENTLY users_email_idx ON users (email);"]


def test_what_must_be_committed_together_is_where_nobody_opens_a_transaction() -> None:
    rename = "ALTER TABLE orders RENAME TO purchases;"
    assert texts(split(SCHEMA, rename, transaction="statement"))[0] == (
        "BEGIN;\nALTER TABLE orders RENAME TO purchases;\n"
        "CREATE VIEW orders AS SELECT * FROM purchases;\nCOMMIT;"
    )
    assert "BEGIN" not in texts(split(SCHEMA, rename))[0]
    swap = texts(
        split(SCHEMA, "ALTER TABLE orders ALTER kind TYPE bigint;", transaction="statement")
    )
    assert swap[-1].startswith("BEGIN;\nDROP TRIGGER") and swap[-1].endswith("COMMIT;")
