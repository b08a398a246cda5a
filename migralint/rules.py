"""The rules: records that are read from YAML files, one rule a file, or from a cache.

What a rule file may say, and what is wrong with one, is in rulefile/, which is imported only
where YAML is really read.
"""

from __future__ import annotations

import os
import re

from migralint.model import UNKNOWN, MigralintError, Name, Severity, record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from migralint.matching import Condition, View

# In a wheel: the rules beside it, read and checked when the wheel was built (hatch_build.py).
COMPILED = "compiled.json"
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


@record
class Case:
    """Other words, or another severity, where `when` surely holds; "" and None keep the rule's."""

    when: Condition
    message: str = ""
    why: str = ""
    instead: str = ""
    severity: Severity | None = None


@record
class Fix:
    """Insert a text after the first of the words, in the order given, that the action has."""

    insert: str
    after: tuple[str, ...]


@record
class Example:
    """SQL that the rule must find (`bad`) or must not; `given` is what is known beside the SQL.

    `fails` is a part of what a real server answers where the statement is meant to fail there;
    `runs` is false where no test server can run it.
    """

    text: str
    bad: bool
    dialect: str
    given: Mapping[str, Any]
    fails: str = ""
    line: int = 0
    runs: bool = True


@record
class Rule:
    """One rule file. `kinds` are the operations that it looks at; `category` is its folder.

    `per` is "statement" where what it reports is said once of a statement with several operations.
    """

    id: str
    category: str
    severity: Severity
    preset: str
    kinds: tuple[str, ...]
    match: Condition
    unless: tuple[Condition, ...]
    message: str
    why: str
    instead: str
    cases: tuple[Case, ...] = ()
    covers: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()
    fix: Fix | None = None
    path: str = ""
    per: str = "operation"


def builtin_directory() -> str:
    """Where our own rules are: inside the wheel, beside the package in a checkout."""
    package = os.path.dirname(os.path.abspath(__file__))
    inside = os.path.join(package, "rules")
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(package), "rules")


def _files_in(directory: str) -> list[tuple[str, str]]:
    """The rule files and the category of each; a directory without a rule is an error."""
    if not os.path.isdir(directory):
        raise MigralintError("this directory of rules does not exist", path=directory)
    found = sorted(
        os.path.join(folder, name)
        for folder, _, names in os.walk(directory)
        for name in names
        if name.endswith((".yaml", ".yml"))
    )
    if not found:
        raise MigralintError(
            "there is no rule in this directory",
            path=directory,
            hint="A rule is a file that ends in .yaml; without one, nothing would be checked.",
        )
    return [(path, _category(path, directory)) for path in found]


def _category(path: str, directory: str) -> str:
    """The folder that a rule is in, "custom" where it lies in the directory itself."""
    folder = os.path.dirname(path)
    own = os.path.realpath(folder) == os.path.realpath(directory)
    return "custom" if own else os.path.basename(folder)


def load(directories: Iterable[str]) -> tuple[Rule, ...]:
    """The rules of these directories; one MigralintError lists all that is wrong with them."""
    errors: list[MigralintError] = []
    rules = tuple(rule for directory in directories for rule in _load(directory, errors))
    errors += _duplicates(rules) + _unknown_covers(rules)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        listed = "\n".join(str(error) for error in errors)
        raise MigralintError(f"{len(errors)} mistakes in the rules\n{listed}")
    return rules


def _load(directory: str, errors: list[MigralintError]) -> Iterable[Rule]:
    compiled = os.path.join(directory, COMPILED)
    if os.path.isfile(compiled):
        import json

        with open(compiled, encoding="utf-8") as file:
            return from_data(json.load(file))
    from migralint.rulefile import read

    found = [read(path, category, errors) for path, category in _files_in(directory)]
    return [rule for rule in found if rule]


def _duplicates(rules: tuple[Rule, ...]) -> list[MigralintError]:
    first: dict[str, Rule] = {}
    return [
        MigralintError(f"{rule.id} is also in {first[rule.id].path}", path=rule.path, line=1)
        for rule in rules
        if first.setdefault(rule.id, rule) is not rule
    ]


def _unknown_covers(rules: tuple[Rule, ...]) -> list[MigralintError]:
    known = {rule.id for rule in rules}
    return [
        MigralintError(f"covers {other}, and there is no such rule", path=rule.path, line=1)
        for rule in rules
        for other in rule.covers
        if other not in known
    ]


def render(text: str, view: View) -> str:
    """The text with the facts in it, as the user wrote them; <name> where one is not known."""
    if not text:
        return ""
    filled = PLACEHOLDER.sub(lambda match: _printed(match[1], view.fact(match[1])), text)
    return re.sub(r"\n(?:[ \t]*\n){2,}", "\n\n", filled).strip("\n")


def _printed(name: str, value: Any) -> str:
    if value is UNKNOWN or value == "" or (isinstance(value, Name) and not value.name):
        return "" if name in ("leave_transaction", "how_to_edit") else f"<{name}>"
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def to_data(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """The rules as JSON can keep them."""
    return [_plain(rule) for rule in rules]


def _plain(value: Any) -> Any:
    if isinstance(value, Rule | Case | Fix | Example):
        names: Iterable[str] = value.__slots__  # type: ignore[union-attr]
        return {name: _plain(getattr(value, name)) for name in names}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def from_data(data: Iterable[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """The rules again, from what `to_data` gave."""
    return tuple(_rule(item) for item in data)


def _rule(data: Mapping[str, Any]) -> Rule:
    made = {name: _tuples(value) for name, value in data.items()}
    made["severity"] = Severity(data["severity"])
    made["cases"] = tuple(_case(case) for case in data["cases"])
    made["examples"] = tuple(Example(**example) for example in data["examples"])
    made["fix"] = data["fix"] and Fix(data["fix"]["insert"], tuple(data["fix"]["after"]))
    return Rule(**made)


def _case(data: Mapping[str, Any]) -> Case:
    severity = data["severity"] and Severity(data["severity"])
    return Case(**{**data, "when": _tuples(data["when"]), "severity": severity})


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
