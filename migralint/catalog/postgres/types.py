"""Queries about schemas, extensions, types, sequences, views and functions.

(labels, since which version, SQL). OURS of the package stands before the SQL.
"""

from __future__ import annotations


def collation(oid: str) -> str:
    """The name of a collation with its schema; regcollation came with version 13."""
    return (
        "(SELECT quote_ident(n.nspname) || '.' || quote_ident(l.collname) FROM pg_collation l "
        f"JOIN pg_namespace n ON n.oid = l.collnamespace WHERE l.oid = {oid})"
    )


SCHEMA = "SELECT 'schema ' || s.name, format('CREATE SCHEMA %s', s.name) FROM schemas s"
EXTENSION = """
SELECT 'extension ' || quote_ident(e.extname), e.extversion, quote_ident(n.nspname)
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
"""
TYPES_OF = """
FROM pg_type t JOIN schemas s ON s.oid = t.typnamespace
WHERE t.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_type'::regclass)
"""
NAME = "s.name || '.' || quote_ident(t.typname)"
ENUM = f"""
SELECT 'enum ' || {NAME}, (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder)
                           FROM pg_enum WHERE enumtypid = t.oid)
{TYPES_OF} AND t.typtype = 'e'
"""
DOMAIN = f"""
SELECT 'domain ' || {NAME}, format_type(t.typbasetype, t.typtypmod),
       CASE WHEN t.typcollation <>
                 (SELECT b.typcollation FROM pg_type b WHERE b.oid = t.typbasetype)
            THEN {collation("t.typcollation")} END,
       CASE WHEN t.typnotnull THEN 'no' ELSE 'yes' END, t.typdefault
{TYPES_OF} AND t.typtype = 'd'
"""
DOMAIN_CONSTRAINT = f"""
SELECT 'constraint ' || quote_ident(k.conname) || ' on domain ' || {NAME},
       pg_get_constraintdef(k.oid)
FROM pg_constraint k JOIN pg_type t ON t.oid = k.contypid JOIN schemas s ON s.oid = t.typnamespace
WHERE t.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_type'::regclass)
AND k.contype = 'c'
"""
COMPOSITE = f"""
SELECT 'type ' || {NAME}, format('CREATE TYPE %s AS (%s)', {NAME},
    (SELECT string_agg(concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
        CASE WHEN a.attcollation <> b.typcollation
             THEN 'COLLATE ' || {collation("a.attcollation")} END), ', ' ORDER BY a.attnum)
     FROM pg_attribute a JOIN pg_type b ON b.oid = a.atttypid
     WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))
{TYPES_OF} AND t.typtype = 'c'
AND EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c')
"""
RANGE = f"""
SELECT 'range ' || {NAME}, r.rngsubtype::regtype::text,
       (SELECT quote_ident(n.nspname) || '.' || quote_ident(o.opcname) FROM pg_opclass o
        JOIN pg_namespace n ON n.oid = o.opcnamespace WHERE o.oid = r.rngsubopc),
       CASE WHEN r.rngcollation <> 0 THEN {collation("r.rngcollation")} END,
       CASE WHEN r.rngcanonical <> 0 THEN r.rngcanonical::regproc::text END,
       CASE WHEN r.rngsubdiff <> 0 THEN r.rngsubdiff::regproc::text END, {{multirange}}
FROM pg_range r JOIN pg_type t ON t.oid = r.rngtypid JOIN schemas s ON s.oid = t.typnamespace
WHERE t.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_type'::regclass)
"""
# Arrays and multiranges come with their types.
BASE_TYPE = f"""
SELECT 'base type ' || {NAME}, t.typinput::text, t.typoutput::text, t.typlen::text,
       t.typalign::text, t.typstorage::text, t.typcategory::text, t.typdefault
{TYPES_OF} AND t.typtype = 'b' AND t.typelem = 0
"""
SEQUENCE = """
SELECT 'sequence ' || r.name, format_type(q.seqtypid, NULL), q.seqstart::text,
       q.seqincrement::text, q.seqmin::text, q.seqmax::text, q.seqcache::text,
       CASE WHEN q.seqcycle THEN 'yes' END,
       CASE r.relpersistence WHEN 'u' THEN 'unlogged' END,
       (SELECT d.refobjid::regclass::text || '.' || quote_ident(a.attname) FROM pg_depend d
        JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        WHERE d.classid = 'pg_class'::regclass AND d.objid = r.oid AND d.deptype = 'a'
        AND d.refclassid = 'pg_class'::regclass),
       (SELECT d.refobjid::regclass::text || '.' || quote_ident(a.attname) FROM pg_depend d
        JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        WHERE d.classid = 'pg_class'::regclass AND d.objid = r.oid AND d.deptype = 'i'
        AND d.refclassid = 'pg_class'::regclass)
FROM relations r JOIN pg_sequence q ON q.seqrelid = r.oid
"""
VIEW = """
SELECT CASE r.relkind WHEN 'v' THEN 'view ' ELSE 'materialized view ' END || r.name,
       format('CREATE %s %s%s AS', CASE r.relkind WHEN 'v' THEN 'VIEW' ELSE 'MATERIALIZED VIEW' END,
              r.name, CASE WHEN r.relkind = 'v'
              THEN ' WITH (' || array_to_string(r.reloptions, ', ') || ')' END)
       || chr(10) || rtrim(pg_get_viewdef(r.oid), ';'),
       CASE r.relkind WHEN 'v' THEN (SELECT string_agg(quote_ident(a.attname) || ' ' ||
           format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum)
           FROM pg_attribute a WHERE a.attrelid = r.oid AND a.attnum > 0) END,
       (SELECT nullif(amname, 'heap') FROM pg_am WHERE oid = r.relam),
       (SELECT quote_ident(spcname) FROM pg_tablespace WHERE oid = r.reltablespace)
FROM relations r WHERE r.relkind IN ('v', 'm')
"""
ROUTINES = """
FROM pg_proc p JOIN schemas s ON s.oid = p.pronamespace
WHERE p.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_proc'::regclass)
"""
SIGNATURE = (
    """s.name || '.' || quote_ident(p.proname) || '(' || oidvectortypes(p.proargtypes) || ')'"""
)
# Those that CREATE TYPE AS RANGE makes depend on their type internally.
ROUTINE = f"""
SELECT CASE p.prokind WHEN 'p' THEN 'procedure ' ELSE 'function ' END || {SIGNATURE},
       rtrim(pg_get_functiondef(p.oid), E'\\n')
{ROUTINES} AND p.prokind <> 'a' AND NOT EXISTS (SELECT FROM pg_depend d
    WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i')
"""
AGGREGATE = """
SELECT 'aggregate ' || s.name || '.' || quote_ident(p.proname) || '(' ||
       pg_get_function_identity_arguments(p.oid) || ')',
       a.aggtransfn::text, a.aggtranstype::regtype::text,
       nullif(a.aggfinalfn::text, '-'), nullif(a.aggcombinefn::text, '-'),
       nullif(a.aggserialfn::text, '-'), nullif(a.aggdeserialfn::text, '-'),
       nullif(a.aggmtransfn::text, '-'), nullif(a.aggminvtransfn::text, '-'),
       nullif(a.aggmfinalfn::text, '-'), a.agginitval, nullif(a.aggsortop, 0)::regoperator::text,
       nullif(a.aggkind, 'n'), nullif(p.proparallel, 'u')
FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid JOIN schemas s ON s.oid = p.pronamespace
WHERE p.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_proc'::regclass)
"""

SEQUENCE_LABELS = (
    "type", "start", "increment", "minimum", "maximum", "cache", "cycle", "persistence",
    "owned by", "identity of",
)  # fmt: skip
AGGREGATE_LABELS = (
    "sfunc", "stype", "finalfunc", "combinefunc", "serialfunc", "deserialfunc", "msfunc",
    "minvfunc", "mfinalfunc", "initcond", "sortop", "kind", "parallel",
)  # fmt: skip
TYPES: tuple[tuple[tuple[str, ...], int, str], ...] = (
    (("definition",), 0, SCHEMA),
    (("version", "schema"), 0, EXTENSION),
    (("values",), 0, ENUM),
    (("type", "collation", "nullable", "default"), 0, DOMAIN),
    (("definition",), 0, DOMAIN_CONSTRAINT),
    (("definition",), 0, COMPOSITE),
    (
        ("subtype", "subtype_opclass", "collation", "canonical", "subtype_diff", "multirange"),
        0,
        RANGE,
    ),
    (
        ("input", "output", "length", "alignment", "storage", "category", "default"),
        0,
        BASE_TYPE,
    ),
    (SEQUENCE_LABELS, 0, SEQUENCE),
    (("definition", "columns", "access method", "tablespace"), 0, VIEW),
    (("definition",), 0, ROUTINE),
    (AGGREGATE_LABELS, 0, AGGREGATE),
)
