"""Types, their changes and what they lose: tables, and a matrix asked of the server at hand."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migralint.built import measured
from migralint.knowledge.type_changes import narrowing, type_change, widening
from migralint.knowledge.types import Type, read
from migralint.model import UNKNOWN

SAME = [
    ("int", "integer", "int4", "INTEGER", "serial", "pg_catalog.int4"),
    ("varchar(10)", "character varying(10)", "VARCHAR ( 10 )", "char varying(10)"),
    ("timestamp(3)", "timestamp(3) without time zone", "TIMESTAMP (3)"),
    ("timestamptz", "timestamp with time zone"),
    ("decimal(10)", "numeric(10,0)", "dec(10, 0)"),
    ("char", "character(1)", "bpchar(1)"),
    ("float", "double precision", "float8", "float(53)"),
    ("real", "float4", "float(24)"),
    ("int[]", "integer[]", "int ARRAY", "int[3]"),
    ("text[][]", "text [] []"),
    ("citext", "public.citext", "extensions.citext", '"citext"'),
    ("Mood", "mood", "public.mood"),
]


@pytest.mark.parametrize("names", SAME, ids=lambda names: names[0])
def test_spellings_of_one_type(names):
    assert len({(t.name, t.arguments, t.dimensions, t.builtin) for t in map(read, names)}) == 1


def test_read():
    assert read('"Role"') == Type("Role", builtin=False)
    assert read('"char"') == Type('"char"')
    assert read("app.role") == Type("app.role", builtin=False)
    assert read("numeric(10,2)[]") == Type("numeric", (10, 2), 1)
    assert read("${TYPE}") is UNKNOWN
    assert read("") is UNKNOWN
    assert read("varchar(n)") is UNKNOWN
    assert read(f"numeric({'9' * 5000})") is UNKNOWN
    assert read("int(11) unsigned zerofill", "mysql") == Type("int", unsigned=True)
    assert read("ENUM('a','it''s')", "mysql") == Type("enum", values=("a", "it's"))
    assert read("varchar(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "mysql") == Type(
        "varchar", (191,)
    )
    assert read("decimal", "mysql") == Type("decimal", (10, 0))
    assert read("boolean", "mysql") == read("tinyint(1)", "mysql")


SQL_LIKE = st.lists(
    st.sampled_from(
        [*"\"'`.,()[]:1", "::", " ", "int", "bit", "char", "numeric", "enum", "set", "a", "varchar"]
    ),
    max_size=12,
).map("".join)


@given(st.text(max_size=60) | SQL_LIKE)
def test_any_text_has_an_answer(text):
    assert read(text) is UNKNOWN or read(text).name
    assert narrowing(text, "text", "mysql") in (True, False, UNKNOWN)
    assert narrowing(text, "numeric(4,1)") in (True, False, UNKNOWN)
    type_change("int", "text", 15, using=text)
    type_change(text, "varchar(3)", 15)
    type_change("numeric(4,1)", text, 15)


UNDER_UTC = [
    ("timestamp", "timestamptz", 12, "nothing"),
    ("timestamp", "timestamptz", 11, "rewrite"),
    ("timestamp(3)", "timestamptz(3)", 15, "rewrite"),
]


@pytest.mark.parametrize("case", UNDER_UTC, ids=str)
def test_time_zones(case):
    old, new, version, expected = case
    assert type_change(old, new, version, timezone="UTC") == expected
    assert type_change(old, new, version, timezone="Europe/Berlin") == "rewrite"
    if expected == "nothing":
        assert type_change(old, new, version) is UNKNOWN


USING = [
    ("varchar(50)", "text", "c::text", "nothing"),
    ("varchar(50)", "text", "c", "nothing"),
    ("varchar(50)", "text", "(c)::text", "nothing"),
    ("varchar(50)", "text", "CAST(c AS text)", "nothing"),
    ("varchar(50)", "text", '("c"::character varying::text)', "nothing"),
    ("varchar(50)", "text", "t.c::text", "nothing"),
    ("varchar(50)", "text", "b::text", "rewrite"),
    ("varchar(50)", "text", "lower(c)", "rewrite"),
    ("varchar(50)", "text", "c || ''", "rewrite"),
    ("text", "varchar(20)", "c::varchar(20)", "rewrite"),
    ("text", "int", "c::int", "rewrite"),
    ("text", "int", "", "refused"),
    ("text", "varchar(20)", "substring(c for 20)", "rewrite"),
    ("varchar(50)", "text", "(" * 2000 + "c" + ")" * 2000, "rewrite"),
]


@pytest.mark.parametrize("case", USING, ids=lambda case: case[2][:40] or "none")
def test_using(case):
    old, new, using, expected = case
    assert type_change(old, new, 15, using=using, column="c") == expected


def test_types_of_the_project():
    assert type_change('"Role"', "text", 15) is UNKNOWN
    assert type_change('"Role"', "text", 15, old_variety="enum") == "rewrite"
    assert type_change('"Role"', '"Role_new"', 15, new_variety="enum") == "refused"
    assert (
        type_change('"Role"', '"Role_new"', 15, '"c"::text::"Role_new"', new_variety="enum")
        == "rewrite"
    )
    assert type_change("int", "positive", 15, new_variety="constrained domain") == "rewrite"
    assert type_change("int", "id", 15, new_variety="domain int") == "nothing"
    assert type_change('"Role"', '"Role"', 15) == "nothing"


WIDENING = [
    ("varchar(10)", "varchar(20)", True),
    ("varchar(10)", "text", True),
    ("varchar(20)", "varchar(10)", False),
    ("numeric(10,2)", "numeric(12,2)", True),
    ("numeric(10,2)", "numeric(12,4)", False),
    ("int", "bigint", False),
    ("text", "int", False),
    ("timestamp", "timestamptz", UNKNOWN),
    ('"Role"', "text", UNKNOWN),
]


@pytest.mark.parametrize("case", WIDENING, ids=str)
def test_widening(case):
    old, new, expected = case
    assert widening(old, new, 15) is expected


NARROWING = [
    ("int", "bigint", "postgres", False),
    ("bigint", "int", "postgres", True),
    ("text", "int", "postgres", True),
    ("int", "text", "postgres", False),
    ("varchar(50)", "varchar(20)", "postgres", True),
    ("text", "varchar(255)", "postgres", True),
    ('"Role"', "text", "postgres", False),
    ('"Role"', '"Role_new"', "postgres", UNKNOWN),
    ("text", '"Role"', "postgres", UNKNOWN),
    ("uuid", "varchar(36)", "postgres", False),
    ("uuid", "varchar(32)", "postgres", True),
    ("timestamp", "date", "postgres", True),
    ("timestamp", "timestamptz", "postgres", False),
    ("timestamp(6)", "timestamp(3)", "postgres", True),
    ("int", "real", "postgres", True),
    ("int", "double precision", "postgres", False),
    ("numeric(10,2)", "double precision", "postgres", True),
    ("numeric(10,2)", "numeric(10,4)", "postgres", True),
    ("text[]", "varchar(5)[]", "postgres", True),
    ("text[]", "text", "postgres", False),
    ("json", "jsonb", "postgres", False),
    ("int", "int unsigned", "mysql", True),
    ("int unsigned", "bigint", "mysql", False),
    ("int(11)", "int(5)", "mysql", False),
    ("tinyint(1)", "int", "mysql", False),
    ("varchar(20)", "varchar(10)", "mysql", True),
    ("text", "varchar(255)", "mysql", True),
    ("varchar(255)", "text", "mysql", False),
    ("varchar(255)", "tinytext", "mysql", UNKNOWN),
    ("mediumtext", "text", "mysql", True),
    ("enum('a','b')", "enum('a')", "mysql", True),
    ("enum('a')", "enum('a','b')", "mysql", False),
    ("enum('a','bb')", "varchar(2)", "mysql", False),
    ("enum('a','bbb')", "varchar(2)", "mysql", True),
    ("datetime", "timestamp", "mysql", True),
    ("timestamp", "datetime", "mysql", False),
    ("decimal(10,2)", "decimal(8,2)", "mysql", True),
    ("datetime", "date", "mysql", True),
]


@pytest.mark.parametrize("case", NARROWING, ids=str)
def test_narrowing(case):
    old, new, dialect, expected = case
    assert narrowing(old, new, dialect) is expected


MATRIX = """
smallint; int; bigint; real; float8; numeric; numeric(10,2); numeric(12,2); numeric(12,4); boolean
text; varchar; varchar(10); varchar(20); char(10); char(20); bpchar; uuid; date
timestamp; timestamp(3); timestamptz; timestamptz(3); time; interval; json; jsonb; bytea; inet; cidr
xml; varbit(5); int[]; text[]; varchar(10)[]; name; oid
"""
TYPES = [name.strip() for line in MATRIX.strip().splitlines() for name in line.split(";")]


@pytest.fixture(scope="module")
def session(postgres_url):
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(postgres_url, autocommit=True, prepare_threshold=None) as connection:
        connection.execute("SET timezone = 'UTC'; SET client_min_messages = error")
        yield connection


def changed(session, old, new, using=""):
    """What the server does: "nothing", "rewrite" or "refused"."""
    import psycopg

    file = "SELECT relfilenode FROM pg_class WHERE oid = 'changing'::regclass"
    session.execute(f"CREATE TEMP TABLE changing (c {old})")
    before = session.execute(file).fetchone()
    try:
        session.execute(f"ALTER TABLE changing ALTER c TYPE {new} {using}")
    except psycopg.Error:
        return "refused"
    else:
        return "nothing" if session.execute(file).fetchone() == before else "rewrite"
    finally:
        session.execute("DROP TABLE changing")


@pytest.mark.parametrize("old", TYPES)
def test_the_server_changes_types_so(session, old):
    version = session.info.server_version // 10000
    for new in TYPES:
        assert changed(session, old, new) == type_change(old, new, version, timezone="UTC"), new
    for new in TYPES[::3]:
        using = f"c::{new}"
        told = type_change(old, new, version, using, timezone="UTC")
        assert changed(session, old, new, "USING " + using) == told, using


EXTREMES = {
    "smallint": ["-32768", "32767"],
    "int": ["-2147483648", "2147483647"],
    "bigint": ["-9223372036854775808", "9223372036854775807"],
    "real": ["3.4e38", "1.17e-38"],
    "double precision": ["1.7976931348623157e308", "0.1"],
    "numeric": ["12345678901234567890123.456789"],
    "numeric(4,0)": ["-9999"],
    "numeric(10,2)": ["-99999999.99"],
    "numeric(12,4)": ["-99999999.9999"],
    "numeric(20,0)": ["-99999999999999999999"],
    "boolean": ["t", "f"],
    "text": ["x" * 300],
    "varchar(10)": ["x" * 10],
    "varchar(36)": ["x" * 36],
    "varchar(255)": ["x" * 255],
    "char(10)": ["x" * 10],
    "uuid": ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
    "date": ["4713-01-01 BC", "9999-12-31"],
    "timestamp": ["2024-02-29 23:59:59.123456"],
    "timestamp(3)": ["2024-02-29 23:59:59.123"],
    "timestamptz": ["2024-02-29 23:59:59.123456+00"],
    "time": ["23:59:59.123456"],
    "interval": ["178000000 years 11 mons 2147483647 days 2562047788:00:54.775807"],
    "jsonb": ['{"a": 1, "b": "' + "x" * 300 + '"}'],
    "bytea": ["\\x" + "ff" * 300],
    "inet": ["ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/64"],
    "cidr": ["ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0/124"],
    "money": ["-92233720368547758.08"],
    "int[]": ["{1,2147483647}"],
    "text[]": ["{abc," + "y" * 300 + "}"],
}


@pytest.mark.parametrize("old", EXTREMES)
def test_what_does_not_narrow_keeps_the_extreme_values(session, old):
    """There and back gives the same value, unless the server has no such cast at all."""
    for new in EXTREMES:
        if narrowing(old, new) is False and "[]" not in new:
            for value in EXTREMES[old]:
                assert there_and_back(session, value, old, new) in ("kept", "no cast"), (new, value)


LOSSES = list(
    itertools.product(["varchar(10)", "smallint", "date", "timestamp(3)", "boolean"], EXTREMES)
)


def test_what_narrows_loses_something(session):
    kept = [
        (old, new)
        for new, old in LOSSES
        if narrowing(old, new) is True
        and all(there_and_back(session, value, old, new) == "kept" for value in EXTREMES[old])
    ]
    # values of these types are not all as short as the extreme ones
    assert {old for old, _ in kept} <= {"real", "double precision", "numeric", "int[]"}


def there_and_back(session, value, old, new):
    """Without a cut by an explicit cast to varchar(n): ALTER assigns, which fails instead."""
    import psycopg

    query = f"SELECT (c::{old}) IS NOT DISTINCT FROM %s::{old} FROM assigned"
    session.execute(f"CREATE TEMP TABLE assigned (c {old})")
    try:
        session.execute(f"INSERT INTO assigned VALUES (%s::text::{old})", [value])
        session.execute(f"ALTER TABLE assigned ALTER c TYPE {new} USING c::{new}")
        return "kept" if session.execute(query, [value]).fetchone()[0] else "changed"
    except psycopg.errors.CannotCoerce:
        return "no cast"
    except psycopg.Error:
        return "failed"
    finally:
        session.execute("DROP TABLE assigned")


def test_the_server_has_these_casts(session):
    query = (
        "SELECT format_type(castsource, NULL), format_type(casttarget, NULL), castmethod::text"
        " || castcontext::text FROM pg_cast WHERE castsource <> casttarget"
    )
    real = {
        (source, target): letters for source, target, letters in session.execute(query).fetchall()
    }
    told = measured("postgres-casts")["casts"]
    for source, targets in told.items():
        for target, letters in targets.items():
            if "bpchar" not in (source, target) and "citext" not in (source, target):
                assert real[source, target] == letters, (source, target)
