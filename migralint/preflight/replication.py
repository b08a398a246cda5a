"""Replicas that are behind, and slots that keep the log for nobody."""

from __future__ import annotations

from migralint.amounts import counted, duration, size
from migralint.preflight.check import passed, warned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from migralint.preflight.asked import Asked
    from migralint.preflight.check import Check

NAME = "replication"
BEHIND = 10  # seconds
FAR = 500_000_000  # bytes of log
STANDBYS = """
    SELECT coalesce(application_name, ''), coalesce(state, ''),
           extract(epoch FROM replay_lag)::float,
           pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::float
    FROM pg_stat_replication
"""
SLOTS = """
    SELECT slot_name, slot_type, active,
           pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::float
    FROM pg_replication_slots WHERE NOT temporary
"""


def replication(asked: Asked) -> Iterable[Check]:
    """Nothing is said where there is neither a replica nor a slot."""
    if asked.dialect == "mysql":
        yield from _mysql(asked)
        return
    if asked.dialect != "postgres" or asked.query("SELECT pg_is_in_recovery()")[0][0]:
        return
    standbys, slots = asked.maybe(STANDBYS), asked.maybe(SLOTS)
    if standbys is None or slots is None:
        yield warned(NAME, "replicas and slots cannot be looked at")
        return
    found = [*_standbys(asked, standbys), *_slots(slots)]
    if not found and (standbys or slots):
        there = counted(len(standbys), "replica")
        yield passed(NAME, f"{there}, none more than {BEHIND} s or {size(FAR)} behind")
    yield from found


def _standbys(
    asked: Asked, rows: list[tuple[str, str, float | None, float | None]]
) -> Iterator[Check]:
    hint = "A rewrite writes the whole table into the log once more; readers there see old rows."
    for name, state, lag, kept in rows:
        if not state:
            user = asked.session.server.user
            yield warned(NAME, f"how far {name} is behind cannot be looked at",
                         hint=f"GRANT pg_monitor TO {user};")  # fmt: skip
        elif state != "streaming" or (lag or 0) > BEHIND or (kept or 0) > FAR:
            late = f"{duration(lag or 0)}, {size(kept or 0)} of log"
            yield warned(NAME, f"the replica {name} is behind: {late} ({state})", hint=hint)


def _slots(rows: list[tuple[str, str, bool, float | None]]) -> Iterator[Check]:
    for name, kind, active, kept in rows:
        if not active:
            said = f"nobody reads the {kind} slot {name}; it keeps {size(kept or 0)} of log"
            hint = f"The disk fills. If it is not used: SELECT pg_drop_replication_slot('{name}');"
            yield warned(NAME, said, hint=hint)


def _mysql(asked: Asked) -> Iterator[Check]:
    old = "SHOW SLAVE STATUS"
    status = asked.maybe(old if asked.session.server.mariadb else "SHOW REPLICA STATUS")
    if status is None and not asked.session.server.mariadb:
        status = asked.maybe(old)
    if status is None:
        yield warned(NAME, "whether it is a replica cannot be looked at",
                     hint="GRANT REPLICATION CLIENT ON *.* lets the user see it.")  # fmt: skip
    elif status:
        yield warned(NAME, "this server is itself a replica: what is written here stays here")
    dumps = asked.maybe(
        "SELECT count(*) FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'"
    )
    count = int(dumps[0][0]) if dumps else 0
    if count:
        said = f"{counted(count, 'replica')}; how far behind they are is seen only there"
        hint = "An ALTER that takes an hour here holds them up for an hour after that."
        yield warned(NAME, said, hint=hint)
