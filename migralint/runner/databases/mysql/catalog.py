"""What MySQL's catalog says: tables, sizes, rights, who is in the way, the schema as SQL."""

from __future__ import annotations

from migralint.model import replace
from migralint.runner.databases import ServerError
from migralint.runner.databases.mysql.session import open_connection, query, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from migralint.runner.databases import Session

LOCK_NAME = "prisma_migrate"  # Prisma's; it is one for the whole server, not for a database


def table(session: Session, name: str) -> str:
    return f"{quoted(session.url.database)}.{quoted(name)}"


PEOPLE = """
    SELECT p.id, p.user, p.host, coalesce(p.db, ''), p.time, coalesce(p.info, p.command)
    FROM information_schema.processlist p
"""


def _people(session: Session, where: str) -> list[str]:
    return [
        f"connection {number} ({user}@{host}, database {db or 'none'}), {int(age)} s: "
        f"{' '.join(str(sql).split())[:100]}"
        for number, user, host, db, age, sql in query(session, PEOPLE + where)
    ]


def holder(session: Session) -> str:
    return "; ".join(_people(session, f"WHERE p.id = IS_USED_LOCK('{LOCK_NAME}')"))


def tables(session: Session) -> list[str]:
    sql = """SELECT table_name FROM information_schema.tables
             WHERE table_schema = ? AND table_type = 'BASE TABLE' ORDER BY 1"""
    return [name for (name,) in query(session, sql, (session.url.database,))]


SIZES = """SELECT table_name, table_rows, coalesce(data_length, 0) + coalesce(index_length, 0)
           FROM information_schema.tables WHERE table_schema = ? AND table_type = 'BASE TABLE'"""


def rows(session: Session) -> Mapping[str, int | None]:
    found = query(session, SIZES, (session.url.database,))
    return {name: None if count is None else int(count) for name, count, _ in found}


def sizes(session: Session) -> Mapping[str, int]:
    return {name: int(size) for name, _, size in query(session, SIZES, (session.url.database,))}


def missing_rights(session: Session, history: str, owned: Collection[str]) -> list[str]:
    """Grants can be given in too many ways to be sure from a look; none at all is sure."""
    needed = {"ALL PRIVILEGES", "CREATE", "INSERT"}
    granted = " ".join(str(row[0]) for row in query(session, "SHOW GRANTS"))
    if (
        any(f"{right}" in granted for right in needed)
        or " TO " not in granted
        or "`" not in granted
    ):
        return []
    return [f"{session.server.user} may neither create tables nor write rows"]


def blockers(session: Session) -> list[str]:
    """The other open transactions, oldest first: who of them holds the lock is seldom told."""
    other = open_connection(session.url)
    try:
        number = session.connection.thread_id()
        where = f"""JOIN information_schema.innodb_trx t ON t.trx_mysql_thread_id = p.id
                    WHERE p.id <> {number} ORDER BY t.trx_started LIMIT 3"""
        return _people(replace(session, connection=other), where)
    except ServerError:
        return []
    finally:
        other.close()


def schema_sql(session: Session) -> str:
    found = []
    for name in tables(session):
        created = query(session, f"SHOW CREATE TABLE {quoted(name)}")[0][1]
        found.append(f"{created};\n")
    return "".join(found)
