"""Queries about what fewer databases have: event triggers, publications, operators, servers ...

(labels, since which version, SQL). OURS of the package stands before the SQL. What has been there
since initdb has an oid below 16384. The options of a user mapping and the connection of a
subscription are never asked for: they hold passwords.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

EVENT_TRIGGER = """
SELECT 'event trigger ' || quote_ident(e.evtname),
       format('CREATE EVENT TRIGGER %I ON %I%s EXECUTE FUNCTION %s()', e.evtname, e.evtevent,
           ' WHEN TAG IN (' || (SELECT string_agg(quote_literal(t), ', ' ORDER BY t)
                                FROM unnest(e.evttags) t) || ')', e.evtfoid::regproc),
       CASE e.evtenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END
FROM pg_event_trigger e
WHERE e.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_event_trigger'::regclass)
"""
PUBLICATION = """
SELECT 'publication ' || quote_ident(p.pubname), CASE WHEN p.puballtables THEN 'all' END,
       concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END,
                 CASE WHEN p.pubupdate THEN 'update' END, CASE WHEN p.pubdelete THEN 'delete' END,
                 CASE WHEN p.pubtruncate THEN 'truncate' END),
       {via_root}
FROM pg_publication p
"""
PUBLICATION_TABLE = """
SELECT 'table ' || r.prrelid::regclass::text || ' in publication ' || quote_ident(p.pubname),
       {published_columns}, {row_filter}
FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
"""
PUBLICATION_SCHEMA = """
SELECT 'schema ' || r.pnnspid::regnamespace::text || ' in publication ' || quote_ident(p.pubname)
FROM pg_publication_namespace r JOIN pg_publication p ON p.oid = r.pnpubid
"""
SUBSCRIPTION = """
SELECT 'subscription ' || quote_ident(s.subname), CASE WHEN NOT s.subenabled THEN 'no' END,
       array_to_string(s.subpublications, ', '), s.subslotname::text
FROM pg_subscription s
WHERE s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
CAST = """
SELECT 'cast from ' || c.castsource::regtype::text || ' to ' || c.casttarget::regtype::text,
       nullif(c.castfunc::regprocedure::text, '-'), c.castcontext::text, c.castmethod::text
FROM pg_cast c WHERE c.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend d
    WHERE d.classid = 'pg_cast'::regclass AND d.objid = c.oid AND d.deptype = 'i')
AND c.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_cast'::regclass)
"""
COLLATION = """
SELECT 'collation ' || s.name || '.' || quote_ident(l.collname), l.collprovider::text,
       l.collcollate, l.collctype, {locale}, CASE WHEN NOT l.collisdeterministic THEN 'no' END
FROM pg_collation l JOIN schemas s ON s.oid = l.collnamespace
WHERE l.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_collation'::regclass)
"""
LANGUAGE = """
SELECT 'language ' || quote_ident(l.lanname), l.lanplcallfoid::regproc::text,
       CASE WHEN l.lanpltrusted THEN 'yes' END
FROM pg_language l WHERE l.oid >= 16384
AND l.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_language'::regclass)
"""
FOREIGN_SERVER = """
SELECT 'server ' || quote_ident(f.srvname), quote_ident(w.fdwname), f.srvtype, f.srvversion,
       (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(f.srvoptions) o WHERE o !~* '^pass')
FROM pg_foreign_server f JOIN pg_foreign_data_wrapper w ON w.oid = f.srvfdw
"""
WRAPPER = """
SELECT 'foreign data wrapper ' || quote_ident(f.fdwname), nullif(f.fdwhandler::regproc::text, '-'),
       nullif(f.fdwvalidator::regproc::text, '-')
FROM pg_foreign_data_wrapper f
WHERE f.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_foreign_data_wrapper'::regclass)
"""
USER_MAPPING = """
SELECT 'user mapping for ' || coalesce(quote_ident(nullif(pg_get_userbyid(u.umuser), '')), 'PUBLIC')
       || ' on server ' || quote_ident(u.srvname), 'not asked for' FROM pg_user_mappings u
"""
MEMBERS = "SELECT objid FROM members WHERE classid = "
OPERATOR = f"""
SELECT 'operator ' || o.oid::regoperator::text, o.oprcode::regprocedure::text,
       nullif(o.oprcom, 0)::regoperator::text, nullif(o.oprnegate, 0)::regoperator::text,
       nullif(o.oprrest::text, '-'), nullif(o.oprjoin::text, '-'),
       CASE WHEN o.oprcanhash THEN 'yes' END, CASE WHEN o.oprcanmerge THEN 'yes' END
FROM pg_operator o JOIN schemas s ON s.oid = o.oprnamespace
WHERE o.oprcode <> 0 AND o.oid NOT IN ({MEMBERS} 'pg_operator'::regclass)
"""
# What pg_identify_object calls them, and for families the operators and functions they hold.
IDENTITY = (
    "(SELECT i.type || ' ' || i.identity FROM pg_identify_object('{0}'::regclass, o.oid, 0) i)"
)
OPERATOR_CLASS = f"""
SELECT {IDENTITY.format("pg_opclass")}, o.opcintype::regtype::text,
       nullif(o.opckeytype, 0)::regtype::text, CASE WHEN o.opcdefault THEN 'yes' END
FROM pg_opclass o JOIN schemas s ON s.oid = o.opcnamespace
WHERE o.oid NOT IN ({MEMBERS} 'pg_opclass'::regclass)
"""
OPERATOR_FAMILY = f"""
SELECT {IDENTITY.format("pg_opfamily")},
    (SELECT string_agg(m.amopstrategy || ' ' || m.amopopr::regoperator::text, ', '
        ORDER BY m.amopstrategy, m.amopopr::regoperator::text)
        FROM pg_amop m WHERE m.amopfamily = o.oid),
    (SELECT string_agg(m.amprocnum || ' ' || m.amproc::regprocedure::text, ', '
        ORDER BY m.amprocnum, m.amproc::regprocedure::text)
        FROM pg_amproc m WHERE m.amprocfamily = o.oid)
FROM pg_opfamily o JOIN schemas s ON s.oid = o.opfnamespace
WHERE o.oid NOT IN ({MEMBERS} 'pg_opfamily'::regclass)
"""
SEARCH_DICTIONARY = f"""
SELECT {IDENTITY.format("pg_ts_dict")}, t.tmplname::text, o.dictinitoption
FROM pg_ts_dict o JOIN schemas s ON s.oid = o.dictnamespace JOIN pg_ts_template t
ON t.oid = o.dicttemplate WHERE o.oid NOT IN ({MEMBERS} 'pg_ts_dict'::regclass)
"""
SEARCH_CONFIGURATION = f"""
SELECT {IDENTITY.format("pg_ts_config")}, p.prsname::text,
    (SELECT string_agg(a.alias || ' ' || m.mapdict::regdictionary::text, ', '
        ORDER BY a.alias, m.mapseqno)
     FROM pg_ts_config_map m JOIN ts_token_type(o.cfgparser) a ON a.tokid = m.maptokentype
     WHERE m.mapcfg = o.oid)
FROM pg_ts_config o JOIN schemas s ON s.oid = o.cfgnamespace JOIN pg_ts_parser p
ON p.oid = o.cfgparser WHERE o.oid NOT IN ({MEMBERS} 'pg_ts_config'::regclass)
"""


def _since(version: int, *queries: tuple[str, str]) -> Iterable[tuple[tuple[str, ...], int, str]]:
    for labels, sql in queries:
        yield tuple(labels.split(", ")) if labels else (), version, sql


OTHERS = (
    *_since(
        0,
        ("definition, firing", EVENT_TRIGGER),
        ("tables, publish, via root", PUBLICATION),
        ("columns, where", PUBLICATION_TABLE),
        ("enabled, publications, slot", SUBSCRIPTION),
        ("function, context, method", CAST),
        ("provider, collate, ctype, locale, deterministic", COLLATION),
        ("handler, trusted", LANGUAGE),
        ("wrapper, type, version, options", FOREIGN_SERVER),
        ("handler, validator", WRAPPER),
        ("options", USER_MAPPING),
        ("function, commutator, negator, restrict, join, hashes, merges", OPERATOR),
        ("type, storage, default", OPERATOR_CLASS),
        ("operators, functions", OPERATOR_FAMILY),
        ("template, options", SEARCH_DICTIONARY),
        ("parser, mappings", SEARCH_CONFIGURATION),
    ),
    *_since(15, ("", PUBLICATION_SCHEMA)),
)
