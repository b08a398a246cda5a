"""Backups in words and as JSON: one, a folder of them, and two side by side."""

from __future__ import annotations

import os

from migralint.amounts import counted, size
from migralint.backup import manifest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from migralint.backup.manifest import Backup
    from migralint.backup.restoring import Restored

SHOWN = 20


def made(backup: Backup) -> str:
    how = "read whole, and restored for a trial" if backup.trial else "read whole"
    return "\n".join(
        (
            f"{backup.path}",
            f"  {backup.database} on {backup.place} ({backup.server}), by {backup.tool}",
            f"  {size(backup.bytes)}, {contents(backup)}; {how}",
            f"  sha256 {backup.sha256}",
        )
    )


def contents(backup: Backup) -> str:
    if not backup.sha256:
        return "its tables and rows are not known: it has no manifest"
    return (
        f"{counted(len(backup.tables), 'table')}, {counted(backup.rows, 'row')}, "
        f"{counted(len(backup.migrations), 'applied migration')}"
    )


def old(backup: Backup) -> str:
    seconds = manifest.age(backup)
    if seconds == float("inf"):
        return "of a time that its manifest does not say"
    for length, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= length * (2 if unit == "day" else 1):
            return f"{counted(int(seconds // length), unit)} old"
    return "new"


def listed(folder: str, backups: Sequence[Backup]) -> str:
    lines = [] if backups else [f"There are no backups in {folder}."]
    for backup in backups:
        problem = manifest.size_problem(backup) or ("" if backup.verified else "never verified")
        state = f"DOES NOT COUNT: {problem}" if problem else size(backup.bytes)
        lines.append(f"{backup.name}  {backup.database} on {backup.place}, {old(backup)}, {state}")
        lines += [] if problem else [f"  {contents(backup)}"]
    return "\n".join((*lines, *unfinished(folder)))


def unfinished(folder: str) -> list[str]:
    """What runs that were killed have left: never a backup, and never removed by itself."""
    if not os.path.isdir(folder):
        return []
    partial = sorted(n for n in os.listdir(folder) if n.endswith(manifest.PARTIAL))
    return [f"{name}  is being written, or is left from a run that was killed" for name in partial]


def compared(backup: Backup, present: Backup, made_now: bool) -> str:
    """The backup beside the database as it is, and what a restore would lose."""
    rows = [
        ("", "backup", "database now"),
        ("file", backup.name, present.name if made_now else "(no backup yet)"),
        ("age", old(backup), "now"),
        ("size", size(backup.bytes), size(present.bytes) if made_now else ""),
    ]
    if backup.sha256:
        rows += [
            (
                "database",
                f"{backup.database} on {backup.place}",
                f"{present.database} on {present.place}",
            ),
            ("tables", f"{len(backup.tables):,}", f"{len(present.tables):,}"),
            ("rows", f"{backup.rows:,}", f"{present.rows:,}"),
            ("migrations", f"{len(backup.migrations):,}", f"{len(present.migrations):,}"),
        ]
    widths = [max(len(row[place]) for row in rows) for place in (0, 1)]
    lines = [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c}".rstrip() for a, b, c in rows]
    return "\n".join((*lines, "", *lost(backup, present)))


def lost(backup: Backup, present: Backup) -> list[str]:
    """What a restore takes back, as far as names and numbers tell."""
    if not backup.sha256:
        return ["What would be lost is not known: the file has no manifest."]
    lines = []
    if (backup.place, backup.database) != (present.place, present.database):
        lines = [f"It is a backup of another database: {backup.database} on {backup.place}."]
    since = [name for name in present.migrations if name not in backup.migrations]
    changes = _first([f"  the migration {name}, applied since" for name in since], "migrations")
    changes += _first(_changed_rows(backup, present), "tables")
    if backup.catalog is not None and present.catalog is not None:
        new = sorted(present.catalog.keys() - backup.catalog.keys())
        changes += _first([f"  {name}, made since" for name in new], "objects")
    if changes:
        return [*lines, "The restore takes back:", *changes]
    same = "The numbers of rows and the migrations are the same; what was updated is not known."
    return [*lines, same]


def _changed_rows(backup: Backup, present: Backup) -> list[str]:
    return [
        f"  {name}: {_rows(present.tables.get(name))} now, {_rows(backup.tables.get(name))} then"
        for name in sorted({*backup.tables, *present.tables})
        if present.tables.get(name) != backup.tables.get(name)
    ]


def _first(lines: list[str], what: str) -> list[str]:
    more = len(lines) - SHOWN
    return lines[:SHOWN] + ([f"  and {more} more {what}"] if more > 0 else [])


def _rows(count: int | None) -> str:
    return "no such table" if count is None else counted(count, "row")


def restored(done: Restored) -> str:
    lines = [f"{done.database} is restored from {done.backup.name}: {contents(done.backup)}."]
    if done.unproved:
        lines.append("It could not be compared with what it was.")
    lines += [
        f"The old database is kept as {done.kept}, and as {done.present.path}.",
        f"When nobody needs it any more: {done.drop}",
    ]
    return "\n".join(lines)


def as_json(backup: Backup) -> dict[str, Any]:
    found = manifest.as_mapping(backup, with_catalog=False)
    del found["schema_version"], found["written_by"], found["file"]
    return {"path": backup.path, **found, "counts": manifest.counts(backup)}
