"""A backup and its manifest: the JSON beside the archive that says what is in it.

Only what has a manifest of ours, and the size that it names, counts as a backup or is ever removed.
"""

from __future__ import annotations

import os

from migralint.model import MigralintError, Record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from migralint.runner.target import Target
    from migralint.runner.url import Url

END = ".json"
PARTIAL = ".partial"
LARGEST = 200_000_000
LOCAL = frozenset(("", "localhost", "127.0.0.1", "::1"))
PORTS = {"postgres": "5432", "mysql": "3306"}


class Backup(Record):
    """An archive of one database. `created`, `verified` and `trial` are ISO times in UTC.

    `tables` are the rows of each table, counted in the snapshot that was dumped; `verified` says
    when the whole archive was read ("": never), `trial` when it was restored for a trial; `place`
    is the server (or the folder of the file), so that a backup of staging is none of production;
    `catalog` is the schema as objects by name, None where it was not taken.
    """

    path: str
    created: str
    bytes: int
    sha256: str
    database: str
    server: str
    tool: str
    tables: Mapping[str, int]
    verified: str = ""
    migrations: tuple[str, ...] = ()
    dialect: str = "postgres"
    place: str = ""
    trial: str = ""
    seconds: float = 0.0
    catalog: Mapping[str, str] | None = None
    catalog_sha256: str = ""

    @property
    def rows(self) -> int:
        return sum(self.tables.values())

    @property
    def name(self) -> str:
        return os.path.basename(self.path)


def folder_of(target: Target) -> str:
    return os.path.join(target.config.root, target.config.backup_folder)


def database_of(url: Url) -> str:
    """What a person calls the database: for SQLite the name of its file."""
    return os.path.basename(url.database) if url.dialect == "sqlite" else url.database


def place_of(url: Url) -> str:
    if url.dialect == "sqlite":
        return os.path.dirname(os.path.realpath(url.database))
    host = "localhost" if url.host in LOCAL else url.host
    return host if host.startswith("/") else f"{host}:{url.port or PORTS[url.dialect]}"


def as_mapping(backup: Backup, with_catalog: bool = True) -> dict[str, Any]:
    names = [name for name in Backup.__annotations__ if name not in ("path", "catalog")]
    found = {"schema_version": 1, "written_by": "migralint", "file": backup.name}
    found |= {name: getattr(backup, name) for name in names}
    found["tables"] = dict(backup.tables)
    if with_catalog and backup.catalog is not None:
        found["catalog"] = dict(backup.catalog)
    return found


def write(backup: Backup) -> None:
    """Whole or not at all, and for nobody else to read: names of columns can say much."""
    import json

    beside = f"{backup.path}{END}{PARTIAL}"
    text = json.dumps(as_mapping(backup), indent=1, ensure_ascii=False)
    try:
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(text.encode("utf-8", "backslashreplace"))
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, f"{backup.path}{END}")
    except OSError as error:
        if os.path.exists(beside):
            os.unlink(beside)
        raise MigralintError(f"cannot write {beside}: {error.strerror}", status=4) from None


def read(path: str) -> Backup | None:
    """The backup whose archive is `path`; None where there is no manifest of ours."""
    import json

    try:
        with open(f"{path}{END}", "rb") as file:
            found = json.loads(file.read(LARGEST))
        if found["written_by"] != "migralint" or found["file"] != os.path.basename(path):
            return None
        kept = {name: found[name] for name in Backup.__annotations__ if name in found}
        made = Backup(path=path, **kept)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    if not _is_sound(kept):
        return None
    return replace(made, migrations=tuple(made.migrations))


def _is_sound(found: Mapping[str, Any]) -> bool:
    """A manifest is a file that anybody can edit: what is not of its type is no manifest."""
    texts = ("created", "sha256", "database", "server", "tool", "verified", "dialect", "place")
    return (
        all(isinstance(found.get(name, ""), str) for name in texts)
        and isinstance(found["bytes"], int)
        and isinstance(found.get("migrations", []), list)
        and isinstance(found["tables"], dict)
        and all(isinstance(count, int) for count in found["tables"].values())
        and isinstance(found.get("catalog"), dict | None)
    )


def found(folder: str) -> list[Backup]:
    """The backups of a folder, newest first, whether their archives are whole or not."""
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise MigralintError(f"cannot read {folder}: {error.strerror}", status=4) from None
    archives = [os.path.join(folder, n.removesuffix(END)) for n in names if n.endswith(END)]
    backups = [backup for backup in map(read, archives) if backup]
    return sorted(backups, key=lambda backup: (backup.created, backup.path), reverse=True)


def size_problem(backup: Backup) -> str:
    """What a look at the folder tells: "" where the archive is there with its size."""
    try:
        size = os.stat(backup.path).st_size
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    if size == backup.bytes and size:
        return ""
    return "it is empty" if not size else f"it has {size} bytes, its manifest says {backup.bytes}"


def counts(backup: Backup) -> bool:
    """Is it a backup: it was read whole, and is still as large as it was then."""
    return bool(backup.verified) and not size_problem(backup)


def is_of(backup: Backup, url: Url) -> bool:
    return (backup.dialect, backup.place, backup.database) == (
        url.dialect,
        place_of(url),
        database_of(url),
    )


def newest(folder: str, target: Target) -> Backup | None:
    """The newest backup of the target's own database, None where there is none that counts."""
    mine = (backup for backup in found(folder) if is_of(backup, target.found.url))
    return next(filter(counts, mine), None)


def age(backup: Backup) -> float:
    """Seconds since it was made; a time that cannot be read is older than everything."""
    from datetime import UTC, datetime

    try:
        return (datetime.now(UTC) - datetime.fromisoformat(backup.created)).total_seconds()
    except (ValueError, TypeError):  # no time, or one without its zone
        return float("inf")


def prune(folder: str, keep: int, keep_days: int) -> list[str]:
    """Remove what is neither among the `keep` newest of its database nor so young; the paths.

    The newest that counts is never removed, nor is anything without a manifest of ours.
    """
    removed = []
    seen: dict[tuple[str, str, str], int] = {}
    for backup in found(folder):
        key = (backup.dialect, backup.place, backup.database)
        rank = seen.get(key, 0)
        sound = counts(backup)
        seen[key] = rank + sound
        if rank < max(keep, 1) and (sound or rank == 0):
            continue
        if age(backup) > keep_days * 86400:
            removed += _remove(backup)
    return removed


def _remove(backup: Backup) -> list[str]:
    """The archive first: what is left after a fault is a manifest that counts for nothing."""
    try:
        for path in (backup.path, f"{backup.path}{END}"):
            if os.path.lexists(path):
                os.unlink(path)
    except OSError as error:
        raise MigralintError(f"cannot remove {path}: {error.strerror}", status=4) from None
    return [backup.path]
