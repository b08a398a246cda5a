"""Drizzle: `meta/_journal.json` orders the files; since 1.0 a folder for each, with a snapshot.

The migrator runs all pending files in one transaction and has no way out of it.
"""

from __future__ import annotations

import re

from migralint.layouts.folder import (
    Folder,
    Layout,
    Runs,
    by_number,
    dialect_named,
    flat_files,
)
from migralint.model import File

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

DIALECT = re.compile(r'"dialect"\s{0,40}:\s{0,40}"([a-z0-9-]{1,40})"')


def _journal(folder: Folder) -> str:
    return folder.at("meta/_journal.json")


def files(folder: Folder) -> list[File]:
    if folder.source.exists(_journal(folder)):
        return _journaled(folder)
    flat = sorted(flat_files(folder, folder.sql()), key=lambda f: by_number(f.version))
    return [
        *flat,
        *(
            File(folder.at(name, "migration.sql"), name, re.sub(r"^\d{1,40}_?", "", name) or name)
            for name in folder.subfolders()
            if folder.source.exists(folder.at(name, "migration.sql"))
        ),
    ]


def _journaled(folder: Folder) -> list[File]:
    """In the journal's order; what it does not name is not applied, and stands at the end."""
    tags = _tags(folder)
    rank = {f"{tag}.sql": place for place, tag in enumerate(tags)}
    here = set(folder.sql())
    strays = sorted(here - rank.keys(), key=by_number)
    if tags:
        why = "is not in meta/_journal.json: Drizzle does not apply it"
        folder.strays += [(folder.at(name), why) for name in strays]
    return flat_files(folder, [*rank, *strays])


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
    return lambda path, text: Runs("file")


LAYOUT = Layout(files, runs, dialect)
