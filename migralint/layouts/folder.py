"""What every layout is made of: a folder to read, the files that it yields, how they are run."""

from __future__ import annotations

from migralint.model import UNKNOWN, File, Record, Unknown
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Iterator

    from migralint.config import Config
    from migralint.source import Source

ENDING = pattern(r"(?i)(?:\.up)?\.sql$")
DATABASES = frozenset((
    "postgres", "postgresql", "pg", "cockroachdb", "mysql", "mariadb", "sqlite", "sqlite3", "h2",
    "hsqldb", "oracle", "sqlserver", "mssql", "db2", "clickhouse", "snowflake",
))  # fmt: skip
LEADING_DIGITS = pattern(r"\d{1,40}")
# 1_a.down.sql, and Postgrator's 1.undo.a.sql
DOWN_FILE = pattern(
    r"(?i)(?:^|[._-])(?:down|undo|rollback|revert)\.sql$|^\d{1,20}\.undo\.[^/]{1,200}\.sql$",
)


class Runs(Record):
    """How the layout's runner executes one file; see Migration for the meaning of each."""

    transaction: str | Unknown = UNKNOWN
    opt_out: str = ""
    forward: tuple[tuple[int, int], ...] | None = None
    foreign_keys: bool | Unknown = UNKNOWN


class Folder:
    """The folder that holds a layout's migrations. `kept` are bytes that were read already;
    `strays`: (path, sentence) of what the layout's tool ignores or stumbles over; `marked`: what
    begins with a byte order mark."""

    __slots__ = (
        *("config", "kept", "marked", "names", "notes", "path", "problems", "source", "strays"),
    )

    def __init__(self, path: str, source: Source, config: Config) -> None:
        self.path = path
        self.source = source
        self.config = config
        self.names = source.list(path)
        self.kept: dict[str, bytes] = {}
        self.notes: list[str] = []
        self.problems: list[tuple[str, str, int]] = []
        self.strays: list[tuple[str, str]] = []
        self.marked: list[str] = []

    def sql(self) -> list[str]:
        """The names that end in .sql; a folder of such a name too, or it would be overlooked."""
        return [n.rstrip("/") for n in self.names if n.rstrip("/").lower().endswith(".sql")]

    def subfolders(self) -> list[str]:
        return [name[:-1] for name in self.names if name.endswith("/") and name[0] != "."]

    def at(self, *parts: str) -> str:
        """The path of something in this folder, relative to the root."""
        return "/".join(part for part in (self.path if self.path != "." else "", *parts) if part)

    def below(self, depth: int, place: str = "") -> Iterator[str]:
        """The files in this folder and its subfolders, but for those of one database each."""
        place = place or self.path
        for name in self.source.list(place):
            path = f"{place}/{name}" if place != "." else name
            if not name.endswith("/"):
                yield path
            elif depth and name[:-1].lower() not in DATABASES:
                yield from self.below(depth - 1, path[:-1])

    def text(self, path: str) -> str:
        """A small file's text for looking at, "" where it cannot be read; kept, not read again."""
        if path not in self.kept:
            try:
                self.kept[path] = self.source.read(path)
            except OSError:
                return ""
        return self.kept[path].decode("utf-8", "replace")

    def nearest(self, name: str) -> Iterable[str]:
        """The paths of the files of this name in this folder and above it, the nearest first."""
        folder = self.path if self.path != "." else ""
        while True:
            path = f"{folder}/{name}" if folder else name
            if self.source.exists(path):
                yield path
            if not folder:
                return
            folder = folder.rpartition("/")[0]


def _unsaid(folder: Folder) -> str:
    return ""


class Layout(Record):
    """`files`: in the order in which the tool applies them. `runs`, given the folder and the
    dialect, answers for each (path, text). `dialect`: "" where the layout does not know it.
    `provider`: the database that a lock file of the layout names, in its word, else ""."""

    files: Callable[[Folder], list[File]]
    runs: Callable[[Folder, str], Callable[[str, str], Runs]]
    dialect: Callable[[Folder], str] = _unsaid
    provider: Callable[[Folder], str] = _unsaid


def split_name(name: str) -> tuple[str, str]:
    """`20240101_add_users.sql` -> ("20240101", "add_users")."""
    stem = ENDING.sub("", name)
    found = LEADING_DIGITS.match(stem)
    if not found:
        return stem, stem
    return found.group(), stem[found.end() :].lstrip("_-. ")


def by_number(version: str) -> tuple[int, str]:
    """A key that orders 2 before 10; timestamps of one width are ordered as text is."""
    found = LEADING_DIGITS.match(version)
    return (int(found.group()) if found else -1, version)


def set_aside(folder: Folder, form: re.Pattern[str], why: str) -> None:
    """Note the .sql files that are not named as the layout's tool wants them."""
    files = (name for name in folder.names if name.lower().endswith(".sql"))
    folder.strays += [(folder.at(name), why) for name in files if not form.search(name)]


def flat_files(folder: Folder, names: Iterable[str]) -> list[File]:
    """The files of a flat folder, each with the version that its name begins with, as listed."""
    return [File(folder.at(name), *split_name(name)) for name in names]


def dialect_named(word: str) -> str:
    """The dialect that a tool's word for it means, "" for a database that migralint cannot read."""
    return {
        "postgres": "postgres",
        "postgresql": "postgres",
        "cockroachdb": "postgres",
        "pg": "postgres",
        "gel": "postgres",
        "mysql": "mysql",
        "mariadb": "mysql",
        "singlestore": "mysql",
        "sqlite": "sqlite",
        "sqlite3": "sqlite",
        "turso": "sqlite",
    }.get(word.lower(), "")
