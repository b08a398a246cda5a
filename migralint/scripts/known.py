"""What is known of commands: which destroy data, push a schema, or switch a guard off.

The knowledge is in commands.yaml; a project adds to it in its configuration. The functions here
only compare a command's words with it.
"""

from __future__ import annotations

import os

from migralint.model import MigralintError, Record
from migralint.scripts.text import Command, Word, words_of
from migralint.scripts.wrappers import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

EFFECTS = ("destroys", "bypasses", "pushes")
KEYS = words_of("command variable value values with without effect does better forced")
HELP = frozenset({"--help", "--version", "-?", "help"})
NO = frozenset({"false", "0", "no", "off", "False", "FALSE"})
MOST = 200  # words of a command that are compared
ENTRIES: list[tuple[Known, ...]] = []


class Known(Record):
    """One entry of commands.yaml; `pattern` are the words after the program, sets of choices."""

    programs: frozenset[str]
    pattern: tuple[frozenset[str], ...]
    variable: str
    value: str
    with_any: frozenset[str]
    without: frozenset[str]
    effect: str
    does: str
    better: str
    forced: frozenset[str]
    values: frozenset[str] = frozenset()


def builtin() -> tuple[Known, ...]:
    """The commands that migralint knows, read once."""
    if not ENTRIES:
        import yaml

        path = os.path.join(os.path.dirname(__file__), "commands.yaml")
        with open(path, encoding="utf-8") as file:
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
            ENTRIES.append(tuple(entry(item, path) for item in yaml.load(file, loader)))
    return ENTRIES[0]


def entry(item: Mapping[str, Any], path: str = "", line: int = 0) -> Known:
    """An entry as the YAML has it; a MigralintError says what is wrong with it."""

    def refuse(message: str) -> MigralintError:
        return MigralintError(message, path=path, line=line)

    unknown = set(item) - KEYS
    if unknown:
        raise refuse(f"unknown key {min(unknown)}; a command has {', '.join(sorted(KEYS))}")
    if bool(item.get("command")) == bool(item.get("variable")):
        raise refuse("give either `command` or `variable`")
    if item.get("effect") not in EFFECTS:
        raise refuse(f"`effect` must be one of {', '.join(EFFECTS)}")
    if not item.get("does"):
        raise refuse("say in `does` what happens, to stand after `it`")
    words = str(item.get("command", "")).split()
    return Known(
        frozenset(words[0].lower().split("|")) if words else frozenset(),
        tuple(frozenset(word.split("|")) for word in words[1:]),
        str(item.get("variable", "")),
        str(item.get("value", "")),
        frozenset(str(item.get("with", "")).split()),
        frozenset(str(item.get("without", "")).split()),
        item["effect"],
        str(item["does"]),
        str(item.get("better", "")),
        frozenset(str(item.get("forced", "")).split()),
        frozenset(str(item.get("values", "")).split()),
    )


def known(command: Command, entries: Iterable[Known]) -> Known | None:
    """The gravest entry that fits the command."""
    name = program(command.words[0].text) if command.words else ""
    fitting = [one for one in entries if _fits(one, name, command.words[1:])]
    return min(fitting, key=lambda one: EFFECTS.index(one.effect)) if fitting else None


def bypass(command: Command, entries: Iterable[Known]) -> str:
    """What the command's variables or options switch off, "" for nothing."""
    for one in entries:
        value = command.variables.get(one.variable) if one.variable in command.own else None
        if value and value not in NO and one.value in value:
            return one.does
    return ""


def forced(command: Command, one: Known) -> str:
    """The option by which the tool no longer asks, "" where there is none."""
    return next((word.text for word in command.words[1:] if word.text in one.forced), "")


def _fits(one: Known, name: str, words: Sequence[Word]) -> bool:
    if name not in one.programs or _asks_for_help(words):
        return False
    if one.with_any and not any(_has(words, option, one.values) for option in one.with_any):
        return False
    if any(_has(words, option, one.values) for option in one.without):
        return False
    return _follows(one.pattern, words[:MOST], 0, False)


def _asks_for_help(words: Sequence[Word]) -> bool:
    texts = [word.text for word in words]
    return not HELP.isdisjoint(texts) or (bool(texts) and texts[-1] == "-h")


def _has(words: Sequence[Word], option: str, values: frozenset[str]) -> bool:
    """Whether the option is given, is no other one's value, and not off by `--option=false`."""
    for number, word in enumerate(words):
        given, equals, value = word.text.partition("=")
        if number and words[number - 1].text in values:
            continue
        if word.text == option or (equals and given == option and value not in NO):
            after = words[number + 1].text if number + 1 < len(words) else ""
            return after not in NO
    return False


def _follows(
    pattern: tuple[frozenset[str], ...], words: Sequence[Word], at: int, after_option: bool
) -> bool:
    """Whether the words from `at` on begin with the pattern, options and their values left out.

    A word after an option may be its value or not, and a variable may be empty: both are tried.
    """
    if not pattern:
        return True
    if at >= len(words):
        return pattern in ((ANYTHING,), (NOTHING,))
    word = words[at].text
    if word.startswith("-") and word not in pattern[0]:
        return _follows(pattern, words, at + 1, "=" not in word and word != "--")
    if pattern[0] == ANYTHING:
        return any(_follows(pattern[1:], words, n, False) for n in range(at, len(words) + 1))
    if _chosen(word, pattern[0]) and _follows(pattern[1:], words, at + 1, False):
        return True
    optional = after_option or (not words[at].known and pattern[0] != NOTHING)
    return optional and _follows(pattern, words, at + 1, False)


def _chosen(word: str, choices: frozenset[str]) -> bool:
    """Whether the word is one of them, or begins as one that ends with `*` does."""
    return word in choices or any(
        choice.endswith("*") and word.startswith(choice[:-1]) for choice in choices
    )


ANYTHING = frozenset({"..."})
NOTHING = frozenset({"$"})
