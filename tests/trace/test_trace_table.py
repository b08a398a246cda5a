"""Every kind of statement that was measured, traced on the server at hand: nothing differs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from test_locks import BEFORE, NOT_HERE, OPERATIONS, SCHEMA

from migralint.model import MigralintError
from migralint.runner import databases
from migralint.runner.url import parse
from migralint.trace import Traced, trace_statements

psycopg = pytest.importorskip("psycopg")
NAME = "migralint_trace_table"


@pytest.fixture(scope="module")
def url(postgres_url: str) -> Iterator[str]:
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {NAME}")
        try:
            yield f"{postgres_url.rpartition('/')[0]}/{NAME}"
        finally:
            server.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


@pytest.fixture()
def trace(url: str) -> Iterator[Any]:
    """`trace(before, sql)` on a fresh schema."""
    db = databases.of("postgres")
    session = db.connect(parse(url), ("5s", ""), True)

    def run(before: str, sql: str, version: int = 0) -> tuple[Traced, ...]:
        db.query(session, f"SET timezone = 'UTC'; {SCHEMA};")
        if before:
            db.query(session, before)
        return trace_statements(db, session, sql, version)

    run.version = session.server.version  # type: ignore[attr-defined]
    db.query(session, "DROP SCHEMA IF EXISTS public, s2 CASCADE; CREATE SCHEMA public")
    yield run
    db.close(session)


@pytest.mark.parametrize(
    "case",
    [case for case in OPERATIONS if case["op"] not in NOT_HERE],
    ids=lambda case: f"{case['op']}, {case['pg'][0]}",
)
def test_a_measured_statement_is_traced_as_predicted(trace: Any, case: Any) -> None:
    before = BEFORE.get(case["op"], "")
    setting = before if before.upper().startswith("SET ") else ""
    sql = f"{setting};\n{case['sql']}" if setting else case["sql"]
    if not case["pg"][0] <= trace.version <= case["pg"][1]:
        pytest.skip(f"measured on {case['pg']}, the server is {trace.version}")
    if "fails" in case:
        with pytest.raises(MigralintError, match=case["fails"].split('"')[0]):
            trace("" if setting else before, sql)
        return
    last = trace("" if setting else before, sql)[-1]
    assert last.differences == (), last
    assert last.state == "traced" and not last.held
