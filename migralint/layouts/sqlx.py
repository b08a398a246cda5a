"""sqlx: `<version>_<name>.sql`, or pairs of .up.sql and .down.sql, ordered by number.

A file that begins with `-- no-transaction` runs outside a transaction, sent as one query, which
PostgreSQL makes a transaction again as soon as it holds two statements.
https://docs.rs/sqlx/latest/sqlx/macro.migrate.html
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

NAME = pattern(r"_")
MARK = "-- no-transaction"
OPT_OUT = f"`{MARK}` on the first line, and one statement a file"


def files(folder: Folder) -> list[File]:
    set_aside(folder, NAME, "is not called VERSION_name.sql: sqlx ignores it")
    names = [name for name in folder.sql() if not DOWN_FILE.search(name)]
    return sorted(flat_files(folder, names), key=lambda f: (by_number(f.version), f.path))


def runs(folder: Folder, dialect: str) -> Callable[[str, str], Runs]:
    def each(path: str, text: str) -> Runs:
        return Runs("query" if text.startswith(MARK) else "file", OPT_OUT, foreign_keys=True)

    return each


LAYOUT = Layout(files, runs)
