"""The replayed schema against the catalog of a real server that took the same statements."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from migralint.knowledge.schema import Schema
from migralint.sql.operations import operations
from migralint.sql.statements import split

HERE = os.path.dirname(__file__)
HISTORY = os.path.join(HERE, "schema_history.postgres.sql")
NAME = "migralint_schema_test"


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    """benchmarks/schema.py, which compares whole projects in the same way."""
    pytest.importorskip("psycopg", reason="no PostgreSQL: psycopg is not installed")
    path = os.path.join(HERE, "..", "benchmarks", "schema.py")
    spec = importlib.util.spec_from_file_location("benchmark_of_the_schema", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def database(postgres_url: str) -> Iterator[Any]:
    import psycopg
    from psycopg.conninfo import make_conninfo

    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {NAME}")
        with psycopg.connect(make_conninfo(postgres_url, dbname=NAME), autocommit=True) as made:
            yield made
        server.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


def replayed(text: str) -> Schema:
    schema = Schema("postgres")
    for statement in split(text, "postgres"):
        for operation in operations(statement, "postgres"):
            schema.apply(operation, "migration")
    schema.begin(None)
    return schema


def test_every_form_is_replayed_as_the_server_has_it(benchmark: ModuleType, database: Any) -> None:
    with open(HISTORY, encoding="utf-8") as file:
        text = file.read()
    for statement in split(text, "postgres"):
        database.execute(statement.text)
    database.execute("DISCARD TEMP")
    schema = replayed(text)
    _, differences = benchmark.differences(schema, benchmark.catalog(database))
    assert not differences, "\n".join(differences)
    assert schema.gaps == []
    views = {name.name for name in schema.views}
    assert views == {row[0] for row in database.execute(VIEWS)}


VIEWS = """
SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE relkind IN ('v', 'm') AND nspname NOT IN ('pg_catalog', 'information_schema')
"""
