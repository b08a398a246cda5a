"""Whether the disk has room for the tables that are written again.

SQL does not tell how much is free. Where the server's files are on this machine and can be seen,
the file system does; elsewhere the number of bytes that are needed is all there is.
"""

from __future__ import annotations

import os

from migralint.amounts import size
from migralint.preflight.check import failed, passed, warned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from migralint.preflight.asked import Asked
    from migralint.preflight.check import Check

NAME = "disk space"
# The new files, and the log of what is written into them.
TWICE = 2


def disk(asked: Asked) -> Iterable[Check]:
    if not asked.planned:
        return
    needed, unknown = _needed(asked)
    if not needed and not unknown:
        yield passed(NAME, "no pending statement writes a table again or builds an index on one")
        return
    what = f"about {size(needed)} needed for new tables, indexes and the log of them"
    if unknown:
        what = f"at least {size(needed)} needed; not known for {', '.join(unknown[:5])}"
    free = _free(asked)
    if free is None:
        hint = "Look at the server's disk, or the provider's graph of it."
        yield warned(NAME, f"{what}; how much is free cannot be seen from here", hint=hint)
    elif free < needed:
        hint = "Make room first: a full disk stops every write."
        yield failed(NAME, f"{what}, but {size(free)} are free", hint=hint)
    elif unknown or free < needed * TWICE:
        yield warned(NAME, f"{what}, {size(free)} free")
    else:
        yield passed(NAME, f"{what}, {size(free)} free")


def _needed(asked: Asked) -> tuple[int, list[str]]:
    """(bytes, the objects whose size is not known). An index counts as its whole table: it seldom
    is more."""
    total, unknown = 0, []
    for planned in asked.planned:
        for effect in planned.effects:
            if effect.work not in ("rewrite", "index", "unknown"):
                continue
            if effect.bytes is None and effect.seconds != 0:
                unknown.append(effect.object)
            total += TWICE * (effect.bytes or 0)
    if asked.dialect == "sqlite" and _rebuilds(asked):
        path = asked.session.url.database
        total += TWICE * (os.path.getsize(path) if os.path.exists(path) else 0)
    return total, list(dict.fromkeys(unknown))


def _rebuilds(asked: Asked) -> bool:
    return any(
        operation.kind == "insert" and operation.facts.get("source") == "select"
        for _, operation in asked.operations()
    )


def _free(asked: Asked) -> int | None:
    """Bytes, None where they cannot be seen from here."""
    url = asked.session.url
    if url.dialect == "sqlite":
        return _room(os.path.dirname(os.path.abspath(url.database)))
    if not url.is_local:
        return None
    folder = _data_folder(asked)
    return _room(folder) if folder else None


def _data_folder(asked: Asked) -> str:
    """The server's folder, where it surely is the one that is meant: a container's would be another
    file system under the same name."""
    if asked.dialect == "mysql":
        found = asked.maybe("SELECT @@datadir, @@pid_file")
        folder, mark = found[0] if found else ("", "")
        mark = os.path.join(folder, mark)
        return folder if folder and os.path.exists(mark) and os.access(folder, os.R_OK) else ""
    if _other_tablespaces(asked):
        return ""
    found = asked.maybe("SELECT current_setting('data_directory'), current_setting('port')")
    if not found:
        return ""
    folder, port = found[0]
    try:
        with open(os.path.join(folder, "postmaster.pid"), encoding="utf-8") as file:
            lines = file.read().split("\n")
    except OSError:
        return ""
    return folder if len(lines) > 3 and lines[3] == port else ""


def _other_tablespaces(asked: Asked) -> bool:
    sql = "SELECT 1 FROM pg_class WHERE reltablespace <> 0 AND relkind IN ('r', 'i', 'm') LIMIT 1"
    return bool(asked.maybe(f"{sql.replace('<> 0', '> 1664')}"))


def _room(folder: str) -> int | None:
    try:
        found = os.statvfs(folder)
    except OSError:
        return None
    return found.f_bavail * found.f_frsize
