"""Plain: a folder of .sql files that are run one after the other, nobody says how.

Files are ordered by the number that their names begin with, then by name. Down files
(`*.down.sql`, `*_undo.sql` ...) and down sections are no part of the way up.
"""

from __future__ import annotations

import re

from migralint.layouts.folder import DOWN_FILE, Folder, Layout, Runs, by_number, flat_files
from migralint.model import File

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# sql-migrate and node-pg-migrate; what follows is the way down.
DOWN_SECTION = re.compile(r"(?im)^[ \t]*--[ \t]*(?:\+migrate down|down migration)\b")


def files(folder: Folder) -> list[File]:
    names = [name for name in folder.sql() if not DOWN_FILE.search(name)]
    return sorted(flat_files(folder, names), key=lambda f: (by_number(f.version), f.path))


def runs(folder: Folder, dialect: str) -> Callable[[str, str], Runs]:
    def each(path: str, text: str) -> Runs:
        down = DOWN_SECTION.search(text)
        return Runs(forward=((0, down.start()),) if down else None)

    return each


LAYOUT = Layout(files, runs)
