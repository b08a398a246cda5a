"""goose: `-- +goose Up` and `-- +goose Down` in one file, each migration in a transaction.

https://pressly.github.io/goose/documentation/annotations/
"""

from __future__ import annotations

from migralint.layouts.folder import Folder, Layout, Runs, by_number, flat_files
from migralint.model import File
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Callable

MARK = pattern(r"(?im)^[ \t]*--[ \t]*\+goose[ \t]+(up|down|no[ \t]+transaction)\b")
OPT_OUT = "`-- +goose NO TRANSACTION` on the first line"


def files(folder: Folder) -> list[File]:
    return sorted(flat_files(folder, folder.sql()), key=lambda f: (by_number(f.version), f.path))


def runs(folder: Folder, dialect: str) -> Callable[[str, str], Runs]:
    def each(path: str, text: str) -> Runs:
        marks = list(MARK.finditer(text))
        out = any(mark.group(1).lower().startswith("no") for mark in marks)
        return Runs("statement" if out else "file", OPT_OUT, _up(text, marks))

    return each


def _up(text: str, marks: list[re.Match[str]]) -> tuple[tuple[int, int], ...] | None:
    """The text without its down sections; what stands before the first mark is comment."""
    spans = []
    start: int | None = 0
    for mark in marks:
        word = mark.group(1).lower()
        if word == "down" and start is not None:
            spans.append((start, mark.start()))
            start = None
        elif word == "up" and start is None:
            start = mark.start()
    if start == 0:
        return None
    return tuple(spans) if start is None else (*spans, (start, len(text)))


LAYOUT = Layout(files, runs)
