"""Seeing through the programs that only run another one: npx, docker exec, ssh, sh -c and so on.

What each of them looks like is in wrappers.yaml. A command comes in, the commands that really run
come out; a text that is a program for a shell is read as one.
"""

from __future__ import annotations

import os
import re

from migralint.model import replace
from migralint.scripts.options import ASSIGNMENT, Text, Words, Wrapped, past_options
from migralint.scripts.rests import RESTS, named
from migralint.scripts.text import Command, Source, from_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from migralint.scripts.options import Step

    Reader = Callable[[str, Source, Command], list[Command]]

DEEPEST = 12
VERSION = re.compile(r"(?<=.)@[^@/]*\Z|:(?:v?\d|latest|stable|alpine)[\w.\-]*\Z")
SUFFIX = re.compile(r"\.(exe|cmd|bat|ps1|js|mjs|cjs|py|rb|phar|sh|bash)\Z", re.IGNORECASE)
OF_PACKAGE = re.compile(r"(?:^|/)node_modules/(?!\.)((?:@[^/]+/)?[^/]+)/")
SHELL_FILE = re.compile(r"\.(sh|bash|zsh|fish|ps1|bat|cmd)\Z", re.IGNORECASE)
SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ash", "ksh", "fish"})
TABLES: list[Mapping[str, Any]] = []


def table() -> Mapping[str, Any]:
    """The wrappers, read once."""
    if not TABLES:
        import yaml

        path = os.path.join(os.path.dirname(__file__), "wrappers.yaml")
        with open(path, encoding="utf-8") as file:
            loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
            TABLES.append(yaml.load(file, loader))
    return TABLES[0]


def program(word: str) -> str:
    """The name of a program without folder, version and ending: `./node_modules/.bin/prisma@5`."""
    word = word.replace("\\", "/").removeprefix("npm:").removeprefix("jsr:")
    package = OF_PACKAGE.search(word)
    if package:
        return package[1]
    word = VERSION.sub("", word)
    if word.startswith("@"):
        return word
    return SUFFIX.sub("", word.rsplit("/", 1)[-1]).lower()


def innermost(command: Command, read: Reader, depth: int = 0) -> Iterator[Command]:
    """The commands that this one comes down to; itself where it is no wrapper."""
    command = _without_assignments(command)
    if not command.words or depth > DEEPEST:
        return
    path = command.words[0].text
    name = program(path)
    if SHELL_FILE.search(path) and "/" in path:
        yield replace(command, calls=("file", path, ""))
    form = table().get(name) or table().get(os.path.basename(path))
    if form is None:
        yield command
        return
    for step in _steps(Wrapped(form, command, 1, name)):
        if isinstance(step, Command):
            yield step
        elif isinstance(step, Words):
            yield from _words(step, read, depth)
        else:
            yield from _text(step, read, depth)


def _without_assignments(command: Command) -> Command:
    """`A=1 B=2 program ...`, as env, cross-env and dotenv take it."""
    variables = dict(command.variables)
    count = 0
    for word in command.words:
        found = ASSIGNMENT.fullmatch(word.text)
        if not found:
            break
        variables[found[1]] = found[2]
        count += 1
    if not count:
        return command
    own = command.own | {word.text.partition("=")[0] for word in command.words[:count]}
    written = command.written or command.words
    words = command.words[count:]
    return replace(command, words=words, variables=variables, own=own, written=written)


def _steps(wrapped: Wrapped) -> Iterator[Step]:
    """What the wrapper runs: words of the command, a text for a shell, or the command itself."""
    while "like" in wrapped.form:
        wrapped = replace(wrapped, form=table()[wrapped.form["like"]])
    if "named" in wrapped.form:
        yield named(wrapped)
        return
    after = past_options(wrapped)
    if not isinstance(after, Wrapped):
        yield from after
    elif after.at >= len(after.command.words):
        yield from _fed(after)
    elif "sub" in after.form:
        yield from _sub(after)
    else:
        yield from RESTS[after.form.get("rest", "words")](after)


def _sub(wrapped: Wrapped) -> Iterator[Step]:
    """`docker exec`, `npm run`: the wrapper is the program with its sub-command."""
    text = wrapped.command.words[wrapped.at].text
    chosen = wrapped.form["sub"].get(text)
    if chosen is None:
        chosen = wrapped.form["sub"].get("default")
        if chosen is None:
            yield wrapped.command
        else:
            yield from _steps(replace(wrapped, form=chosen))
    elif chosen.get("keep"):
        yield Words(wrapped.command, wrapped.at, wrapped.name)
    else:
        name = f"{wrapped.name} {text}"
        yield from _steps(replace(wrapped, form=chosen, at=wrapped.at + 1, name=name))


def _fed(wrapped: Wrapped) -> Iterator[Step]:
    """A shell without a program of its own reads one from its standard input."""
    form, command = wrapped.form, wrapped.command
    reads = form.get("combined") or form.get("rest") == "shell" or form.get("language")
    if reads and command.stdin is not None:
        inner = replace(command, stdin=None)
        yield Text(inner, form.get("language", "shell"), command.stdin, wrapped.name)
    elif reads and command.stdin_path:
        yield replace(command, calls=("file", command.stdin_path, ""))
    else:
        yield command


def _words(step: Words, read: Reader, depth: int) -> Iterator[Command]:
    if step.at >= len(step.command.words):
        return
    inner = from_words(step.command, step.at, step.name)
    text = inner.words[0].text
    if step.is_file and (program(step.name) in SHELLS or SHELL_FILE.search(text)):
        yield replace(inner, calls=("file", text, ""))
    else:
        yield from innermost(inner, read, depth + 1)


def _text(step: Text, read: Reader, depth: int) -> Iterator[Command]:
    if depth > DEEPEST:
        return
    for inner in read(step.language, step.source, step.command):
        trail = (*step.command.through, step.name)
        yield from innermost(replace(inner, through=trail), read, depth + 1)
