"""Tokens: kinds, what they hold, and where they stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migralint.sql.tokens import (
    NAME,
    NUMBER,
    PARAMETER,
    STRING,
    SYMBOL,
    TEMPLATE,
    WORD,
    placed,
    tokens,
)

_CASES = {
    "postgres": [
        ("Drop TABLE é", [(WORD, "drop"), (WORD, "table"), (WORD, "é")]),
        ("a$1 _b", [(WORD, "a$1"), (WORD, "_b")]),
        ('"A""b" U&"d\\0061t\\+000061"', [(NAME, 'A"b'), (NAME, "data")]),
        ("'it''s' E'\\'' $x$a'$x$", [(STRING, "it's"), (STRING, "\\'"), (STRING, "a'")]),
        ("N'a' B'1' x'F' U&'\\0041'", [(STRING, "a"), (STRING, "1"), (STRING, "F"), (STRING, "A")]),
        (r"'a\' b", [(STRING, "a\\"), (WORD, "b")]),
        ("1 1.5e-3 .5 0x1F", [(NUMBER, "1"), (NUMBER, "1.5e-3"), (NUMBER, ".5"), (NUMBER, "0x1F")]),
        ("a.b::c", [(WORD, "a"), (SYMBOL, "."), (WORD, "b"), (SYMBOL, "::"), (WORD, "c")]),
        ("a=-1", [(WORD, "a"), (SYMBOL, "="), (SYMBOL, "-"), (NUMBER, "1")]),
        ("a @-1 <#> b", [(WORD, "a"), (SYMBOL, "@-"), (NUMBER, "1"), (SYMBOL, "<#>"), (WORD, "b")]),
        ("a=--b\n+/*c*/d", [(WORD, "a"), (SYMBOL, "="), (SYMBOL, "+"), (WORD, "d")]),
        ("$1 :v :'w'", [(PARAMETER, "$1"), (PARAMETER, ":v"), (PARAMETER, ":"), (STRING, "w")]),
        ("{{ a }}.b ${c}", [(TEMPLATE, "{{ a }}"), (SYMBOL, "."), (WORD, "b"), (TEMPLATE, "${c}")]),
        ('"{{ index .O "N" }}"', [(TEMPLATE, '"{{ index .O "N" }}"')]),
        ("/* /* a */ */ b -- c", [(WORD, "b")]),
        ("\ufeffa 'open", [(WORD, "a"), (STRING, "open")]),
        ("a[1]", [(WORD, "a"), (SYMBOL, "["), (NUMBER, "1"), (SYMBOL, "]")]),
    ],
    "mysql": [
        ("`a``b` 'c' \"d\"", [(NAME, "a`b"), (STRING, "c"), (STRING, "d")]),
        (r"'a\'b'", [(STRING, r"a\'b")]),
        (
            "a # b\n-- c\nd--1",
            [(WORD, "a"), (WORD, "d"), (SYMBOL, "-"), (SYMBOL, "-"), (NUMBER, "1")],
        ),
        ("/*!50000 a */ b", [(WORD, "a"), (WORD, "b")]),
        (
            "@a @@session.b 'x'@'%'",
            [
                (PARAMETER, "@a"),
                (PARAMETER, "@@session.b"),
                (STRING, "x"),
                (SYMBOL, "@"),
                (STRING, "%"),
            ],
        ),
        ("a:=@b", [(WORD, "a"), (SYMBOL, ":="), (PARAMETER, "@b")]),
        ("a=-1", [(WORD, "a"), (SYMBOL, "="), (SYMBOL, "-"), (NUMBER, "1")]),
    ],
    "sqlite": [
        ("[a b] `c` \"d\" 'e'", [(NAME, "a b"), (NAME, "c"), (NAME, "d"), (STRING, "e")]),
        (r"'a\' b", [(STRING, "a\\"), (WORD, "b")]),
        ("/* /* */ a", [(WORD, "a")]),
    ],
}
_FLAT = [(dialect, text, wanted) for dialect, cases in _CASES.items() for text, wanted in cases]


@pytest.mark.parametrize(("dialect", "text", "wanted"), _FLAT, ids=[case[1] for case in _FLAT])
def test_tokens_of(dialect: str, text: str, wanted: list[tuple[int, str]]) -> None:
    assert [(token.kind, token.text) for token in tokens(text, dialect)] == wanted


@given(st.text(max_size=200), st.sampled_from(("postgres", "mysql", "sqlite")))
def test_any_text_gives_tokens_in_order(text: str, dialect: str) -> None:
    position = 0
    for token, start, end in placed(text, dialect):
        assert position <= start < end <= len(text)
        assert text[start:end] == token.written
        position = end


@given(st.text(alphabet="aé1'\"`$-/*;.({[\\ \n", max_size=60))
def test_what_is_no_token_is_space_or_comment(text: str) -> None:
    rest, position = "", 0
    for _, start, end in placed(text, "sqlite"):
        rest += text[position:start]
        position = end
    rest += text[position:]
    assert "'" not in rest or "--" in rest or "/*" in rest


@given(
    st.text(alphabet="aeEé1'\"`$-/*;:.+=({[\\ \n", max_size=60),
    st.sampled_from(("postgres", "mysql", "sqlite")),
)
def test_what_is_read_at_once_is_what_is_read_one_by_one(text: str, dialect: str) -> None:
    """A limit has the text read one by one; the space behind it is no token."""
    at_once, one_by_one = placed(f"{text} ", dialect), placed(f"{text} ", dialect, len(text))
    ours, theirs = ([(t.kind, t.text, *at) for t, *at in way] for way in (at_once, one_by_one))
    assert ours == theirs


def test_a_limit_ends_the_reading() -> None:
    assert [token.text for token in tokens("a b c", "postgres", 3)] == ["a", "b"]


def test_rows_of_literals_are_thinned_in_long_statements_only() -> None:
    short, long = "1," * 20_000, "1," * 600_000
    assert len(tokens(short, "postgres")) == 40_000
    assert len(tokens(f"{long}a", "postgres")) < 20_000
    assert tokens(f"{long}a", "postgres")[-1].text == "a"
