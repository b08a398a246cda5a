"""Does a condition hold: true, false, or unknown. Knows facts by their names and no SQL.

A condition is a flat tuple of tests, all of which must hold. A test is a plain tuple
`(fact, test, operand)`, so that a rule set can be kept as JSON and needs no compiling when it is
read back: `("concurrently", "is", (False,))`, `("table_rows", "gte", 10000)`, and for what stands
earlier or later in the same migration `("after", "after", (kinds, condition, pairs))`, a pair being
the name of a fact here and of the one there that must have the same value.
"""

from __future__ import annotations

import re

from migralint.model import UNKNOWN, Name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, Protocol

    from migralint.model import Unknown

    Truth = bool | Unknown
    Test = tuple[str, str, Any]
    Condition = tuple[Test, ...]
    Pairs = tuple[tuple[str, str], ...]

    class View(Protocol):
        def fact(self, name: str, /) -> Any: ...

        def earlier(self, kinds: Iterable[str], /) -> Iterable[View]: ...

        def later(self, kinds: Iterable[str], /) -> Iterable[View]: ...


SEARCHED = 4_000  # a pattern looks no further: `.*a.*b` takes a day over ten megabytes


def holds(condition: Condition, view: View) -> tuple[Truth, tuple[str, ...]]:
    """Whether all tests hold, and the facts for which that is unknown."""
    unknown: tuple[str, ...] = ()
    for fact, test, operand in condition:
        truth, names = _truth(fact, test, operand, view)
        if truth is False:
            return False, ()
        unknown += names
    return (UNKNOWN, tuple(dict.fromkeys(unknown))) if unknown else (True, ())


def settled(condition: Condition, known: Mapping[str, Any]) -> Condition | None:
    """The condition without the tests that `known` decides; None where one of them is false."""
    left = []
    for fact, test, operand in condition:
        if fact not in known or test not in TESTS:
            left.append((fact, test, operand))
        elif TESTS[test](known[fact], operand) is not True:
            return None
    return tuple(left)


def _truth(fact: str, test: str, operand: Any, view: View) -> tuple[Truth, tuple[str, ...]]:
    if test == "after" or test == "before":
        kinds, condition, pairs = operand
        others = view.earlier(kinds) if test == "after" else view.later(kinds)
        return _any_of(others, condition, pairs, view)
    value = view.fact(fact)
    truth: Truth = UNKNOWN if value is UNKNOWN else TESTS[test](value, operand)
    return truth, (fact,) if truth is UNKNOWN else ()


def _any_of(
    others: Iterable[View], condition: Condition, pairs: Pairs, view: View
) -> tuple[Truth, tuple[str, ...]]:
    """Whether one of the others fulfils the condition and has the same values in the pairs."""
    unknown: tuple[str, ...] = ()
    for other in others:
        truth, names = holds(condition, other)
        if truth is False:
            continue
        same = [(here, equal(view.fact(here), other.fact(there))) for here, there in pairs]
        if any(truth is False for _, truth in same):
            continue
        names += tuple(here for here, truth in same if truth is UNKNOWN)
        if not names:
            return True, ()
        unknown += names
    return (UNKNOWN, unknown) if unknown else (False, ())


def equal(one: Any, other: Any) -> Truth:
    """Whether two facts are the same; a name that the SQL leaves to the server is not known."""
    if any(value is UNKNOWN for value in (one, other)):
        return UNKNOWN
    if isinstance(one, Name) and isinstance(other, Name) and not (one.name and other.name):
        return UNKNOWN
    if isinstance(one, list | tuple) != isinstance(other, list | tuple):
        return any(equal(a, b) is True for a in _several(one) for b in _several(other))
    same: bool = one == other
    return same


def _several(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list | tuple) else (value,)


def text_of(value: Any) -> str:
    """A name as the dialect folds it, with its schema unless that is the default one."""
    if isinstance(value, Name):
        return f"{value.schema}.{value.name}" if value.schema else value.name
    return str(value)


def _is(value: Any, operands: Iterable[Any]) -> Truth:
    if value is True or value is False:  # by far the most
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


def _regex(value: Any, pattern: str) -> Truth:
    truth: Truth = False
    for item in _several(value):
        text = text_of(item)
        if re.search(pattern, text[:SEARCHED], re.IGNORECASE | re.DOTALL):
            return True
        truth = UNKNOWN if len(text) > SEARCHED else truth
    return truth


def _like(value: Any, pattern: str) -> Truth:
    """SQL's LIKE, in any case: % stands for any text, _ for one character."""
    first, *rest = (re.escape(part).replace("_", ".") for part in pattern.split("%"))
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
