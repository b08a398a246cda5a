"""What PostgreSQL's catalog says: tables, sizes, rights, who waits for whom, the schema as SQL."""

from __future__ import annotations

from migralint.model import replace
from migralint.runner.databases import LOCK_KEY, ServerError
from migralint.runner.databases.postgres.session import literal, open_connection, query, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from migralint.runner.databases import Session


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


def end_waits(session: Session) -> list[str]:
    waits = f"""ARRAY(SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database
        WHERE l.locktype = 'advisory' AND NOT l.granted AND l.classid = 0
        AND l.objid = {LOCK_KEY} AND d.datname = current_database())"""
    who = _people(session, waits)
    try:
        query(session, f"SELECT pg_cancel_backend(pid) FROM unnest({waits}) AS t(pid)")
    except ServerError:
        return []  # another role's session: not ours to end
    return who


def blockers(session: Session) -> list[str]:
    other = open_connection(session.url)
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
    other = open_connection(session.url)
    try:
        aside = replace(session, connection=other)
        found = query(aside, PROGRESS.format(session.connection.info.backend_pid))
    except ServerError:
        return ""
    finally:
        other.close()
    if not found:
        return ""
    phase, done = found[0]
    return str(phase) if done is None else f"{phase} {done}%"


def table(session: Session, name: str) -> str:
    return f"{quoted(session.server.schema)}.{quoted(name)}"


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
             'CREATE') END, coalesce((SELECT bool_and(has_table_privilege(c.oid, p))
             FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) p
             WHERE c.oid = to_regclass(?)), true)"""
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


def invalid_indexes(session: Session) -> list[tuple[str, str, bool]]:
    """(index, its table, is somebody building it now) of each index that a failed build left."""
    sql = """SELECT i.indexrelid::regclass::text, i.indrelid::regclass::text, EXISTS (
             SELECT FROM pg_locks l WHERE l.relation = i.indrelid AND l.pid <> pg_backend_pid()
             AND l.mode = 'ShareUpdateExclusiveLock')
             FROM pg_index i WHERE NOT i.indisvalid ORDER BY 1"""
    return [tuple(row) for row in query(session, sql)]


# `{schema}` is the schema whose names stand without it.
_NAME = (
    "CASE n.nspname WHEN {schema} THEN quote_ident(%s) ELSE format('%%I.%%I', n.nspname, %s) END"
)
_TABLE = _NAME % ("c.relname", "c.relname")
_OURS = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'"
COLUMNS = f"""
    SELECT format('CREATE %sTABLE %s %s%s;',
        CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END, {_TABLE},
        CASE WHEN c.reloftype <> 0 THEN 'OF ' || format_type(c.reloftype, NULL) ELSE '(' ||
        string_agg(format('%I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
            CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END, format(CASE
                WHEN d.adbin IS NULL THEN '' WHEN a.attgenerated = '' THEN ' DEFAULT %s'
                WHEN a.attgenerated = 's' THEN ' GENERATED ALWAYS AS (%s) STORED'
                ELSE ' GENERATED ALWAYS AS (%s)' END, pg_get_expr(d.adbin, d.adrelid))),
            ', ' ORDER BY a.attnum) || ')' END,
        ' PARTITION BY ' || CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relkind IN ('r', 'p') AND {_OURS}
    GROUP BY n.nspname, c.relname, c.relpersistence, c.oid ORDER BY c.oid
"""
CONSTRAINTS = f"""
    SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s;', {_TABLE}, k.conname,
                  pg_get_constraintdef(k.oid))
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE k.contype IN ('p', 'u', 'f', 'c') AND {_OURS} ORDER BY k.contype = 'f', k.oid
"""
INDEXES = f"""
    SELECT pg_get_indexdef(i.indexrelid) || ';' FROM pg_index i
    JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE i.indisvalid AND {_OURS} AND NOT EXISTS (SELECT FROM pg_constraint k
    WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
"""
_TYPE = _NAME % ("t.typname", "t.typname")
TYPES = f"""
    SELECT format('CREATE TYPE %s AS ENUM (%s);', {_TYPE},
        string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder))
    FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid
    JOIN pg_namespace n ON n.oid = t.typnamespace
    GROUP BY n.nspname, t.typname
    UNION ALL
    SELECT format('CREATE DOMAIN %s AS %s%s%s;', {_TYPE}, format_type(t.typbasetype, t.typtypmod),
        CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END,
        (SELECT string_agg(' ' || pg_get_constraintdef(k.oid), '') FROM pg_constraint k
         WHERE k.contypid = t.oid AND k.contype = 'c'))
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'd' AND {_OURS}
    UNION ALL
    SELECT format('CREATE TYPE %s AS (%s);', {_TABLE}, string_agg(
        format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind = 'c' AND {_OURS} GROUP BY n.nspname, c.relname
"""
_PARENT = _NAME.replace("n.", "m.") % ("p.relname", "p.relname")
PARENTS = f"""
    SELECT CASE WHEN c.relispartition THEN format('ALTER TABLE %s ATTACH PARTITION %s %s;',
            {_PARENT}, {_TABLE}, pg_get_expr(c.relpartbound, c.oid))
        ELSE format('ALTER TABLE %s INHERIT %s;', {_TABLE}, {_PARENT}) END
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
    JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_namespace m ON m.oid = p.relnamespace
    WHERE c.relkind IN ('r', 'p') AND {_OURS} ORDER BY i.inhparent, c.oid
"""


def schema_sql(session: Session) -> str:
    """The types, tables, constraints (valid or not), indexes, partitions and heirs, as SQL."""
    schema = literal(session.server.schema)
    parts = (TYPES, COLUMNS, CONSTRAINTS, INDEXES, PARENTS)
    found = [text for part in parts for (text,) in query(session, part.replace("{schema}", schema))]
    return "\n".join(found)


def ensure_schema(session: Session) -> None:
    """Prisma makes the schema that `?schema=` names, so a move between the two finds it too."""
    if session.url.schema:
        query(session, f"CREATE SCHEMA IF NOT EXISTS {quoted(session.url.schema)}")


def is_alive(session: Session) -> bool:
    try:
        return bool(query(session, "SELECT 1"))
    except ServerError:
        return False
