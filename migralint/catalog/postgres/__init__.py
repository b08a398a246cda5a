"""The snapshot of a PostgreSQL database, 12 and later, from pg_catalog alone.

Objects that belong to an extension are left out, the extension itself is not. Names are always
written with their schema: the search_path is pg_catalog while we read.
"""

from __future__ import annotations

from migralint.catalog import HISTORIES, OWN_SCHEMA, definition
from migralint.catalog.postgres.access import ACCESS
from migralint.catalog.postgres.others import OTHERS
from migralint.catalog.postgres.tables import TABLES
from migralint.catalog.postgres.types import TYPES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.runner.databases import Database, Session

# What decides how the server writes a value, as pg_dump sets it.
SETTINGS = """SET LOCAL search_path TO pg_catalog; SET LOCAL datestyle TO 'ISO';
    SET LOCAL intervalstyle TO 'postgres'; SET LOCAL extra_float_digits TO 3;
    SET LOCAL timezone TO 'UTC'; SET LOCAL quote_all_identifiers TO off;
    SET LOCAL bytea_output TO 'hex'"""
# The CTEs that every query may use: schemas and relations of the user's own.
OURS = f"""WITH members AS MATERIALIZED (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
schemas AS (SELECT n.*, quote_ident(n.nspname) AS name FROM pg_namespace n
    WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', '{OWN_SCHEMA}')
    AND (CAST('pg_namespace'::regclass AS oid), n.oid) NOT IN (SELECT classid, objid FROM members)),
relations AS (SELECT c.*, s.name || '.' || quote_ident(c.relname) AS name
    FROM pg_class c JOIN schemas s ON s.oid = c.relnamespace
    WHERE c.relname NOT IN {HISTORIES}
    AND (CAST('pg_class'::regclass AS oid), c.oid) NOT IN (SELECT classid, objid FROM members))
"""
# Columns of the catalogs that came later: (placeholder, since, what to ask, what to say before).
SINCE = (
    ("compression", 14, "nullif(a.attcompression, '')", "NULL"),
    ("multirange", 14, "r.rngmultitypid::regtype::text", "NULL"),
    ("statistics_target", 13, "nullif(e.stxstattarget, -1)", "NULL"),
    ("own_trigger", 13, "t.tgparentid = 0", "true"),
    ("via_root", 13, "CASE WHEN p.pubviaroot THEN 'yes' END", "NULL"),
    ("row_filter", 15, "pg_get_expr(r.prqual, r.prrelid)", "NULL"),
    (
        "published_columns",
        15,
        "(SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute "
        "WHERE attrelid = r.prrelid AND attnum = ANY(r.prattrs))",
        "NULL",
    ),
    ("locale", 17, "l.colllocale", "{icu_locale}"),
    ("icu_locale", 15, "l.colliculocale", "NULL"),
)


def objects(db: Database, session: Session) -> dict[str, str]:
    inside = db.state(session) == "open"
    begin = "SAVEPOINT migralint" if inside else "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
    db.query(session, begin)
    try:
        db.query(session, SETTINGS)
        return _read(db, session)
    finally:
        end = (
            "ROLLBACK TO SAVEPOINT migralint; RELEASE SAVEPOINT migralint" if inside else "ROLLBACK"
        )
        if db.state(session) != "lost":
            db.query(session, end)


def _read(db: Database, session: Session) -> dict[str, str]:
    version = session.server.version
    later = {name: now if version >= since else before for name, since, now, before in SINCE}
    found: dict[str, str] = {}
    for labels, since, sql in (*TABLES, *TYPES, *OTHERS, *ACCESS):
        if version < since:
            continue
        for name in later:
            sql = sql.replace("{" + name + "}", later[name])
        for key, *values in db.query(session, OURS + sql):
            found[key] = definition(zip(labels, values, strict=True))
    return found
