"""The rules: records that are read from YAML files, one rule a file, or from a cache.

What a rule file may say, and what is wrong with one, is in rulefile/, which is imported only
where YAML is really read.
"""

from __future__ import annotations

import os

from migralint.built import built
from migralint.cache import reads
from migralint.light import cache
from migralint.model import UNKNOWN, MigralintError, Name, Record, Severity
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from migralint.matching import Condition

PLACEHOLDER = pattern(r"\{([a-z_]+)\}")
_GAP = pattern(r"\n(?:[ \t]*\n){2,}")  # what an empty placeholder leaves


class Case(Record):
    """Other words, or another severity, where `when` surely holds; "" and None keep the rule's."""

    when: Condition
    message: str = ""
    why: str = ""
    instead: str = ""
    severity: Severity | None = None


class Fix(Record):
    """Insert a text behind the words with which an operation begins.

    `after` has for each kind the beginnings that are known, in capitals; `name` in one stands for a
    name. Another beginning is not fixed.
    """

    insert: str
    after: Mapping[str, tuple[str, ...]]


class Example(Record):
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


class Rule(Record):
    """One rule file. `kinds` are the operations that it looks at; `category` is its folder.

    `per` is "statement" where what it reports is said once of a statement with several operations.
    `split` names the way in which `lint --fix --split` takes the migration apart (fixing/split/).
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
    split: str = ""


def builtin_directory() -> str:
    """Where our own rules are: inside the wheel, beside the package in a checkout."""
    package = os.path.dirname(os.path.abspath(__file__))
    inside = os.path.join(package, "rules")
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(package), "rules")


def _files_in(directory: str) -> list[tuple[str, str]]:
    """The rule files and the category of each; a directory without a rule is an error."""
    if not os.path.isdir(directory):
        raise MigralintError("this directory of rules does not exist", path=directory)
    try:
        found = sorted(path for path in _walk(directory) if path.endswith((".yaml", ".yml")))
    except PermissionError as error:
        wrong = "this directory of rules cannot be read"
        raise MigralintError(wrong, path=error.filename) from None
    if not found:
        raise MigralintError(
            "there is no rule in this directory",
            path=directory,
            hint="A rule is a file that ends in .yaml; without one, nothing would be checked.",
        )
    return [(path, _category(path, directory)) for path in found]


def _walk(folder: str) -> Iterator[str]:
    for name in reads.names(folder):
        path = os.path.join(folder, name.rstrip("/"))
        yield from _walk(path) if name.endswith("/") else (path,)


def _category(path: str, directory: str) -> str:
    """The folder that a rule is in, "custom" where it lies in the directory itself."""
    folder = os.path.dirname(path)
    own = os.path.realpath(folder) == os.path.realpath(directory)
    return "custom" if own else os.path.basename(folder)


def load(directories: Iterable[str], cache: str = "") -> tuple[Rule, ...]:
    """The rules of these directories; one MigralintError lists all that is wrong with them.

    `cache` is the root of a repository beside which rules that were read once are kept. Such rules,
    and those of a wheel, come without their examples: `whole` has them.
    """
    errors: list[MigralintError] = []
    rules = tuple(rule for directory in directories for rule in _load(directory, errors, cache))
    errors += _duplicates(rules) + _unknown_covers(rules)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        listed = "\n".join(str(error) for error in errors)
        raise MigralintError(f"{len(errors)} mistakes in the rules\n{listed}")
    return rules


def whole(rule: Rule) -> Rule:
    """The rule with its examples."""
    if rule.examples:
        return rule
    from migralint.rulefile import read

    return read(rule.path, rule.category, []) or rule


def _load(directory: str, errors: list[MigralintError], cache: str) -> Iterable[Rule]:
    rows = built("rules") if directory == builtin_directory() else None
    if rows is not None:
        from migralint.compiled import from_data

        return from_data(rows, directory)
    if cache:
        return _cached(directory, errors, cache)
    return _read(directory, errors)


def _read(directory: str, errors: list[MigralintError]) -> list[Rule]:
    from migralint.rulefile import read

    found = [read(path, category, errors) for path, category in _files_in(directory)]
    return [rule for rule in found if rule]


def _cached(directory: str, errors: list[MigralintError], cache: str) -> Iterable[Rule]:
    """The rules as they were read before, if that was from the same files."""
    from migralint.cache import files
    from migralint.cache.runs import code
    from migralint.compiled import from_data, to_data, tuples

    contents = [(path, files.digest(reads.read(path))) for path, _ in _files_in(directory)]
    name = f"rules-{files.digest(repr((directory, contents, code())).encode())[:16]}.json"
    known = files.load(cache, name)
    if known is not None:
        return from_data(tuples(known), directory)
    before = len(errors)
    found = _read(directory, errors)
    if len(errors) == before:
        files.save(cache, name, to_data(found, directory))
    return found


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


def placeholders(text: str) -> list[str]:
    """The facts that the text names, in its order."""
    return _parts(text)[1::2]


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with these in place of its placeholders."""
    if "{" in text:
        parts = list(_parts(text))
        for place in range(1, len(parts), 2):
            value = values[parts[place]]
            parts[place] = value if "\n" not in value else _continued(value, parts[:place])
        text = _GAP.sub("\n\n", "".join(parts))
    return text.strip("\n")


def _continued(value: str, before: list[str]) -> str:
    """A value of several lines, of which all belong to the SQL to type where the first one does."""
    line = "".join(before).rpartition("\n")[2]
    return value.replace("\n", "\n    ") if line.startswith("    ") else value


@cache
def _parts(text: str) -> list[str]:
    """What stands before, between and behind the placeholders, and their names in its midst."""
    return PLACEHOLDER.split(text)


def printed(name: str, value: Any) -> str:
    """A fact as the user wrote it; <name> where it is not known."""
    if value is UNKNOWN or value == "" or (isinstance(value, Name) and not value.name):
        return "" if name in ("leave_transaction", "how_to_edit") else f"<{name}>"
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
