"""The token grammar against libpg_query, PostgreSQL's own parser: kinds, flags, names, texts."""

from __future__ import annotations

import os

import pg_oracle
import pytest
from pg_oracle import data, objects, tables
from pglast.enums import AlterTableType
from pglast.parser import split as server_split

from migralint.model import UNKNOWN, Name, Statement
from migralint.sql.outline import outline
from migralint.sql.statements import split
from migralint.sql.vocabulary import KINDS, facts_of

_DATA = os.path.join(os.path.dirname(__file__), "data")
_TYPES = {"bool": bool, "int": int, "text": str, "name": Name, "names": tuple}


def _read(name: str) -> str:
    with open(os.path.join(_DATA, name), encoding="utf-8") as file:
        return file.read()


_TEXT = _read("postgres_statements.sql")
_STATEMENTS = split(_TEXT, "postgres")
_REJECTED = split(_read("postgres_rejected.sql"), "postgres")


@pytest.mark.parametrize("statement", _STATEMENTS, ids=lambda statement: statement.text[:80])
def test_every_form_of_the_reference_reads_as_the_server_reads_it(statement: Statement) -> None:
    node = pg_oracle.statement_node(statement.text)
    assert node is not None, "PostgreSQL does not accept this"
    found = outline(statement, "postgres")
    assert pg_oracle.differences(found, pg_oracle.expected(node)) == []


@pytest.mark.parametrize("statement", _STATEMENTS, ids=lambda statement: statement.text[:80])
def test_facts_are_those_that_the_vocabulary_declares(statement: Statement) -> None:
    for found in outline(statement, "postgres"):
        declared = {"if_table_exists": "bool", **facts_of(found.kind)}  # of every ALTER TABLE
        for name, value in found.facts.items():
            assert name in declared, f"{found.kind} has no fact {name}"
            assert isinstance(value, _TYPES[declared[name]]) or value is UNKNOWN, (name, value)


@pytest.mark.parametrize("statement", _STATEMENTS, ids=lambda statement: statement.text[:80])
def test_spans_lie_in_the_statement_in_order(statement: Statement) -> None:
    found = outline(statement, "postgres")
    assert all(0 <= one.start < one.end <= len(statement.text) for one in found)
    if found[0].kind == "create_table":
        assert all(one.start >= found[0].start for one in found)


@pytest.mark.parametrize("statement", _REJECTED, ids=lambda statement: statement.text[:60])
def test_what_the_server_refuses_is_not_taken_for_something_else(statement: Statement) -> None:
    assert pg_oracle.statement_node(statement.text) is None, "PostgreSQL accepts this"
    assert "unparsed" in [found.kind for found in outline(statement, "postgres")]


def test_the_file_is_split_as_the_server_splits_it() -> None:
    theirs = [_TEXT[piece].strip() for piece in server_split(_TEXT, only_slices=True)]
    assert len(theirs) == len(_STATEMENTS)
    assert all(their.endswith(ours.text) for their, ours in zip(theirs, _STATEMENTS, strict=True))


def test_no_statement_of_the_server_is_left_out() -> None:
    forms = {form for module in (tables, objects, data) for form in module.FORMS}
    nodes = [pg_oracle.statement_node(statement.text) for statement in _STATEMENTS]
    assert forms == {form for node in nodes if node for form in node}


# What the parser itself never makes: steps of the server's own work.
_INTERNAL = {
    "AT_AddColumnToView",
    "AT_CookedColumnDefault",
    "AT_CheckNotNull",
    "AT_AddIndex",
    "AT_ReAddIndex",
    "AT_ReAddConstraint",
    "AT_ReAddDomainConstraint",
    "AT_AddIndexConstraint",
    "AT_ReAddComment",
    "AT_ReAddStatistics",
    "AT_ReplaceRelOptions",
    "AT_SetAttNotNull",
}


def test_no_action_of_alter_table_is_left_out() -> None:
    seen = set()
    for statement in _STATEMENTS:
        node = pg_oracle.statement_node(statement.text) or {}
        for command in node.get("AlterTableStmt", {}).get("cmds", []):
            seen.add(command["AlterTableCmd"]["subtype"])
    assert {action.name for action in AlterTableType} - _INTERNAL == seen


def test_the_oracle_sees_differences() -> None:
    node = pg_oracle.statement_node("ALTER TABLE a ADD COLUMN b int DEFAULT 1")
    assert node is not None
    wanted = pg_oracle.expected(node)
    for other in (
        "ALTER TABLE a ADD COLUMN c int DEFAULT 1",
        "ALTER TABLE b ADD COLUMN b int DEFAULT 1",
        "ALTER TABLE a ADD COLUMN b int DEFAULT 2",
        "ALTER TABLE a ADD COLUMN b bigint DEFAULT 1",
        "ALTER TABLE a ADD COLUMN b int DEFAULT 1 NOT NULL",
        "ALTER TABLE a DROP COLUMN b",
    ):
        assert pg_oracle.differences(outline(split(other, "postgres")[0], "postgres"), wanted)


def test_kinds_that_sql_gives_are_all_reached() -> None:
    """Every kind that PostgreSQL's statements can give comes from at least one of the file."""
    reached = {found.kind for statement in _STATEMENTS for found in outline(statement, "postgres")}
    elsewhere = {
        "modify_column",
        "alter_partition",
        "convert_charset",
        "set_engine",
        "alter_online",
        "optimize_table",
        "pragma",
        "psql_command",
        "run_command",
        "unread_script",
        "migration",
        "file",
        "suppression",
        "unparsed",
    }
    assert set(KINDS) - elsewhere == reached
