"""Every rule, with no code of its own: its examples are found or not, and its advice works.

The examples and the advice run on real servers, each on a database of its own that is made from
example_schema.<dialect>.sql.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import rule_examples
from rule_examples import blocks, findings

from migralint.rules import Example, Rule

HERE = os.path.dirname(__file__)
EXAMPLES = [
    pytest.param(rule, example, id=rule_examples.name(rule, example))
    for rule, example in rule_examples.examples()
]
Run = Callable[[list[str]], str]


def of(dialect: str) -> list[Any]:
    """The examples that are SQL of this dialect and that a server can run."""
    return [
        pytest.param(rule, example, id=rule_examples.name(rule, example))
        for rule, example in rule_examples.examples()
        if rule_examples.is_sql(rule) and example.runs and example.dialect == dialect
    ]


def schema(dialect: str) -> str:
    with open(os.path.join(HERE, f"example_schema.{dialect}.sql"), encoding="utf-8") as stream:
        return stream.read()


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_example_is_judged_as_it_says(rule: Rule, example: Example) -> None:
    found = findings(rule, example)
    assert bool(found) == example.bad, f"{rule.path}:{example.line}\n{example.text}"
    for finding in found:
        words = "\n".join((finding.message, finding.why, finding.instead))
        assert not re.search(r"[{}<](?:[a-z]+_)*[a-z]+[}>]", words), f"a fact is missing in {words}"


@pytest.mark.parametrize(("rule", "example"), [p for p in EXAMPLES if p.values[1].bad])
def test_advice_passes_the_linter(rule: Rule, example: Example) -> None:
    for finding in findings(rule, example):
        if blocks(finding.instead):
            assert rule_examples.errors_in_advice(example, finding) == [], finding.instead


# -- PostgreSQL


@pytest.mark.parametrize(("rule", "example"), of("postgres"))
def test_postgres_grammar_reads_it(rule: Rule, example: Example) -> None:
    pglast = pytest.importorskip("pglast", reason="pglast is not installed")
    own = [statement.text for statement in rule_examples.statements(example.text, "postgres")]
    for text in [*own, *advice(rule, example)]:
        try:
            pglast.parse_sql(text)
        except pglast.parser.ParseError as error:
            assert example.fails and example.fails in str(error), text


@pytest.mark.parametrize(("rule", "example"), of("postgres"))
def test_postgres_runs_it(rule: Rule, example: Example, on_postgres: Any) -> None:
    check(rule, example, on_postgres)


@pytest.mark.parametrize(("rule", "example"), of("mysql"))
def test_mariadb_runs_it(rule: Rule, example: Example, on_mariadb: Any) -> None:
    check(rule, example, on_mariadb)


@pytest.mark.parametrize(("rule", "example"), of("sqlite"))
def test_sqlite_runs_it(rule: Rule, example: Example) -> None:
    made = schema("sqlite")
    check(rule, example, lambda texts: rule_examples.run_sqlite(made, texts))


def advice(rule: Rule, example: Example) -> list[str]:
    """The statements of the advice on each finding."""
    return [
        statement.text
        for finding in findings(rule, example)
        for text in blocks(finding.instead)
        for statement in rule_examples.statements(text, example.dialect)
    ]


def check(rule: Rule, example: Example, run: Run) -> None:
    """The server takes the example, or refuses it as it says; and the advice in its place."""
    too_new = example.given.get("server_version", 0) > getattr(run, "version", 10**6)
    if too_new:
        return
    answer = run(rule_examples.scripts(example))
    if example.fails:
        assert example.fails in answer, answer or "the server took it"
        return
    assert not answer, answer
    for finding in findings(rule, example):
        if blocks(finding.instead):
            first = rule_examples.before(example, finding)
            texts = [
                statement.text
                for text in blocks(finding.instead)
                for statement in rule_examples.statements(text, example.dialect)
            ]
            answer = run([*first, *texts])
            assert not answer, f"{answer}\n{finding.instead}"


@pytest.fixture(scope="module")
def on_postgres(postgres_url: str) -> Iterator[Run]:
    """Runs statements on a new copy of the example database; answers with the error's text."""
    import psycopg

    with psycopg.connect(postgres_url, autocommit=True) as server:
        clean_up = _whole_server(server)
        server.execute("CREATE DATABASE migralint_template")
        with _postgres_database(postgres_url, "migralint_template") as connection:
            connection.execute(schema("postgres"))

        def run(texts: list[str]) -> str:
            # The last one's connection has ended by now; dropped at once, the server waits for it.
            clean_up(" ".join(texts))
            server.execute("CREATE DATABASE migralint_example TEMPLATE migralint_template")
            try:
                with _postgres_database(postgres_url, "migralint_example") as connection:
                    for text in texts:
                        connection.execute(text)  # type: ignore[call-overload]
            except psycopg.Error as error:
                return str(error) or "failed"
            return ""

        run.version = server.info.server_version // 10_000  # type: ignore[attr-defined]
        yield run
        clean_up("")
        server.execute("DROP DATABASE migralint_template")


def _whole_server(server: Any) -> Callable[[str], None]:
    """Drops the last example's database, and the databases and roles that it names and made."""

    def names(catalogue: str, column: str) -> set[str]:
        return {row[0] for row in server.execute(f"SELECT {column} FROM {catalogue}").fetchall()}

    databases, roles = names("pg_database", "datname"), names("pg_roles", "rolname")
    last = [""]

    def clean_up(next_text: str) -> None:
        words = set(re.findall(r"\w+", last[0]))
        last[0] = next_text
        server.execute("DROP DATABASE IF EXISTS migralint_example WITH (FORCE)")
        for database in (names("pg_database", "datname") - databases) & words:
            server.execute(f'DROP DATABASE "{database}"')
        for role in (names("pg_roles", "rolname") - roles) & words:
            server.execute(f'DROP ROLE "{role}"')

    return clean_up


@contextmanager
def _postgres_database(url: str, database: str) -> Iterator[Any]:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    options = {**conninfo_to_dict(url), "dbname": database, "options": "-c timezone=UTC"}
    with psycopg.connect(**options, autocommit=True) as made:  # type: ignore[arg-type]
        yield made


@pytest.fixture(scope="module")
def on_mariadb(mysql_url: str) -> Iterator[Run]:
    """The same on MariaDB (or MySQL), where the schema is made anew for each example."""
    from urllib.parse import urlsplit

    import pymysql

    url = urlsplit(mysql_url)
    server = pymysql.connect(
        host=url.hostname,
        port=url.port or 3306,
        user=url.username or "root",
        password=url.password or "",
        autocommit=True,
    )
    made = [statement.text for statement in rule_examples.statements(schema("mysql"), "mysql")]

    def run(texts: list[str]) -> str:
        fresh = ("DROP DATABASE IF EXISTS migralint_example", "CREATE DATABASE migralint_example")
        with server.cursor() as cursor:
            for text in (*fresh, "USE migralint_example", "SET foreign_key_checks = 1", *made):
                cursor.execute(text)
            try:
                for text in texts:
                    cursor.execute(text)
            except pymysql.Error as error:
                return str(error)
            finally:
                cursor.execute("ROLLBACK")
        return ""

    yield run
    with server.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS migralint_example")
    server.close()
