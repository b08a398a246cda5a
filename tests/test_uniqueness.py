"""What a unique key that is there already says of another one, and of the rows that a value picks."""

from __future__ import annotations

import pytest
from linting import found

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
