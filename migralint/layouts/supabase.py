"""Supabase: `supabase/migrations/<timestamp>_<name>.sql`, in the order of their names.

`supabase db push` sends a file's statements as one batch, which PostgreSQL treats as one
transaction as soon as it holds two of them.
"""

from __future__ import annotations

from migralint.layouts.folder import Folder, Layout, Runs, flat_files, set_aside
from migralint.model import File
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

NAME = pattern(r"^\d{1,40}_.")


def files(folder: Folder) -> list[File]:
    set_aside(folder, NAME, "is not called TIMESTAMP_name.sql: supabase skips it")
    return flat_files(folder, sorted(folder.sql()))


def runs(folder: Folder, dialect: str) -> Callable[[str, str], Runs]:
    return lambda path, text: Runs("query")


LAYOUT = Layout(files, runs, lambda folder: "postgres")
