"""Statements inside DO blocks: where they stand, what guards them, how EXECUTE is read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linting import operations_of, rules_of

BLOCK = """CREATE TABLE a (id int);
DO $body$
DECLARE
  r record;
  n int := 0;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_type WHERE typname = 'mood') THEN
    CREATE TYPE mood AS ENUM ('sad');
  END IF;
  BEGIN
    ALTER TABLE users ADD COLUMN y int;
  EXCEPTION WHEN duplicate_column THEN
    RAISE NOTICE 'there already';
  END;
  FOR r IN SELECT * FROM t LOOP
    UPDATE t SET a = 1 WHERE id = r.id;
    n := n + 1;
  END LOOP;
  DELETE FROM users;
  SELECT count(*) INTO n FROM users;
  PERFORM setval('s', 1);
END
$body$;
DROP TABLE q;
"""


def by_kind(text: str) -> dict[str, dict[str, Any]]:
    return {
        operation.kind: {**operation.facts, "line": operation.line}
        for operation in operations_of(text)
    }


def test_statements_have_their_own_lines() -> None:
    seen = by_kind(BLOCK)
    lines = {kind: facts["line"] for kind, facts in seen.items()}
    assert lines["create_type"] == 8
    assert lines["update"] == 16
    assert lines["delete"] == 19
    assert lines["drop_table"] == 24


def test_what_asks_first_or_handles_the_error_is_guarded() -> None:
    seen = by_kind(BLOCK)
    assert seen["create_type"]["guarded"] is True
    assert [
        o.facts.get("guarded")
        for o in operations_of(BLOCK)
        if o.kind == "add_column" and not o.facts.get("inline")
    ] == [True]
    assert "guarded" not in seen["delete"]
    assert seen["update"]["in_loop"] is True


def test_select_into_a_variable_makes_no_table() -> None:
    assert [o.kind for o in operations_of(BLOCK)].count("create_table") == 1


@pytest.mark.parametrize(
    ("call", "kind", "table"),
    [
        ("EXECUTE 'DROP TABLE users'", "drop_table", "users"),
        (
            "EXECUTE 'DROP TABLE ' || quote_ident(r.name) || ' CASCADE'",
            "drop_table",
            "{{quote_ident(r.name)}}",
        ),
        ("EXECUTE format('TRUNCATE %I', 'users')", "truncate", '"users"'),
        ("EXECUTE format('ALTER TABLE %I.%I DROP COLUMN x', s, t)", "drop_column", "{{s}}.{{t}}"),
        (
            "EXECUTE format('ALTER TABLE events_%s DROP COLUMN x', year)",
            "drop_column",
            "events_{{year}}",
        ),
        ("EXECUTE 'DELETE FROM users' USING a", "delete", "users"),
    ],
)
def test_execute_is_read_as_far_as_it_can_be(call: str, kind: str, table: str) -> None:
    operations = operations_of(f"DO $$ BEGIN {call}; END $$;")
    assert [operation.kind for operation in operations] == ["do_block", kind]
    assert str(operations[1].facts["table"]) == table
    assert operations[1].facts["dynamic"] is True


def test_several_statements_in_one_execute() -> None:
    kinds = [
        o.kind for o in operations_of("DO $$ BEGIN EXECUTE 'DROP TABLE a; DROP TABLE b'; END $$;")
    ]
    assert kinds == ["do_block", "drop_table", "drop_table"]


def test_what_cannot_be_read_says_so() -> None:
    assert "dynamic-sql" in rules_of("DO $$ BEGIN EXECUTE r.command; END $$;")
    assert "dynamic-sql" in rules_of("DO LANGUAGE plpython3u $$ plpy.execute('DROP TABLE x') $$;")


def test_a_dropped_table_in_a_block_is_found() -> None:
    assert "drop-table" in rules_of("DO $$ BEGIN DROP TABLE users; END $$;")


def test_the_body_of_a_function_is_not_executed() -> None:
    text = "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DROP TABLE users; END $$;"
    assert "drop-table" not in rules_of(text)


WORDS = [
    "a",
    ";",
    "'",
    "(",
    ")",
    "$",
    "|",
    ":=",
    "BEGIN",
    "END",
    "IF",
    "THEN",
    "ELSE",
    "LOOP",
    "EXECUTE",
    "FOR",
    "CASE",
    "WHEN",
    "EXCEPTION",
    "DECLARE",
    "format(",
    "DROP",
    "TABLE",
    "x",
]


@given(st.lists(st.sampled_from(WORDS), max_size=25))
def test_no_body_makes_it_raise(words: list[str]) -> None:
    kinds = [o.kind for o in operations_of(f"DO $x$ {' '.join(words)} $x$;\nDROP TABLE q;")]
    assert kinds[0] == "do_block"
    assert kinds[-1] == "drop_table"
