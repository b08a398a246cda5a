"""What PostgreSQL shows of a statement: locks held, files of relations, rows that were read.

Asked in the transaction of the statement itself, so nothing is missed and nothing has to wait.
Relations are told apart by their OIDs: a statement may rename or drop them.
https://www.postgresql.org/docs/current/view-pg-locks.html
"""

from __future__ import annotations

from migralint.model import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from migralint.runner.databases import Database, Session

# A fresh relfilenode is a rewrite, of CLUSTER and TRUNCATE too, which no event trigger tells.
# `owner` is the table of an index and the one whose column owns a sequence.
RELATIONS = """
    SELECT c.oid::bigint, n.nspname, c.relname, c.relkind::text, c.relfilenode::bigint,
        coalesce((SELECT i.indrelid FROM pg_catalog.pg_index i WHERE i.indexrelid = c.oid),
            (SELECT d.refobjid FROM pg_catalog.pg_depend d WHERE d.classid = 1259
             AND d.objid = c.oid AND d.refclassid = 1259 AND d.deptype IN ('a', 'i')
             AND c.relkind = 'S' LIMIT 1), 0)::bigint,
        pg_catalog.pg_stat_get_xact_tuples_returned(c.oid)
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'i', 'I', 'm', 'S', 'v', 'f')
    AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND n.nspname !~ '^pg_(toast|temp)'
"""
LINKS = """
    SELECT 'references', conrelid::bigint, confrelid::bigint, conname::text
    FROM pg_catalog.pg_constraint WHERE contype = 'f'
    UNION ALL
    SELECT 'inherits', i.inhrelid::bigint, i.inhparent::bigint,
        CASE WHEN pg_catalog.pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT' THEN 'default' END
    FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
"""
LOCKS = """
    SELECT relation::bigint, mode FROM pg_catalog.pg_locks
    WHERE pid = {} AND locktype = 'relation' AND database = (SELECT oid FROM
    pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
"""
READ = "SELECT relid::bigint, coalesce(seq_tup_read, 0) FROM pg_catalog.pg_stat_user_tables"


class Relation(Record):
    """`kind` is pg_class.relkind, `owner` the OID of the table that an index or sequence is for."""

    oid: int
    schema: str
    name: str
    kind: str
    file: int
    owner: int
    read: int


class Catalog(Record):
    """The relations by OID, foreign keys as (table, referenced table, name), partitions and
    children as (child, parent, "default" or None), the schemas of the search path."""

    relations: Mapping[int, Relation]
    references: tuple[tuple[int, int, str], ...]
    inherits: tuple[tuple[int, int, str | None], ...]
    path: tuple[str, ...]

    def named(self, oid: int) -> str:
        """As a person of this search path writes it."""
        relation = self.relations[oid]
        return (
            relation.name
            if relation.schema in self.path[:1]
            else f"{relation.schema}.{relation.name}"
        )


def catalog(db: Database, session: Session) -> Catalog:
    relations = {row[0]: Relation(*row) for row in db.query(session, RELATIONS)}
    links = db.query(session, LINKS)
    path = db.query(session, "SELECT pg_catalog.current_schemas(false)::text[]")[0][0]
    return Catalog(
        relations,
        tuple((a, b, name) for what, a, b, name in links if what == "references"),
        tuple((a, b, name) for what, a, b, name in links if what == "inherits"),
        tuple(path or ()),
    )


def locks(
    db: Database, session: Session, pid: str = "pg_catalog.pg_backend_pid()"
) -> set[tuple[int, str]]:
    return {(oid, words(mode)) for oid, mode in db.query(session, LOCKS.format(pid))}


def words(mode: str) -> str:
    """AccessExclusiveLock -> ACCESS EXCLUSIVE"""
    parts = "".join(f" {c}" if c.isupper() else c for c in mode.removesuffix("Lock"))
    return parts.strip().upper()


def rewritten(before: Catalog, after: Catalog, existing: Iterable[int]) -> set[int]:
    """Those with another file. Views have none, a partitioned table neither."""
    found = set()
    for oid in existing:
        old, new = before.relations.get(oid), after.relations.get(oid)
        if old and new and old.file and old.file != new.file:
            found.add(oid)
    return found


def read(before: Catalog, after: Catalog, existing: Iterable[int]) -> set[int]:
    """Those of which rows were read one after the other; of an index: through it."""
    found = set()
    for oid in existing:
        old, new = before.relations.get(oid), after.relations.get(oid)
        if old and new and new.read > old.read:
            found.add(oid)
    return found
