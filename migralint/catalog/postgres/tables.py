"""Queries about tables and what stands on them; each gives a name and the values of its labels.

(labels, since which version, SQL). OURS of the package stands before the SQL.
"""

from __future__ import annotations

from migralint.catalog.postgres.types import collation

TABLE = """
SELECT 'table ' || r.name,
       CASE r.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table'
                      ELSE 'foreign table' END,
       CASE r.relpersistence WHEN 'u' THEN 'unlogged' END,
       pg_get_partkeydef(r.oid),
       CASE WHEN r.reloftype <> 0 THEN r.reloftype::regtype::text END,
       (SELECT nullif(amname, 'heap') FROM pg_am WHERE oid = r.relam),
       (SELECT quote_ident(spcname) FROM pg_tablespace WHERE oid = r.reltablespace),
       (SELECT quote_ident(s.srvname) FROM pg_foreign_table f
        JOIN pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = r.oid),
       (SELECT array_to_string(f.ftoptions, ', ') FROM pg_foreign_table f WHERE f.ftrelid = r.oid)
FROM relations r WHERE r.relkind IN ('r', 'p', 'f')
"""
PARTITION = """
SELECT 'partition ' || r.name, i.inhparent::regclass::text, pg_get_expr(r.relpartbound, r.oid)
FROM relations r JOIN pg_inherits i ON i.inhrelid = r.oid
WHERE r.relispartition AND r.relkind IN ('r', 'p', 'f')
"""
INHERITANCE = """
SELECT 'inheritance of ' || r.name || ' from ' || i.inhparent::regclass::text, r.name
FROM relations r JOIN pg_inherits i ON i.inhrelid = r.oid
WHERE NOT r.relispartition AND r.relkind IN ('r', 'f')
"""
ROW_SECURITY = """
SELECT 'row level security of ' || r.name,
       concat_ws(', ', CASE WHEN r.relrowsecurity THEN 'enabled' END,
                 CASE WHEN r.relforcerowsecurity THEN 'forced' END)
FROM relations r WHERE r.relrowsecurity OR r.relforcerowsecurity
"""
REPLICA_IDENTITY = """
SELECT 'replica identity of ' || r.name,
       CASE r.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' ELSE 'USING INDEX ' ||
       coalesce((SELECT quote_ident(c.relname)
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE i.indrelid = r.oid AND i.indisreplident), 'that is gone') END
FROM relations r WHERE r.relkind IN ('r', 'p') AND r.relreplident <> 'd'
"""
CLUSTERING = """
SELECT 'clustering of ' || r.name, quote_ident(c.relname)
FROM relations r JOIN pg_index i ON i.indrelid = r.oid JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indisclustered
"""
PARAMETER = """
SELECT 'storage parameter ' || t.prefix || split_part(o, '=', 1) || ' of ' || r.name,
       substr(o, strpos(o, '=') + 1)
FROM relations r CROSS JOIN LATERAL (
    SELECT '' AS prefix, r.reloptions AS options UNION ALL
    SELECT 'toast.', c.reloptions FROM pg_class c WHERE c.oid = r.reltoastrelid) t
CROSS JOIN unnest(t.options) o
WHERE r.relkind IN ('r', 'p', 'm')
"""
COLUMN = f"""
SELECT 'column ' || r.name || '.' || quote_ident(a.attname),
       format_type(a.atttypid, a.atttypmod),
       CASE WHEN a.attcollation <> t.typcollation THEN {collation("a.attcollation")} END,
       CASE WHEN a.attnotnull THEN 'no' ELSE 'yes' END,
       CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
       CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
       CASE a.attgenerated WHEN 's' THEN pg_get_expr(d.adbin, d.adrelid) END,
       CASE a.attgenerated WHEN 'v' THEN pg_get_expr(d.adbin, d.adrelid) END,
       CASE WHEN a.attstorage <> t.typstorage THEN
           CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main'
                             ELSE 'extended' END END,
       CASE {{compression}} WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END,
       CASE WHEN a.attstattarget >= 0 THEN a.attstattarget::text END,
       array_to_string(a.attoptions, ', '), array_to_string(a.attfdwoptions, ', ')
FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE r.relkind IN ('r', 'p', 'f') AND a.attnum > 0 AND NOT a.attisdropped
"""
VIEW_DEFAULT = """
SELECT 'default of ' || r.name || '.' || quote_ident(a.attname), pg_get_expr(d.adbin, d.adrelid)
FROM relations r JOIN pg_attrdef d ON d.adrelid = r.oid
JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = d.adnum WHERE r.relkind = 'v'
"""
# From version 18 on NOT NULL is a constraint too; the column says it, unless it is not validated.
CONSTRAINT = """
SELECT 'constraint ' || quote_ident(k.conname) || ' on ' || r.name,
       pg_get_constraintdef(k.oid),
       array_to_string(c.reloptions, ', '),
       (SELECT quote_ident(spcname) FROM pg_tablespace WHERE oid = c.reltablespace),
       CASE WHEN NOT i.indisvalid THEN 'INVALID' WHEN NOT i.indisready THEN 'not ready' END,
       (SELECT string_agg(DISTINCT CASE t.tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica'
        ELSE 'always' END, ', ') FROM pg_trigger t
        WHERE t.tgconstraint = k.oid AND t.tgisinternal AND t.tgenabled <> 'O')
FROM relations r JOIN pg_constraint k ON k.conrelid = r.oid
LEFT JOIN pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u', 'x')
LEFT JOIN pg_class c ON c.oid = i.indexrelid
WHERE r.relkind IN ('r', 'p', 'f') AND k.contype IN ('p', 'u', 'x', 'c', 'f')
   OR k.contype = 'n' AND NOT k.convalidated
"""
INDEX = """
SELECT 'index ' || r.name, pg_get_indexdef(r.oid), i.indrelid::regclass::text,
       (SELECT quote_ident(spcname) FROM pg_tablespace WHERE oid = r.reltablespace),
       CASE WHEN NOT i.indisvalid THEN 'INVALID' WHEN NOT i.indisready THEN 'not ready' END,
       (SELECT string_agg(a.attnum || ' ' || a.attstattarget, ', ' ORDER BY a.attnum)
        FROM pg_attribute a WHERE a.attrelid = r.oid AND a.attstattarget >= 0)
FROM relations r JOIN pg_index i ON i.indexrelid = r.oid JOIN relations t ON t.oid = i.indrelid
WHERE NOT EXISTS (SELECT FROM pg_constraint k
                  WHERE k.conindid = r.oid AND k.contype IN ('p', 'u', 'x'))
"""
FIRING = """CASE {} WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END"""
TRIGGER = f"""
SELECT 'trigger ' || quote_ident(t.tgname) || ' on ' || r.name, pg_get_triggerdef(t.oid),
       {FIRING.format("t.tgenabled")}
FROM relations r JOIN pg_trigger t ON t.tgrelid = r.oid WHERE NOT t.tgisinternal
AND {{own_trigger}}
"""
RULE = f"""
SELECT 'rule ' || quote_ident(w.rulename) || ' on ' || r.name, pg_get_ruledef(w.oid),
       {FIRING.format("w.ev_enabled")}
FROM relations r JOIN pg_rewrite w ON w.ev_class = r.oid WHERE w.rulename <> '_RETURN'
"""
POLICY = """
SELECT 'policy ' || quote_ident(p.polname) || ' on ' || r.name,
       format('CREATE POLICY %I ON %s AS %s FOR %s TO %s', p.polname, r.name,
           CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
           CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                         WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
           (SELECT string_agg(name, ', ' ORDER BY name) FROM (
                SELECT CASE o WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(o)) END AS name
                FROM unnest(p.polroles) o) n))
       || coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '')
       || coalesce(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')
FROM relations r JOIN pg_policy p ON p.polrelid = r.oid
"""
STATISTICS = """
SELECT 'statistics ' || s.name || '.' || quote_ident(e.stxname), pg_get_statisticsobjdef(e.oid),
       {statistics_target}::text
FROM pg_statistic_ext e JOIN schemas s ON s.oid = e.stxnamespace
JOIN relations r ON r.oid = e.stxrelid
"""

INDEX_LABELS = ("definition", "table", "tablespace", "state", "statistics")
TABLE_LABELS = (
    "kind", "persistence", "partition key", "of type", "access method", "tablespace", "server",
    "options",
)  # fmt: skip
COLUMN_LABELS = (
    "type", "collation", "nullable", "default", "identity", "generated stored",
    "generated virtual", "storage", "compression", "statistics", "options", "foreign options",
)  # fmt: skip
TABLES: tuple[tuple[tuple[str, ...], int, str], ...] = (
    (TABLE_LABELS, 0, TABLE),
    (("parent", "bound"), 0, PARTITION),
    (("child",), 0, INHERITANCE),
    (("state",), 0, ROW_SECURITY),
    (("identity",), 0, REPLICA_IDENTITY),
    (("index",), 0, CLUSTERING),
    (("value",), 0, PARAMETER),
    (COLUMN_LABELS, 0, COLUMN),
    (("default",), 0, VIEW_DEFAULT),
    (("definition", "options", "tablespace", "state", "enforcement"), 0, CONSTRAINT),
    (INDEX_LABELS, 0, INDEX),
    (("definition", "firing"), 0, TRIGGER),
    (("definition", "firing"), 0, RULE),
    (("definition",), 0, POLICY),
    (("definition", "target"), 0, STATISTICS),
)
