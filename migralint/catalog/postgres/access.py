"""Queries about who may do what, and about comments.

(labels, since which version, SQL). OURS of the package stands before the SQL. Of privileges only
what differs from the server's own default is told, grantee by grantee, so that an access list that
was never touched and one that says the same are one; the owner is `its owner`, whoever it is.
"""

from __future__ import annotations

# An access list -> one row for each grantee: (key, owner, grantee, privileges)
EXPLODED = """
    SELECT o.key, o.owner, a.grantee,
           string_agg(DISTINCT a.privilege_type || CASE WHEN a.is_grantable AND a.grantee <> o.owner
                      THEN ' WITH GRANT OPTION' ELSE '' END, ', ') AS granted
    FROM objects o CROSS JOIN LATERAL aclexplode({}) a GROUP BY 1, 2, 3
"""
COMPARED = f"""
entries AS ({EXPLODED.format("o.acl")}), usual AS ({EXPLODED.format("o.usual")})
SELECT key || ' to ' || CASE WHEN grantee = 0 THEN 'PUBLIC' WHEN grantee = owner THEN 'its owner'
                             ELSE quote_ident(pg_get_userbyid(grantee)) END,
       coalesce(e.granted, 'nothing')
FROM entries e FULL JOIN usual u USING (key, owner, grantee)
WHERE e.granted IS DISTINCT FROM u.granted
"""
GRANT = f""", objects AS (
    SELECT 'grant on ' || CASE r.relkind WHEN 'S' THEN 'sequence ' ELSE 'table ' END || r.name
           AS key,
           r.relowner AS owner, r.relacl AS acl,
           acldefault(CASE r.relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END, r.relowner)
           AS usual
    FROM relations r WHERE r.relacl IS NOT NULL
    UNION ALL
    SELECT 'grant on column ' || r.name || '.' || quote_ident(a.attname), r.relowner, a.attacl,
           acldefault('c', r.relowner)
    FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid
    WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
    UNION ALL
    SELECT 'grant on schema ' || s.name, s.nspowner, s.nspacl, acldefault('n', s.nspowner)
    FROM schemas s WHERE s.nspacl IS NOT NULL
    UNION ALL
    SELECT CASE p.prokind WHEN 'p' THEN 'grant on procedure ' ELSE 'grant on function ' END
           || s.name || '.' || quote_ident(p.proname) || '('
           || oidvectortypes(p.proargtypes) || ')',
           p.proowner, p.proacl, acldefault('f', p.proowner)
    FROM pg_proc p JOIN schemas s ON s.oid = p.pronamespace WHERE p.proacl IS NOT NULL
    AND p.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_proc'::regclass)
    UNION ALL
    SELECT 'grant on type ' || s.name || '.' || quote_ident(t.typname), t.typowner, t.typacl,
           acldefault('T', t.typowner)
    FROM pg_type t JOIN schemas s ON s.oid = t.typnamespace WHERE t.typacl IS NOT NULL
    AND t.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_type'::regclass)
    UNION ALL
    SELECT 'grant on foreign server ' || quote_ident(f.srvname), f.srvowner, f.srvacl,
           acldefault('S', f.srvowner)
    FROM pg_foreign_server f WHERE f.srvacl IS NOT NULL
), {COMPARED}"""
# Without a schema the list stands for the whole default, with one it is added to it.
DEFAULT_PRIVILEGES = f""", objects AS (
    SELECT 'default privileges of ' || quote_ident(pg_get_userbyid(d.defaclrole))
           || coalesce(' in schema ' || s.name, '') || ' on '
           || CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences'
                                   WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types'
                                   WHEN 'n' THEN 'schemas' ELSE d.defaclobjtype::text END AS key,
           d.defaclrole AS owner, d.defaclacl AS acl,
           CASE WHEN d.defaclnamespace = 0 AND d.defaclobjtype IN ('r', 'S', 'f', 'T', 'n')
                THEN acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's'::"char"
                                ELSE d.defaclobjtype END, d.defaclrole)
                END AS usual
    FROM pg_default_acl d LEFT JOIN schemas s ON s.oid = d.defaclnamespace
    WHERE d.defaclnamespace = 0 OR s.oid IS NOT NULL
), {COMPARED}"""
COMMENT = """
SELECT 'comment on ' || CASE WHEN i.type LIKE '% column' THEN 'column'
           WHEN i.type = 'table constraint' THEN 'constraint'
           WHEN i.type = 'statistics object' THEN 'statistics'
           WHEN i.type = 'composite type' THEN 'type' ELSE i.type END || ' ' || i.identity,
       d.description
FROM pg_description d
CROSS JOIN LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) i
LEFT JOIN pg_namespace n ON n.nspname = i.schema
WHERE d.objoid >= 16384 AND i.type <> 'extension'
AND (i.schema IS NULL AND i.identity !~ ' on (pg_|information_schema\\.|migralint\\.)'
     OR n.oid IN (SELECT oid FROM schemas))
AND (d.classoid, d.objoid) NOT IN (SELECT classid, objid FROM members)
AND (d.classoid <> 'pg_class'::regclass OR d.objoid IN (SELECT oid FROM relations))
AND (d.classoid <> 'pg_namespace'::regclass OR d.objoid IN (SELECT oid FROM schemas))
"""
SECURITY_LABEL = """
SELECT 'security label of ' || l.provider || ' on ' || i.type || ' ' || i.identity, l.label
FROM pg_seclabel l CROSS JOIN LATERAL pg_identify_object(l.classoid, l.objoid, l.objsubid) i
WHERE l.objoid >= 16384
"""

ACCESS: tuple[tuple[tuple[str, ...], int, str], ...] = (
    (("privileges",), 0, GRANT),
    (("privileges",), 0, DEFAULT_PRIVILEGES),
    (("text",), 0, COMMENT),
    (("label",), 0, SECURITY_LABEL),
)
