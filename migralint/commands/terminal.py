"""What commands print to: colour, width, files written whole or not at all."""

from __future__ import annotations

import os
import sys

from migralint.cache import reads
from migralint.formats import Options
from migralint.model import MigralintError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, TextIO

WIDTH = 100


def say(text: str, stream: TextIO | None = None) -> None:
    """To standard output, with a line end where the text has none."""
    (stream or sys.stdout).write(text if text.endswith("\n") or not text else f"{text}\n")


def say_lines(text: str, stream: TextIO | None = None) -> None:
    """With what a terminal would obey made visible: names and messages are other people's."""
    from migralint.formats.characters import lines

    say("\n".join(lines(text)), stream)


def say_json(found: Mapping[str, Any], indent: int | None = 1) -> None:
    """A document for programs, in ASCII: whatever reads the pipe can take it."""
    import json

    say(json.dumps(found, indent=indent))


def warn(text: str) -> None:
    """To standard error: what is for the person and not part of the result."""
    sys.stderr.write(f"migralint: {text}\n")


def options(color: str = "auto", root: str = "") -> Options:
    """How to write to standard output; paths are shown from the folder that the reader is in."""
    return Options(
        width=width(os.environ, sys.stdout),
        color=is_colored(color, os.environ, sys.stdout),
        encoding=sys.stdout.encoding or "utf-8",
        root=os.path.realpath(root) if root else "",
        here=os.path.realpath(os.getcwd()) if root else "",
    )


def is_colored(choice: str, environ: Mapping[str, str], stream: TextIO) -> bool:
    """--color, NO_COLOR (https://no-color.org), FORCE_COLOR, CLICOLOR_FORCE, TERM, a terminal."""
    if choice in ("always", "never"):
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE"):
        if environ.get(name):
            return environ[name].lower() not in ("0", "false")
    return environ.get("TERM") != "dumb" and stream.isatty()


def width(environ: Mapping[str, str], stream: TextIO) -> int:
    """Columns to write in. The terminal of a hook says that it has none (pre-commit: 0x0)."""
    given = environ.get("COLUMNS", "")
    columns = int(given) if given.isascii() and given.isdigit() else 0
    if not columns and stream.isatty():
        try:
            columns = os.get_terminal_size(stream.fileno()).columns
        except OSError:
            columns = 0
    return min(max(columns or WIDTH, 40), 160)


def write_file(path: str, text: str | Iterable[str], make_folder: bool = False) -> None:
    """The whole text (or its pieces) or nothing: nobody uploads half a report."""
    reads.doubt()
    target = os.path.realpath(path)
    pieces = [text] if isinstance(text, str) else text
    data = (piece.encode("utf-8", "backslashreplace") for piece in pieces)
    try:
        if make_folder:
            os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.exists(path) and not os.path.isfile(path):
            with open(path, "wb") as device:  # /dev/stderr, a named pipe
                device.writelines(data)
            return
        beside = f"{target}.{os.getpid()}.tmp"
        try:
            with open(beside, "xb") as file:
                file.writelines(data)
            os.replace(beside, target)
        finally:
            if os.path.exists(beside):
                os.unlink(beside)
    except OSError as error:
        reason = error.strerror or str(error)
        raise MigralintError(f"cannot write {path}: {reason}", status=4) from error


def read_input() -> bytes:
    """Standard input; with a word to the person where it is a terminal that waits."""
    reads.doubt()
    if sys.stdin.isatty():
        warn("reading SQL from the terminal; end it with Ctrl-D")
    return sys.stdin.buffer.read()
