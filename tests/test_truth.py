"""What tokens say of a condition's truth is what sqlglot's tree says; a few need the tree."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migralint.model import UNKNOWN
from migralint.sql import tree
from migralint.sql.conditions import always_true
from migralint.sql.tokens import tokens
from migralint.sql.truth import truth, varies

OPERANDS = st.sampled_from([
    *("a", "b", "t.a", '"a"', '"B"', '"t"."a"', "x.y.z", "`q`", "active", "current_date", "user"),
    *("1", "0", "00", "2", "1.5", "-1", "true", "false", "TRUE", "null", "'x'", "'y'", "''"),
    *("'it''s'", "E'x'", "f(1)", "now()", "(1)", "(select 1)", "(1, 2)", "$1", ":p", '"="'),
])  # fmt: skip
OPERATORS = st.sampled_from([
    *("=", "=", "<>", "!=", "<", ">=", "<=", ">", "||", "+", "::", "and", "or", "xor", "is"),
    *("is not", "in", "not in", "like", "not like", "ilike", "between", "="),
])  # fmt: skip
SIMPLE = st.one_of(OPERANDS, st.builds("{} {} {}".format, OPERANDS, OPERATORS, OPERANDS))
CONDITIONS = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        inner.map("not {}".format),
        inner.map("({})".format),
        st.builds("{} {} {}".format, inner, st.sampled_from(["and", "or"]), inner),
    ),
    max_leaves=4,
)
DIALECTS = st.sampled_from(["postgres", "mysql", "sqlite"])


@given(CONDITIONS, DIALECTS)
def test_what_depends_on_the_row_is_not_true_of_every_row(condition: str, dialect: str) -> None:
    if varies(tokens(condition, dialect)):
        assert tree.always_true(condition, dialect) is not True


@given(CONDITIONS, DIALECTS)
def test_what_is_sure_is_what_the_tree_says(condition: str, dialect: str) -> None:
    known = truth(tokens(condition, dialect))
    if known is not UNKNOWN:
        assert (known is True) is tree.always_true(condition, dialect)


@pytest.mark.parametrize(
    ("condition", "known"),
    [
        ("true", True),
        ("1 = 1", True),
        ("(1 = 1) AND NOT (false)", True),
        ('"a" = "a"', True),
        ("a IS NULL OR 1 = 1", True),
        ("1 = 0", False),
        ("a = 'x' OR b IN (1, 2)", None),
        ("NOT a.b IS NULL", None),
        ("a = a", UNKNOWN),  # it may be current_date
        ("f(a) OR 1 = 1", UNKNOWN),
        ("a BETWEEN 1 AND 2 OR true", UNKNOWN),
    ],
)
def test_what_needs_no_tree(condition: str, known: object) -> None:
    assert truth(tokens(condition, "postgres")) is known


def test_without_the_readers_of_mail_and_zip_files_sqlglot_does_the_same() -> None:
    code = (
        "import sys; from migralint.sql.conditions import always_true\n"
        "print(always_true('f(a) or 1 = 1', 'postgres'), 'email' in sys.modules)\n"
        "import importlib.metadata, sqlglot, sqlglot.dialects.dialect as own\n"
        "print(importlib.metadata.version('sqlglot') == sqlglot.__version__)\n"
        "print(list(own.entry_points(group='none')), 'importlib.metadata' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True False\nTrue\n[] True\n"


def test_who_imports_it_meanwhile_has_the_true_one() -> None:
    code = (
        "import sys; from migralint.sql import tree\n"
        "sys.modules[tree._METADATA] = tree._StandIn(tree._METADATA)\n"
        "from importlib.metadata import version\n"
        "print(version('sqlglot')[:2], sys.modules[tree._METADATA].__file__[-11:])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "30 __init__.py\n"


def test_a_condition_that_is_too_long_is_not_read() -> None:
    assert always_true("1 = 1 OR " * 20_000 + "a", "postgres") is UNKNOWN
