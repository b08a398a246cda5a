"""Which folders of migrations and which files a run is about, where they are named."""

from __future__ import annotations

import os
import posixpath

from migralint.layouts import FLYWAY_DEPTH, Folder, recognise
from migralint.layouts.folder import DATABASES
from migralint.model import MigralintError
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from migralint.config import Config
    from migralint.model import Listing, Script
    from migralint.source import Source

SCRIPT_FOLDER = pattern(r"(?:^|/)\.?(?:bin|scripts?|ci|deploy|hooks|husky|tools)$")
VERSION_FILES = ("migration.sql", "up.sql", "down.sql")
FOLDER_EACH = ("prisma", "drizzle", "diesel", "hasura")
CLOSED = "cannot be read: Permission denied"


class NothingFound(MigralintError):
    """No migrations are here; `scripts` there may be."""

    scripts: tuple[Script, ...] = ()


class Found:
    """What has been found so far.

    `wanted`: by folder of migrations, the files to report on (None: all of them); `tests`: the
    folders of those that only tests apply; `alone`: SQL files that belong to no folder; `scripts`:
    their forms by path; `downs`, `unread`: what was left out, and why.
    """

    def __init__(self, config: Config, source: Source) -> None:
        self.config = config
        self.source = source
        self.wanted: dict[str, set[str] | None] = {}
        self.alone: set[str] = set()
        self.scripts: dict[str, str] = {}
        self.notes: list[str] = []
        self.downs: list[str] = []
        self.tests: list[str] = []
        self.unread: list[str] = []
        self.listings: list[Listing] = []
        self._folders: dict[str, Folder] = {}
        self._layouts: dict[str, str] = {}

    def folder(self, path: str) -> Folder:
        if path not in self._folders:
            self._folders[path] = Folder(path, self.source, self.config)
        return self._folders[path]

    def layout(self, path: str) -> str:
        """The folder's layout: what it holds decides, a configured one of the same shape wins."""
        if path not in self._layouts:
            found = recognise(self.folder(path))
            configured = self.config.layout
            if found and configured and (found in FOLDER_EACH) == (configured in FOLDER_EACH):
                found = configured
            self._layouts[path] = found
        return self._layouts[path]

    def want(self, folder: str, file: str = "") -> None:
        files = self.wanted.setdefault(folder, set())
        if not file:
            self.wanted[folder] = None
        elif files is not None:
            files.add(file)

    def excluded(self, path: str) -> bool:
        if not self.config.exclude:
            return False
        from migralint.config.patterns import matches

        return any(matches(pattern, path) for pattern in self.config.exclude)

    def take_script(self, path: str, named: bool = False) -> bool:
        """Note the file if it runs commands; one without an ending tells that in its first line."""
        from migralint.scripts import form_of

        if path == self.config.path:
            return False
        form = form_of(path)
        if not form and named and path.lower().endswith((".md", ".mdx")):
            form = "markdown"  # its shell blocks, only when somebody asks
        folder, name = posixpath.split(path)
        if not form and "." not in name and (named or SCRIPT_FOLDER.search(folder)):
            text = self.folder(folder or ".").text(path)
            form = form_of(path, text[:200].partition("\n")[0])
        if form:
            self.scripts[path] = form
        return bool(form)


def within(root: str, path: str) -> str:
    """A path of the command line, relative to the root; one outside of it stays absolute."""
    if os.path.isabs(path):
        relative = os.path.relpath(path, root)
        if relative.startswith(".."):
            relative = os.path.relpath(os.path.realpath(path), os.path.realpath(root))
        path = path if relative.startswith("..") else relative
    return posixpath.normpath(path.replace(os.sep, "/"))


def find_named(found: Found, paths: Sequence[str], force_exclude: bool) -> None:
    missing = [path for path in paths if not _is_there(found.source, path)]
    if missing:
        raise MigralintError(f"no such file or folder: {', '.join(missing)}")
    for path in paths:
        if force_exclude and found.excluded(path):
            found.notes.append(f"{path} is excluded by the configuration")
        else:
            named(found, path)


def _is_there(source: Source, path: str) -> bool:
    """A link that leads nowhere is there: it becomes a finding, not a usage error."""
    folder, name = posixpath.split(path)
    return source.exists(path) or name in source.list(folder or ".")


def named(found: Found, path: str) -> None:
    folder = found.folder(path)
    versions = [n.rstrip("/") for n in folder.names if n.rstrip("/") in VERSION_FILES]
    if versions and found.layout(posixpath.dirname(path) or ".") not in FOLDER_EACH:
        versions = []
    if path in found.source.closed:
        raise MigralintError(CLOSED, path=path)
    if not folder.names:
        if path.lower().endswith(".sql"):
            named_sql(found, path)
        elif posixpath.basename(path) + "/" in found.folder(posixpath.dirname(path) or ".").names:
            raise MigralintError(f"{path} holds no migrations: it is empty")
        elif not found.take_script(path, named=True):
            found.notes.append(f"{path} is neither SQL nor a script that migralint reads")
    elif versions:
        for name in versions:
            named_sql(found, folder.at(name))
    elif path.lower().endswith(".sql"):
        named_sql(found, path)  # a folder of that name: it becomes a finding
    else:
        from migralint.discover.searching import walk

        before = len(found.wanted) + len(found.scripts)
        walk(found, path, named=True)
        if len(found.wanted) + len(found.scripts) == before and path not in found.wanted:
            closed = "".join(f"{one} {CLOSED}. " for one in found.source.closed)
            why = "no .sql file in any of its folders"
            raise MigralintError(f"{path} holds no migrations: {why}", hint=closed)


def named_sql(found: Found, path: str) -> None:
    folder = layout_folder(found, path)
    if found.layout(folder):
        found.want(folder, path)
    else:
        found.alone.add(path)


def layout_folder(found: Found, path: str) -> str:
    """The folder whose layout the file belongs to: for `x/migration.sql` the one above `x`."""
    folder, name = posixpath.split(path)
    above = posixpath.dirname(folder) or "."
    if folder and name in VERSION_FILES and found.layout(above) in FOLDER_EACH:
        return above
    folder = folder or "."
    return _flyway_root(found, folder) if found.layout(folder) == "flyway" else folder


def _flyway_root(found: Found, folder: str) -> str:
    """The uppermost folder that Flyway is told of: what lies in its subfolders is its history."""
    root = here = folder
    for _ in range(FLYWAY_DEPTH):
        if here == "." or posixpath.basename(here).lower() in DATABASES:
            break
        here = posixpath.dirname(here) or "."
        root = here if found.layout(here) == "flyway" else root
    return root
