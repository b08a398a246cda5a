"""Rules as JSON keeps them: in a wheel, read and checked when it was built, and in the cache.

Examples stay in the YAML: they are half of it, and only `explain` shows them.
"""

from __future__ import annotations

import os

from migralint.model import Severity, replace
from migralint.rules import Case, Fix, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any


def to_data(rules: Iterable[Rule], directory: str) -> list[dict[str, Any]]:
    """The rules of a directory, without what is only true on this machine."""
    found = []
    for rule in rules:
        place = os.path.relpath(rule.path, directory).replace(os.sep, "/")
        made: dict[str, Any] = _plain(replace(rule, path=place, examples=()))
        del made["examples"]
        found.append(made)
    return found


def from_data(data: Iterable[Mapping[str, Any]], directory: str) -> tuple[Rule, ...]:
    """The rules again, without their examples."""
    return tuple(_rule(item, directory) for item in data)


def _plain(value: Any) -> Any:
    if isinstance(value, Rule | Case | Fix):
        names: Iterable[str] = value.__slots__  # type: ignore[union-attr]
        return {name: _plain(getattr(value, name)) for name in names}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _rule(data: Mapping[str, Any], directory: str) -> Rule:
    lists = ("kinds", "covers", "references", "match", "unless")
    made = {**data, **{name: _tuples(data[name]) for name in lists}}
    made["path"] = os.path.join(directory, data["path"])
    made["severity"] = Severity(data["severity"])
    made["cases"] = tuple(_case(case) for case in data["cases"])
    made["fix"] = data["fix"] and _fix(data["fix"])
    return Rule(**made)


def _fix(data: Mapping[str, Any]) -> Fix:
    return Fix(data["insert"], {kind: tuple(words) for kind, words in data["after"].items()})


def _case(data: Mapping[str, Any]) -> Case:
    severity = data["severity"] and Severity(data["severity"])
    return Case(**{**data, "when": _tuples(data["when"]), "severity": severity})


def _tuples(value: list[Any]) -> tuple[Any, ...]:
    return tuple([_tuples(item) if item.__class__ is list else item for item in value])
