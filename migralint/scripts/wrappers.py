"""Seeing through the programs that only run another one: npx, docker exec, ssh, sh -c and so on.

What each of them looks like is in wrappers.yaml. A command comes in, the commands that really run
come out; a text that is a program for a shell is read as one.
"""

from __future__ import annotations

import os
import re

from migralint.model import record, replace
from migralint.scripts.text import Command, Source, Word, from_words, joined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    Reader = Callable[[str, Source, Command], list[Command]]

DEEPEST = 12
ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
VERSION = re.compile(r"(?<=.)@[^@/]*\Z|:(?:v?\d|latest|stable|alpine)[\w.\-]*\Z")
SUFFIX = re.compile(r"\.(exe|cmd|bat|ps1|js|mjs|cjs|py|rb|phar|sh|bash)\Z", re.IGNORECASE)
OF_PACKAGE = re.compile(r"(?:^|/)node_modules/(?!\.)((?:@[^/]+/)?[^/]+)/")
SHELL_FILE = re.compile(r"\.(sh|bash|zsh|fish|ps1|bat|cmd)\Z", re.IGNORECASE)
TABLES: list[Mapping[str, Any]] = []


def table() -> Mapping[str, Any]:
    """The wrappers, read once."""
    if not TABLES:
        import yaml

        path = os.path.join(os.path.dirname(__file__), "wrappers.yaml")
        with open(path, encoding="utf-8") as file:
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
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
    name = program(command.words[0].text)
    path = command.words[0].text
    if SHELL_FILE.search(path) and "/" in path:
        yield replace(command, calls=("file", path, ""))
    form = table().get(name) or table().get(os.path.basename(path))
    if form is None:
        yield command
        return
    yield from _through(form, command, 1, name, _Walk(read, depth))


@record
class _Walk:
    read: Reader
    depth: int
    package: str = ""


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
    return replace(
        command, words=command.words[count:], variables=variables, own=own, written=written
    )


def _options(form: Mapping[str, Any], key: str) -> frozenset[str]:
    return frozenset(str(form.get(key, "")).split())


def _through(
    form: Mapping[str, Any], command: Command, at: int, name: str, walk: _Walk
) -> Iterator[Command]:
    """What `command` runs, where its words from `at` on belong to the wrapper `form`."""
    while "like" in form:
        form = table()[form["like"]]
    if "named" in form:
        script = name.rsplit(" ", 1)[-1] if form["named"] is True else form["named"]
        yield replace(command, calls=("npm", script, walk.package))
        return
    words = command.words
    follow = _options(form, "follow")
    if follow:
        begin = next((n for n in range(at, len(words)) if words[n].text in follow), len(words))
        yield from _inner(command, begin + 1, name, walk)
        return
    skip = int(form.get("skip", 0)) + bool(form.get("package_word"))
    while at < len(words):
        text = words[at].text
        option, equals, value = text.partition("=")
        if text == "--":
            at += 1
            if form.get("dashes") or skip == 0:
                skip = 0
                break
        elif _is_shell_option(form, text) or (equals and option in _options(form, "shell")):
            yield from _shell_text(form, command, at, bool(equals), name, walk)
            return
        elif option in _options(form, "nothing"):
            return
        elif option in _options(form, "module") and at + 1 < len(words):
            yield from _inner(command, at + 1, name, walk)
            return
        elif option in _options(form, "package"):
            at += 1 if equals else 2
            walk = replace(walk, package=value or (words[at - 1].text if at <= len(words) else ""))
        elif option in _options(form, "values") or option in _options(form, "packages"):
            at += 1 if equals else 2
            command = _with_file_of_variables(command, option, value or _text(words, at - 1))
        elif text.startswith("-") and len(text) > 1:
            at += 1
        elif "dashes" in form and skip and _dashes(words, at) >= 0:
            at, skip = _dashes(words, at), 0
        elif skip:
            if form.get("package_word"):
                walk = replace(walk, package=text)
            at, skip = at + 1, skip - 1
        else:
            break
    yield from _rest(form, command, at, name, walk)


def _text(words: tuple[Word, ...], at: int) -> str:
    return words[at].text if at < len(words) else ""


def _dashes(words: tuple[Word, ...], at: int) -> int:
    """The word after the next `--`, or -1."""
    return next((n + 1 for n in range(at, len(words)) if words[n].text == "--"), -1)


def _with_file_of_variables(command: Command, option: str, value: str) -> Command:
    """Remember `.env.production` of `dotenv -e .env.production`, and `NODE_ENV` of `docker -e`."""
    found = ASSIGNMENT.fullmatch(value)
    if option in ("-e", "--env") and found:
        return replace(command, variables={**command.variables, found[1]: found[2]})
    if ".env" in value or option in ("--env", "--environment", "--env-file"):
        before = command.variables.get(" files", "")
        return replace(
            command, variables={**command.variables, " files": f"{before} {value}".strip()}
        )
    return command


def _is_shell_option(form: Mapping[str, Any], text: str) -> bool:
    if text in _options(form, "shell"):
        return True
    return bool(form.get("combined")) and bool(re.fullmatch(r"-[a-z]*c[a-z]*", text))


def _shell_text(
    form: Mapping[str, Any], command: Command, at: int, equals: bool, name: str, walk: _Walk
) -> Iterator[Command]:
    words = command.words
    if equals:
        word = words[at]
        begin = word.text.index("=") + 1
        source = word.source.part(begin, len(word.text))
    elif at + 1 >= len(words):
        return
    elif form.get("remainder"):
        source = joined((word.source for word in words[at + 1 :]), " ")
    else:
        source = words[at + 1].source
    yield from _read(form.get("language", "shell"), source, command, name, walk)


def _read(
    language: str, source: Source, command: Command, name: str, walk: _Walk
) -> Iterator[Command]:
    if walk.depth > DEEPEST:
        return
    for inner in walk.read(language, source, command):
        trail = (*command.through, name)
        yield from innermost(replace(inner, through=trail), walk.read, walk.depth + 1)


def _inner(command: Command, at: int, name: str, walk: _Walk) -> Iterator[Command]:
    if at < len(command.words):
        yield from innermost(from_words(command, at, name), walk.read, walk.depth + 1)


def _rest(
    form: Mapping[str, Any], command: Command, at: int, name: str, walk: _Walk
) -> Iterator[Command]:
    words = command.words
    if at >= len(words):
        yield from _fed(form, command, name, walk)
        return
    sub = form.get("sub")
    if sub is not None:
        yield from _sub(form, sub, command, at, name, walk)
        return
    dashed = _dashes(words, at)
    match form.get("rest", "words"):
        case "words":
            yield from _inner(command, at, "migralint guard" if form.get("guard") else name, walk)
        case "shell":
            yield from _read(
                form.get("language", "shell"),
                joined((w.source for w in words[at:]), " "),
                command,
                name,
                walk,
            )
        case "first":
            yield from _read("shell", words[at].source, command, name, walk)
        case "alias":
            for word in words[at:]:
                if "=" in word.text:
                    value = word.source.part(word.text.index("=") + 1, len(word.text))
                    yield from _read("shell", value, command, name, walk)
        case "each":
            yield from _each(command, at, name, walk)
        case "image":
            yield from _inner(command, at, name, walk)
            yield from _inner(command, at + 1, name, walk)
        case "file":
            yield from _file(command, at, name, walk)
        case "nothing" if form.get("dashes") and dashed >= 0:
            yield from _inner(command, dashed, name, walk)
        case "nothing":
            late = next((n for n in range(at, len(words)) if _is_shell_option(form, words[n].text)), -1)
            if late >= 0:  # su postgres -c "..."
                yield from _shell_text(form, command, late, False, name, walk)
            else:
                yield command
        case "script" | "target":
            yield _call(
                command,
                at,
                words[at].text.rsplit(":", 1)[-1] if form["rest"] == "target" else "",
                walk,
            )
        case "scripts" | "targets":
            yield from _several(form, command, at, name, walk)
        case "either":
            yield _call(command, at, "", walk)
            yield from _inner(command, at, name, walk)


def _sub(
    form: Mapping[str, Any],
    sub: Mapping[str, Any],
    command: Command,
    at: int,
    name: str,
    walk: _Walk,
) -> Iterator[Command]:
    text = command.words[at].text
    chosen = sub.get(text)
    if chosen is None:
        chosen = sub.get("default")
        if chosen is None:
            yield command
        else:
            yield from _through(chosen, command, at, name, walk)
    elif chosen.get("keep"):
        yield from _inner(command, at, name, walk)
    else:
        yield from _through(chosen, command, at + 1, f"{name} {text}", walk)


def _fed(form: Mapping[str, Any], command: Command, name: str, walk: _Walk) -> Iterator[Command]:
    """A shell without a program of its own reads one from its standard input."""
    reads = form.get("combined") or form.get("rest") == "shell" or form.get("language")
    if reads and command.stdin is not None:
        inner = replace(command, stdin=None)
        yield from _read(form.get("language", "shell"), command.stdin, inner, name, walk)
    elif reads and command.stdin_path:
        yield replace(command, calls=("file", command.stdin_path, ""))
    else:
        yield command


def _call(command: Command, at: int, script: str, walk: _Walk) -> Command:
    return replace(command, calls=("npm", script or command.words[at].text, walk.package))


def _several(
    form: Mapping[str, Any], command: Command, at: int, name: str, walk: _Walk
) -> Iterator[Command]:
    kind = "npm" if form["rest"] == "scripts" else program(name)
    for word in command.words[at:]:
        if word.text == "--":
            return
        if not word.text.startswith("-") and "=" not in word.text:
            yield replace(
                command, calls=(kind, word.text, walk.package), start=word.start, end=word.end
            )


def _each(command: Command, at: int, name: str, walk: _Walk) -> Iterator[Command]:
    for word in command.words[at:]:
        if word.text.startswith("npm:"):
            yield replace(command, calls=("npm", word.text[4:], walk.package))
        elif not word.text.startswith("-"):
            yield from _read("shell", word.source, command, name, walk)


def _file(command: Command, at: int, name: str, walk: _Walk) -> Iterator[Command]:
    """`node path/to/prisma`, `python manage.py flush`, `bash scripts/reset.sh`."""
    text = command.words[at].text
    if text == "-" or not text:
        return
    if program(name) in ("sh", "bash", "zsh", "dash", "ash", "ksh", "fish") or SHELL_FILE.search(
        text
    ):
        yield replace(from_words(command, at, name), calls=("file", text, ""))
        return
    yield from _inner(command, at, name, walk)
