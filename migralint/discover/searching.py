"""Folders of migrations that nobody has named, or whose files have changed."""

from __future__ import annotations

import os
import posixpath

from migralint.config import place_of
from migralint.discover.finding import (
    CLOSED,
    FOLDER_EACH,
    NothingFound,
    layout_folder,
    named,
    named_sql,
)
from migralint.discover.places import holds_migrations, of_tests
from migralint.layouts import LAYOUTS
from migralint.model import MigralintError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from migralint.discover.finding import Found
    from migralint.git import Changes

# Folders of tools, where nobody writes migrations by hand.
EXCLUDED = frozenset(
    (
        *("node_modules", "vendor", ".git", ".venv", "venv", "dist", "build", "target", "out"),
        *("coverage", "__pycache__", ".next", ".nuxt", ".turbo", ".cache", ".yarn", ".pnpm-store"),
        *(".tox", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".migralint_cache", ".terraform"),
    )
)
DEEPEST = 24


def find_all(found: Found) -> None:
    """The configured folders, else those found below the configuration or the root; and scripts."""
    configured = found.config.paths
    missing = [path for path in configured if not found.source.exists(path)]
    if missing:
        place, line = place_of("paths", found.config.origin)
        raise MigralintError(
            f"`paths:` names {', '.join(missing)}, which is not there",
            path=place,
            line=line,
            hint="It takes folders and files, not globs." if "*" in "".join(missing) else "",
        )
    for path in configured:
        named(found, path)
    start = posixpath.dirname(found.config.path) or "."
    walk(found, start, scripts_only=bool(configured))
    _settle_tests(found)
    if not found.wanted and not found.alone:
        raise NothingFound("no migrations found", hint=_where(found, start))


def _settle_tests(found: Found) -> None:
    """The migrations of tests are left out, unless there are no others."""
    others = found.wanted or found.alone
    for path in () if others else found.tests:
        found.want(path)
    if others and found.tests:
        more = f" and {len(found.tests) - 1} more" if len(found.tests) > 1 else ""
        found.notes.append(f"left out as migrations of tests: {found.tests[0]}{more}")


def _where(found: Found, start: str) -> str:
    """Where was looked, and what kept from it."""
    config = found.config
    root = os.path.normpath(os.path.join(found.source.root, start))
    below = f"{', '.join(config.paths)}, as `paths:` says," if config.paths else root
    closed = "".join(f"{path} {CLOSED}.\n  " for path in found.source.closed)
    out = f"`exclude:` leaves {', '.join(config.exclude)} out. " if config.exclude else ""
    only = (
        "Where there are none to check, name the scripts: `migralint lint .`."
        if found.scripts
        else ""
    )
    return (
        f"{closed}Looked below {below} for the layouts of {', '.join(LAYOUTS)}. {out}"
        "Name the folder: `migralint lint PATH`, or `paths: [PATH]` in .migralint.yaml. "
        f"{only}"
    ).rstrip()


def find_changed(found: Found, below: Sequence[str], changes: Changes) -> None:
    """Changed files that are migrations or scripts; any other file is no concern of ours."""
    for path in (*changes.added, *changes.modified):
        if below and not any(b == "." or path == b or path.startswith(b + "/") for b in below):
            continue
        if EXCLUDED.intersection(path.split("/")) or found.excluded(path):
            continue
        if not path.lower().endswith(".sql"):
            found.take_script(path)
        elif is_migration(found, path):
            named_sql(found, path)


def is_migration(found: Found, path: str) -> bool:
    """Does the file lie in a folder that a run without arguments would find?"""
    if any(known == "." or path.startswith(known + "/") for known in found.config.paths):
        return True
    folder = layout_folder(found, path)
    return holds_migrations(found.folder(folder), found.layout(folder)) and not of_tests(folder)


def walk(found: Found, start: str, named: bool = False, scripts_only: bool = False) -> None:
    """Folders of migrations, and scripts, below `start`, without the folders of tools."""
    pending = [(start, 0)]
    while pending:
        path, depth = pending.pop()
        folder = found.folder(path)
        kind = "" if scripts_only else found.layout(path)
        if kind and (named or holds_migrations(folder, kind)):
            found.tests.append(path) if of_tests(path) and not named else found.want(path)
        for name in folder.names:
            inner = folder.at(name.rstrip("/"))
            if not name.endswith("/"):
                if not name.endswith(".sql") and not found.excluded(inner):
                    found.take_script(inner)
            elif kind not in FOLDER_EACH and depth < DEEPEST and _is_open(found, inner):
                pending.append((inner, depth + 1))


def _is_open(found: Found, folder: str) -> bool:
    return posixpath.basename(folder) not in EXCLUDED and not found.excluded(folder)
