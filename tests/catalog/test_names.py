"""Definitions and names are read back as they were written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migralint.catalog import Snapshot, definition, differences, properties
from migralint.catalog.names import Object, taken_apart
from migralint.catalog.report import changed_lines

VALUES = st.text().filter(bool)
LABELS = st.text(alphabet="abc def", min_size=1).filter(lambda t: t == t.strip())
DEFINITIONS = st.dictionaries(LABELS, VALUES, min_size=1).map(lambda d: definition(d.items()))


@given(st.dictionaries(LABELS, VALUES, min_size=1))
def test_a_definition_is_read_back(values):
    assert properties(definition(values.items())) == values


@given(st.dictionaries(LABELS, DEFINITIONS), st.dictionaries(LABELS, DEFINITIONS))
def test_differences_are_those_that_there_are(expected, found):
    one, two = Snapshot("postgres", 15, expected), Snapshot("postgres", 15, found)
    different = differences(one, two)
    assert {d.object for d in different} == {
        name for name in {*expected, *found} if expected.get(name) != found.get(name)
    }
    assert [d.object for d in different] == sorted(d.object for d in different)
    turned = {"missing": "extra", "extra": "missing", "different": "different"}
    assert [(d.object, turned[d.state], d.found, d.expected) for d in different] == [
        (d.object, d.state, d.expected, d.found) for d in differences(two, one)
    ]
    assert all(changed_lines(d) for d in different)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("column public.users.email", ("column", "public.users", "email")),
        ('column "a.b"."c d"."e.f ""g"""', ("column", '"a.b"."c d"', '"e.f ""g"""')),
        ('constraint "a on b" on public."c on d"', ("constraint", 'public."c on d"', '"a on b"')),
        ("constraint c on domain public.d", ("constraint", "domain public.d", "c")),
        ("trigger t on public.users", ("trigger", "public.users", "t")),
        ("storage parameter toast.x of public.t", ("storage parameter", "public.t", "toast.x")),
        ("index public.users_email", ("index", "", "")),
        ("index `a b` on `or der`", ("index", "`or der`", "`a b`")),
        ("partition public.p", ("partition", "public.p", "")),
        ("inheritance of public.a from public.b", ("inheritance of", "public.a", "public.b")),
        ("materialized view public.v", ("materialized view", "", "")),
        ("unique on users (a, b)", ("unique on", "users", "(a, b)")),
        ("table public.t in publication p", ("publication member", "", "")),
        ("event trigger watch", ("event trigger", "", "")),
    ],
)
def test_a_name_is_taken_apart(name, found):
    place = taken_apart(name)
    assert (place.kind, place.table, place.part) == found
    assert isinstance(place, Object)
