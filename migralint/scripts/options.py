"""The options of a wrapper: which take a value, which are a program for a shell, where they end."""

from __future__ import annotations

import re

from migralint.model import Record, replace
from migralint.scripts.text import Command, Source, joined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, TypeAlias

    Step: TypeAlias = "Command | Words | Text"

ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)


class Wrapped(Record):
    """A wrapper at work: its words from `at` on are still to be read; `form` is its entry."""

    form: Mapping[str, Any]
    command: Command
    at: int
    name: str
    package: str = ""

    def options(self, key: str) -> frozenset[str]:
        return frozenset(str(self.form.get(key, "")).split())


class Words(Record):
    """What runs are the words of the command from `at` on; `is_file`: the first is a path."""

    command: Command
    at: int
    name: str
    is_file: bool = False


class Text(Record):
    """What runs is a program in a shell's language."""

    command: Command
    language: str
    source: Source
    name: str


def past_options(wrapped: Wrapped) -> Wrapped | list[Step]:
    """The wrapper where its options end, or what they say that runs."""
    words = wrapped.command.words
    follow = wrapped.options("follow")
    if follow:
        places = range(wrapped.at, len(words))
        begin = next((n for n in places if words[n].text in follow), len(words))
        return [Words(wrapped.command, begin + 1, wrapped.name)]
    skip = int(wrapped.form.get("skip", 0)) + bool(wrapped.form.get("package_word"))
    while wrapped.at < len(words):
        text = words[wrapped.at].text
        if text == "--":
            wrapped = replace(wrapped, at=wrapped.at + 1)
            if wrapped.form.get("dashes") or skip == 0:
                break
        elif text.startswith(("-", "/")) and len(text) > 1:
            after = _option(wrapped, text)
            if after is None:
                break
            if not isinstance(after, Wrapped):
                return after
            wrapped = after
        elif "dashes" in wrapped.form and skip and after_dashes(wrapped) >= 0:
            wrapped, skip = replace(wrapped, at=after_dashes(wrapped)), 0
        elif skip:
            package = text if wrapped.form.get("package_word") else wrapped.package
            wrapped, skip = replace(wrapped, at=wrapped.at + 1, package=package), skip - 1
        else:
            break
    return wrapped


def _option(wrapped: Wrapped, text: str) -> Wrapped | list[Step] | None:
    """After one option, or what it says that runs; None where `/...` is a path after all."""
    option, equals, value = text.partition("=")
    if is_shell_option(wrapped, option):
        return shell_text(wrapped, wrapped.at)
    if text.startswith("/"):
        return None
    if option in wrapped.options("nothing"):
        return []
    if option in wrapped.options("module"):
        return [Words(wrapped.command, wrapped.at + 1, wrapped.name)]
    after = wrapped.at + (1 if equals else 2)
    given = value or _text_at(wrapped, wrapped.at + 1)
    if option in wrapped.options("package"):
        return replace(wrapped, at=after, package=given)
    if option in wrapped.options("values") | wrapped.options("packages"):
        return replace(wrapped, at=after, command=_with_variables(wrapped.command, option, given))
    return replace(wrapped, at=wrapped.at + 1)


def is_shell_option(wrapped: Wrapped, text: str) -> bool:
    """Whether what follows is a program: `-c`, and for shells `-lc`, `-exc` and so on."""
    if text in wrapped.options("shell"):
        return True
    return bool(wrapped.form.get("combined")) and bool(re.fullmatch(r"-[a-z]*c[a-z]*", text))


def shell_text(wrapped: Wrapped, at: int) -> list[Step]:
    """The program that the option at this word has, as its value or as the words after it."""
    words, name = wrapped.command.words, wrapped.name
    if "=" in words[at].text:
        value = words[at].source
        source = value.part(value.text.index("=") + 1, len(value.text))
    elif at + 1 >= len(words):
        return []
    elif wrapped.form.get("remainder"):
        source = joined((word.source for word in words[at + 1 :]), " ")
    else:
        source = words[at + 1].source
    return [Text(wrapped.command, wrapped.form.get("language", "shell"), source, name)]


def after_dashes(wrapped: Wrapped) -> int:
    """The word after the next `--`, or -1."""
    words = wrapped.command.words
    return next((n + 1 for n in range(wrapped.at, len(words)) if words[n].text == "--"), -1)


def _text_at(wrapped: Wrapped, at: int) -> str:
    words = wrapped.command.words
    return words[at].text if at < len(words) else ""


def _with_variables(command: Command, option: str, value: str) -> Command:
    """Remember `.env.production` of `dotenv -e .env.production`, and `NODE_ENV` of `docker -e`."""
    found = ASSIGNMENT.fullmatch(value)
    if option in ("-e", "--env") and found:
        return replace(command, variables={**command.variables, found[1]: found[2]})
    if ".env" in value or option in ("--env", "--environment", "--env-file"):
        before = command.variables.get(" files", "")
        files = f"{before} {value}".strip()
        return replace(command, variables={**command.variables, " files": files})
    return command
