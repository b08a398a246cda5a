"""Whether there is a way back: a backup of this database, read whole, and young enough."""

from __future__ import annotations

from migralint.preflight.asked import bytes_shown, shown
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
    from datetime import UTC, datetime

    from migralint.backup import folder_of, newest
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
    made = datetime.fromisoformat(found.created.replace("Z", "+00:00"))
    made = made if made.tzinfo else made.replace(tzinfo=UTC)
    age = (datetime.now(UTC) - made).total_seconds()
    said = f"{found.path}, {bytes_shown(found.bytes)}, {shown(max(age, 0))} old"
    most = milliseconds(target.config.backup_max_age) / 1000
    if not found.verified:
        yield lacking(NAME, f"{said}, was never read whole", hint=HINT)
    elif age > most:
        yield lacking(NAME, f"{said}: older than {shown(most)} (backup_max_age)", hint=HINT)
    else:
        yield passed(NAME, f"{said}, read whole")
