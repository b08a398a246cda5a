"""What the grammar makes of PostgreSQL's statements where libpg_query's tree is no measure.

The forms themselves are held against libpg_query in test_oracle.py.
"""

from __future__ import annotations

import pytest
from outlines import cases, found, lines

from migralint.sql.operations import operations
from migralint.sql.statements import split


@pytest.mark.parametrize(
    ("sql", "wanted"), cases("postgres_operations.txt"), ids=lambda value: value[:70]
)
def test_operations_of(sql: str, wanted: str) -> None:
    assert lines(sql, "postgres") == wanted


def test_each_action_has_its_own_span() -> None:
    sql = "ALTER TABLE t\n  ADD COLUMN a int REFERENCES u,\n  DROP COLUMN b CASCADE"
    spans = [sql[one.start : one.end] for one in found(sql, "postgres")]
    assert spans == ["ADD COLUMN a int REFERENCES u", "REFERENCES u", "DROP COLUMN b CASCADE"]


def test_each_name_of_a_list_has_its_own_span() -> None:
    sql = "DROP INDEX CONCURRENTLY a, public.b"
    assert [sql[one.start : one.end] for one in found(sql, "postgres")] == ["a", "public.b"]
    (alone,) = found("DROP INDEX a", "postgres")
    assert (alone.start, alone.end) == (0, 12)


def test_names_print_as_they_are_written() -> None:
    (one,) = found('DROP TABLE Public."Users"', "postgres")
    assert str(one.facts["table"]) == 'Public."Users"'


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("COMMENT ON TABLE a IS 'one '\n  'two'", "comment"),
        ("COMMENT ON TABLE a IS 'one ' 'two'", "unparsed"),
        ("ALTER ROLE {role} BYPASSRLS", "alter_role"),
        ("DROP TABLE {schema}.{prefix}", "drop_table"),
        ("DROP TABLE {a b}", "unparsed"),
    ],
)
def test_strings_that_go_on_and_names_of_format_strings(sql: str, kind: str) -> None:
    assert [one.kind for one in found(sql, "postgres")] == [kind]


def test_an_unread_action_hides_no_other() -> None:
    kinds = [one.kind for one in found("ALTER TABLE t DROP_COLUMN a, DROP COLUMN b", "postgres")]
    assert kinds == ["unparsed", "drop_column"]


def test_what_cannot_be_read_names_the_dangerous_words_in_it() -> None:
    (one,) = found("PLEASE drop it", "postgres")
    assert one.facts["mentions"] == "drop"
    assert one.facts["problem"] == "it begins with 'PLEASE', which is no statement of postgres"


@pytest.mark.parametrize(
    ("sql", "kinds"),
    [
        ("ALTER TABLE a ADD b int DEFAULT 1\nDROP TABLE c", ["add_column", "unparsed"]),
        ("DELETE FROM a WHERE b = 1\nDELETE FROM c", ["delete", "unparsed"]),
        ("CREATE FUNCTION f() RETURNS int AS $$ $$ DROP TABLE c", ["create_routine", "unparsed"]),
        ("CREATE VIEW v AS SELECT 1 CREATE TABLE c (d int)", ["create_view", "unparsed"]),
        ("INSERT INTO a VALUES (1) INSERT INTO b VALUES (2)", ["insert", "unparsed"]),
        ("CREATE SCHEMA s CREATE TABLE t (a int)", ["create_schema"]),
        ("CREATE RULE r AS ON DELETE TO t DO DELETE FROM u", ["create_rule"]),
        ("ALTER PUBLICATION p DROP TABLE t", ["alter_object"]),
        ("EXPLAIN ANALYZE DELETE FROM t", ["delete"]),
        ("WITH a AS (DELETE FROM b) INSERT INTO c SELECT 1", ["delete", "insert"]),
    ],
)
def test_a_missing_separator_is_said(sql: str, kinds: list[str]) -> None:
    assert [one.kind for one in found(sql, "postgres")] == kinds


def test_a_missing_separator_gives_the_place() -> None:
    sql = "DELETE FROM a WHERE b = 1\n  DROP TABLE c"
    (statement,) = split(sql, "postgres")
    glued = operations(statement, "postgres")[1]
    assert (glued.line, glued.column) == (2, 3)
    assert glued.facts == {"problem": "a ; is missing before 'DROP'", "mentions": "drop"}


def test_a_long_insert_is_read_at_its_head_and_tail() -> None:
    rows = ", ".join(f"({number}, 'x')" for number in range(1000))
    (one,) = found(f"INSERT INTO t (a, b) VALUES {rows} ON CONFLICT DO NOTHING", "postgres")
    assert (one.kind, one.facts["source"], one.facts["on_conflict"]) == ("insert", "values", True)
    assert [str(column) for column in one.facts["columns"]] == ["a", "b"]
    (other,) = found(f"INSERT INTO t (a, b) VALUES {rows}", "postgres")
    assert other.facts["on_conflict"] is False
    assert other.end > 10_000
    (copied,) = found(f"INSERT INTO t SELECT * FROM (VALUES {rows}) v WHERE v.a > 0", "postgres")
    assert copied.facts["source"] == "select"


def test_the_body_of_a_routine_stands_where_it_is_said_to() -> None:
    sql = "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$"
    (one,) = found(sql, "postgres")
    assert one.facts["body"] == " SELECT 1 "
    assert sql[one.facts["body_at"] :].startswith("$$ SELECT 1")
