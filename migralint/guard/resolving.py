"""A command line -> the operations that it comes down to, npm scripts and shell files followed."""

from __future__ import annotations

import glob
import os
import shlex

from migralint.model import Operation, Record, Script
from migralint.scripts import form_of
from migralint.scripts.following import reached
from migralint.scripts.known import Known, builtin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from migralint.scripts.text import Command

PATTERNS = (
    "package.json",
    "*/package.json",
    "*/*/package.json",
    "[Mm]akefile",
    "GNUmakefile",
    "[Jj]ustfile",
    "Taskfile.y*ml",
    "composer.json",
    "*.sh",
    "scripts/*",
    "bin/*.sh",
)
MOST = 300
LARGEST = 1_000_000


class Resolved(Record):
    """One command that would run. `variables` and `texts` may hold secrets: never print them."""

    operation: Operation
    variables: Mapping[str, str]
    texts: tuple[str, ...]


def of_words(words: Sequence[str], folder: str, own: Sequence[Known]) -> list[Resolved]:
    """What these words run, in `folder`."""
    return of_text(shlex.join(words), folder, own)


def of_text(text: str, folder: str, own: Sequence[Known]) -> list[Resolved]:
    """What this text for a shell runs. Other files are read only where the command calls one."""
    typed = Script("<command>", text, "shell")
    found = reached([typed], own, _reader(folder))
    if any(operation.facts["calls"] for _, operation in found):
        found = reached([typed, *_scripts(folder)], own, _reader(folder))
    return [_resolved(*each) for each in found]


def by_words_alone(text: str, own: Sequence[Known]) -> list[Resolved]:
    """For `--check "migrate reset"`: the commands of every tool that has these words."""
    words = text.split()
    found: list[Resolved] = []
    for one in (*own, *builtin()):
        fits = len(words) >= len(one.pattern) > 0 and all(
            word in choices for word, choices in zip(words, one.pattern, strict=False)
        )
        if fits and one.programs:
            script = Script("<command>", f"{min(one.programs)} {text}", "shell")
            each = [_resolved(*pair) for pair in reached([script], own, None)]
            found += [resolved for resolved in each if resolved.operation.facts["effect"]]
    return found


def _resolved(command: Command, operation: Operation) -> Resolved:
    return Resolved(operation, command.variables, tuple(command.texts))


def _scripts(folder: str) -> list[Script]:
    """The files of the folder that hold named scripts."""
    found: list[Script] = []
    for pattern in PATTERNS:
        for path in sorted(glob.glob(os.path.join(folder, pattern))):
            text = None if "node_modules" in path or len(found) >= MOST else _text(path)
            shown = os.path.relpath(path, folder).replace(os.sep, "/")
            form = form_of(shown, text.split("\n", 1)[0]) if text is not None else ""
            if text is not None and form:
                found.append(Script(shown, text, form))
    return found


def _reader(folder: str) -> Callable[[str], str | None]:
    return lambda path: _text(os.path.join(folder, path))


def _text(path: str) -> str | None:
    try:
        if os.path.getsize(path) > LARGEST:
            return None
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return None
