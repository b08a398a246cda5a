"""Who is in the way on PostgreSQL: open transactions, prepared ones, vacuum, on these tables.

No text of a query is shown: it may hold somebody's data.
https://www.postgresql.org/docs/current/view-pg-locks.html
"""

from __future__ import annotations

from migralint.amounts import counted, duration
from migralint.preflight.asked import tables
from migralint.preflight.check import failed, passed, warned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from migralint.preflight.asked import Asked
    from migralint.preflight.check import Check

NAME = "activity"
LONG = 300  # seconds after which a transaction is long, whatever it does
HELD = 5  # seconds: what apply waits for a lock
_TABLES = "SELECT to_regclass(t.name) FROM unnest(?::text[]) AS t(name)"
HOLDERS = f"""
    SELECT a.pid, coalesce(a.usename, ''), coalesce(a.application_name, ''),
           coalesce(a.state, ''), a.backend_type,
           extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, a.query_start))::float,
           a.backend_type = 'autovacuum worker' AND a.query LIKE '%(to prevent wraparound)%',
           string_agg(DISTINCT l.relation::regclass::text, ', ')
    FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'relation' AND l.granted AND l.pid <> pg_backend_pid()
    AND l.relation IN ({_TABLES}) GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 6 DESC NULLS LAST
"""
WAITING = f"""
    SELECT l.relation::regclass::text, count(*) FROM pg_locks l
    WHERE NOT l.granted AND l.relation IN ({_TABLES}) GROUP BY 1 ORDER BY 1
"""
LONG_ONES = """
    SELECT pid, coalesce(usename, ''), coalesce(application_name, ''), coalesce(state, ''),
           extract(epoch FROM clock_timestamp() - xact_start)::float
    FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_type = 'client backend'
    AND xact_start < clock_timestamp() - make_interval(secs => ?)
    ORDER BY 5 DESC
"""
PREPARED = f"""
    SELECT p.gid, p.owner, extract(epoch FROM clock_timestamp() - p.prepared)::float,
           string_agg(DISTINCT l.relation::regclass::text, ', ')
    FROM pg_prepared_xacts p
    LEFT JOIN pg_locks t ON t.locktype = 'transactionid' AND t.transactionid = p.transaction
      AND t.pid IS NULL
    LEFT JOIN pg_locks l ON l.virtualtransaction = t.virtualtransaction AND l.pid IS NULL
      AND l.relation IN ({_TABLES}) WHERE p.database = current_database() GROUP BY 1, 2, 3
"""
HIDDEN = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND pid <> pg_backend_pid() AND state IS NULL AND query = '<insufficient privilege>'
"""


def activity(asked: Asked) -> Iterable[Check]:
    if asked.dialect != "postgres":
        return
    names = [name.sql for name in tables(asked)]
    found = [
        *_holders(asked, names), *_waiting(asked, names), *_prepared(asked, names), *_hidden(asked),
    ]  # fmt: skip
    on = (
        f" more than {HELD} s on the {counted(len(names), 'table')} concerned, or for"
        if names
        else ""
    )
    if not found:
        yield passed(NAME, f"no transaction has been open for{on} more than {duration(LONG)}")
    yield from found


def _who(pid: int, user: str, application: str) -> str:
    return f"pid {pid} ({application or 'an application without a name'}, user {user or 'unknown'})"


def _holders(asked: Asked, names: list[str]) -> Iterator[Check]:
    seen = set()
    for pid, user, app, state, backend, age, wraparound, held in asked.query(HOLDERS, (names,)):
        seen.add(pid)
        who = _who(pid, user, app)
        if wraparound:
            said = f"autovacuum to prevent wraparound works on {held} for {duration(age or 0)}"
            hint = "It gives way to nobody. Wait until it is done."
            yield failed(NAME, f"{said}, and does not give way", hint=hint)
        elif age is None:
            hint = f"GRANT pg_monitor TO {asked.session.server.user};"
            yield warned(NAME, f"{who} holds locks on {held}; since when cannot be seen", hint=hint)
        elif backend == "autovacuum worker" or age < HELD:
            continue  # ordinary autovacuum gives way
        elif state.startswith("idle in transaction"):
            hint = "Nothing is applied while it stays. End it where its application can, or type\n"
            hint += f"  SELECT pg_terminate_backend({pid});"
            said = f"{who} is {state} since {duration(age)} and holds locks on {held}"
            yield failed(NAME, said, hint=hint)
        else:
            said = f"{who} has a transaction open for {duration(age)} on {held}"
            yield warned(NAME, said, hint="A statement that needs the table waits behind it.")
    for pid, user, app, state, age in asked.query(LONG_ONES, (LONG,)):
        if pid not in seen:
            said = f"{_who(pid, user, app)} has a transaction open for {duration(age)} ({state})"
            hint = "CREATE INDEX CONCURRENTLY waits for it, and vacuum cleans nothing younger."
            yield warned(NAME, said, hint=hint)


def _waiting(asked: Asked, names: list[str]) -> Iterator[Check]:
    for table, count in asked.query(WAITING, (names,)):
        hint = "There is a queue already; `migralint locks` shows who blocks whom."
        yield warned(NAME, f"{counted(count, 'session')} waiting for a lock on {table}", hint=hint)


def _prepared(asked: Asked, names: list[str]) -> Iterator[Check]:
    for gid, owner, age, held in asked.query(PREPARED, (names,)):
        said = f"a prepared transaction of {owner} is open for {duration(age)}"
        ending = f"COMMIT PREPARED or ROLLBACK PREPARED '{gid}' ends it; nothing else does."
        if held:
            yield failed(NAME, f"{said} and holds locks on {held}", hint=ending)
        elif age > HELD:
            yield warned(NAME, said, hint=ending)


def _hidden(asked: Asked) -> Iterator[Check]:
    count = asked.query(HIDDEN)[0][0]
    if count:
        said = f"{counted(count, 'session')} of other users cannot be looked at"
        yield warned(NAME, said, hint=f"GRANT pg_monitor TO {asked.session.server.user};")
