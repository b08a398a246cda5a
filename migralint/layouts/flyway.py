"""Flyway: V1.2__name.sql (versioned), R__name.sql (repeatable, after them), U and callbacks aside.
What lies in subfolders is part of the same history, but for those that are named for a database.

A file that needs it is run outside a transaction by `executeInTransaction=false` in a .conf file
beside it. On PostgreSQL Flyway also leaves the transaction by itself where every statement of the
file is one that cannot run in it.
https://documentation.red-gate.com/fd/migration-transaction-handling-273973399.html
"""

from __future__ import annotations

from migralint.layouts.folder import Folder, Layout, Runs
from migralint.model import File
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

NAME = pattern(r"([VBR])(\d[\d._]{0,60})?__(.{1,200})\.sql$")
ASIDE = pattern(r"U\d[\d._]{0,60}__|(?:before|after|create)[A-Z]")
NOT_IN_TRANSACTION = pattern(r"(?im)^[ \t]*executeInTransaction[ \t]*=[ \t]*false\b")
CONCURRENTLY = pattern(r"(?i)\bconcurrently\b")
COMMENT = pattern(r"--[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z)")


def files(folder: Folder) -> list[File]:
    """Baselines and versions by their numbers, then the repeatable ones by their description."""
    found = []
    why = "is not called V1__name.sql or R__name.sql: Flyway ignores it without a word"
    for path in folder.below(8):  # Flyway looks into subfolders too
        name = path.rpartition("/")[2]
        parts = NAME.match(name)
        if parts and (parts.group(1) == "R") == (parts.group(2) is None):
            version = (parts.group(2) or "").replace("_", ".").strip(".")
            found.append(File(path, version, parts.group(3)))
        elif name.lower().endswith(".sql") and not ASIDE.match(name):
            folder.strays.append((path, why))
    return sorted(found, key=_order)


def _order(file: File) -> tuple[bool, list[int], str]:
    numbers = [int(part) for part in file.version.split(".") if part]
    while numbers and numbers[-1] == 0:
        numbers.pop()  # 1.0 is 1
    return not file.version, numbers, file.name


def runs(folder: Folder, dialect: str) -> Callable[[str, str], Runs]:
    def each(path: str, text: str) -> Runs:
        name = path.rpartition("/")[2]
        opt_out = f"a file {name}.conf beside it with the line `executeInTransaction=false`"
        conf = f"{path}.conf"
        out = folder.source.exists(conf) and NOT_IN_TRANSACTION.search(folder.text(conf))
        alone = dialect == "postgres" and _only_concurrent(text)
        return Runs("statement" if out or alone else "file", opt_out)

    return each


def _only_concurrent(text: str) -> bool:
    if not CONCURRENTLY.search(text):
        return False
    statements = [part for part in COMMENT.sub(" ", text).split(";") if part.strip()]
    return all(CONCURRENTLY.search(part) for part in statements)


LAYOUT = Layout(files, runs)
