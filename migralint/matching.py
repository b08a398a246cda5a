"""Does a condition hold: true, false, or unknown. Knows facts by their names and no SQL.

A condition is a flat tuple of tests, all of which must hold. A test is a plain tuple
`(fact, test, operand)`, so that a rule set can be kept as JSON and needs no compiling when it is
read back: `("concurrently", "is", (False,))`, `("table_rows", "gte", 10000)`, and for what stands
earlier or later in the same migration `("after", "after", (kinds, condition, pairs))`, a pair being
the name of a fact here and of the one there that must have the same value.
"""

from __future__ import annotations

from itertools import product

from migralint.model import UNKNOWN, Name
from migralint.regex import escape, pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, Protocol

    from migralint.model import Unknown

    Truth = bool | Unknown
    Answer = bool | tuple[str, ...]
    Test = tuple[str, str, Any]
    Condition = tuple[Test, ...]
    Pairs = tuple[tuple[str, str], ...]

    class View(Protocol):
        def fact(self, name: str, /) -> Any: ...

        @property
        def index(self) -> int: ...

        @property
        def remembered(self) -> dict[Any, Any]:
            """What is the same for all operations of the migration."""

        def others(self, kinds: Iterable[str], /) -> Iterable[View]:
            """All operations of these kinds, in order."""


SEARCHED = 4_000  # a pattern looks no further: `.*a.*b` takes a day over ten megabytes


def holds(condition: Condition, view: View) -> tuple[Truth, tuple[str, ...]]:
    """Whether all tests hold, and the facts for which that is unknown."""
    return all_hold(answer(view, test) for test in condition)


def all_hold(answers: Iterable[Answer]) -> tuple[Truth, tuple[str, ...]]:
    """Whether all tests hold that are answered so, and the facts for which that is unknown."""
    unknown: tuple[str, ...] = ()
    for said in answers:
        if said is False:
            return False, ()
        if said is not True:
            unknown += said
    return (UNKNOWN, tuple(dict.fromkeys(unknown))) if unknown else (True, ())


def answer(view: View, test: Test) -> Answer:
    """Whether the one test holds: true, false, or the facts for which that is unknown."""
    fact, form, operand = test
    fulfils = TESTS.get(form)
    if fulfils is None:
        return _stands(form, operand, view)
    value = view.fact(fact)
    truth = UNKNOWN if value is UNKNOWN else fulfils(value, operand)
    return (fact,) if truth is UNKNOWN else truth


def settled(condition: Condition, known: Mapping[str, Any]) -> Condition | None:
    """The condition without the tests that `known` decides; None where one of them is false."""
    left = []
    for fact, test, operand in condition:
        if fact not in known or test not in TESTS:
            left.append((fact, test, operand))
        elif TESTS[test](known[fact], operand) is not True:
            return None
    return tuple(left)


def _stands(test: str, operand: Any, view: View) -> Answer:
    """Whether an operation before this one (or behind it) fulfils the condition of the operand,
    and has the same values in its pairs of facts."""
    others = view.remembered.get((test, operand))
    if others is None:
        others = view.remembered[test, operand] = _by_values(test, operand, view)
    if not others:
        return False
    pairs = operand[2]
    unknown: tuple[str, ...] = ()
    for key in product(*[_sought(view.fact(here)) for here, _ in pairs]):
        open_facts = [here for (here, _), value in zip(pairs, key, strict=True) if value in _OPEN]
        for names, other in others.get(key, {}).items():
            if other.index < view.index if test == "after" else other.index > view.index:
                if not names and not open_facts:
                    return True
                unknown += (*names, *open_facts)
    return unknown or False


def _by_values(test: str, operand: Any, view: View) -> dict[tuple[Any, ...], dict[Any, View]]:
    """The operations that may fulfil the condition: by their values in the pairs, then by what is
    unknown of them. Of those that are alike in both, the outermost one answers for all."""
    kinds, condition, pairs = operand
    found: dict[tuple[Any, ...], dict[Any, View]] = {}
    for other in view.others(kinds):
        truth, names = holds(condition, other)
        if truth is False:
            continue
        for key in product(*[_offered(other.fact(there)) for _, there in pairs]):
            alike = found.setdefault(key, {})
            if test == "before" or names not in alike:
                alike[names] = other
    return found


# A value, one of several, any at all; and one that is not known, which may be any.
_ANY, _UNSETTLED = "any", "unsettled"
_OPEN = ((_ANY,), (_UNSETTLED,))


def _offered(value: Any) -> list[tuple[Any, ...]]:
    """All that a search for the value, or for a part of it, may look for."""
    if _is_unsettled(value):
        return [(_UNSETTLED,), (_ANY,)]
    if isinstance(value, list | tuple):
        return [("all", *value), *(("part", part) for part in value), (_ANY,)]
    return [("one", value), (_ANY,)]


def _sought(value: Any) -> list[tuple[Any, ...]]:
    """What the other operation offers where its value is the same, or has this one in it."""
    if _is_unsettled(value):
        return [(_ANY,)]
    if isinstance(value, list | tuple):
        return [("all", *value), *(("one", part) for part in value), (_UNSETTLED,)]
    return [("one", value), ("part", value), (_UNSETTLED,)]


def _is_unsettled(value: Any) -> bool:
    """Not known, or a name that the SQL leaves to the server."""
    return value is UNKNOWN or (isinstance(value, Name) and not value.name)


def _several(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list | tuple) else (value,)


def text_of(value: Any) -> str:
    """A name as the dialect folds it, with its schema unless that is the default one."""
    if isinstance(value, Name):
        return f"{value.schema}.{value.name}" if value.schema else value.name
    return str(value)


def _is(value: Any, operands: Iterable[Any]) -> Truth:
    kind = value.__class__
    if kind is bool or (kind is str and value in operands):  # by far the most
        return value in operands
    return any(_matches(item, operand) for item in _several(value) for operand in operands)


def _matches(value: Any, operand: Any) -> bool:
    if isinstance(value, Name):
        return bool(text_of(value) == operand)
    if isinstance(value, str) and isinstance(operand, str):
        return value.casefold() == operand.casefold()
    return bool(value == operand)


def _is_not(value: Any, operands: Iterable[Any]) -> Truth:
    return not _is(value, operands)


def _regex(value: Any, expression: str) -> Truth:
    truth: Truth = False
    for item in _several(value):
        text = text_of(item)
        if pattern(f"(?is){expression}").search(text[:SEARCHED]):
            return True
        truth = UNKNOWN if len(text) > SEARCHED else truth
    return truth


def _like(value: Any, wanted: str) -> Truth:
    """SQL's LIKE, in any case: % stands for any text, _ for one character."""
    first, *rest = (escape(part).replace("_", ".") for part in wanted.split("%"))
    middle = "".join(f"(?>.*?{part})" for part in rest[:-1])  # atomic: no way back, so linear
    last = f".*{rest[-1]}" if rest else ""
    return _regex(value, rf"\A{first}{middle}{last}\Z")


TESTS: dict[str, Callable[[Any, Any], Truth]] = {
    "is": _is,
    "not": _is_not,
    "gt": lambda value, operand: value > operand,
    "gte": lambda value, operand: value >= operand,
    "lt": lambda value, operand: value < operand,
    "lte": lambda value, operand: value <= operand,
    "like": _like,
    "regex": _regex,
}
