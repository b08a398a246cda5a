"""`lint --fix` on texts: the finding is gone, no other comes, and the statements do what they did.

The last is judged by PostgreSQL's own parser, and by the catalogues of real servers.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
import rule_examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from linting import all_rules, migration, operations_of

from migralint.config import Config
from migralint.fixing import edits, meaning
from migralint.fixing.fix import Fixed, fix, fixable
from migralint.lint import lint
from migralint.model import Edit, Finding, Migration, Report, replace
from migralint.rules import Example, Rule

FIXING = [rule for rule in all_rules() if rule.fix]
BAD = [
    pytest.param(rule, example, id=rule_examples.name(rule, example))
    for rule in FIXING
    for example in rule.examples
    if example.bad
]
EVERYTHING = Config(preset="optional", server_version=15)
MARIADB = Config(preset="optional", dialect="mysql", mariadb=True, server_version=1011)


def fixed(text: str, config: Config = EVERYTHING, earlier: str = "", **changes: Any) -> Fixed:
    """The text as --fix would leave it."""
    made = [migration(text, **changes)]
    if earlier:
        past = {**changes, "report": False, "pending": False}
        made.insert(0, migration(earlier, "migrations/001_a.sql", **past))
    judge = partial(lint, rules=all_rules(), config=config)
    report = judge(made)
    return fix(made, report, judge, list(fixable(report, made)))


def text_of(result: Fixed) -> str:
    return result.migrations[-1].text


def mended(text: str, config: Config = EVERYTHING, **given: Any) -> str:
    return text_of(fixed(text, config, **given))


# -- what it writes


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("CREATE TABLE t (a int);", "CREATE TABLE IF NOT EXISTS t (a int);"),
        ("create unlogged table t (a int);", "create unlogged table IF NOT EXISTS t (a int);"),
        ("CREATE /* a */ TABLE -- b\n t (a int)", "CREATE /* a */ TABLE IF NOT EXISTS -- b\n t (a int)"),
        ('CREATE UNIQUE INDEX "i" ON t (index)', 'CREATE UNIQUE INDEX IF NOT EXISTS "i" ON t (index)'),
        ("CREATE EXTENSION a SCHEMA b;", "CREATE EXTENSION IF NOT EXISTS a SCHEMA b;"),
        ("CREATE SCHEMA AUTHORIZATION joe;", "CREATE SCHEMA IF NOT EXISTS AUTHORIZATION joe;"),
        (
            "ALTER TABLE t ADD a int, ADD COLUMN schema text, ADD CHECK (b > 0);",
            "ALTER TABLE t ADD IF NOT EXISTS a int, ADD COLUMN IF NOT EXISTS schema text, "
            "ADD CHECK (b > 0);",
        ),
        (
            "ALTER TABLE ONLY s.t DROP a, DROP COLUMN b, DROP CONSTRAINT c;",
            "ALTER TABLE ONLY s.t DROP IF EXISTS a, DROP COLUMN IF EXISTS b, "
            "DROP CONSTRAINT IF EXISTS c;",
        ),
        ("ALTER TYPE s.m ADD VALUE 'x';", "ALTER TYPE s.m ADD VALUE IF NOT EXISTS 'x';"),
        ('ALTER TYPE "a b"."m" ADD VALUE \'x\'', 'ALTER TYPE "a b"."m" ADD VALUE IF NOT EXISTS \'x\''),
        ("DROP TABLE a, b;", "DROP TABLE IF EXISTS a, b;"),
        ("DROP FUNCTION f(int), g(text);", "DROP FUNCTION IF EXISTS f(int), g(text);"),
        ("DROP MATERIALIZED VIEW v;", "DROP MATERIALIZED VIEW IF EXISTS v;"),
        ("DROP TRIGGER t ON x;", "DROP TRIGGER IF EXISTS t ON x;"),
        (
            "DO $$ BEGIN CREATE TABLE q (id int PRIMARY KEY); END $$;",
            "DO $$ BEGIN CREATE TABLE IF NOT EXISTS q (id int PRIMARY KEY); END $$;",
        ),
        ("CREATE TABLE é (a int);\r\n", "CREATE TABLE IF NOT EXISTS é (a int);\r\n"),
    ],
)  # fmt: skip
def test_the_guard_stands_where_the_server_wants_it(before: str, after: str) -> None:
    assert mended(before) == after


@pytest.mark.parametrize(
    "text",
    [
        "CREATE SCHEMA a CREATE TABLE b (id int);",  # PostgreSQL allows no guard here
        "CREATE TYPE mood AS ENUM ('a');",
        "CREATE INDEX CONCURRENTLY i ON t (a);",
        "CREATE INDEX ON t (a);",
        "CREATE VIEW v AS SELECT 1;",  # OR REPLACE would overwrite what somebody else has made
        "DO $$ BEGIN EXECUTE 'CREATE TABLE q (id int)'; END $$;",
        "-- migralint: allow missing-if-not-exists (a reason)\nCREATE EXTENSION citext;",
        "CREATE EXTENSION IF NOT EXISTS citext;",
        "nonsense CREATE TABLE t (a int);",
        "CREATE TABLE t (a int, 'unfinished",
    ],
)
def test_what_it_leaves_alone(text: str) -> None:
    assert mended(text) == text


def test_mariadb() -> None:
    before = (
        "ALTER TABLE t ADD (a int, b int), ADD COLUMN c int, DROP PRIMARY KEY, "
        "DROP FOREIGN KEY f, DROP COLUMN d;\nCREATE DATABASE x;\nCREATE SCHEMA y;"
    )
    after = (
        "ALTER TABLE t ADD (a int, b int), ADD COLUMN IF NOT EXISTS c int, DROP PRIMARY KEY, "
        "DROP FOREIGN KEY IF EXISTS f, DROP COLUMN IF EXISTS d;\n"
        "CREATE DATABASE IF NOT EXISTS x;\nCREATE SCHEMA IF NOT EXISTS y;"
    )
    earlier = "CREATE TABLE t (d int);\n"
    assert mended(before, MARIADB, dialect="mysql", earlier=earlier) == after
    mysql = replace(MARIADB, mariadb=False, server_version=80)
    assert "ADD COLUMN c" in mended(before, mysql, dialect="mysql")


def test_only_what_is_applied_on_the_way_up_is_touched() -> None:
    text = "CREATE SCHEMA a;\n-- down\nCREATE SCHEMA b;\n-- up\nCREATE SCHEMA c;\n"
    up = text.index("-- up")
    result = fixed(text, forward=((0, text.index("-- down")), (up, len(text))))
    assert text_of(result).count("IF NOT EXISTS") == 2
    assert "CREATE SCHEMA b" in text_of(result)
    again = text_of(result).index("-- up")
    assert result.migrations[-1].forward == (
        (0, text_of(result).index("-- down")),
        (again, len(text_of(result))),
    )


def test_a_fix_that_brings_another_finding_is_left_and_the_others_are_made() -> None:
    """With the guard, the second CREATE TABLE would do nothing, and hide that."""
    text = "CREATE TABLE users (id int PRIMARY KEY, b text);\nCREATE EXTENSION citext;\n"
    result = fixed(text, earlier="CREATE TABLE users (id int PRIMARY KEY);")
    assert text_of(result) == text.replace("EXTENSION", "EXTENSION IF NOT EXISTS")
    assert [finding.rule for finding in result.left] == ["missing-if-not-exists"]


def test_a_finding_on_a_whole_statement_fixes_all_of_it() -> None:
    text = "ALTER TABLE t DROP a, DROP COLUMN b;\nDROP TABLE c, d;"
    judge = partial(lint, rules=all_rules(), config=EVERYTHING)
    found = [f for f in judge([migration(text)]).findings if f.rule == "missing-if-exists"]
    assert [len(finding.fix) for finding in found] == [2, 1]
    assert found[0].mended == ("ALTER TABLE t DROP IF EXISTS a, DROP COLUMN IF EXISTS b;",)
    assert found[1].mended == ("DROP TABLE IF EXISTS c, d;",)


def test_what_a_guard_brings_to_light_is_fixed_with_it() -> None:
    result = fixed("CREATE TABLE t (a int PRIMARY KEY);\nCREATE INDEX i ON t (a, a);\n")
    assert text_of(result).count("IF NOT EXISTS") == 2
    assert len(result.fixed) == 2


# -- what it must not change


@pytest.mark.parametrize(("rule", "example"), BAD)
def test_every_example_that_can_be_fixed_is(rule: Rule, example: Example) -> None:
    made = [*rule_examples.earlier(example), rule_examples.migration(example.text, example)]
    judge = partial(lint, rules=all_rules(), config=rule_examples.config(example))
    report = judge(made)
    paths = list(fixable(report, made))
    result = fix(made, report, judge, paths)
    if "CREATE TYPE" in example.text:  # there is no wording for it
        assert not paths
        return
    assert rule.id in {finding.rule for finding in result.fixed}
    assert rule.id not in {finding.rule for finding in result.report.findings}
    check(made[-1], result, report)
    again = fix(result.migrations, result.report, judge, paths)
    assert again.migrations[-1].text == result.migrations[-1].text


def check(before: Migration, result: Fixed, report: Report) -> None:
    """No new finding; the same operations; the same parse tree but for the guards."""
    after = result.migrations[-1]
    assert keys(result.report.findings) <= keys(report.findings)
    old, new = operations_of(before.text, before.dialect), operations_of(after.text, after.dialect)
    assert [without_guards(o.facts) for o in old] == [without_guards(o.facts) for o in new]
    if before.dialect == "postgres":
        assert tree(before.text) == tree(after.text)


def keys(findings: Sequence[Finding]) -> set[tuple[str, str]]:
    return {(finding.rule, finding.object) for finding in findings}


def without_guards(facts: Any) -> dict[str, Any]:
    own = ("if_exists", "if_not_exists", "body", "body_at")
    return {name: value for name, value in facts.items() if name not in own}


def tree(text: str) -> Any:
    """What PostgreSQL reads, without places and guards."""
    pglast = pytest.importorskip("pglast", reason="pglast is not installed")
    guards = ("if_not_exists", "missing_ok", "skipIfNewValExists")
    places = (
        "location",
        "stmt_location",
        "stmt_len",
        "name_location",
        "end_location",
        "arg_location",
        "list_start",
        "list_end",
        "rexpr_list_start",
        "rexpr_list_end",
    )

    def plain(value: Any, in_do: bool = False) -> Any:
        if isinstance(value, dict):
            in_do = in_do or value.get("@") == "DoStmt"  # whose body is a text to the parser
            return {k: plain(v, in_do) for k, v in value.items() if k not in (*guards, *places)}
        if isinstance(value, str) and in_do:
            return re.sub(r" IF (NOT )?EXISTS", "", value)
        return [plain(item, in_do) for item in value] if isinstance(value, list | tuple) else value

    return plain([statement(skip_none=True) for statement in pglast.parse_sql(text)])


# the pieces of a migration, put together at random
PIECES = [
    "CREATE TABLE {t} (id bigint PRIMARY KEY, {c} text)", "CREATE INDEX {i} ON {t} ({c})",
    "CREATE UNIQUE INDEX {i} ON {t} ({c}, id)", "ALTER TABLE {t} ADD COLUMN {c} int",
    "ALTER TABLE {t} ADD {c} int, DROP COLUMN id", "DROP TABLE {t}", "DROP INDEX {i}",
    "CREATE SCHEMA {c}", "ALTER TYPE {t} ADD VALUE '{c}'", "DROP VIEW {t}, {i} CASCADE",
    "ALTER TABLE {t} DROP CONSTRAINT {i}, ADD CONSTRAINT {i} CHECK (id > 0)",
    "CREATE TEMP TABLE {t} (id int)", "INSERT INTO {t} VALUES (1, 'CREATE TABLE x (a int);')",
    "CREATE SEQUENCE {i}", "SELECT 1", "DROP TRIGGER {i} ON {t}", "CREATE TYPE {t} AS ENUM ()",
    "DO $$ BEGIN CREATE TABLE {t} (id int PRIMARY KEY); END $$",
    "CREATE FUNCTION {i}() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$", "COMMIT", "BEGIN",
]  # fmt: skip
NAMES = st.sampled_from(["a", "b", '"A b"', "s.c", '"table"', "name", '"Ünï"'])
GAPS = st.sampled_from([" ", "\n", "\r\n", "\t", " /* CREATE TABLE z */ ", " -- DROP TABLE\n"])


@st.composite
def migrations(draw: Any) -> str:
    made = []
    for piece in draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=5)):
        t, c, i = draw(NAMES), draw(NAMES).rpartition(".")[2], draw(NAMES).rpartition(".")[2]
        text = piece.format(t=t, c=c, i=i)
        first, _, rest = text.partition(" ")
        made.append(f"{first}{draw(GAPS)}{rest}" if rest else first)
    return f"{draw(GAPS)};".join(made) + draw(st.sampled_from(["", ";", ";\n", ";\r\n"]))


@given(migrations())
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_migration_keeps_its_meaning(text: str) -> None:
    pglast = pytest.importorskip("pglast", reason="pglast is not installed")
    judge = partial(lint, rules=all_rules(), config=EVERYTHING)
    made = [migration(text)]
    report = judge(made)
    result = fix(made, report, judge, list(fixable(report, made)))
    after = text_of(result)
    assert keys(result.report.findings) <= keys(report.findings)
    try:
        before_tree = tree(text)
    except pglast.parser.ParseError:
        return
    assert before_tree == tree(after)
    assert meaning.same(made[0], result.migrations[0])
    assert edits.edited(after, []) == mended(after)


def test_same_tells_apart() -> None:
    def same(before: str, after: str) -> bool:
        return meaning.same(migration(before), migration(after))

    assert same("DROP TABLE a;", "DROP TABLE IF EXISTS a;")
    assert not same("DROP TABLE a;", "DROP TABLE IF EXISTS b;")
    assert not same("DROP TABLE a;", "DROP TABLE a CASCADE;")
    assert not same("DROP TABLE a;", "DROP TABLE a; SELECT 1;")
    assert not same("CREATE INDEX i ON t (a)", "CREATE INDEX CONCURRENTLY i ON t (a)")
    body = "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT {} $$"
    assert not same(body.format(1), body.format(2))


# -- edits


def test_edits_that_do_not_fit_are_left_for_the_next_round() -> None:
    a, b = Edit(3, 3, "x"), Edit(3, 3, "y")
    assert edits.fitting([b, a, a]) == [b] or edits.fitting([b, a, a]) == [a]
    assert edits.fitting([Edit(0, 4, ""), Edit(2, 6, "")]) == [Edit(0, 4, "")]
    assert edits.fitting([Edit(4, 6, "x"), Edit(0, 4, "")]) == [Edit(0, 4, ""), Edit(4, 6, "x")]


@given(
    st.text(max_size=40),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3), st.text(max_size=3)), max_size=6),
)
def test_what_no_edit_names_stays(text: str, wanted: list[tuple[int, int, str]]) -> None:
    size = len(text)
    fit = edits.fitting(Edit(min(s, size), min(s + n, size), t) for s, n, t in wanted)
    after, expected, position = edits.edited(text, fit), "", 0
    for edit in fit:
        expected += text[position : edit.start] + edit.text
        position = edit.end
    assert after == expected + text[position:]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_encoding_keeps_the_mark(text: str) -> None:
    from migralint.discover.reading import decode

    for mark, encoding in ((b"", "utf-8"), *edits.MARKS):
        data = mark + text.encode(encoding)
        read, problem, _ = decode(data)
        if not problem:
            assert edits.encoded(read, data) == data


# -- on real servers

EARLIER = """
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TYPE unused_type AS ENUM ('a');
CREATE TABLE old (id bigint PRIMARY KEY, a int CONSTRAINT positive CHECK (a > 0), b int, c text);
CREATE INDEX old_c ON old (c);
CREATE VIEW seen AS SELECT id FROM old;
CREATE TABLE gone (id int);
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER noting AFTER INSERT ON old EXECUTE FUNCTION noted();
CREATE SEQUENCE old_numbers;
"""
BEFORE = """
CREATE TABLE plans (id bigint PRIMARY KEY, name text);
CREATE UNIQUE INDEX plans_name ON plans (name);
CREATE SCHEMA billing;
CREATE SEQUENCE billing.numbers;
ALTER TABLE plans ADD price numeric(10, 2), ADD COLUMN note text NOT NULL DEFAULT '';
ALTER TABLE old DROP CONSTRAINT positive, DROP b;
DROP VIEW seen;
ALTER TYPE mood ADD VALUE 'bored' BEFORE 'happy';
DROP TYPE unused_type;
DROP INDEX old_c;
DROP TRIGGER noting ON old;
DROP FUNCTION noted();
DROP SEQUENCE old_numbers;
DROP TABLE gone;
"""
COLUMNS = """
SELECT table_schema, table_name, column_name, data_type, is_nullable, column_default
FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
ORDER BY 1, 2, 3"""
OBJECTS = """
SELECT relkind::text, relname::text, coalesce(pg_get_indexdef(oid), '') FROM pg_class
WHERE relnamespace::regnamespace::text IN ('public', 'billing') AND relkind <> 'i'
   OR relkind = 'i' AND relnamespace::regnamespace::text IN ('public', 'billing')
UNION ALL SELECT 'constraint', conname::text, pg_get_constraintdef(oid) FROM pg_constraint
UNION ALL SELECT 'label', enumlabel::text, enumsortorder::text FROM pg_enum
ORDER BY 1, 2, 3"""


def test_the_same_catalogue_on_postgres(postgres_url: str) -> None:
    import psycopg
    from psycopg.conninfo import make_conninfo

    after = mended(BEFORE, earlier=EARLIER)
    assert (after.count("IF NOT EXISTS"), after.count("IF EXISTS")) == (7, 9)
    found = []
    with psycopg.connect(postgres_url, autocommit=True) as server:
        for text in (BEFORE, after):
            server.execute("DROP DATABASE IF EXISTS migralint_fixing WITH (FORCE)")
            server.execute("CREATE DATABASE migralint_fixing")
            with psycopg.connect(make_conninfo(postgres_url, dbname="migralint_fixing")) as made:
                made.autocommit = True
                for statement in rule_examples.statements(EARLIER + text, "postgres"):
                    made.execute(statement.text)  # type: ignore[call-overload]
                found.append([made.execute(sql).fetchall() for sql in (COLUMNS, OBJECTS)])
        server.execute("DROP DATABASE migralint_fixing WITH (FORCE)")
    assert found[0] == found[1]


def test_the_same_catalogue_on_mariadb(mysql_url: str) -> None:
    from urllib.parse import urlsplit

    import pymysql

    earlier = (
        "CREATE TABLE a (id int PRIMARY KEY, b int);\nCREATE INDEX a_b ON a (b);\n"
        "CREATE TABLE c (id int PRIMARY KEY, a int, d int, "
        "CONSTRAINT f FOREIGN KEY (a) REFERENCES a (id));\nCREATE TABLE gone (id int PRIMARY KEY);\n"
    )
    before = (
        "ALTER TABLE a ADD COLUMN x int, ADD y text, ADD INDEX a_x (x), ADD UNIQUE KEY a_u (x, b);\n"
        "ALTER TABLE c DROP FOREIGN KEY f, DROP COLUMN d;\nDROP INDEX a_b ON a;\nDROP TABLE gone;\n"
        "CREATE TABLE e (id int PRIMARY KEY);\nCREATE INDEX e_id ON e (id, id);"
    ).replace("(id, id)", "(id)")
    after = mended(before, MARIADB, earlier=earlier, dialect="mysql")
    assert (after.count("IF NOT EXISTS"), after.count("IF EXISTS")) == (5, 4)
    url = urlsplit(mysql_url)
    login = {"host": url.hostname, "port": url.port or 3306, "user": url.username or "root"}
    server = pymysql.connect(**login, password=url.password or "", autocommit=True)
    found = []
    with server.cursor() as cursor:
        for text in (before, after):
            for sql in ("DROP DATABASE IF EXISTS migralint_fixing", "CREATE DATABASE migralint_fixing",
                        "USE migralint_fixing"):  # fmt: skip
                cursor.execute(sql)
            for statement in rule_examples.statements(earlier + text, "mysql"):
                cursor.execute(statement.text)
            made = []
            for table in ("a", "c"):
                cursor.execute(f"SHOW CREATE TABLE {table}")
                made.append(cursor.fetchone())
            found.append(made)
        cursor.execute("DROP DATABASE migralint_fixing")
    server.close()
    assert found[0] == found[1]


def test_the_same_catalogue_on_sqlite() -> None:
    before = "CREATE TABLE a (id integer PRIMARY KEY, b int);\nCREATE INDEX a_b ON a (b);\nDROP INDEX a_b;"
    after = mended(
        before, replace(EVERYTHING, dialect="sqlite", server_version=3), dialect="sqlite"
    )
    assert after.count("EXISTS") >= 2
    found = []
    for text in (before, after):
        made = sqlite3.connect(":memory:")
        made.executescript(text)
        found.append(made.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall())
        made.close()
    assert found[0] == found[1]


# -- what others write


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("CREATE TABLE {{ schema }}.t (a int);", "CREATE TABLE IF NOT EXISTS {{ schema }}.t (a int);"),
        ("CREATE SCHEMA ${name};", "CREATE SCHEMA IF NOT EXISTS ${name};"),
        (
            "ALTER TABLE {{ t }} ADD COLUMN {{ c }} text;",
            "ALTER TABLE {{ t }} ADD COLUMN IF NOT EXISTS {{ c }} text;",
        ),
    ],
)  # fmt: skip
def test_a_template_stays_as_it_is(before: str, after: str) -> None:
    assert mended(before) == after
    assert mended(before) == mended(mended(before))


OWN = """\
id: no-cascade-said
severity: warning
preset: recommended
match: {operation: drop_view, cascade: false}
message: x
why: x
instead: x
fix: {insert: "%s", after: {drop_view: [DROP VIEW name]}}
examples: {bad: [DROP VIEW a;], good: [DROP VIEW a CASCADE;]}
"""


@pytest.mark.parametrize("insert", ["CASCADE", "; DROP TABLE b", ", b", "nonsense ("])
def test_a_fix_of_a_projects_own_rule_that_does_more_is_not_made(
    tmp_path: Any, insert: str
) -> None:
    from migralint.rules import builtin_directory, load

    (tmp_path / "no-cascade-said.yaml").write_text(OWN % insert)
    rules = load([builtin_directory(), str(tmp_path)])
    judge = partial(lint, rules=rules, config=Config())
    made = [migration("DROP VIEW a;")]
    report = judge(made)
    result = fix(made, report, judge, list(fixable(report, made)))
    assert text_of(result) == "DROP VIEW a;"
    assert [finding.rule for finding in result.left] == ["no-cascade-said"]
