"""Is a restored database what the manifest says: rows, history, schema."""

from __future__ import annotations

import re

from migralint.backup import rooms
from migralint.model import MigralintError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migralint.backup.manifest import Backup
    from migralint.runner.target import Target

SHOWN = 20
CAST = re.compile(
    r'::(?:"[^"]{1,130}"|[a-z_][\w.]{0,130}(?: varying| precision)?)(?:\(\d+(?:,\d+)?\))?(?:\[\])*'
)


# pg_dump gives the columns of a partition that have no default, where its parent's have, this one.
NO_DEFAULT = re.compile(r"(?m)^default: NULL(?:::.{0,200})?$")


def rows(expected: Mapping[str, int], found: Mapping[str, int]) -> list[str]:
    """A sentence for each table that does not have the rows that it should."""
    said = []
    for name in sorted({*expected, *found}):
        wanted, present = expected.get(name), found.get(name)
        if wanted == present:
            continue
        if present is None:
            said.append(f"the table {name} is missing")
        elif wanted is None:
            said.append(f"there is a table {name} that was not in the backup")
        else:
            said.append(f"{name} has {present:,} rows instead of {wanted:,}")
    return said


def trial(target: Target, backup: Backup) -> None:
    """Restore it into a scratch database, compare, and remove that again. 1 where it differs."""
    from migralint.backup.making import stamp

    room = rooms.of(backup.dialect)
    name = scratch_name(target, "trial", stamp())
    try:
        room.create(target, name)
        room.load(target, backup, name)
        problems = proved(target, room, name, backup)
    finally:
        room.discard(target, name)
    if problems:
        raise refused("the trial restore does not give what was backed up", problems)


def refused(what: str, problems: Sequence[str]) -> MigralintError:
    more = [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
    return MigralintError(f"{what}:\n  " + "\n  ".join((*problems[:SHOWN], *more)), status=1)


def proved(target: Target, room: rooms.Room, name: str, backup: Backup) -> list[str]:
    """What is not as it was, [] where everything is. A backup without manifest proves nothing."""
    if not backup.sha256:
        return []
    url = rooms.elsewhere(target.found.url, name)
    with rooms.connected(target, url, writes=False) as session:
        said = rows(backup.tables, room.count(target.db, session))
        if rooms.applied(target, session) != tuple(backup.migrations):
            said.append("the history does not have the migrations of the backup")
        if _release(session.server.shown) == _release(backup.server) and backup.catalog is not None:
            said += _schema(backup.catalog, rooms.catalog(target, session) or {})
    return said


def _release(server: str) -> str:
    """PostgreSQL 15, MariaDB 10.11: another one may write the same schema otherwise."""
    return server.rpartition(".")[0] or server


def _schema(expected: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    said = []
    for name in sorted({*expected, *found}):
        wanted, present = expected.get(name), found.get(name)
        if name.startswith("event "):
            continue  # MySQL's are made last, under the database's own name, or they would run
        if present is None and not (name.startswith("index ") and "invalid" in str(wanted).lower()):
            said.append(f"{name} is missing")  # pg_dump leaves invalid indexes out
        elif wanted is None:
            said.append(f"{name} was not in the backup")
        elif present is not None and loosely(wanted) != loosely(present):
            said.append(f"{name} is not as it was")
    return said


def loosely(definition: str) -> str:
    """Without casts, brackets and spaces: the server writes an expression that was restored with
    others than it did before (`'a'::varchar` in an array becomes `('a'::varchar)::text`)."""
    return re.sub(r"[()\s]", "", CAST.sub("", NO_DEFAULT.sub("", definition)))


def catalog_hash(catalog: Mapping[str, str] | None) -> str:
    import hashlib

    if catalog is None:
        return ""
    text = "\0".join(f"{name}\n{definition}" for name, definition in sorted(catalog.items()))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def scratch_name(target: Target, purpose: str, stamp: str) -> str:
    """A name of at most 63 bytes for a database of ours; for SQLite a file beside the target's."""
    import os

    url = target.found.url
    if url.dialect == "sqlite":
        return f"{os.path.realpath(url.database)}.{purpose}-{stamp}"
    base = url.database.encode()[:30].decode("utf-8", "ignore")
    return f"{base}_{purpose}_{stamp}"
