"""How tools lay out migrations: one module a layout, and how a folder of each is recognised.

A layout's module is imported when a folder of its kind was found: the hook meets one of them.
"""

from __future__ import annotations

from migralint.layouts.folder import DOWN_FILE, Folder, Layout, Runs
from migralint.model import File
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FLYWAY_DEPTH", "LAYOUTS", "File", "Folder", "Layout", "Runs", "layout", "recognise"]

FLYWAY_NAME = pattern(r"(?:[VUB]\d[\d._]{0,60}|R)__.{1,200}\.sql$")
SQLX = pattern(r"(?m)^[ \t]{0,9}sqlx\b")
FLYWAY_ROOTS = ("migration", "migrations")
FLYWAY_DEPTH = 3
MILLISECONDS = pattern(r"1\d{12}_")
VERSION = pattern(r"(\d{1,40})_")


def _numbered(folder: Folder) -> list[str]:
    return [sub for sub in folder.subfolders() if sub[0].isdigit()]


def _version_folders(folder: Folder, name: str) -> list[str]:
    """Some of the subfolders that begin with a digit and hold a file of this name."""
    numbered = _numbered(folder)
    if len(numbered) > 6:
        numbered = numbered[:3] + numbered[-3:]
    return [sub for sub in numbered if folder.source.exists(folder.at(sub, name))]


def _is_prisma(folder: Folder) -> bool:
    if "migration_lock.toml" in folder.names:  # one that stands above the folder is a copy
        return not folder.source.exists(folder.at("migrations", "migration_lock.toml"))
    found = _version_folders(folder, "migration.sql")
    if not found or folder.source.exists(folder.at(found[-1], "snapshot.json")):
        return False
    # Where most have none, they are notes, and some of them with SQL.
    return len(found) * 2 > min(len(_numbered(folder)), 6)


def _is_drizzle(folder: Folder) -> bool:
    if "meta/" in folder.names and folder.source.exists(folder.at("meta/_journal.json")):
        return True
    if _version_folders(folder, "snapshot.json"):
        return bool(_version_folders(folder, "migration.sql"))
    return "--> statement-breakpoint" in _first_text(folder)


def _is_hasura(folder: Folder) -> bool:
    return any(MILLISECONDS.match(sub) for sub in _version_folders(folder, "up.sql"))


def _is_diesel(folder: Folder) -> bool:
    return bool(_version_folders(folder, "up.sql"))


def _is_flyway(folder: Folder) -> bool:
    if any(FLYWAY_NAME.match(name) for name in folder.names):
        return True
    if folder.path.rpartition("/")[2] not in FLYWAY_ROOTS or not folder.subfolders():
        return False
    # A folder for each release, or for each kind: one history where no version stands twice.
    names = [path.rpartition("/")[2] for path in folder.below(FLYWAY_DEPTH)]
    versions = [name.partition("__")[0] for name in names if FLYWAY_NAME.match(name)]
    return len(set(versions)) == len(versions) > 0


def _has_pairs(folder: Folder) -> bool:
    downs = {name for name in folder.names if name.endswith(".down.sql")}
    return any(name.removesuffix(".up.sql") + ".down.sql" in downs for name in _ups(folder))


def _ups(folder: Folder) -> list[str]:
    return [name for name in folder.names if name.endswith(".up.sql")]


def _uses_sqlx(folder: Folder) -> bool:
    if not any(VERSION.match(name) for name in folder.sql()):
        return False  # queries, which are in every project that uses sqlx
    manifests = folder.nearest("Cargo.toml")
    return any(SQLX.search(folder.text(path)) for path in manifests)


def _is_golang_migrate(folder: Folder) -> bool:
    """Pairs, each with a number of its own, but for the few that somebody has got wrong."""
    numbers = {found[1] for name in _ups(folder) if (found := VERSION.match(name))}
    wrong = len(_ups(folder)) - len(numbers)
    return wrong * 10 <= max(len(numbers), 10) and _has_pairs(folder)


def _is_supabase(folder: Folder) -> bool:
    return folder.path.endswith("supabase/migrations") and bool(folder.sql())


def _is_goose(folder: Folder) -> bool:
    return "+goose" in _first_text(folder)


def _is_dbmate(folder: Folder) -> bool:
    return "-- migrate:up" in _first_text(folder)


def _is_atlas(folder: Folder) -> bool:
    return "atlas.sum" in folder.names


def _is_plain(folder: Folder) -> bool:
    return bool(folder.sql())


def _first_text(folder: Folder) -> str:
    names = [name for name in folder.sql() if not DOWN_FILE.search(name)]
    return folder.text(folder.at(names[0])) if names else ""


# The first that recognises the folder has it, so the surer marks stand first.
LAYOUTS: dict[str, Callable[[Folder], bool]] = {
    "supabase": _is_supabase,  # also where Drizzle wrote the files
    "prisma": _is_prisma,
    "drizzle": _is_drizzle,
    "hasura": _is_hasura,
    "diesel": _is_diesel,
    "flyway": _is_flyway,
    "goose": _is_goose,
    "dbmate": _is_dbmate,
    "sqlx": lambda folder: bool(folder.sql()) and _uses_sqlx(folder),
    "golang-migrate": _is_golang_migrate,
    "atlas": _is_atlas,
    "plain": _is_plain,
}


def recognise(folder: Folder) -> str:
    """The layout of the folder, "" where it holds no migrations."""
    if not folder.names:
        return ""
    return next((name for name, is_this in LAYOUTS.items() if is_this(folder)), "")


def layout(name: str) -> Layout:
    module = __import__(f"migralint.layouts.{name.replace('-', '_')}", fromlist=["LAYOUT"])
    found: Layout = module.LAYOUT
    return found
