"""Commands in Makefiles and justfiles (recipes), and in Procfiles."""

from __future__ import annotations

import re

from migralint.model import replace
from migralint.scripts.context import file_place, named_script
from migralint.scripts.text import Piece, Place, Source, joined, placed, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from migralint.model import Script

MAKE_RULE = re.compile(r"([^\s#:=][^#:=\n]*):(?![:=])([^=\n]*)")
MAKE_VARIABLE = re.compile(
    r"(?:export\s+|override\s+)?([A-Za-z_][\w.\-]*)\s*(:::?=|::=|:=|\?=|=)\s*(.*)"
)
MAKE_USE = re.compile(r"\$\$|\$[({]([A-Za-z_][\w.\-]*)[)}]|\$[({][^(){}$]*[)}]|\$[@<^+*?]")
JUST_RULE = re.compile(r"@?([A-Za-z_][\w\-]*)((?:\s+[^:=\n]*)?):(?!=)(.*)")
JUST_VARIABLE = re.compile(r"(?:export\s+)?([A-Za-z_][\w\-]*)\s*:=\s*[\"']([^\"'\n]*)[\"']\s*")
JUST_USE = re.compile(r"\{\{\s*([A-Za-z_][\w\-]*)\s*\}\}|\{\{[^{}\n]*\}\}")


def makefile(script: Script) -> list[Piece]:
    """One piece for each recipe line, its continuations joined by the shell."""
    found: list[Piece] = []
    variables: dict[str, str] = {}
    place = Place()
    for start, line in _logical_lines(script.text):
        if line.startswith("\t"):
            found.append(Piece("shell", _recipe_line(line, start, MAKE_USE, variables), place))
            continue
        variable = MAKE_VARIABLE.fullmatch(line.strip())
        rule = MAKE_RULE.match(line)
        if variable:
            if variable[2] != "?=" or variable[1] not in variables:
                variables[variable[1]] = _substituted(
                    variable[3].split(" #")[0].strip(), MAKE_USE, variables
                )
        elif rule:
            place = _target(script, rule[1].split()[0] if rule[1].split() else "")
            found.extend(_prerequisites("make", rule[2], start + rule.start(2), place))
    return found


def justfile(script: Script) -> list[Piece]:
    """Recipe lines; a recipe that begins with `#!` is one program."""
    found: list[Piece] = []
    variables: dict[str, str] = {}
    place = Place()
    for start, line in _logical_lines(script.text):
        rule = JUST_RULE.match(line)
        variable = JUST_VARIABLE.fullmatch(line.strip())
        if line[:1] in " \t" and line.strip():
            found.append(Piece("shell", _recipe_line(line, start, JUST_USE, variables), place))
        elif variable:
            variables[variable[1]] = variable[2]
        elif rule and not line.startswith(("set ", "alias ", "#")):
            place = _target(script, rule[1])
            found.extend(_prerequisites("just", rule[3], start + rule.start(3), place))
    return found


def procfile(script: Script) -> list[Piece]:
    """`name: command` lines; every one of them runs where the application is deployed."""
    base = file_place(script.path, "deploy")
    found: list[Piece] = []
    for start, line in _logical_lines(script.text):
        name, colon, _ = line.partition(":")
        if colon and not name.lstrip().startswith("#"):
            begin = start + len(name) + 1
            found.append(
                Piece(
                    "shell", whole(line[len(name) + 1 :], begin), replace(base, script=name.strip())
                )
            )
    return found


def _target(script: Script, name: str) -> Place:
    place, file = named_script(name), file_place(script.path)
    return place if place.lead else replace(place, lead=file.lead, environment=file.environment)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines, with those that a backslash continues as one; and where each begins."""
    position = 0
    while position < len(text):
        end = position
        while True:
            newline = text.find("\n", end)
            end = len(text) if newline < 0 else newline + 1
            if newline < 0 or not text[position:end].rstrip("\r\n").endswith("\\"):
                break
        yield position, text[position:end].rstrip("\r\n")
        position = end


def _recipe_line(line: str, start: int, use: re.Pattern[str], variables: dict[str, str]) -> Source:
    bare = line.lstrip(" \t@-+")
    begin = len(line) - len(bare)
    source = whole(bare, start + begin)
    parts: list[Source] = []
    position = 0
    for found in use.finditer(bare):
        parts.append(source.part(position, found.start()))
        value = _one(found, variables)
        parts.append(placed(value, source.at[found.start()], source.at[found.end()]))
        position = found.end()
    parts.append(source.part(position, len(bare)))
    return joined(parts)


def _one(found: re.Match[str], variables: dict[str, str]) -> str:
    if found[0] == "$$":
        return "$"
    name = found[1]
    if name == "MAKE":
        return "make"
    return (
        variables.get(name, f"${{{name.replace('-', '_').replace('.', '_')}}}") if name else "${_}"
    )


def _substituted(text: str, use: re.Pattern[str], variables: dict[str, str]) -> str:
    return use.sub(lambda found: _one(found, variables), text)[:10_000]


def _prerequisites(program: str, text: str, start: int, place: Place) -> Iterator[Piece]:
    """What a target needs first is run first: as `make name`."""
    for found in re.finditer(r"[A-Za-z_][\w\-.:]*", text.split("#")[0].split("##")[0]):
        name = whole(found[0], start + found.start())
        source = joined((placed(f"{program} ", name.at[0], name.at[0]), name))
        yield Piece("shell", source, place)
