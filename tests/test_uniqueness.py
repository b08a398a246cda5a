"""What a unique key that is there already says of another one, and of the rows that a value picks."""

from __future__ import annotations

import sqlite3

import pytest
from linting import found

from migralint.config import Config
from migralint.model import Severity

TABLE = """
CREATE TABLE users (id bigint PRIMARY KEY, nickname text, status text, org bigint);
CREATE UNIQUE INDEX users_nickname_key ON users (nickname);
CREATE UNIQUE INDEX users_active_key ON users (org) WHERE status = 'active';
"""
DROPPED = "DROP INDEX users_nickname_key;\n"
WIDER = "CREATE UNIQUE INDEX users_key ON users (nickname, status);"


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("CREATE UNIQUE INDEX users_key ON users (status, id);", Severity.INFO),
        ("ALTER TABLE users ADD UNIQUE (status, id);", Severity.INFO),
        (DROPPED + WIDER, Severity.INFO),
        (DROPPED + "UPDATE users SET nickname = lower(nickname);" + WIDER, Severity.WARNING),
        ("CREATE UNIQUE INDEX users_key ON users (org, status);", Severity.WARNING),
        ("CREATE UNIQUE INDEX users_key ON users (lower(nickname), status);", Severity.WARNING),
        (
            "ALTER TABLE users DROP COLUMN id, ADD COLUMN id bigint NOT NULL;"
            "CREATE UNIQUE INDEX users_key ON users (id, status);",
            Severity.WARNING,
        ),
    ],
)
def test_a_key_on_some_of_the_columns_proves_the_others(text: str, severity: Severity) -> None:
    levels = [f.severity for f in found(text, earlier=TABLE) if f.rule == "unproven-unique"]
    assert levels == [severity]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ALTER TABLE users DROP CONSTRAINT users_pkey;", "rows with the same id, and code"),
        ("DROP INDEX users_nickname_key;", "rows with the same nickname, and code"),
        ("DROP INDEX users_active_key;", "Make sure that nothing needs users_active_key"),
        (
            "CREATE UNIQUE INDEX again ON users (nickname); DROP INDEX users_nickname_key;",
            "Make sure that nothing needs users_nickname_key",
        ),
        (
            "ALTER TABLE users DROP CONSTRAINT users_org_fkey;",
            "may refer to rows that are not there",
        ),
        ("ALTER TABLE users DROP CONSTRAINT users_org_check;", "takes rows that it refused before"),
        ("ALTER TABLE users DROP CONSTRAINT unheard_of;", "takes rows that it refused before"),
    ],
)
def test_what_goes_with_a_key_or_constraint_is_known_from_the_schema(text, message) -> None:
    keys = "ALTER TABLE users ADD FOREIGN KEY (org) REFERENCES orgs (id), ADD CHECK (org > 0);"
    rules = ("drop-constraint", "drop-index-unused")
    strict = found(text, earlier=TABLE + keys, config=Config(preset="strict"))
    (said,) = [finding for finding in strict if finding.rule in rules]
    assert message in said.message
    assert (said.severity is Severity.WARNING) == ("upsert" in said.message)


def test_an_upsert_needs_a_key_on_its_columns() -> None:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, nickname TEXT, status TEXT)")
    database.execute("CREATE UNIQUE INDEX users_nickname_key ON users (nickname)")
    upsert = "INSERT INTO users (nickname) VALUES ('a') ON CONFLICT (nickname) DO NOTHING"
    database.execute(upsert)
    database.execute("DROP INDEX users_nickname_key")
    database.execute("CREATE UNIQUE INDEX wider ON users (nickname, status)")
    with pytest.raises(sqlite3.OperationalError, match="ON CONFLICT clause does not match"):
        database.execute(upsert)
    database.close()
