"""Atlas: a flat folder with `atlas.sum`, in the order of the file names.

Each file runs in a transaction unless `-- atlas:txmode none` stands at its head.
https://atlasgo.io/versioned/apply#transaction-configuration
"""

from __future__ import annotations

from migralint.layouts.folder import DOWN_FILE, Folder, Layout, Runs, flat_files
from migralint.model import File
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

NO_TRANSACTION = pattern(r"(?m)^--[ \t]*atlas:txmode[ \t]+none\b")
OPT_OUT = "`-- atlas:txmode none` on the first line, and an empty line after it"


def files(folder: Folder) -> list[File]:
    return flat_files(folder, sorted(n for n in folder.sql() if not DOWN_FILE.search(n)))


def runs(folder: Folder, dialect: str) -> Callable[[str, str], Runs]:
    def each(path: str, text: str) -> Runs:
        return Runs("statement" if NO_TRANSACTION.search(text) else "file", OPT_OUT)

    return each


LAYOUT = Layout(files, runs)
