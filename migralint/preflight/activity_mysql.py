"""Who is in the way on MySQL and MariaDB: a metadata lock lasts as long as its transaction.

https://dev.mysql.com/doc/refman/8.4/en/metadata-locking.html
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
LONG = 300
HELD = 5
OPEN = """
    SELECT t.trx_mysql_thread_id, coalesce(p.user, ''), coalesce(p.host, ''),
           coalesce(p.command, ''), timestampdiff(SECOND, t.trx_started, now())
    FROM information_schema.innodb_trx t
    LEFT JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id
    WHERE t.trx_mysql_thread_id <> connection_id() ORDER BY t.trx_started
"""
METADATA = {
    False: """SELECT DISTINCT th.processlist_id, m.object_name
              FROM performance_schema.metadata_locks m
              JOIN performance_schema.threads th ON th.thread_id = m.owner_thread_id
              WHERE m.object_type = 'TABLE' AND m.lock_status = 'GRANTED'
              AND m.object_schema = database() AND th.processlist_id <> connection_id()""",
    True: """SELECT DISTINCT thread_id, table_name FROM information_schema.metadata_lock_info
             WHERE table_schema = database() AND thread_id <> connection_id()""",
}


def activity(asked: Asked) -> Iterable[Check]:
    if asked.dialect != "mysql":
        return
    open_ones = asked.maybe(OPEN)
    if open_ones is None:
        hint = "GRANT PROCESS ON *.* lets the user see them."
        yield warned(NAME, "open transactions cannot be looked at", hint=hint)
        return
    locks = asked.maybe(METADATA[asked.session.server.mariadb])
    found = list(_transactions(asked, open_ones, locks))
    if not found:
        yield passed(NAME, f"no transaction is open for longer than {HELD} s")
    yield from found


def _transactions(
    asked: Asked, rows: list[tuple[int, str, str, str, int]], locks: list[tuple[int, str]] | None
) -> Iterator[Check]:
    concerned = {name.name.lower() for name in tables(asked)}
    old = [row for row in rows if row[4] >= HELD]
    for number, user, host, command, age in old:
        who = f"connection {number} ({user}@{host})"
        held = sorted(t for n, t in locks or () if n == number and t.lower() in concerned)
        said = f"{who} has a transaction open for {duration(age)}"
        if held:
            idle = command.lower() == "sleep"
            make = failed if idle else warned
            said = f"{said} and holds metadata locks on {', '.join(held)}"
            yield make(NAME, said, hint=f"Nothing that alters them starts. KILL {number} ends it.")
        elif locks is None or age >= LONG:
            hint = "" if locks is not None else "Whether it holds one of the tables is not known."
            yield warned(NAME, said, hint=hint)
    waiting = counted(len(old), "transaction")
    if locks is None and old and not asked.session.server.mariadb:
        yield warned(NAME, f"{waiting}: performance_schema.metadata_locks cannot be read")
