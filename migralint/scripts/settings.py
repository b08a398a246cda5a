"""Commands in TOML and HCL: fly.toml, netlify.toml, pyproject.toml, Terraform and Nomad.

Both are `name = value` with strings, lists and tables. What is read is the value of the names that
hold commands; a table's header tells which names these are in TOML.
"""

from __future__ import annotations

import re

from migralint.model import replace
from migralint.scripts.context import file_place, named_script
from migralint.scripts.text import Piece, Place, Source, Word, joined, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from migralint.model import Script

HEADER = re.compile(r"[ \t]*\[\[?\s*([^\]\n]+?)\s*\]\]?[ \t]*(?:#.*)?\Z")
NAME = re.compile(r"[ \t]*(?:\"([\w.:\-]+)\"|([\w.:\-]+))[ \t]*=[ \t]*")
COMMANDS = re.compile(
    r"(release_command|command|cmd|shell|build|start|entrypoint|args|inline|user_data|interpreter"
    r"|buildCommand|startCommand|preDeployCommand|postdeploy|run)\Z"
)
SCRIPT_TABLES = re.compile(
    r"(tool\.(poe|pdm|taskipy|hatch|rye|uv|pixi|ux).*\b(tasks|scripts)\b.*|processes"
    r"|tasks(\..+)?|tool\.poe\.tasks\..+|scripts)\Z"
)
SIMPLE = {'"': '"', "\\": "\\", "n": "\n", "t": "\t", "r": "\r"}


def pieces(script: Script) -> list[Piece]:
    """The programs that the file's settings name."""
    return list(_pieces(script))


def _pieces(script: Script) -> Iterator[Piece]:
    text, position, table = script.text, 0, ""
    place = file_place(script.path, "" if script.path.endswith("pyproject.toml") else "deploy")
    toml = script.path.endswith(".toml")
    while position < len(text):
        newline = text.find("\n", position)
        end = len(text) if newline < 0 else newline
        line = text[position:end]
        header = HEADER.match(line) if toml else None
        named = NAME.match(line)
        if header:
            table = header[1].replace('"', "")
        elif named and _holds(named[1] or named[2], table, toml):
            name = named[1] or named[2]
            sources, after = _value(text, position + named.end())
            yield from _made(
                name, table, sources, replace(place, script=name), text, position + named.end()
            )
            newline = text.find("\n", max(after - 1, position))
            end = len(text) if newline < 0 else newline
        position = end + 1


def _holds(name: str, table: str, toml: bool) -> bool:
    return bool(COMMANDS.match(name)) or (toml and bool(SCRIPT_TABLES.match(table)))


def _made(
    name: str, table: str, sources: list[Source], place: Place, text: str, at: int
) -> Iterator[Piece]:
    if SCRIPT_TABLES.match(table) and not COMMANDS.match(name) and table != "processes":
        place = named_script(name)
    listed = text[at : at + 1] == "["
    if listed and name not in ("inline", "build", "start"):
        words = tuple(Word(source, source.at[0], source.at[-1]) for source in sources)
        if words:
            yield Piece("words", sources[0], place, words)
        return
    for source in sources:
        yield Piece("shell", source, place)


def _value(text: str, at: int) -> tuple[list[Source], int]:
    """The strings of a value (one, or those of a list or an inline table), and where it ends."""
    if text.startswith("<<", at):
        return _heredoc(text, at)
    if not text.startswith(("[", "{"), at):
        source, end = _string(text, at)
        return ([source] if source else []), end
    found: list[Source] = []
    depth = 0
    while at < len(text):
        character = text[at]
        if character in "\"'":
            source, at = _string(text, at)
            if source is not None:
                found.append(source)
            continue
        if character == "#":
            newline = text.find("\n", at)
            at = len(text) if newline < 0 else newline
        depth += (character in "[{") - (character in "]}")
        at += 1
        if depth == 0:
            break
    return found, at


def _string(text: str, at: int) -> tuple[Source | None, int]:
    for mark in ('"""', "'''"):
        if text.startswith(mark, at):
            end = text.find(mark, at + 3)
            end = len(text) if end < 0 else end
            return whole(text[at + 3 : end], at + 3), end + 3
    quote = text[at : at + 1]
    if quote not in ('"', "'") or not quote:
        return None, at
    parts: list[Source] = []
    position = at + 1
    while position < len(text) and text[position] not in (quote, "\n"):
        if quote == '"' and text[position] == "\\" and position + 1 < len(text):
            character = SIMPLE.get(text[position + 1], text[position + 1])
            parts.append(Source(character, (position, position + 2)))
            position += 2
        else:
            parts.append(Source(text[position], (position, position + 1)))
            position += 1
    return (joined(parts) if parts else Source("", (at + 1,))), position + 1


def _heredoc(text: str, at: int) -> tuple[list[Source], int]:
    begins = re.compile(r"<<[-~]?(\w+)[^\n]*\n").match(text, at)
    if not begins:
        return [], at
    ends = re.compile(rf"^[ \t]*{begins[1]}[ \t]*$", re.MULTILINE).search(text, begins.end())
    end = ends.start() if ends else len(text)
    return [whole(text[begins.end() : end], begins.end())], (ends.end() if ends else end)
