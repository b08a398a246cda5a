"""Conditions in three values, on facts given by hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from migralint.matching import holds
from migralint.model import UNKNOWN, Name


class Stand:
    """A View of given facts, in a row of others."""

    def __init__(self, row: list[Stand] | None = None, **facts: Any) -> None:
        self.facts = facts
        self.row = row if row is not None else []
        self.row.append(self)

    def fact(self, name: str, /) -> Any:
        return self.facts.get(name, UNKNOWN)

    @property
    def index(self) -> int:
        return self.row.index(self)

    @property
    def remembered(self) -> dict[Any, Any]:
        return {}

    def others(self, kinds: Iterable[str], /) -> Iterable[Stand]:
        return [stand for stand in self.row if stand.facts.get("operation") in kinds]


TABLE = Name("users", "", "public.users")


@pytest.mark.parametrize(
    ("condition", "facts", "expected"),
    [
        ((), {}, True),
        ((("a", "is", (True,)),), {"a": True}, True),
        ((("a", "is", (True,)),), {"a": False}, False),
        ((("a", "is", (True,)),), {}, UNKNOWN),
        ((("a", "is", (True,)), ("b", "is", (True,))), {"b": False}, False),
        ((("a", "is", (True,)), ("b", "is", (True,))), {"b": True}, UNKNOWN),
        ((("a", "is", ("x", "y")),), {"a": "Y"}, True),
        ((("a", "not", ("x", "y")),), {"a": "y"}, False),
        ((("a", "not", ("",)),), {"a": "y"}, True),
        ((("n", "gt", 3),), {"n": 3}, False),
        ((("n", "gte", 3),), {"n": 3}, True),
        ((("n", "lt", 3),), {"n": 2}, True),
        ((("n", "lte", 3), ("n", "gt", 1)), {"n": 2}, True),
        ((("n", "lt", 3),), {}, UNKNOWN),
        ((("t", "is", ("users",)),), {"t": TABLE}, True),
        ((("t", "is", ("Users",)),), {"t": TABLE}, False),
        ((("t", "is", ("Users",)),), {"t": Name("Users", "", '"Users"')}, True),
        ((("t", "is", ("audit.users",)),), {"t": Name("users", "audit")}, True),
        ((("t", "is", ("users",)),), {"t": Name("users", "audit")}, False),
        ((("t", "is", ("",)),), {"t": Name("")}, True),
        ((("c", "is", ("a", "x")),), {"c": (Name("a"), Name("b"))}, True),
        ((("c", "not", ("a",)),), {"c": (Name("a"), Name("b"))}, False),
        ((("a", "like", "(%"),), {"a": "(uuid())"}, True),
        ((("a", "like", "%an_"),), {"a": "BANANA"}, True),
        ((("a", "like", "%an_"),), {"a": "banan"}, False),
        ((("a", "like", "a%b%c"),), {"a": "a bb\ncc"}, True),
        ((("a", "like", "a%b%c"),), {"a": "acb"}, False),
        ((("a", "like", "a.c"),), {"a": "abc"}, False),
        ((("a", "regex", "^pg_"),), {"a": Name("pg_class")}, True),
        ((("a", "regex", "^pg_"),), {"a": Name("my_pg_class")}, False),
        ((("a", "regex", "needle"),), {"a": "x" * 9000}, UNKNOWN),
    ],
)
def test_flat_condition(condition: Any, facts: dict[str, Any], expected: object) -> None:
    assert holds(condition, Stand(**facts))[0] is expected


def test_unknown_facts_are_named_once_and_only_where_they_matter() -> None:
    condition = (("a", "is", (1,)), ("b", "gt", 1), ("a", "lt", 5), ("c", "is", (True,)))
    assert holds(condition, Stand(c=True)) == (UNKNOWN, ("a", "b"))
    assert holds(condition, Stand(c=False)) == (False, ())


VALID = (("not_valid", "is", (True,)),)
SAME = (("table", "table"), ("constraint", "constraint"))
AFTER = (("after", "after", (("add_check",), VALID, SAME)),)


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [
        ([], (False, ())),
        ([{"operation": "add_check", "table": TABLE, "constraint": Name("c")}], None),
        ([{"operation": "add_check", "not_valid": False}], (False, ())),
        (
            [
                {
                    "operation": "add_check",
                    "not_valid": True,
                    "table": TABLE,
                    "constraint": Name("d"),
                }
            ],
            (False, ()),
        ),
        (
            [
                {
                    "operation": "add_check",
                    "not_valid": True,
                    "table": TABLE,
                    "constraint": Name("c"),
                }
            ],
            (True, ()),
        ),
        (  # an unnamed constraint gets its name from the server: it may be this one
            [{"operation": "add_check", "not_valid": True, "table": TABLE, "constraint": Name("")}],
            (UNKNOWN, ("constraint",)),
        ),
        (
            [
                {
                    "operation": "add_unique",
                    "not_valid": True,
                    "table": TABLE,
                    "constraint": Name("c"),
                }
            ],
            (False, ()),
        ),
    ],
)
def test_after_the_same_constraint(earlier: list[dict[str, Any]], expected: Any) -> None:
    row: list[Stand] = []
    for facts in earlier:
        Stand(row, **facts)
    here = Stand(row, table=Name("users"), constraint=Name("c"))
    answer = holds(AFTER, here)
    assert answer == expected if expected else answer == (UNKNOWN, ("not_valid",))


def test_before_looks_at_what_follows_and_compares_facts_of_other_names() -> None:
    row: list[Stand] = []
    condition = (("before", "before", (("rename_table",), (), (("table", "new_name"),))),)
    here = Stand(row, table=TABLE)
    assert holds(condition, here) == (False, ())
    Stand(row, operation="rename_table", new_name=Name("other"))
    assert holds(condition, here) == (False, ())
    Stand(row, operation="rename_table", new_name=Name("users"))
    assert holds(condition, here) == (True, ())
    assert holds(condition, row[2]) == (False, ())


@pytest.mark.parametrize("pattern", ["%a%b%c%d%e", "a%" * 200 + "b"])
def test_a_pattern_looks_no_further_than_it_says(pattern: str) -> None:
    """Over all of the text, the first would take a day."""
    assert holds((("a", "like", pattern),), Stand(a="a" * 10_000_000))[0] is UNKNOWN
