"""The rules that need the schema of earlier migrations, where their own examples do not suffice."""

from __future__ import annotations

import pytest
from linting import found, migration

from migralint.config import Config
from migralint.lint import lint
from migralint.model import Finding
from migralint.rules import builtin_directory, load

USERS = "CREATE TABLE users (id bigint PRIMARY KEY, email text, status text);"


def of(rule: str, findings: list[Finding]) -> list[str]:
    return [finding.message for finding in findings if finding.rule == rule]


def history(*texts: str, rule: str, **changes: str) -> list[tuple[int, str]]:
    """The rule's messages on a folder of these applied migrations, each with its number."""
    place = {"folder": "migrations", "pending": False, **changes}
    made = [
        migration(text, f"migrations/{n:03}_a.sql", version=f"{n:03}", **place)
        for n, text in enumerate(texts, 1)
    ]
    rules = [known for known in load([builtin_directory()]) if known.id == rule]
    report = lint(made, rules, Config(preset="optional"))
    return [(int(f.path[11:14]), f.message) for f in report.findings]


@pytest.mark.parametrize(
    ("view", "needs"),
    [
        ("SELECT status FROM users", True),
        ("SELECT u.status FROM users u JOIN notes n ON n.id = u.id", True),
        ("SELECT id FROM users WHERE status = 'a'", True),
        ('SELECT "status" FROM public.users', True),
        ("SELECT id FROM users", False),
        ("SELECT id, 'status' AS kind FROM users", False),
        ("SELECT id AS status FROM users", False),
        ("SELECT status FROM both JOIN users USING (id)", False),  # both have it
        ("SELECT status FROM unseen JOIN users USING (id)", False),
        ("SELECT count(*) FROM users", False),
    ],
)
def test_a_column_is_needed_by_the_views_that_surely_read_it(view: str, needs: bool) -> None:
    earlier = f"{USERS} CREATE TABLE both (id bigint, status text); CREATE TABLE notes (id bigint); CREATE VIEW v AS {view};"
    (message,) = of("drop-column", found("ALTER TABLE users DROP COLUMN status;", earlier=earlier))
    assert ("view v" in message) is needs or "unseen" in view


def test_a_star_reads_the_columns_that_were_there() -> None:
    texts = [
        USERS,
        "CREATE VIEW v AS SELECT * FROM users;",
        "ALTER TABLE users ADD COLUMN later text;",
        "ALTER TABLE users DROP COLUMN status;",
        "ALTER TABLE users DROP COLUMN later;",
    ]
    messages = dict(history(*texts, rule="drop-column"))
    assert "view v" in messages[4]
    assert "view v" not in messages[5]


def test_the_message_names_what_goes_with_a_column() -> None:
    earlier = f"{USERS} CREATE INDEX by_status ON users (lower(status)); ALTER TABLE users ADD CHECK (status <> '');"
    (message,) = of("drop-column", found("ALTER TABLE users DROP COLUMN status;", earlier=earlier))
    assert "with it index by_status and check users_status_check" in message


def test_truncate_cascade_follows_the_foreign_keys() -> None:
    earlier = f"{USERS} CREATE TABLE a (u bigint PRIMARY KEY REFERENCES users); CREATE TABLE b (a bigint REFERENCES a);"
    (message,) = of("truncate", found("TRUNCATE users CASCADE;", earlier=earlier))
    assert message.endswith("with it a and b.")


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY, email text, status text);",
        "ALTER TABLE users ADD COLUMN IF NOT EXISTS status text;",
        "ALTER TABLE users ADD COLUMN IF NOT EXISTS status varchar UNIQUE;",
    ],
)
def test_what_surely_does_nothing_is_not_spoken_of(text: str) -> None:
    findings = found(text, earlier=USERS)
    assert [f.rule for f in findings if f.rule != "misleading-if-not-exists"] == []


def test_an_enabled_row_security_in_a_loop_is_no_concern_of_the_rule() -> None:
    loop = """DO $$ DECLARE t text; BEGIN FOR t IN SELECT tablename FROM pg_tables LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t); END LOOP; END $$;"""
    made = "CREATE TABLE plans (id bigint PRIMARY KEY);"
    assert of("row-security-without-policy", found(made, layout="supabase"))
    assert not of("row-security-without-policy", found(made + loop, layout="supabase"))


OTHER = "COMMENT ON TABLE users IS 'people';"


@pytest.mark.parametrize(
    ("begun", "finished", "words"),
    [
        ("ALTER TABLE users ADD CONSTRAINT c CHECK (id > 0) NOT VALID;", "ALTER TABLE users VALIDATE CONSTRAINT c;",
         "constraint c of users is still NOT VALID"),
        ("ALTER TABLE users ADD CONSTRAINT c CHECK (id > 0) NOT VALID;", "ALTER TABLE users DROP CONSTRAINT c;",
         "constraint c of users is still NOT VALID"),
        ("ALTER TABLE users DISABLE TRIGGER touch;", "ALTER TABLE users ENABLE TRIGGER touch;",
         "trigger touch of users is still disabled"),
        ("ALTER TABLE users DISABLE TRIGGER ALL;", "ALTER TABLE users ENABLE TRIGGER ALL;",
         "trigger ALL of users is still disabled"),
        ("ALTER TABLE users ADD COLUMN id_new bigint; UPDATE users SET id_new = id;", "ALTER TABLE users DROP COLUMN id;",
         "users still has id, which was copied into id_new"),
        ("ALTER TABLE users DISABLE TRIGGER touch;", "DROP TABLE users;", "trigger touch of users is still disabled"),
    ],
)  # fmt: skip
def test_an_unfinished_change_is_spoken_of_once(begun: str, finished: str, words: str) -> None:
    rest = [OTHER] * 6
    messages = history(USERS, begun, *rest, rule="unfinished-change")
    assert [number for number, _ in messages] == [7]
    assert words.lower() in messages[0][1].lower()
    assert history(USERS, begun, finished, *rest, rule="unfinished-change") == []


def test_a_column_that_was_filled_from_another_is_no_unfinished_change() -> None:
    begun = "ALTER TABLE users ADD COLUMN display_name text; UPDATE users SET display_name = email;"
    assert history(USERS, begun, *[OTHER] * 6, rule="unfinished-change") == []


def test_an_index_of_a_table_that_is_not_wholly_known_may_be_there() -> None:
    text = (
        "ALTER TABLE old ADD CONSTRAINT fk FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID;"
    )
    strict = Config(preset="strict")
    (finding,) = [f for f in found(text, config=strict) if f.rule == "foreign-key-without-index"]
    assert finding.assumed == ("foreign_key_indexed",)


def test_change_of_a_column_needs_the_old_name_and_knows_the_old_type() -> None:
    earlier = "CREATE TABLE users (id int PRIMARY KEY, name varchar(50));"
    texts = (earlier, "ALTER TABLE users CHANGE name title varchar(20);")
    mysql = {"dialect": "mysql", "layout": "prisma"}
    assert "varchar(50)" in history(*texts, rule="narrowing-type-change", **mysql)[0][1]
    assert history(*texts, rule="unknown-object", **mysql) == []


def test_the_tables_in_which_tools_keep_their_history_are_not_missing() -> None:
    for table in (
        "schema_migrations",
        "__diesel_schema_migrations",
        "goose_db_version",
        "_prisma_migrations",
    ):
        text = f"DELETE FROM {table} WHERE version = 1;"
        assert history(USERS, text, rule="unknown-object", layout="prisma") == []
    text = "DELETE FROM sessions WHERE id = 1;"
    assert history(USERS, text, rule="unknown-object", layout="prisma")


def test_what_is_there_already_is_told_once_a_migration() -> None:
    again = f"{USERS} ALTER TABLE users ADD COLUMN email text;"
    said = history(USERS, again, rule="existing-object", layout="prisma")
    assert said == [(2, "The table users is there already when this runs.")]
    # elsewhere the migrations have to prove first that they are all there are
    proofs = [f"ALTER TABLE users ADD COLUMN a{n} int;" for n in range(3)]
    assert history(USERS, again, rule="existing-object", layout="plain") == []
    assert history(USERS, *proofs, again, rule="existing-object", layout="plain")
    # what a DO block of its own makes sure of is no mistake
    guarded = "DO $$ BEGIN CREATE TABLE users (id int); EXCEPTION WHEN others THEN NULL; END $$;"
    assert history(USERS, guarded, rule="existing-object", layout="prisma") == []
    # which of the two stands there is not known
    lost = "ALTER TABLE users DROP COLUMN status;"
    other = "CREATE TABLE users (id int);"
    assert history(USERS, other, lost, rule="unknown-object", layout="prisma") == []


def test_of_very_many_dependents_the_first_are_named() -> None:
    tables = "".join(f"CREATE TABLE t{n} (id bigint REFERENCES users (id));" for n in range(30))
    (said,) = of("truncate", found("TRUNCATE users CASCADE;", earlier=USERS + tables))
    assert "t0, t1" in said and "t19 and others" in said and "t20" not in said
