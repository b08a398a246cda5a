"""Diesel: a folder for each migration with up.sql and down.sql, in a transaction of its own.

`run_in_transaction = false` in a metadata.toml beside up.sql leaves it; the file is then sent as
one query, which PostgreSQL makes a transaction again as soon as it holds two statements.
https://docs.rs/diesel_migrations/latest/diesel_migrations/macro.embed_migrations.html
"""

from __future__ import annotations

from migralint.layouts.folder import Folder, Layout, Runs
from migralint.model import File
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

NOT_IN_TRANSACTION = pattern(r"(?m)^[ \t]{0,40}run_in_transaction[ \t]{0,40}=[ \t]{0,40}false\b")
OPT_OUT = (
    "a file metadata.toml beside up.sql with the line `run_in_transaction = false`, "
    "and one statement in up.sql"
)


def files(folder: Folder) -> list[File]:
    """By version: what stands before the first underscore, without its dashes."""
    found = []
    for sub in folder.subfolders():
        path = folder.at(sub, "up.sql")
        if folder.source.exists(path):
            version, _, name = sub.partition("_")
            found.append(File(path, version.replace("-", ""), name or sub))
        elif sub[0].isdigit():
            folder.strays.append((folder.at(sub), "holds no up.sql: Diesel stops there"))
    return sorted(found, key=lambda file: (file.version, file.path))


def runs(folder: Folder, dialect: str) -> Callable[[str, str], Runs]:
    def each(path: str, text: str) -> Runs:
        metadata = path.rpartition("/")[0] + "/metadata.toml"
        out = folder.source.exists(metadata) and NOT_IN_TRANSACTION.search(folder.text(metadata))
        return Runs("query" if out else "file", OPT_OUT)

    return each


LAYOUT = Layout(files, runs)
