"""One file -> the commands that it comes down to."""

from __future__ import annotations

import re

from migralint.model import Record, replace
from migralint.scripts import lines, shell, wrappers
from migralint.scripts.text import Command, Piece, Place, Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from migralint.model import Script

LONGEST = 4_000_000
LONGEST_LINE = 20_000
MARKS = {  # a source file without any of these runs no command, and need not be read further
    "javascript": re.compile(
        r"\b(?:exec\w*|\w*[sS]pawn\w*|fork|run(?:Command|Sync)?|sh|shell\w*|\w+Exec)\s*[(`]|\$[(`]"
    ),
    "python": re.compile(
        r"subprocess|os\.system|popen|call_command|create_subprocess|\brun\(|\.run\(|sh\.|sudo\("
    ),
}


class Reading(Record):
    """The commands of a file, and which of its scripts runs which other."""

    script: Script
    commands: tuple[Command, ...]


def read(script: Script) -> Reading:
    """Every command of the file, wrappers taken off, in the order of the text."""
    marks = MARKS.get(script.form)
    skipped = len(script.text) > LONGEST or (marks is not None and not marks.search(script.text))
    skipped = skipped or (script.form == "javascript" and _is_bundle(script.text))
    pieces = [] if skipped else READERS[script.form](script)
    found = [
        inner
        for piece in pieces
        for command in of_piece(piece)
        for inner in wrappers.innermost(command, _inside)
    ]
    return Reading(script, tuple(found))


def _is_bundle(text: str) -> bool:
    """What a bundler has made, all on one line: megabytes of a library, and no script."""
    return len(text) > LONGEST_LINE and max(map(len, text.split("\n"))) > LONGEST_LINE


def of_piece(piece: Piece) -> list[Command]:
    if piece.language == "words":
        return [_of_words(piece)] if piece.words else []
    if piece.language == "shell":
        return shell.commands(piece.source, piece.place)
    if piece.language in lines.STYLES:
        return lines.commands(piece.source, piece.place, piece.language)
    return []


def _of_words(piece: Piece) -> Command:
    """A list of words is one command; `args:` may stand before `command:` in the file."""
    start = min(word.start for word in piece.words)
    end = max(word.end for word in piece.words)
    return Command(piece.words, start, end, piece.place, piece.place.variables)


def _inside(language: str, source: Source, outer: Command) -> list[Command]:
    """The commands of a text that `outer` gives to a shell."""
    place = replace(outer.place, variables=outer.variables)
    return of_piece(Piece(language, source, place))


def _shell(script: Script) -> list[Piece]:
    return _plain(script, "shell")


def _plain(script: Script, language: str) -> list[Piece]:
    from migralint.scripts.context import file_place
    from migralint.scripts.text import whole

    return [Piece(language, whole(script.text), file_place(script.path))]


def _lines(language: str) -> Callable[[Script], list[Piece]]:
    return lambda script: _plain(script, language)


def _yaml(script: Script) -> list[Piece]:
    from migralint.scripts.yaml_files import pieces

    return pieces(script)


def _json(script: Script) -> list[Piece]:
    from migralint.scripts.package import pieces

    return pieces(script)


def _dockerfile(script: Script) -> list[Piece]:
    from migralint.scripts.dockerfile import pieces

    return pieces(script)


def _make(script: Script) -> list[Piece]:
    from migralint.scripts.make import makefile

    return makefile(script)


def _just(script: Script) -> list[Piece]:
    from migralint.scripts.make import justfile

    return justfile(script)


def _procfile(script: Script) -> list[Piece]:
    from migralint.scripts.make import procfile

    return procfile(script)


def _settings(script: Script) -> list[Piece]:
    from migralint.scripts.settings import pieces

    return pieces(script)


def _javascript(script: Script) -> list[Piece]:
    from migralint.scripts.javascript import pieces

    return pieces(script)


def _python(script: Script) -> list[Piece]:
    from migralint.scripts.python import pieces

    return pieces(script)


def _markdown(script: Script) -> list[Piece]:
    from migralint.scripts.markdown import pieces

    return pieces(script)


READERS: dict[str, Callable[[Script], list[Piece]]] = {
    "shell": _shell,
    "fish": _lines("fish"),
    "powershell": _lines("powershell"),
    "batch": _lines("batch"),
    "json": _json,
    "yaml": _yaml,
    "dockerfile": _dockerfile,
    "make": _make,
    "just": _just,
    "procfile": _procfile,
    "settings": _settings,
    "javascript": _javascript,
    "python": _python,
    "markdown": _markdown,
}

__all__ = ["READERS", "Place", "Reading", "of_piece", "read"]
