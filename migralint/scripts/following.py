"""Commands -> operations with their facts; scripts that call each other are followed."""

from __future__ import annotations

import os
import re

from migralint.model import Operation, Record, Script, replace
from migralint.scripts import clients
from migralint.scripts.facts import Asked, comments, operation_of
from migralint.scripts.known import Known, builtin
from migralint.scripts.reading import Reading, read
from migralint.scripts.text import Command, starts_of_lines
from migralint.scripts.unread import unread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migralint.scripts import ReadFile

    Key = tuple[str, str, str]  # path, kind, name

KIND = {"json": "npm", "make": "make", "just": "just", "yaml": "task"}


class Embedded(Record):
    """SQL in a script: `at[i]` is the offset in the file of `text[i]`; `operation` runs it."""

    operation: Operation
    text: str
    dialect: str
    at: Sequence[int]


def operations(
    scripts: Sequence[Script], own: Sequence[Known], read_file: ReadFile | None
) -> list[list[Operation]]:
    """A list of operations for each script."""
    readings = [read(script) for script in scripts]
    asked = Asked((*own, *builtin()), read_file)
    linked = _links(readings)
    return [_of_file(reading, asked, linked) for reading in readings]


def reached(
    scripts: Sequence[Script], own: Sequence[Known], read_file: ReadFile | None
) -> list[tuple[Command, Operation]]:
    """The commands of the first script and of all that it calls, whatever leads to it."""
    readings = [read(script) for script in scripts]
    asked = Asked((*own, *builtin()), read_file)
    links = _links(readings)
    starts = starts_of_lines(scripts[0].text)
    found: list[tuple[Command, Operation]] = []
    for command in readings[0].commands:
        key = _key(scripts[0], command.place.script)
        for one in (command, *_below(command, key, links)):
            here = replace(one, start=command.start, end=command.end)
            found.append((here, operation_of(here, asked, scripts[0], starts, "")))
    return found


def embedded(script: Script) -> list[Embedded]:
    """The SQL of a script, each text with the operation that runs it."""
    reading = read(script)
    starts = starts_of_lines(script.text)
    found: list[Embedded] = []
    for command in reading.commands:
        given = clients.given(command)
        for source in given.texts if given else ():
            operation = operation_of(command, Asked(builtin(), None), reading.script, starts, "")
            found.append(
                Embedded(operation, source.text, given.dialect if given else "", source.at)
            )
    return found


# which script calls which


class _Links(Record):
    """`defined`: the commands of every named script; `deployed`: what a deploy path reaches."""

    defined: dict[Key, list[Command]]
    deployed: frozenset[Key]
    names: dict[str, list[Key]]


def _links(readings: Sequence[Reading]) -> _Links:
    defined: dict[Key, list[Command]] = {}
    for reading in readings:
        for command in reading.commands:
            defined.setdefault(_key(reading.script, command.place.script), []).append(command)
    names: dict[str, list[Key]] = {}
    for key in defined:
        names.setdefault(key[2], []).append(key)
    pending = [key for key, inside in defined.items() if inside[0].place.lead == "deploy"]
    links = _Links(defined, frozenset(), names)
    reached = set(pending)
    while pending:
        key = pending.pop()
        for command in defined[key]:
            for target in _targets(key, command, links):
                if target not in reached:
                    reached.add(target)
                    pending.append(target)
    return replace(links, deployed=frozenset(reached))


def _key(script: Script, name: str) -> Key:
    kind = KIND.get(script.form, "file")
    if kind == "file":
        return (script.path, "file", "")
    return (script.path, kind, name)


def _targets(caller: Key, command: Command, links: _Links) -> list[Key]:
    """The scripts that the command runs, in its own file or the nearest that fits."""
    kind, name, package = command.calls
    if not kind:
        return []
    if kind == "file":
        path = os.path.normpath(os.path.join(os.path.dirname(caller[0]), name)).replace("\\", "/")
        choices = [(path, "file", ""), (os.path.normpath(name).replace("\\", "/"), "file", "")]
        return [key for key in choices if key in links.defined][:1]
    wanted: tuple[str, ...] = (name, f"pre{name}", f"post{name}") if kind == "npm" else (name,)
    if any(mark in name for mark in "*{"):
        pattern = re.compile(re.escape(name).replace(r"\*", "[^:]*"))
        wanted = tuple(known for known in links.names if pattern.fullmatch(known))
    found: list[Key] = []
    for one in wanted:
        candidates = [key for key in links.names.get(one, ()) if key[1] == kind]
        found.extend(_nearest(candidates, caller[0], package))
    return found


def _nearest(candidates: list[Key], path: str, package: str) -> list[Key]:
    """The one in the file itself, else in the package that is named, else in the folders above."""
    if package:
        short = package.strip("./*").rsplit("/", 1)[-1]
        named = [key for key in candidates if short and short in os.path.dirname(key[0]).split("/")]
        return named[:1]
    above = [
        key for key in candidates if key[0] == path or _is_above(os.path.dirname(key[0]), path)
    ]
    return sorted(above, key=lambda key: (key[0] != path, -len(key[0])))[:1]


def _is_above(folder: str, path: str) -> bool:
    return not folder or path.startswith(folder + "/")


# one file


def _of_file(reading: Reading, asked: Asked, links: _Links) -> list[Operation]:
    starts = starts_of_lines(reading.script.text)
    found: list[Operation] = []
    seen: set[tuple[int, int, str]] = set()
    for command in reading.commands:
        key = _key(reading.script, command.place.script)
        lead = "deploy" if key in links.deployed else ""
        for one in (command, *_called(command, key, links)):
            operation = operation_of(
                one, asked, reading.script, starts, lead if one is command else ""
            )
            mark = (operation.start, operation.end, str(operation.facts["arguments"]))
            if mark not in seen:
                seen.add(mark)
                found.append(operation)
    problem = unread(reading.script)
    if problem is not None:
        found.append(problem)
    return _with_comments(found, reading.script, starts)


def _with_comments(
    found: list[Operation], script: Script, starts: Sequence[int]
) -> list[Operation]:
    begins = sorted({operation.line for operation in found})
    said = comments(script.text, script.form, starts, begins)
    if not said:
        return found
    return [
        replace(one, statement=replace(one.statement, comments=said.get(one.line, ())))
        for one in found
    ]


def _called(command: Command, caller: Key, links: _Links) -> Iterator[Command]:
    """What a deploy or CI file runs by calling a script of another file, seen at the call."""
    if command.place.lead not in ("deploy", "ci"):
        return
    for inner in _below(command, caller, links, (caller[0],)):
        if not (
            inner.place.lead == command.place.lead == "deploy"
        ):  # that is reported where it stands
            place = replace(command.place, script=command.calls[1])
            variables = {**inner.variables, **command.variables}
            yield replace(
                inner, start=command.start, end=command.end, place=place, variables=variables
            )


def _below(
    command: Command, caller: Key, links: _Links, leave_out: tuple[str, ...] = ()
) -> Iterator[Command]:
    """The commands of the scripts that this one calls, and of those that they call."""
    seen: set[Key] = set()
    pending = [target for target in _targets(caller, command, links) if target[0] not in leave_out]
    while pending:
        target = pending.pop()
        if target in seen or len(seen) > 50:
            continue
        seen.add(target)
        for inner in links.defined[target]:
            yield inner
            pending.extend(_targets(target, inner, links))
