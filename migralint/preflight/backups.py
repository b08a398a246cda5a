"""Whether there is a way back: a backup of this database, read whole, and young enough."""

from __future__ import annotations

from migralint.amounts import duration, size
from migralint.preflight.check import failed, passed, warned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from migralint.preflight.asked import Asked
    from migralint.preflight.check import Check

NAME = "backup"
HINT = "`migralint backup` makes one and reads it whole."


def backup(asked: Asked) -> Iterable[Check]:
    """In production its absence is a failure; elsewhere it is worth a word."""
    from migralint.backup import age, folder_of, newest
    from migralint.backup.text import old
    from migralint.runner.durations import milliseconds

    if not asked.planned:
        return
    target = asked.target
    lacking = failed if target.environment.is_production else warned
    folder = folder_of(target)
    found = newest(folder, target)
    if found is None:
        yield lacking(NAME, f"there is no backup of this database in {folder}", hint=HINT)
        return
    said = f"{found.path}, {size(found.bytes)}, {old(found)}"
    most = milliseconds(target.config.backup_max_age) / 1000
    if age(found) > most:
        yield lacking(NAME, f"{said}: older than {duration(most)} (backup_max_age)", hint=HINT)
    else:
        yield passed(NAME, f"{said}, read whole")
