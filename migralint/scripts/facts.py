"""A command -> its operation `run_command` with the facts that rules can ask for."""

from __future__ import annotations

import os
import re

from migralint.model import Comment, Operation, Record, Script, Statement
from migralint.scripts import clients, context
from migralint.scripts.known import Known, bypass, forced, known
from migralint.scripts.secrets import mask, mask_words
from migralint.scripts.text import Command, line_and_column
from migralint.scripts.wrappers import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from migralint.scripts import ReadFile

COMMENT = {"javascript": "//", "batch": "rem|::", "settings": "#|//"}
SHOWN = 200


class Asked(Record):
    """What the caller adds: see `scripts.project`."""

    entries: tuple[Known, ...]
    read: ReadFile | None


def operation_of(
    command: Command, asked: Asked, script: Script, starts: Sequence[int], lead: str
) -> Operation:
    text = script.text
    line, column = line_and_column(starts, command.start)
    shown = text[command.start : command.end]
    statement = Statement(shown, command.start, command.end, line, column, form="command")
    facts = _facts(command, asked, script, shown, lead)
    return Operation("run_command", facts, statement, command.start, command.end, line, column)


def _facts(
    command: Command, asked: Asked, script: Script, shown: str, lead: str
) -> dict[str, object]:
    name = program(command.words[0].text)
    one = known(command, asked.entries)
    reaches = context.reaches(command, name)
    runs_in = lead or command.place.lead
    environment = context.environment(command)
    given = clients.given(command)
    arguments = mask_words(name, command.texts[1:])
    bypassed = bypass(command, asked.entries)
    force = forced(command, one) if one else ""
    if one and one.effect == "bypasses":
        bypassed = one.does
    return {
        "command": _shown(command, shown, script.form),
        "program": name,
        "arguments": arguments,
        "subcommand": " ".join(text for text in arguments if not text.startswith("-"))[:SHOWN],
        "flags": [text.split("=")[0] for text in arguments if text.startswith("-")],
        "effect": one.effect if one else "",
        "does": one.does if one else "",
        "better": one.better if one else "",
        "bypasses": bypassed,
        "forced": force,
        "runs_in": runs_in,
        "environment": environment,
        "reaches": reaches,
        "disposable": context.disposable(command, runs_in, environment, reaches),
        "script_name": command.place.script,
        "calls": command.calls[1],
        "through": list(command.through),
        "behind_guard": "migralint guard" in command.through,
        "sql": mask("\n".join(source.text for source in given.texts)) if given else "",
        "sql_dialect": given.dialect if given else "",
        "sql_files": list(given.paths) if given else [],
        "sql_destroys": _destroyed(given, asked, script) if given else "",
    }


def _destroyed(given: clients.Given, asked: Asked, script: Script) -> str:
    """What the SQL destroys that stands in the command, and in the files that it names."""
    from migralint.sql.destruction import destroyed

    texts = [source.text for source in given.texts]
    for path in given.paths if asked.read else ():
        beside = os.path.normpath(os.path.join(os.path.dirname(script.path), path)).replace(
            "\\", "/"
        )
        for choice in dict.fromkeys((path.removeprefix("./"), beside)):
            text = asked.read(choice) if asked.read and not choice.startswith(("/", "..")) else None
            if text is not None:
                texts.append(text)
                break
    found = [destroyed(text, given.dialect) for text in texts]
    return mask("; ".join(one for one in found if one))


def _shown(command: Command, shown: str, form: str) -> str:
    """The command as it was written, on one line, without secrets; a list of words as a line."""
    quotes = [shown.count(quote) for quote in "\"'`"]
    in_code = form in ("javascript", "python") and any(quotes)
    if in_code or any(count % 2 for count in quotes) or re.search(r"[\"'],|\n|\\\"", shown):
        words = [word.text for word in command.written or command.words]
        shown = " ".join(f'"{text}"' if " " in text else text for text in words)
    shown = mask(" ".join(shown.split()))
    return shown if len(shown) <= SHOWN else shown[: SHOWN - 3] + "..."


def comments(
    text: str, form: str, starts: Sequence[int], begins: Sequence[int]
) -> dict[int, tuple[Comment, ...]]:
    """Comments for migralint, by the line of the commands that they are about.

    One at the end of a line is about that line, one on a line of its own about the next command;
    `begins` are the lines on which commands begin, in order.
    """
    found: dict[int, tuple[Comment, ...]] = {}
    if form == "json" or not begins:
        return found
    mark = COMMENT.get(form, "#")
    for comment in re.finditer(rf"(?i)(?:^|(?<=[\s;]))(?:{mark})[ \t]*migralint:[^\n]*", text):
        said = comment[0].rstrip()
        line, column = line_and_column(starts, comment.start())
        alone = not text[comment.start() - column + 1 : comment.start()].strip()
        about = next(
            (begin for begin in begins if begin > line or (begin == line and not alone)), begins[-1]
        )
        made = Comment(said, comment.start(), comment.start() + len(said), line)
        found[about] = (*found.get(about, ()), made)
    return found
