"""Volatile, stable or unknown: the expression's functions, as the catalogue has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migralint.built import measured
from migralint.knowledge.volatility import is_volatile, volatility
from migralint.model import UNKNOWN

CASES = [
    ("now()", False),
    ("NOW()", False),
    ("current_timestamp", False),
    ("CURRENT_TIMESTAMP(3)", False),
    ("pg_catalog.now()", False),
    ('"pg_catalog"."now"()', False),
    ("timezone('utc'::text, now())", False),
    ("(now() AT TIME ZONE 'utc'::text)", False),
    ("now() + interval '1 day'", False),
    ("'random()'", False),
    ("$$random()$$", False),
    ("5 /* random() */ -- clock_timestamp()", False),
    ("'{}'::jsonb", False),
    ("'a'::character varying(10)", False),
    ("'a'::\"Role\"", False),
    ("'1'::public.money_amount(10, 2)", False),
    ("CAST('x' AS varchar(10))", False),
    ("ARRAY[]::text[]", False),
    ("coalesce(nullif('a', ''), 'b')", False),
    ("jsonb_build_object('a', 1)", False),
    ("extract(epoch from now())", False),
    ("statement_timestamp()", False),
    ("current_setting('app.tenant')::uuid", False),
    ("clock_timestamp()", True),
    ("random ()", True),
    ("floor(random() * 100)::int", True),
    ("nextval('s')", True),
    ("nextval('s'::regclass)", True),
    ("gen_random_uuid()", True),
    ("uuid_generate_v4()", True),
    ("extensions.uuid_generate_v4()", True),
    ("extensions.gen_random_uuid()", True),
    ("encode(gen_random_bytes(16), 'hex')", True),
    ("md5(random()::text)", True),
    ("uuidv7()", True),
    ("timeofday()", True),
    ("txid_current()", False),
    ("uuid_generate_v5(uuid_ns_url(), 'a')", False),
    ("cuid()", UNKNOWN),
    ("nanoid(21)", UNKNOWN),
    ("public.now()", UNKNOWN),
    ("auth.uid()", UNKNOWN),
    ("${DEFAULT}", UNKNOWN),
    ("cuid() || random()", True),
    ("", False),
]


@pytest.mark.parametrize(("expression", "answer"), CASES, ids=[case[0] for case in CASES])
def test_is_volatile(expression, answer):
    assert is_volatile(expression) is answer


@given(st.text(max_size=80))
def test_any_text_has_an_answer(text):
    assert is_volatile(text) in (True, False, UNKNOWN)


def test_the_server_at_hand_has_the_functions_so(postgres_url):
    psycopg = pytest.importorskip("psycopg")
    query = (
        "SELECT proname, array_agg(DISTINCT provolatile::text) FROM pg_proc"
        " WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f' GROUP BY 1"
    )
    with psycopg.connect(postgres_url) as connection:
        version = connection.info.server_version // 10000
        rows = connection.execute(query).fetchall()
    words = {"v": "volatile", "s": "stable", "i": "immutable"}
    wrong = []
    for name, kinds in rows:
        told = volatility("", name)
        worst = words[min(kinds, key="vsi".index)]
        if told is not UNKNOWN and told != worst:
            wrong.append((name, told, worst))
    # a newer server may have made a function another kind; the catalogue here is that of 15
    assert len(wrong) <= (0 if version == 15 else 25), wrong


@pytest.mark.parametrize("extension", [False, True])
def test_every_name_stands_once(extension):
    data = {key: names for key, names in measured("postgres-functions").items() if key != "about"}
    lists = [names for key, names in data.items() if key.startswith("extension_") is extension]
    names = " ".join(lists).split()
    assert len(names) == len(set(names)) > 100
