"""Hasura: a folder for each migration with up.sql and down.sql, named by milliseconds.

`hasura migrate apply` sends a file to the server, which runs it in a transaction.
https://hasura.io/docs/2.0/migrations-metadata-seeds/manage-migrations/
"""

from __future__ import annotations

from migralint.layouts.folder import Folder, Layout, Runs, by_number
from migralint.model import File

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def files(folder: Folder) -> list[File]:
    found = []
    for sub in folder.subfolders():
        path = folder.at(sub, "up.sql")
        if folder.source.exists(path):
            version, _, name = sub.partition("_")
            found.append(File(path, version, name or sub))
    return sorted(found, key=lambda file: (by_number(file.version), file.path))


def runs(folder: Folder, dialect: str) -> Callable[[str, str], Runs]:
    return lambda path, text: Runs("file")


LAYOUT = Layout(files, runs)
