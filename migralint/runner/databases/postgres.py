"""PostgreSQL through psycopg 3.

Statements of migrations go through the simple query protocol as they are written: no parameters,
no prepared statements, `%` stays what it is.
https://www.psycopg.org/psycopg3/docs/
"""

from __future__ import annotations

import re

from migralint.model import replace
from migralint.runner.databases import (
    LOCK_KEY,
    Server,
    ServerError,
    Session,
    no_driver,
    unreachable,
)
from migralint.runner.url import libpq, mask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from typing import Any

    from migralint.runner.url import Url

# lock_not_available, deadlock_detected, serialization_failure
BUSY = frozenset(("55P03", "40P01", "40001"))
# active_sql_transaction, unsafe_new_enum_value_usage, invalid_transaction_termination
OUTSIDE = frozenset(("25001", "55P04", "2D000"))
# too_many_connections, cannot_connect_now, and what libpq says where nobody listens (yet)
TRANSIENT = re.compile(
    r"(?i)connection refused|no such file|timeout expired|name resolution|name or service|"
    r"too many clients|too many connections|remaining connection slots|starting up|shutting down|in recovery mode"
)
ALWAYS_OUTSIDE = frozenset(
    [
        "vacuum",
        "create_database",
        "drop_database",
        "alter_system",
        "create_tablespace",
        "drop_tablespace",
        "create_subscription",
    ]
)
TELLING = """
    SELECT current_setting('server_version_num')::int, version(), pg_backend_pid(),
           pg_is_in_recovery(), current_setting('transaction_read_only') = 'on', current_user,
           coalesce(current_setting('migralint.environment', true), ''), current_schema()
"""


def connect(url: Url, timeouts: tuple[str, str], writes: bool) -> Session:
    connection = _open(url)
    found = connection.execute(TELLING).fetchone()
    number, version, pid, replica, read_only, user, marker, schema = found
    shown = " ".join(version.split()[:2])
    server = Server(number // 10000, False, shown, url.schema or schema or "public", user, marker)
    session = Session(connection, url, server, timeouts)
    if writes:
        _refuse_replica(session, replica, read_only)
        if pid != connection.info.backend_pid or url.parameters.get("pgbouncer") == "true":
            _refuse_pooler(session, pid)
    try:
        reset(session)
    except ServerError as error:
        close(session)
        raise unreachable(url, error.message) from None
    return session


def _open(url: Url) -> Any:
    try:
        import psycopg
    except ImportError:
        raise no_driver("postgres", "psycopg") from None
    keywords: dict[str, Any] = libpq(url)
    try:
        return psycopg.connect(**keywords, autocommit=True, prepare_threshold=None)
    except (psycopg.Error, UnicodeError, ValueError) as error:
        problem = unreachable(url, str(error), _hint(str(error), url))
        problem.transient = bool(TRANSIENT.search(str(error)))  # type: ignore[attr-defined]
        raise problem from None


def _hint(message: str, url: Url) -> str:
    if "does not exist" in message and "database" in message:
        return f'Create it first: CREATE DATABASE "{url.database}".'
    if "password" in message or "authentication" in message:
        return "Check the user and the password in the URL; special characters are percent-encoded."
    if "unsupported startup parameter" in message:
        return "A pooler stands in front. Set DIRECT_URL to the database itself."
    return (
        "`--wait SECONDS` waits for a server that is starting." if TRANSIENT.search(message) else ""
    )


def _refuse_replica(session: Session, replica: bool, read_only: bool) -> None:
    if not replica and not read_only:
        return
    close(session)
    what = "a read replica" if replica else "read-only (default_transaction_read_only)"
    raise unreachable(session.url, f"it is {what}", "Use the address of the primary.")


def _refuse_pooler(session: Session, pid: int) -> None:
    """A pooler gives a key of its own for the server's pid. Pooling by transaction shows as soon as
    another session takes the server process that was ours a moment ago."""
    other = _open(session.url)
    try:
        with other.transaction():
            theirs = other.execute("SELECT pg_backend_pid()").fetchone()[0]
            ours = session.connection.execute("SELECT pg_backend_pid()").fetchone()[0]
    finally:
        other.close()
    if theirs == pid or ours != pid:
        close(session)
        raise unreachable(
            session.url,
            "a pooler that shares connections by transaction stands in front of it; "
            "locks and settings would be somebody else's",
            "Set DIRECT_URL (or --url) to the database itself or to a port that pools by session.",
        )


def close(session: Session) -> None:
    session.connection.close()


def query(session: Session, sql: str, values: Sequence[object] = ()) -> list[Any]:
    import psycopg

    try:
        found = session.connection.execute(_places(sql) if values else sql, values or None)
        return found.fetchall() if found.description else []
    except psycopg.Error as error:
        raise _told(session, error) from None


def _places(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")


def run(session: Session, statement: str, data: str | None = None) -> None:
    import psycopg

    connection = session.connection
    try:
        if data is None:
            connection.execute(statement.encode())
            return
        with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            copy.write(data)
    except psycopg.Error as error:
        raise _told(session, error) from None


def _told(session: Session, error: Any) -> ServerError:
    diag = error.diag
    code = error.sqlstate or ""
    lost = session.connection.closed or code.startswith("57P0")
    message = diag.message_primary or str(error) or error.__class__.__name__
    return ServerError(
        mask(" ".join(message.split()), session.url),
        code,
        detail=mask(diag.message_detail or "", session.url),
        hint=diag.message_hint or "",
        position=int(diag.statement_position or 0),
        lost=lost,
        busy=code in BUSY,
        outside=code in OUTSIDE,
    )


def _settings(session: Session) -> str:
    """Back to what was on connecting: a migration may have changed settings, role, search_path.

    client_connection_check_interval ends our statement on the server when we are killed.
    """
    lock, statement = session.timeouts
    parts = ["RESET SESSION AUTHORIZATION", "RESET ROLE", "RESET ALL"]
    if session.url.schema:
        parts.append(f"SET search_path TO {quoted(session.url.schema)}")
    parts.append(f"SET lock_timeout TO {literal(lock or '0')}")
    if statement:
        parts.append(f"SET statement_timeout TO {literal(statement)}")
    if session.server.version >= 14:
        parts.append("SET client_connection_check_interval TO '1s'")
    return "; ".join(parts)


def reset(session: Session) -> None:
    try:
        query(session, _settings(session))
    except ServerError as error:
        if "client_connection_check_interval" not in error.message:
            raise
        # the server's system cannot watch its clients (macOS, Windows)
        query(session, _settings(replace(session, server=replace(session.server, version=13))))


def begin(session: Session, settings: Mapping[str, str]) -> None:
    local = "".join(f"; SET LOCAL {k} TO {literal(v)}" for k, v in settings.items())
    query(session, f"{_settings(session)}; BEGIN{local}")


def commit(session: Session, sql: str = "", values: Sequence[object] = ()) -> None:
    """In one message: the values are ours (ids, names, sums) and written as literals."""
    if sql:
        parts = sql.split("?")
        shown = [part for pair in zip(parts, map(_value, values), strict=False) for part in pair]
        # a migration may have become somebody who may not write the history
        sql = "RESET SESSION AUTHORIZATION; RESET ROLE; " + "".join((*shown, parts[-1])) + "; "
    query(session, f"{sql}COMMIT")


def _value(value: object) -> str:
    return (
        "NULL" if value is None else str(value) if isinstance(value, int) else literal(str(value))
    )


def rollback(session: Session) -> None:
    query(session, "ROLLBACK")


def state(session: Session) -> str:
    from psycopg.pq import TransactionStatus

    status = session.connection.info.transaction_status
    if status == TransactionStatus.IDLE:
        return "idle"
    if status == TransactionStatus.INERROR:
        return "broken"
    return "open" if status in (TransactionStatus.INTRANS, TransactionStatus.ACTIVE) else "lost"


def literal(text: str) -> str:
    """A string constant that means the same whatever standard_conforming_strings says."""
    inner = text.replace("'", "''")
    return f"'{inner}'" if "\\" not in text else "E'" + inner.replace("\\", "\\\\") + "'"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def table(session: Session, name: str) -> str:
    return f"{quoted(session.server.schema)}.{quoted(name)}"


def lock(session: Session) -> bool:
    """Tried, never waited for: CREATE INDEX CONCURRENTLY waits for the snapshot of a waiter."""
    return bool(query(session, f"SELECT pg_try_advisory_lock({LOCK_KEY})")[0][0])


def unlock(session: Session) -> None:
    query(session, f"SELECT pg_advisory_unlock({LOCK_KEY})")


HOLDER = """
    SELECT a.pid, coalesce(a.application_name, ''), coalesce(a.usename, ''),
           coalesce(host(a.client_addr), 'local'), coalesce(a.state, ''),
           extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, a.backend_start))::int,
           coalesce(a.query, '')
    FROM pg_stat_activity a WHERE a.pid = ANY({})
"""


def _people(session: Session, pids: str) -> list[str]:
    return [_person(*row) for row in query(session, HOLDER.format(pids))]


def _person(pid: int, app: str, user: str, host: str, state: str, age: int, sql: str) -> str:
    named = f"{app or 'an application without a name'}, {user}@{host}"
    doing = f"{state or 'active'} for {age} s" + (f": {' '.join(sql.split())[:100]}" if sql else "")
    return f"pid {pid} ({named}), {doing}"


def holder(session: Session) -> str:
    held = f"""ARRAY(SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database
        WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objid = {LOCK_KEY}
        AND d.datname = current_database())"""
    return "; ".join(_people(session, held))


def blockers(session: Session) -> list[str]:
    other = _open(session.url)
    try:
        aside = replace(session, connection=other)
        return _people(aside, f"pg_blocking_pids({session.connection.info.backend_pid})")
    except ServerError:
        return []
    finally:
        other.close()


PROGRESS = """
    SELECT phase, CASE WHEN blocks_total > 0 THEN 100 * blocks_done / blocks_total
                       WHEN tuples_total > 0 THEN 100 * tuples_done / tuples_total END
    FROM pg_stat_progress_create_index WHERE pid = {}
"""


def progress(session: Session) -> str:
    if session.server.version < 12:
        return ""
    other = _open(session.url)
    try:
        aside = replace(session, connection=other)
        found = query(aside, PROGRESS.format(session.connection.info.backend_pid))
    except ServerError:
        return ""
    finally:
        other.close()
    return f"{found[0][0]} {found[0][1]}%" if found and found[0][1] is not None else ""


def tables(session: Session) -> list[str]:
    sql = """SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = ? AND c.relkind IN ('r', 'p') AND NOT EXISTS (SELECT FROM pg_depend
             WHERE objid = c.oid AND classid = 'pg_class'::regclass AND deptype = 'e')
             ORDER BY 1"""
    return [name for (name,) in query(session, sql, (session.server.schema,))]


SIZES = """
    SELECT n.nspname, c.relname, c.reltuples::bigint,
           CASE WHEN c.relpages > 0 OR c.relkind = 'p' THEN c.relpages::bigint * 8192
                ELSE pg_relation_size(c.oid) END,
           coalesce(s.n_live_tup, 0)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
    WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND n.nspname !~ '^pg_(toast|temp)'
"""


def rows(session: Session) -> Mapping[str, int | None]:
    """The planner's estimate; a table that nobody has analyzed is counted by its pages."""
    found: dict[str, int | None] = {}
    for schema, name, estimate, size, live in query(session, SIZES):
        count: int = max(estimate, live) if estimate >= 0 else live or size // 100
        found[f"{schema}.{name}"] = count
        if schema == session.server.schema:
            found[name] = count
    return found


def sizes(session: Session) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for schema, name, _, size, _ in query(session, SIZES):
        found[f"{schema}.{name}"] = size
        if schema == session.server.schema:
            found[name] = size
    return found


def missing_rights(session: Session, history: str, owned: Collection[str]) -> list[str]:
    sql = """SELECT to_regnamespace(?) IS NULL, CASE WHEN to_regnamespace(?) IS NOT NULL
             THEN has_schema_privilege(?, 'CREATE') ELSE has_database_privilege(current_database(),
             'CREATE') END, coalesce((SELECT bool_and(has_table_privilege(c.oid, p)) FROM pg_class c,
             unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) p WHERE c.oid = to_regclass(?)), true)"""
    schema = session.server.schema
    values = (quoted(schema), quoted(schema), schema, history)
    absent, creates, writes = query(session, sql, values)[0]
    user = session.server.user
    lacks = []
    if not creates:
        what = (
            f"create the schema {schema}" if absent else f"create anything in the schema {schema}"
        )
        lacks.append(f"{user} may not {what}")
    if not writes:
        lacks.append(f"{user} may not write {history}: GRANT SELECT, INSERT, UPDATE ON it")
    foreign = """SELECT c.oid::regclass::text, pg_get_userbyid(c.relowner)
                 FROM unnest(?::text[]) AS t(name) JOIN pg_class c ON c.oid = to_regclass(t.name)
                 WHERE NOT pg_has_role(c.relowner, 'USAGE')"""
    for name, owner in query(session, foreign, (list(owned),)) if owned else ():
        lacks.append(f"{user} does not own {name}; its owner is {owner}")
    return lacks


def refuses_transaction(kind: str, facts: Mapping[str, Any]) -> bool:
    """https://www.postgresql.org/docs/current/sql-begin.html and the pages of the statements."""
    if kind in ALWAYS_OUTSIDE:
        return True
    if kind in ("create_index", "drop_index", "reindex", "detach_partition"):
        return facts.get("concurrently") is True or (
            kind == "reindex" and facts.get("target_type") in ("schema", "database", "system")
        )
    return kind == "cluster" and not str(facts.get("table", ""))


def is_alive(session: Session) -> bool:
    try:
        return bool(query(session, "SELECT 1"))
    except ServerError:
        return False


def invalid_indexes(session: Session) -> list[tuple[str, str, bool]]:
    """(index, its table, is somebody building it now) of each index that a failed build left."""
    sql = """SELECT i.indexrelid::regclass::text, i.indrelid::regclass::text, EXISTS (
             SELECT FROM pg_locks l WHERE l.relation = i.indrelid AND l.pid <> pg_backend_pid()
             AND l.mode = 'ShareUpdateExclusiveLock')
             FROM pg_index i WHERE NOT i.indisvalid ORDER BY 1"""
    return [tuple(row) for row in query(session, sql)]


def ensure_schema(session: Session) -> None:
    """Prisma makes the schema that `?schema=` names, so a move between the two finds it too."""
    if session.url.schema:
        query(session, f"CREATE SCHEMA IF NOT EXISTS {quoted(session.url.schema)}")


def hold(session: Session) -> None:
    """Keep the others out between statements: the advisory lock does that already."""


def let_go(session: Session) -> None:
    """The other end of `hold`."""


def recover(session: Session) -> Session:
    """A session to write the history with after an interruption or a lost connection."""
    if state(session) == "lost":
        return connect(session.url, session.timeouts, True)
    if state(session) != "idle":
        rollback(session)
    return session


COLUMNS = """
    SELECT format('CREATE %sTABLE %s (%s);',
        CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END,
        CASE WHEN n.nspname = {schema} THEN quote_ident(c.relname) ELSE format('%I.%I', n.nspname, c.relname) END,
        string_agg(format('%I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
            CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END,
            CASE WHEN d.adbin IS NOT NULL AND a.attgenerated = '' THEN ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)
                 ELSE '' END), ', ' ORDER BY a.attnum))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND n.nspname !~ '^pg_(toast|temp)' GROUP BY n.nspname, c.relname, c.relpersistence, c.oid ORDER BY c.oid
"""
CONSTRAINTS = """
    SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s;',
        CASE WHEN n.nspname = {schema} THEN quote_ident(c.relname) ELSE format('%I.%I', n.nspname, c.relname) END,
        k.conname, pg_get_constraintdef(k.oid))
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE k.contype IN ('p', 'u', 'f', 'c') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    ORDER BY k.contype = 'f', k.oid
"""
INDEXES = """
    SELECT pg_get_indexdef(i.indexrelid) || ';' FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE i.indisvalid AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast'
    AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
"""
ENUMS = """
    SELECT format('CREATE TYPE %s AS ENUM (%s);',
        CASE WHEN n.nspname = {schema} THEN quote_ident(t.typname) ELSE format('%I.%I', n.nspname, t.typname) END,
        string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder))
    FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace
    GROUP BY n.nspname, t.typname
"""


def schema_sql(session: Session) -> str:
    """The tables, constraints (valid or not), indexes and enums that are there, as SQL to be read."""
    schema = literal(session.server.schema)
    parts = (ENUMS, COLUMNS, CONSTRAINTS, INDEXES)
    found = [text for part in parts for (text,) in query(session, part.replace("{schema}", schema))]
    return "\n".join(found)


def concurrent(session: Session, begins: bool) -> None:
    """No timeout around CONCURRENTLY: it would cancel the build and leave an INVALID index."""
    if begins:
        query(session, "SET lock_timeout TO 0; SET statement_timeout TO 0")
    else:
        lock, statement = session.timeouts
        query(
            session,
            f"SET lock_timeout TO {literal(lock or '0')}; SET statement_timeout TO {literal(statement or '0')}",
        )
