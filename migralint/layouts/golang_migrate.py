"""golang-migrate: `1_name.up.sql` and `1_name.down.sql`, ordered by number.

The PostgreSQL driver sends a file as one query: a transaction as soon as it holds two statements.
https://github.com/golang-migrate/migrate/blob/master/MIGRATIONS.md
"""

from __future__ import annotations

from migralint.layouts.folder import (
    DOWN_FILE,
    Folder,
    Layout,
    Runs,
    by_number,
    flat_files,
    set_aside,
)
from migralint.model import File
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

NAME = pattern(r"^\d{1,40}_.{1,200}\.(?:up|down)\.sql$")


def files(folder: Folder) -> list[File]:
    set_aside(folder, NAME, "is not called VERSION_name.up.sql: golang-migrate ignores it")
    names = [name for name in folder.sql() if not DOWN_FILE.search(name)]
    return sorted(flat_files(folder, names), key=lambda f: (by_number(f.version), f.path))


def runs(folder: Folder, dialect: str) -> Callable[[str, str], Runs]:
    def each(path: str, text: str) -> Runs:
        """What golang-migrate ignores is for another tool, and may go down again in one file."""
        return Runs("query") if NAME.search(path.rpartition("/")[2]) else plain(path, text)

    from migralint.layouts.plain import runs as of_plain

    plain = of_plain(folder, dialect)
    return each


LAYOUT = Layout(files, runs)
