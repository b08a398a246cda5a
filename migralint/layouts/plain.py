"""Plain: a folder of .sql files that are run one after the other, nobody says how.

Files are ordered by the number that their names begin with, then by name. Down files
(`*.down.sql`, `*_undo.sql`, `1.undo.*.sql` ...) and down sections are no part of the way up.
"""

from __future__ import annotations

from migralint.layouts.folder import DOWN_FILE, Folder, Layout, Runs, by_number, flat_files
from migralint.model import File
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# sql-migrate and node-pg-migrate; what follows is the way down.
DOWN_SECTION = pattern(r"(?im)^[ \t]*--[ \t]*(?:\+migrate down|down migration)\b")


# 20220329-030000, 2022_03_29_030000, 2022-03-29: the leading digits alone are not the version.
ENDING = pattern(r"(?i)(?:\.up)?\.sql$")
DATED = pattern(
    r"(?:\d{4}([-_.])\d\d\1\d\d|\d{8}(?=[-_.T]\d{4}))(?:[-_.T]\d{4}(?:\d\d)?)?(?![\dA-Za-z])"
)


def files(folder: Folder) -> list[File]:
    names = [name for name in folder.sql() if not DOWN_FILE.search(name)]
    found = [_dated(file) for file in flat_files(folder, names)]
    return sorted(found, key=lambda f: (by_number(f.version), f.path))


def _dated(file: File) -> File:
    stem = ENDING.sub("", file.path.rpartition("/")[2])
    date = DATED.match(stem)
    if date is None:
        return file
    return File(file.path, date.group(), stem[date.end() :].lstrip("_-. "))


def runs(folder: Folder, dialect: str) -> Callable[[str, str], Runs]:
    def each(path: str, text: str) -> Runs:
        down = DOWN_SECTION.search(text)
        return Runs(forward=((0, down.start()),) if down else None)

    return each


LAYOUT = Layout(files, runs)
