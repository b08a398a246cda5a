"""dbmate: `-- migrate:up` and `-- migrate:down` in one file, in the order of the file names.

`transaction:false` leaves the transaction, but dbmate sends the section as one query, which
PostgreSQL makes a transaction again as soon as it holds two statements.
https://github.com/amacneil/dbmate#migration-options
"""

from __future__ import annotations

from migralint.layouts.folder import Folder, Layout, Runs, flat_files, set_aside
from migralint.model import File
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

NAME = pattern(r"^\d")
UP = pattern(r"(?m)^--[ \t]*migrate:up\b([^\n]*)")
OUT = pattern(r"\btransaction:false\b")
DOWN = pattern(r"(?m)^--[ \t]*migrate:down\b")
OPT_OUT = "`-- migrate:up transaction:false` in place of `-- migrate:up`, and one statement a file"


def files(folder: Folder) -> list[File]:
    set_aside(folder, NAME, "does not begin with its version: dbmate ignores it")
    return flat_files(folder, sorted(folder.sql()))


def runs(folder: Folder, dialect: str) -> Callable[[str, str], Runs]:
    def each(path: str, text: str) -> Runs:
        up, down = UP.search(text), DOWN.search(text)
        out = up is not None and OUT.search(up.group(1)) is not None
        forward = None
        if down:
            before = down.start()
            after = up.start() if up and up.start() > before else None
            forward = ((0, before),) if after is None else ((after, len(text)),)
        return Runs("query" if out else "file", OPT_OUT, forward)

    return each


LAYOUT = Layout(files, runs)
