"""Commands in Dockerfiles (RUN, CMD, ENTRYPOINT; shell form, JSON form, here-documents)."""

from __future__ import annotations

import re

from migralint.model import Record, replace
from migralint.scripts import trees
from migralint.scripts.context import DEVELOPMENT, TEST, environment_of, file_place, names_in
from migralint.scripts.package import words_of
from migralint.scripts.text import Piece, Place, Source, Word, exported, joined, whole
from migralint.scripts.wrappers import SHELL_FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from migralint.model import Script

INSTRUCTION = re.compile(r"[ \t]*([A-Za-z]+)(?=[ \t\\\r\n])[ \t]*")
FLAG = re.compile(r"(?:--[a-z\-]+=\S+\s+)+")
HEREDOC = re.compile(r"<<-?([\"']?)(\w+)\1")
STAGE = re.compile(r"\bAS\s+(\S+)", re.IGNORECASE)
SETTING = re.compile(r"([A-Za-z_]\w*)(?:=|\s+)(\"[^\"\n]*\"|'[^'\n]*'|[^\s]+)")


class _Instruction(Record):
    """One instruction: its name in capitals, and the rest without the comments inside it."""

    name: str
    rest: Source


def pieces(script: Script) -> list[Piece]:
    """The commands of the image, stage by stage."""
    place = file_place(script.path, "deploy")
    if place.lead == "test" and not names_in(script.path.rsplit("/", 1)[-1]) & TEST:
        place = replace(place, lead="deploy")
    found: list[Piece] = []
    base = place
    entrypoint: tuple[Word, ...] = ()
    for instruction in _instructions(script.text):
        rest = instruction.rest
        if instruction.name == "FROM":
            place, entrypoint = _stage(rest.text, base), ()
        elif instruction.name in ("ENV", "ARG"):
            given = {found[1]: found[2].strip("\"'") for found in SETTING.finditer(rest.text)}
            place = replace(place, variables={**place.variables, **given})
            if instruction.name == "ENV":
                found.extend(exported(given, place, rest))
        elif instruction.name in ("RUN", "CMD", "ENTRYPOINT"):
            made = _piece(rest, place, script.text)
            if (
                instruction.name == "CMD"
                and made.words
                and entrypoint
                and not SHELL_FILE.search(entrypoint[0].text)
            ):
                made = replace(made, words=(*entrypoint, *made.words))
            entrypoint = made.words if instruction.name == "ENTRYPOINT" else entrypoint
            found.append(made)
    return found


def _stage(text: str, base: Place) -> Place:
    named = STAGE.search(text)
    words = names_in(named[1]) if named else frozenset()
    if words & TEST:
        return replace(base, script=named[1] if named else "", lead="test", environment="test")
    if words & DEVELOPMENT:
        return replace(
            base, script=named[1] if named else "", lead="developer", environment="development"
        )
    return replace(
        base, script=named[1] if named else "", environment=environment_of(" ".join(words))
    )


def _piece(rest: Source, place: Place, text: str) -> Piece:
    flags = FLAG.match(rest.text)
    if flags:
        rest = rest.part(flags.end(), len(rest.text))
    if rest.text.lstrip().startswith("["):
        node = trees.of_json(rest.text)
        if node is not None and node.id == "sequence":
            words = tuple(_moved(word, rest) for word in words_of(node, rest.text))
            return Piece("words", rest, place, words)
    return Piece("shell", _heredoc(rest), place)


def _moved(word: Word, rest: Source) -> Word:
    """The word of a list inside `rest`, with its places in the file."""
    source = Source(word.source.text, [rest.at[offset] for offset in word.source.at])
    return Word(source, rest.at[word.start], rest.at[word.end])


def _heredoc(rest: Source) -> Source:
    """`RUN <<EOF`: the body is the program; elsewhere a here-document is the shell's own affair."""
    begins = HEREDOC.match(rest.text.lstrip())
    if not begins:
        return rest
    start = rest.text.find("\n") + 1
    end = rest.text.rfind(begins[2])
    return rest.part(start, max(start, end))


def _instructions(text: str) -> Iterator[_Instruction]:
    position = 0
    while position < len(text):
        end = _line_end(text, position)
        found = INSTRUCTION.match(text, position, end)
        if not found or text[position:end].lstrip().startswith("#"):
            position = end
            continue
        parts: list[Source] = []
        start = found.end()
        while True:
            line = text[start:end]
            if not line.lstrip().startswith("#") or not parts:
                parts.append(whole(line, start))
            if not (
                line.rstrip().endswith("\\") or (parts and line.lstrip().startswith("#"))
            ) or end >= len(text):
                break
            start, end = end, _line_end(text, end)
        rest = joined(parts)
        for begins in HEREDOC.finditer(rest.text):
            body_end = _heredoc_end(text, end, begins[2])
            rest = joined((rest, whole(text[end:body_end], end)))
            end = body_end
        yield _Instruction(found[1].upper(), rest)
        position = end


def _line_end(text: str, position: int) -> int:
    newline = text.find("\n", position)
    return len(text) if newline < 0 else newline + 1


def _heredoc_end(text: str, position: int, mark: str) -> int:
    while position < len(text):
        end = _line_end(text, position)
        if text[position:end].strip() == mark:
            return end
        position = end
    return position
