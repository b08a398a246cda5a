"""Blocked sessions of a MySQL or MariaDB server: rows (InnoDB), metadata locks, GET_LOCK.

https://dev.mysql.com/doc/refman/8.4/en/performance-schema-metadata-locks-table.html
https://mariadb.com/kb/en/metadata-lock-info-plugin/
"""

from __future__ import annotations

import re

from migralint.runner.databases import ServerError
from migralint.trace.blocked import Person, Picture, Wait, shortened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from migralint.runner.databases import Database, Session

PEOPLE = """
    SELECT p.id, p.user, p.host, coalesce(p.db, ''), p.command, p.time, coalesce(p.state, ''),
        coalesce(p.info, ''), timestampdiff(SECOND, t.trx_started, now())
    FROM information_schema.processlist p
    LEFT JOIN information_schema.innodb_trx t ON t.trx_mysql_thread_id = p.id
"""
# (waiter, blocker, seconds, table, wanted, held)
ROWS = """
    SELECT waiting_pid, blocking_pid, wait_age_secs, concat('a row of ', locked_table),
        waiting_lock_mode, blocking_lock_mode FROM sys.innodb_lock_waits
"""
ROWS_MARIADB = """
    SELECT r.trx_mysql_thread_id, b.trx_mysql_thread_id,
        timestampdiff(SECOND, r.trx_wait_started, now()), concat('a row of ', k.lock_table),
        k.lock_mode, h.lock_mode
    FROM information_schema.innodb_lock_waits w
    JOIN information_schema.innodb_trx r ON r.trx_id = w.requesting_trx_id
    JOIN information_schema.innodb_trx b ON b.trx_id = w.blocking_trx_id
    JOIN information_schema.innodb_locks k ON k.lock_id = w.requested_lock_id
    JOIN information_schema.innodb_locks h ON h.lock_id = w.blocking_lock_id
"""
METADATA = """
    SELECT wt.processlist_id, gt.processlist_id, wt.processlist_time,
        concat(w.object_schema, '.', w.object_name), w.lock_type, g.lock_type
    FROM performance_schema.metadata_locks w
    JOIN performance_schema.threads wt ON wt.thread_id = w.owner_thread_id
    JOIN performance_schema.metadata_locks g ON g.object_type = w.object_type
        AND g.object_schema = w.object_schema AND g.object_name = w.object_name
        AND g.lock_status = 'GRANTED' AND g.owner_thread_id <> w.owner_thread_id
    JOIN performance_schema.threads gt ON gt.thread_id = g.owner_thread_id
    WHERE w.lock_status = 'PENDING'
"""
PLUGIN = """
    SELECT thread_id, concat(table_schema, '.', table_name), lock_mode, table_name
    FROM information_schema.metadata_lock_info WHERE coalesce(table_name, '') <> ''
"""
NO_PLUGIN = (
    "who holds the metadata lock cannot be seen here: performance_schema is off and the plugin "
    "METADATA_LOCK_INFO is not installed (INSTALL SONAME 'metadata_lock_info')"
)
_GET_LOCK = re.compile(r"(?i)\bget_lock\s{0,9}\(\s{0,9}'((?:[^'\\]|''){1,64})'")


def look(db: Database, session: Session) -> Picture:
    rows = db.query(session, PEOPLE)
    people = {str(row[0]): row for row in rows}
    found: list[tuple[Any, ...]] = [*db.query(session, _rows_query(session))]
    notes: list[str] = []
    metadata = [row for row in rows if "metadata lock" in row[6].lower()]
    if metadata:
        found += _metadata(db, session, metadata, rows, notes)
    found += _named(db, session, rows)
    database = session.url.database
    waits = _waits(r for r in found if not database or people[str(r[0])][3] in (database, ""))
    named = {name for wait in waits for name in (wait.waiter, *wait.blockers)}
    persons = {name: _person(row) for name, row in people.items() if name in named}
    return Picture(session.url.shown, persons, waits, tuple(notes))


def _rows_query(session: Session) -> str:
    return ROWS_MARIADB if session.server.mariadb else ROWS


def _waits(found: Iterator[tuple[Any, ...]]) -> tuple[Wait, ...]:
    """One for each waiter, with all that block it, the longest first."""
    by_waiter: dict[str, Wait] = {}
    for waiter, blocker, seconds, what, wanted, held in found:
        known = by_waiter.get(str(waiter)) or Wait(str(waiter), (), float(seconds or 0), what)
        blockers = known.blockers
        have: Mapping[str, str] = known.held
        if blocker is not None and str(blocker) not in blockers:
            blockers = (*blockers, str(blocker))
            have = {**have, str(blocker): str(held)} if held else have
        by_waiter[str(waiter)] = Wait(
            known.waiter, blockers, known.seconds, known.object, str(wanted or ""), have
        )
    return tuple(sorted(by_waiter.values(), key=lambda wait: -wait.seconds))


def _metadata(
    db: Database,
    session: Session,
    waiting: Sequence[Any],
    people: Sequence[Any],
    notes: list[str],
) -> list[tuple[Any, ...]]:
    """From performance_schema, else by MariaDB's plugin, else without the name of the blocker."""
    if db.query(session, "SELECT @@performance_schema")[0][0]:
        seen = db.query(session, METADATA)
        return [*seen] if seen else [_alone(row) for row in waiting]
    try:
        held = db.query(session, PLUGIN)
    except ServerError:
        notes.append(NO_PLUGIN + _candidates(waiting, people))
        return [_alone(row) for row in waiting]
    found = []
    for row in waiting:
        # the plugin lists what is held, not what is waited for: the statement says that
        rivals = [h for h in held if h[0] != row[0] and h[3].lower() in row[7].lower()]
        found += [(row[0], thread, row[5], table, "", mode) for thread, table, mode, _ in rivals]
        found += [_alone(row)] * (not rivals)
    return found


def _alone(row: Any) -> tuple[Any, ...]:
    return row[0], None, row[5], "a metadata lock", "", ""


def _candidates(waiting: Sequence[Any], people: Sequence[Any]) -> str:
    stuck = {row[0] for row in waiting}
    open_ = [str(row[0]) for row in people if row[8] is not None and row[0] not in stuck]
    return f"; transactions are open in {', '.join(open_)}" if open_ else ""


def _named(db: Database, session: Session, people: Sequence[Any]) -> list[tuple[Any, ...]]:
    """GET_LOCK, which the appliers use too."""
    found = []
    for row in people:
        name = _GET_LOCK.search(row[7]) if row[6].lower() == "user lock" else None
        if name:
            lock = name[1].replace("''", "'")
            holder = db.query(session, "SELECT is_used_lock(?)", (lock,))[0][0]
            found.append((row[0], holder, row[5], f"the lock {lock!r} (GET_LOCK)", "", ""))
    return found


def _person(row: Any) -> Person:
    number, user, host, _, command, seconds, state, query, transaction = row
    sleeps = command == "Sleep"
    end, why = f"KILL QUERY {number};", "it runs a statement: that is ended and rolled back"
    if sleeps:
        end = f"KILL {number};"
        why = "it runs nothing: only the end of the session releases its locks and rolls it back"
    elif query.lstrip()[:5].lower() == "alter":
        why = "it runs an ALTER TABLE: what it has copied so far is thrown away"
    shown = "idle in transaction" if sleeps and transaction is not None else "idle"
    return Person(
        str(number),
        user,
        host.rpartition(":")[0] or host,
        "",
        shown if sleeps else state.lower() or command.lower(),
        shortened(query),
        None if transaction is None else float(transaction),
        float(seconds or 0),
        False,
        end,
        why,
    )
