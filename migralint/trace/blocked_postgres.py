"""Blocked sessions of a PostgreSQL database, from pg_locks and pg_blocking_pids.

https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SESSION
"""

from __future__ import annotations

from migralint.knowledge.locks import LOCKS
from migralint.runner.databases import LOCK_KEY
from migralint.trace.blocked import Person, Picture, Wait, shortened
from migralint.trace.measuring import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from migralint.runner.databases import Database, Session

STARTED = 14  # from here on pg_locks says since when a session waits
# A blocking pid of 0 is a prepared transaction. A session that waits for a row waits for the
# transaction of its writer, and holds a lock on the row meanwhile: that says which table it is.
WAITS = """
    SELECT l.pid, l.locktype, l.mode, pg_catalog.pg_blocking_pids(l.pid),
        extract(epoch FROM clock_timestamp() - coalesce({waitstart}, a.query_start))::float8,
        l.relation::bigint, l.classid::bigint, l.objid::bigint,
        coalesce(l.relation, (SELECT t.relation FROM pg_catalog.pg_locks t WHERE t.pid = l.pid
            AND t.locktype = 'tuple' LIMIT 1))::regclass::text,
        l.transactionid::text, l.virtualxid, coalesce(a.query, '')
    FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
    WHERE NOT l.granted AND a.datname = pg_catalog.current_database()
    ORDER BY 5 DESC
"""
PEOPLE = """
    SELECT pid::text, coalesce(usename, ''), coalesce(host(client_addr), 'local'),
        coalesce(application_name, ''), coalesce(state, backend_type), coalesce(query, ''),
        extract(epoch FROM clock_timestamp() - xact_start)::float8,
        extract(epoch FROM clock_timestamp() - coalesce(state_change, backend_start))::float8,
        backend_type, datname
    FROM pg_catalog.pg_stat_activity WHERE pid = ANY(?)
"""
HELD = """
    SELECT coalesce(pid::text, virtualtransaction), mode, relation::bigint FROM pg_catalog.pg_locks
    WHERE granted AND locktype = 'relation' AND relation = ANY(?::oid[])
"""
PREPARED = """
    SELECT l.virtualtransaction, p.gid, p.owner, p.database,
        extract(epoch FROM clock_timestamp() - p.prepared)::float8, l.locktype, l.relation::bigint,
        l.transactionid::text
    FROM pg_catalog.pg_prepared_xacts p
    JOIN pg_catalog.pg_locks x ON x.pid IS NULL AND x.transactionid = p.transaction
    JOIN pg_catalog.pg_locks l ON l.pid IS NULL AND l.virtualtransaction = x.virtualtransaction
"""


def look(db: Database, session: Session) -> Picture:
    waitstart = "l.waitstart" if session.server.version >= STARTED else "NULL"
    rows = db.query(session, WAITS.format(waitstart=waitstart))
    prepared = db.query(session, PREPARED) if any(0 in row[3] for row in rows) else []
    held = _held(db, session, rows)
    waits = tuple(_wait(row, prepared, held) for row in _once(rows))
    pids = {int(name) for w in waits for name in (w.waiter, *w.blockers) if name.isdigit()}
    people = {row[0]: _person(*row) for row in db.query(session, PEOPLE, (list(pids),))}
    named = {name for wait in waits for name in wait.blockers}
    people.update({f"'{row[1]}'": _lasting(row) for row in prepared if f"'{row[1]}'" in named})
    notes = []
    if any(p.query == "<insufficient privilege>" for p in people.values()):
        notes.append(
            f"{session.server.user} may not see what the sessions of others do: "
            f"GRANT pg_read_all_stats TO {session.server.user}"
        )
    return Picture(session.url.shown, people, waits, tuple(notes))


def _once(rows: list[Any]) -> list[Any]:
    """A parallel query may wait several times; its first line stands for it."""
    return list({row[0]: row for row in reversed(rows)}.values())[::-1]


def _held(db: Database, session: Session, rows: list[Any]) -> dict[tuple[str, int], str]:
    """(pid or virtual transaction, relation) -> the strongest lock that is held."""
    relations = [row[5] for row in rows if row[5]]
    found: dict[tuple[str, int], str] = {}
    for name, mode, relation in db.query(session, HELD, (relations,)) if relations else ():
        lock = words(mode)
        if lock in LOCKS:
            best = found.get((name, relation), LOCKS[0])
            found[name, relation] = max(best, lock, key=LOCKS.index)
    return found


def _wait(row: Any, prepared: list[Any], held: dict[tuple[str, int], str]) -> Wait:
    pid, kind, mode, pids, seconds, relation = row[:6]
    names = [str(number) for number in dict.fromkeys(pids) if number]
    have = {name: held[name, relation] for name in names if (name, relation) in held}
    if 0 in pids:
        for number, gid, _, _, _, locktype, other, xid in prepared:
            same = (locktype == "relation" and other == relation) or (xid and xid == row[9])
            if same and f"'{gid}'" not in names:
                names.append(f"'{gid}'")
                if (number, relation) in held:
                    have[f"'{gid}'"] = held[number, relation]
    wanted = words(mode) if kind == "relation" else ""
    return Wait(str(pid), tuple(names), max(seconds or 0.0, 0.0), _object(row), wanted, have)


def _object(row: Any) -> str:
    kind, relation, table = row[1], row[5], row[8]
    if kind == "relation":
        return str(table or relation)
    if kind == "advisory":
        applier = row[6] == 0 and row[7] == LOCK_KEY
        return (
            "the lock of the appliers (migralint's and Prisma's)"
            if applier
            else (f"the advisory lock {row[7] if not row[6] else f'{row[6]}, {row[7]}'}")
        )
    if kind in ("transactionid", "tuple"):
        return f"a row of {table}" if table else "a row that another transaction has written"
    if kind == "virtualxid":
        return "the end of a transaction that began earlier (CONCURRENTLY waits for all of them)"
    return f"a lock of the kind {kind}"


def _person(
    pid: str,
    user: str,
    host: str,
    application: str,
    state: str,
    query: str,
    transaction: float | None,
    since: float | None,
    backend: str,
    database: str | None,
) -> Person:
    end, why = _end(pid, state, query, backend)
    named = application or ("" if backend == "client backend" else backend)
    return Person(
        pid, user, host, named, state, shortened(query), transaction, since, False, end, why
    )


def _end(pid: str, state: str, query: str, backend: str) -> tuple[str, str]:
    if state.startswith("idle in transaction"):
        return (
            f"SELECT pg_terminate_backend({pid});",
            "it is idle in a transaction: there is no statement to cancel, only the session ends "
            "it; what the transaction has done is rolled back",
        )
    if state == "idle":
        return (
            f"SELECT pg_terminate_backend({pid});",
            "it is idle and holds a lock of the session: only the end of the session releases it",
        )
    why = "it runs a statement: cancelling ends that and rolls its transaction back"
    if backend == "autovacuum worker":
        why = "autovacuum gives way by itself, except where it prevents wraparound; it comes again"
    elif "concurrently" in query[:200].lower():
        why = "cancelling it leaves an INVALID index behind, which must be dropped"
    return f"SELECT pg_cancel_backend({pid});", why


def _lasting(row: Any) -> Person:
    """A prepared transaction outlives its session, and a restart of the server."""
    gid = str(row[1]).replace("'", "''")
    return Person(
        f"'{row[1]}'",
        user=str(row[2]),
        state="prepared",
        transaction=row[4],
        prepared=True,
        end=f"ROLLBACK PREPARED '{gid}'; or COMMIT PREPARED '{gid}';",
        why=f"in the database {row[3]}; only its transaction manager knows which of the two",
    )
