"""Rules as plain data: in a wheel, read and checked when it was built, and in the cache.

A rule is the tuple of its values. Examples stay in the YAML: they are half of it, and only
`explain` shows them.
"""

from __future__ import annotations

import os

from migralint.model import Severity, replace
from migralint.rules import Case, Fix, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

_SEVERITIES = {int(severity): severity for severity in Severity}


def to_data(rules: Iterable[Rule], directory: str) -> tuple[Any, ...]:
    """The rules of a directory, without what is only true on this machine."""
    places = [os.path.relpath(rule.path, directory).replace(os.sep, "/") for rule in rules]
    return tuple(
        _plain(replace(rule, path=place, examples=()))
        for rule, place in zip(rules, places, strict=True)
    )


def from_data(data: Iterable[Sequence[Any]], directory: str) -> tuple[Rule, ...]:
    """The rules again, without their examples."""
    folder = os.path.join(directory, "")
    return tuple([_rule(row, folder) for row in data])


def _plain(value: Any) -> Any:
    if isinstance(value, Rule | Case | Fix):
        names: Iterable[str] = value.__slots__  # type: ignore[union-attr]
        return tuple(_plain(getattr(value, name)) for name in names)
    if isinstance(value, Severity):
        return int(value)
    if isinstance(value, dict):
        return tuple((name, _plain(item)) for name, item in value.items())
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value


def _rule(row: Sequence[Any], folder: str) -> Rule:
    rule: Any = Rule(*row)
    rule.severity = _SEVERITIES[rule.severity]
    rule.path = folder + rule.path
    if rule.cases:
        rule.cases = tuple(_case(*case) for case in rule.cases)
    if rule.fix:
        insert, after = rule.fix
        rule.fix = Fix(insert, dict(after))
    made: Rule = rule
    return made


def _case(when: Any, message: str, why: str, instead: str, severity: int | None) -> Case:
    return Case(when, message, why, instead, _SEVERITIES[severity] if severity else None)


def tuples(value: Any) -> Any:
    """The data of which JSON has made lists."""
    return tuple(map(tuples, value)) if value.__class__ is list else value
