"""Prisma: a folder for each migration with its `migration.sql`; Prisma ignores every other file.

Prisma sorts by `localeCompare`, which is no plain order of bytes: `_` comes before digits, and case
counts last. `_order` does the same for the characters of migration names.
How a PostgreSQL file is executed depends on Prisma's version: up to 7.3 as one simple query, which
is a transaction as soon as it holds two statements; from 7.4 on each statement by itself.
"""

from __future__ import annotations

from migralint.layouts.folder import Folder, Layout, Runs, dialect_named, set_aside
from migralint.model import File
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from migralint.model import Unknown

PROVIDER = pattern(r"""(?m)^[ \t]{0,40}provider[ \t]{0,40}=[ \t]{0,40}["']([a-z]{1,40})["']""")
# a script may be called prisma too, so the value has to look like a version
DEPENDENCY = pattern(
    r'"(?:prisma|@prisma/client)"\s{0,40}:\s{0,40}'
    r'"([\^~<>=v*\d][^"]{0,100}|(?:latest|next|dev|catalog:|workspace:|npm:)[^"]{0,100})"'
)
VERSION = pattern(r"^\d{1,40}_?")
NO_FILE = pattern(r"(?!)")
NUMBER = pattern(r"(\d{1,6})(?:\.(\d{1,6}))?")
# npm, pnpm, yarn and bun, in this order of their files
LOCKED = {
    "package-lock.json": pattern(
        r'"node_modules/(?:prisma|@prisma/client)": \{\s{0,40}"version": "(\d+\.\d+)'
    ),
    "pnpm-lock.yaml": pattern(r"(?m)^ {2,8}['\"/]{0,2}(?:prisma|@prisma/client)[@/](\d+\.\d+)"),
    "yarn.lock": pattern(
        r'(?m)^"?(?:prisma|@prisma/client)@[^\n]{1,200}:\n {1,4}version:? "?(\d+\.\d+)'
    ),
    "bun.lock": pattern(r'"(?:prisma|@prisma/client)": \["(?:prisma|@prisma/client)@(\d+\.\d+)'),
}
STATEMENTS_FROM = (7, 4)


def _order(name: str) -> tuple[str, str]:
    return name.lower().replace("_", "\x01").replace("-", "\x02"), name


def files(folder: Folder) -> list[File]:
    found = []
    without = []
    for name in sorted(folder.subfolders(), key=_order):
        path = folder.at(name, "migration.sql")
        if folder.source.exists(path) or "migration.sql" in folder.source.list(folder.at(name)):
            found.append(File(path, name, VERSION.sub("", name) or name))
        elif folder.at(name) not in folder.source.closed:
            without.append(name)
    stops = "holds no migration.sql: `prisma migrate deploy` stops there (P3015)"
    folder.strays += [(folder.at(name), stops) for name in without]
    ignored = (
        "is not read by Prisma, which takes a folder for each migration, with its migration.sql"
    )
    set_aside(folder, NO_FILE, ignored)
    return found


def dialect(folder: Folder) -> str:
    """From migration_lock.toml, else from the schema, one file or a folder of them.

    A provider that is no dialect of ours comes back as it is written.
    """
    for path in (_lock(folder), *_schemas(folder)):
        found = _provider(folder, path)
        if found:
            return dialect_named(found) or found
    return ""


def _lock(folder: Folder) -> str:
    return folder.at("migration_lock.toml")


def _provider(folder: Folder, path: str) -> str:
    text = folder.text(path)
    if path.endswith(".prisma"):
        _, _, text = text.partition("datasource ")
        text = text.partition("}")[0]
    found = PROVIDER.search(text)
    return found.group(1) if found else ""


def _schemas(folder: Folder) -> list[str]:
    """The .prisma files beside the folder, and in `schema/` beside it."""
    above = folder.path.rpartition("/")[0]
    found = []
    for place in (above, f"{above}/schema" if above else "schema"):
        names = folder.source.list(place or ".")
        found += [f"{place}/{n}" if place else n for n in names if n.endswith(".prisma")]
    return sorted(found, key=lambda path: not path.endswith("schema.prisma"))


def version(folder: Folder) -> tuple[int, int] | None:
    """Prisma's (major, minor): configured, else from the nearest package.json and lock file."""
    if folder.config.prisma_version:
        return _numbers(folder.config.prisma_version)
    for path in folder.nearest("package.json"):
        for wanted in DEPENDENCY.findall(folder.text(path)):
            least = _numbers(wanted)
            if least and (least >= STATEMENTS_FROM or _stays_below(wanted, least)):
                return least
            return _locked(folder) or least
    return None


def _stays_below(wanted: str, least: tuple[int, int]) -> bool:
    """No version of the range reaches 7.4, so the lock file need not be read."""
    return wanted[0] in "0123456789=v~" or (wanted[0] == "^" and least[0] < STATEMENTS_FROM[0])


def _numbers(text: str) -> tuple[int, int] | None:
    """The least version of a range: `^7.4.1` -> (7, 4)."""
    if (">=" not in text and ">" in text) or "||" in text:
        return None
    found = NUMBER.search(text)
    return (int(found.group(1)), int(found.group(2) or 0)) if found else None


def _locked(folder: Folder) -> tuple[int, int] | None:
    for name, form in LOCKED.items():
        for path in folder.nearest(name):
            found = form.search(folder.text(path))
            if found:
                return _numbers(found.group(1))
    return None


def runs(folder: Folder, dialect: str) -> Callable[[str, str], Runs]:
    """MySQL commits each DDL statement, and SQLite's `execute_batch` opens no transaction."""
    transaction: str | Unknown = "statement"
    if dialect == "postgres" and (version(folder) or (0, 0)) < STATEMENTS_FROM:
        transaction = "query"
    return lambda path, text: Runs(transaction, foreign_keys=True)


LAYOUT = Layout(files, runs, dialect, lambda folder: _provider(folder, _lock(folder)))
