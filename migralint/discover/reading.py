"""Bytes -> text. What cannot be read is a finding at its line, and the rest goes on."""

from __future__ import annotations

from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from migralint.layouts import Folder

MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")  # of UTF-8, UTF-16
_PROGRAM = pattern(r"[VvMm]?\d[\w.-]*\.(?:go|py|rb|java|kt|php|exs|rs|[cm]?[jt]s)\Z")
_TEST = pattern(r"[._-](?:test|spec)\.\w+\Z|\.d\.ts\Z")


def read(folder: Folder, path: str) -> tuple[str, str, int]:
    """(text, problem, line of the problem) of a file, which is read once."""
    try:
        data = folder.kept.pop(path, None)
        data = folder.source.read(path) if data is None else data
        if data.startswith(MARKS):
            folder.marked.append(path)
        return decode(data)
    except IsADirectoryError:
        return "", "is a folder, not a file", 1
    except FileNotFoundError:
        return "", "is not there, or is a link that leads nowhere", 1
    except OSError as error:
        return "", f"cannot be read: {error.strerror or error}", 1


def decode(data: bytes) -> tuple[str, str, int]:
    """UTF-8, or UTF-16 with its byte order mark; the mark is no part of the text."""
    utf16 = data.startswith(MARKS[1:])
    try:
        text = data.decode("utf-16") if utf16 else data.removeprefix(MARKS[0]).decode()
    except UnicodeDecodeError as error:
        found = error.object[error.start : error.start + 1].hex()
        line = data.count(b"\n", 0, error.start) + 1
        return "", f"is not {'UTF-16' if utf16 else 'UTF-8'} (byte 0x{found})", line
    nul = text.find("\0")
    if nul >= 0:
        guess = " and is probably UTF-16 without its byte order mark" if nul < 2 else ""
        return "", f"holds a NUL character{guess}", text.count("\n", 0, nul) + 1
    return text, "", 1


def programs(names: Iterable[str]) -> int:
    """How many files of a folder are migrations in a programming language (`00042_fill.go`)."""
    return sum(1 for name in names if _PROGRAM.match(name) and not _TEST.search(name))
