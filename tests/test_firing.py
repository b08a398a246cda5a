"""The tree of tests comes to what the rules say one by one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from migralint.firing import Firing
from migralint.matching import holds
from migralint.model import UNKNOWN, Severity
from migralint.rules import Case

FACTS = ("a", "b", "c", "d")
VALUES = st.sampled_from((True, False, UNKNOWN, "", "x", "y", "xyz"))
TESTS = st.one_of(
    st.tuples(st.sampled_from(FACTS), st.just("is"), st.sampled_from(((True,), (False,), ("x",)))),
    st.tuples(st.sampled_from(FACTS), st.just("not"), st.just(("",))),
    st.tuples(st.sampled_from(FACTS), st.just("regex"), st.just("^x")),
)
CONDITIONS = st.lists(TESTS, max_size=3).map(tuple)
SEVERAL = st.lists(CONDITIONS, max_size=2)
RULES = st.lists(st.tuples(CONDITIONS, SEVERAL, SEVERAL), max_size=5)
OPERATIONS = st.lists(st.fixed_dictionaries(dict.fromkeys(FACTS, VALUES)), max_size=12)


class Stand:
    """An operation that states `a`, leaves out `b`, and of which the rest is worked out."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts = facts
        self.known = {"a": facts["a"]}
        self.absent = {"b": facts["b"]}

    def fact(self, name: str) -> Any:
        return self.facts[name]


def one_by_one(rules: Any, stand: Any) -> list[tuple[str, tuple[str, ...], int]]:
    found = []
    for number, (match, unless, cases) in enumerate(rules):
        truth, unknown = holds(match, stand)
        silent = [holds(condition, stand) for condition in unless]
        if truth is not False and not any(answer is True for answer, _ in silent):
            unknown += tuple(n for _, more in silent for n in more)
            sure = [n for n, when in enumerate(cases) if holds(when, stand)[0] is True]
            found.append((str(number), unknown, sure[0] if sure else -1))
    return found


def firing_of(*rules: Any) -> Firing:
    """Of rules given as (id, match, unless, cases, covers)."""
    names = ("id", "match", "unless", "cases", "covers")
    made: Any = [SimpleNamespace(**dict(zip(names, rule, strict=True))) for rule in rules]
    return Firing("kind", "postgres", [(rule, Severity.ERROR) for rule in made])


@given(RULES, OPERATIONS)
def test_an_operation_that_answers_alike_is_judged_alike(rules: Any, operations: Any) -> None:
    made = [(match, unless, [Case(when) for when in cases]) for match, unless, cases in rules]
    firing = firing_of(*((str(number), *rule, ()) for number, rule in enumerate(made)))
    for facts in operations:
        stand: Any = Stand(facts)
        fired = [(known.rule.id, unknown, case) for known, unknown, case in firing.on(stand)]
        assert fired == one_by_one(rules, stand)


def test_a_rule_that_another_covers_is_silent() -> None:
    firing = firing_of(("wide", (), (), (), ("narrow",)), ("narrow", (), (), (), ()))
    stand: Any = Stand(dict.fromkeys(FACTS, True))
    assert [known.rule.id for known, _, _ in firing.on(stand)] == ["wide"]
