"""The locks of a statement that runs in no transaction, seen from another session.

Such a statement has let go of its locks when it is done, so an observer reads pg_locks while it
runs. Bystanders make it wait: one holds what conflicts with its own lock, and so it is seen to ask
for it; the next has written to the tables, and CREATE INDEX CONCURRENTLY and its like wait for the
end of that transaction, with all that they hold.
"""

from __future__ import annotations

import threading
import time

from migralint.model import Record
from migralint.runner.databases import ServerError
from migralint.trace import measuring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from migralint.runner.databases import Database, Session

PAUSE = 0.001
# Bystanders in the order in which they go; the last holds only what has no partitions, so that the
# second half of DETACH CONCURRENTLY waits for it.
HELD = ("SHARE UPDATE EXCLUSIVE", "ROW EXCLUSIVE", "ACCESS SHARE")
FLUSHABLE = 15  # the first server that writes its statistics when it is asked to
WAITS = "SELECT 1 FROM pg_catalog.pg_locks WHERE pid = {} AND NOT granted LIMIT 1"


class Observed(Record):
    """`read`: the OIDs of the tables that were read; None where this server cannot tell."""

    locks: set[tuple[int, str]]
    seconds: float
    read: frozenset[int] | None


def observe(
    db: Database,
    session: Session,
    tables: Sequence[str],
    leaves: Sequence[str],
    send: Callable[[], None],
) -> Observed:
    """`tables` (quoted names) are those that the bystanders hold, `leaves` those that have no
    partitions."""
    pid = str(db.query(session, "SELECT pg_catalog.pg_backend_pid()")[0][0])
    observer = db.connect(session.url, session.timeouts, False)
    bystanders = [db.connect(session.url, session.timeouts, False) for _ in HELD]
    done, seen = threading.Event(), set[tuple[int, str]]()
    try:
        before = _read(db, session, observer)
        for bystander, lock in zip(bystanders, HELD, strict=True):
            held = tables if lock != HELD[-1] else leaves
            if held:
                db.query(bystander, f"BEGIN; LOCK TABLE ONLY {', '.join(held)} IN {lock} MODE")
        arguments = (db, observer, bystanders, pid, done, seen)
        looking = threading.Thread(target=_look, args=arguments, daemon=True)
        looking.start()
        try:
            began = time.perf_counter()
            send()
            seconds = time.perf_counter() - began
        finally:
            done.set()
            looking.join(timeout=10)
        after = _read(db, session, observer)
    finally:
        for other in (observer, *bystanders):
            db.close(other)
    if before is None or after is None:
        return Observed(seen, seconds, None)
    grown = frozenset(oid for oid, count in after.items() if count > before.get(oid, 0))
    return Observed(seen, seconds, grown)


def _look(
    db: Database,
    observer: Session,
    bystanders: Sequence[Session],
    pid: str,
    done: threading.Event,
    seen: set[tuple[int, str]],
) -> None:
    """Until the statement is done; a bystander goes as soon as the statement waits for it."""
    holding = [bystander for bystander in bystanders if db.state(bystander) == "open"]
    try:
        while not done.wait(PAUSE):
            seen |= measuring.locks(db, observer, pid)
            if holding and db.query(observer, WAITS.format(pid)):
                seen |= measuring.locks(db, observer, pid)
                db.rollback(holding.pop(0))
    except ServerError:
        pass  # the server is going away: the statement itself will say it
    finally:
        for bystander in holding:
            if db.state(bystander) == "open":
                db.rollback(bystander)


def _read(db: Database, session: Session, observer: Session) -> dict[int, int] | None:
    if session.server.version < FLUSHABLE:
        return None
    db.query(session, "SELECT pg_catalog.pg_stat_force_next_flush()")
    return dict(db.query(observer, measuring.READ))
