"""Drizzle: `meta/_journal.json` orders the files; since 1.0 a folder for each, with a snapshot.

The migrator runs all pending files in one transaction and has no way out of it; a COMMIT in the
file ends it. On SQLite, foreign keys are off during a migration with libSQL, and on with
better-sqlite3.
"""

from __future__ import annotations

from migralint.layouts.folder import (
    Folder,
    Layout,
    Runs,
    by_number,
    dialect_named,
    flat_files,
)
from migralint.model import UNKNOWN, File
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from migralint.model import Unknown

VERSION = pattern(r"^\d{1,40}_?")
DIALECT = pattern(r'"dialect"\s{0,40}:\s{0,40}"([a-z0-9-]{1,40})"')
MANY = 5  # so many of a kind are one matter, and told as one
DRIVER = pattern(r'"(@libsql/client|better-sqlite3)"\s{0,40}:')


def _journal(folder: Folder) -> str:
    return folder.at("meta/_journal.json")


def files(folder: Folder) -> list[File]:
    if folder.source.exists(_journal(folder)):
        return _journaled(folder)
    flat = sorted(flat_files(folder, folder.sql()), key=lambda f: by_number(f.version))
    return [
        *flat,
        *(
            File(folder.at(name, "migration.sql"), name, VERSION.sub("", name) or name)
            for name in folder.subfolders()
            if folder.source.exists(folder.at(name, "migration.sql"))
        ),
    ]


def _journaled(folder: Folder) -> list[File]:
    """In the journal's order; what it does not name is not applied, and stands at the end."""
    named = list(dict.fromkeys(f"{tag}.sql" for tag in _tags(folder)))
    here = set(folder.sql())
    missing = [name for name in named if name not in here]
    if len(missing) > MANY:
        why = f"names {missing[0]} and {len(missing) - 1} more files that are not there"
        folder.problems.append((_journal(folder), f"{why}: Drizzle stops at the first", 1))
        named = [name for name in named if name in here]
    strays = sorted(here.difference(named), key=by_number)
    if named and len(strays) > MANY:
        why = (
            f"and {len(strays) - 1} more files here are not in meta/_journal.json: Drizzle does not"
        )
        folder.strays.append((folder.at(strays[0]), f"{why} apply them"))
    elif named:
        why = "is not in meta/_journal.json: Drizzle does not apply it"
        folder.strays += [(folder.at(name), why) for name in strays]
    return flat_files(folder, [*named, *strays])


def _tags(folder: Folder) -> list[str]:
    import json

    path = _journal(folder)
    try:
        journal = json.loads(folder.text(path))
        entries = sorted(journal["entries"], key=lambda entry: int(entry["idx"]))
        return [str(entry["tag"]) for entry in entries]
    except json.JSONDecodeError as error:
        folder.problems.append((path, f"is not JSON: {error.msg}", error.lineno))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        folder.problems.append((path, "is no journal: entries, each with idx and tag", 1))
    return []


def dialect(folder: Folder) -> str:
    paths = [_journal(folder)]
    paths += [folder.at(sub, "snapshot.json") for sub in folder.subfolders()[-1:]]
    for path in paths:
        found = DIALECT.search(folder.text(path))
        if found:
            return dialect_named(found.group(1))
    return ""


def runs(folder: Folder, dialect: str) -> Callable[[str, str], Runs]:
    enforced = _foreign_keys(folder) if dialect == "sqlite" else UNKNOWN
    return lambda path, text: Runs("file", foreign_keys=enforced)


def _foreign_keys(folder: Folder) -> bool | Unknown:
    """libSQL's client switches them off before a migration, better-sqlite3 is built with them on.

    https://github.com/tursodatabase/libsql-client-ts (`migrate`)
    """
    for path in folder.nearest("package.json"):
        drivers = set(DRIVER.findall(folder.text(path)))
        if len(drivers) == 1:
            return "better-sqlite3" in drivers
    return UNKNOWN


LAYOUT = Layout(files, runs, dialect)
