"""Rules as plain data: in a wheel, read and checked when it was built, and in the cache.

A rule is a tuple of what every run asks of it, and of its words, of which nothing is made before it
fires. Examples stay in the YAML: they are half of it, and only `explain` shows them.
"""

from __future__ import annotations

import os

from migralint.model import Severity
from migralint.rules import Case, Fix, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

_WORDS = ("message", "why", "instead", "cases", "references", "fix")
_LEFT = ("examples", "path")  # of this machine
_ASKED = tuple(name for name in Rule.__match_args__ if name not in (*_WORDS, *_LEFT))
_SEVERITIES = {int(severity): severity for severity in Severity}


def to_data(rules: Iterable[Rule], directory: str) -> tuple[Any, ...]:
    """The rules of a directory, without what is only true on this machine."""
    places = [os.path.relpath(rule.path, directory).replace(os.sep, "/") for rule in rules]
    return tuple((place, *row(rule)) for rule, place in zip(rules, places, strict=True))


def row(rule: Rule) -> tuple[Any, ...]:
    """What the rule says, wherever it stands."""
    words = tuple(_plain(getattr(rule, name)) for name in _WORDS)
    return (words, *(_plain(getattr(rule, name)) for name in _ASKED))


def from_data(data: Iterable[Sequence[Any]], directory: str) -> tuple[Rule, ...]:
    """The rules again, without their examples."""
    folder = os.path.join(directory, "")
    return tuple([_kept(row, folder) for row in data])


class _Kept(Rule):
    """A rule whose words are made when it is asked for one of them: most rules do not fire."""

    __slots__ = ("words",)

    if TYPE_CHECKING:
        words: Sequence[Any] = ()

    def __getattr__(self, name: str) -> Any:
        if name not in _WORDS:
            raise AttributeError(name)
        made: Any = self
        for word, value in zip(_WORDS, self.words, strict=True):
            setattr(made, word, value)
        made.cases = tuple([_case(*case) for case in made.cases])
        if made.fix:
            made.fix = Fix(made.fix[0], dict(made.fix[1]))
        return getattr(made, name)


def _kept(row: Sequence[Any], folder: str) -> Rule:
    """Made field by field: to compile an __init__ would take longer for all of them."""
    rule: Any = object.__new__(_Kept)
    place, rule.words, *asked = row
    for name, value in zip(_ASKED, asked, strict=True):
        setattr(rule, name, value)
    rule.severity, rule.path, rule.examples = _SEVERITIES[rule.severity], folder + place, ()
    made: Rule = rule
    return made


def _case(when: Any, message: str, why: str, instead: str, severity: int | None) -> Case:
    return Case(when, message, why, instead, _SEVERITIES[severity] if severity else None)


def _plain(value: Any) -> Any:
    if isinstance(value, Case | Fix):
        names: Iterable[str] = value.__match_args__
        return tuple(_plain(getattr(value, name)) for name in names)
    if isinstance(value, Severity):
        return int(value)
    if isinstance(value, dict):
        return tuple((name, _plain(item)) for name, item in value.items())
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value


def tuples(value: Any) -> Any:
    """The data of which JSON has made lists."""
    return tuple(map(tuples, value)) if value.__class__ is list else value
