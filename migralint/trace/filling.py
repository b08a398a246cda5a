"""Rows for the tables of a scratch database, so that scans and rewrites can be seen.

Values are made from the row's number by the column's type, foreign keys point at rows that were
made before, and unique columns get a value for each row. What a CHECK refuses is tried once more
with NULL wherever that may be; a table that refuses this too stays empty, and it is said.
"""

from __future__ import annotations

import re

from migralint.model import Record
from migralint.runner.databases import ServerError
from migralint.runner.databases.postgres.session import literal, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from migralint.runner.databases import Database, Session

# `g` is the number of the row. Types by pg_type.typname of the base type of a domain.
VALUES = {
    "bool": "g % 2 = 0",
    "uuid": "md5(g::text)::uuid",
    "json": "json_build_object('g', g)",
    "jsonb": "jsonb_build_object('g', g)",
    "bytea": "convert_to(g::text, 'UTF8')",
    "date": "date '2020-01-01' + g::int",
    "timestamp": "timestamp '2020-01-01' + g * interval '1 minute'",
    "timestamptz": "timestamptz '2020-01-01' + g * interval '1 minute'",
    "time": "time '00:00' + g * interval '1 second'",
    "timetz": "timetz '00:00+00' + g * interval '1 second'",
    "interval": "g * interval '1 minute'",
    "inet": "inet '10.0.0.0' + g",
    "cidr": "(inet '10.0.0.0' + g)::cidr",
    "macaddr": "('02:00:00:00:' || lpad(to_hex(g / 256), 2, '0') || ':'"
    " || lpad(to_hex(g % 256), 2, '0'))::macaddr",
    "money": "g::int::money",
    "oid": "g::oid",
    "xml": "('<g>' || g || '</g>')::xml",
    "point": "point(g, g)",
    "tsvector": "to_tsvector('simple', 'v' || g)",
    "bit": "NULL",
}
NUMBERS = frozenset(("int2", "int4", "int8", "float4", "float8"))
TEXTS = frozenset(("text", "varchar", "bpchar", "citext", "name", "ltree", "char"))
TABLES = """
    SELECT c.oid::bigint, n.nspname, c.relname, c.relkind::text FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND n.nspname !~ '^pg_(toast|temp)' AND NOT c.relispartition
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY c.oid
"""
COLUMNS = """
    SELECT a.attnum::int, a.attname, b.typname, b.typtype::text, b.typcategory::text,
        CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END,
        format_type(a.atttypid, a.atttypmod), a.attnotnull OR t.typnotnull,
        a.atthasdef OR a.attidentity <> '', a.attidentity <> '' OR coalesce((SELECT
            pg_get_expr(d.adbin, d.adrelid) LIKE '%nextval(%' FROM pg_attrdef d
            WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum), false),
        a.attgenerated <> '' OR a.attidentity = 'a',
        coalesce((SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_enum e
                  WHERE e.enumtypid = b.oid), '{}')
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
    WHERE a.attrelid = ? AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
UNIQUE = "SELECT indkey::int[] FROM pg_index WHERE indrelid = ? AND indisunique"
KEYS = """
    SELECT conkey::int[], confrelid::bigint, confrelid::regclass::text,
        ARRAY(SELECT quote_ident(attname) FROM unnest(confkey) WITH ORDINALITY k(n, o)
              JOIN pg_attribute ON attrelid = confrelid AND attnum = k.n ORDER BY k.o)
    FROM pg_constraint WHERE conrelid = ? AND contype = 'f' ORDER BY oid
"""

TRIGGERS = """
    SELECT tgname FROM pg_trigger WHERE tgrelid = ? AND NOT tgisinternal AND tgenabled = 'O'
"""


class Column(Record):
    number: int
    name: str
    type: str
    variety: str
    category: str
    modifier: int
    shown: str
    not_null: bool
    has_default: bool
    counts: bool
    generated: bool
    labels: Sequence[str]


class Key(Record):
    """A foreign key: the numbers of its columns, the referenced table and columns as SQL."""

    columns: Sequence[int]
    oid: int
    table: str
    others: Sequence[str]


class Table(Record):
    oid: int
    name: str
    columns: tuple[Column, ...]
    unique: frozenset[int]
    keys: tuple[Key, ...]


def fill(db: Database, session: Session, rows: int, tried: set[int]) -> list[str]:
    """Rows for every table that is not among `tried` (and is put there); sentences on the rest."""
    found = {t.oid: t for t in _tables(db, session) if t.oid not in tried}
    problems = []
    for table in _ordered(found):
        tried.add(table.oid)
        problem = _fill(db, session, table, rows)
        if problem:
            problems.append(f"{table.name} stays empty: {problem}")
    return problems


def _tables(db: Database, session: Session) -> Iterator[Table]:
    for oid, schema, name, _ in db.query(session, TABLES):
        columns = tuple(Column(*row) for row in db.query(session, COLUMNS, (oid,)))
        unique = {n for (numbers,) in db.query(session, UNIQUE, (oid,)) for n in numbers}
        keys = tuple(Key(*row) for row in db.query(session, KEYS, (oid,)))
        yield Table(oid, f"{quoted(schema)}.{quoted(name)}", columns, frozenset(unique), keys)


def _ordered(tables: Mapping[int, Table]) -> list[Table]:
    """Those that are referred to come first; in a circle, as they come."""
    order: dict[int, Table] = {}

    def visit(table: Table, path: frozenset[int]) -> None:
        for key in table.keys:
            if key.oid in tables and key.oid not in order and key.oid not in path:
                visit(tables[key.oid], path | {key.oid})
        order.setdefault(table.oid, table)

    for table in tables.values():
        visit(table, frozenset((table.oid,)))
    return list(order.values())


def _fill(db: Database, session: Session, table: Table, rows: int) -> str:
    """ "" or why the table takes no rows."""
    problem = ""
    for sparse in (False, True):
        try:
            db.query(session, "BEGIN; SET LOCAL client_min_messages TO error")
            db.query(session, "SET CONSTRAINTS ALL IMMEDIATE")
            triggers = [quoted(name) for (name,) in db.query(session, TRIGGERS, (table.oid,))]
            for name in triggers:
                db.query(session, f"ALTER TABLE {table.name} DISABLE TRIGGER {name}")
            db.query(session, _insert(table, rows, sparse))
            for name in triggers:
                db.query(session, f"ALTER TABLE {table.name} ENABLE TRIGGER {name}")
            db.query(session, "COMMIT")
            return ""
        except ServerError as error:
            problem = problem or error.message
            if db.state(session) != "idle":
                db.rollback(session)
    return problem


def _insert(table: Table, rows: int, sparse: bool) -> str:
    """`sparse`: NULL wherever a column takes it."""
    values: dict[str, str] = {}
    joins = []
    for number, key in enumerate(table.keys):
        columns = [c for c in table.columns if c.number in key.columns]
        optional = not any(c.not_null for c in columns)
        if optional and (sparse or key.oid == table.oid):
            continue
        source = f"r{number}"
        joins.append(
            f"{'LEFT ' * optional}JOIN (SELECT *, row_number() OVER () AS migralint_row, "
            f"count(*) OVER () AS migralint_rows FROM {key.table}) {source} "
            f"ON {source}.migralint_row = (g - 1) % {source}.migralint_rows + 1"
        )
        by_number = {c.number: c for c in columns}
        for own, other in zip(key.columns, key.others, strict=True):
            if not by_number[own].generated:
                values.setdefault(by_number[own].name, f"{source}.{other}")
    taken = {n for key in table.keys for n in key.columns}
    for column in table.columns:
        if column.number in taken or column.generated:
            continue
        unique = column.number in table.unique
        if column.counts or (column.has_default and not unique):
            continue
        if sparse and not column.not_null:
            continue
        values[column.name] = _value(column)
    names = ", ".join(quoted(name) for name in values)
    source = f"generate_series(1, {rows}) g {' '.join(joins)}"
    if not values:
        one = f"INSERT INTO {table.name} DEFAULT VALUES;"
        return f"DO $$ BEGIN FOR g IN 1..{rows} LOOP {one} END LOOP; END $$"
    return (
        f"INSERT INTO {table.name} ({names}) SELECT {', '.join(values.values())} FROM {source} "
        "ON CONFLICT DO NOTHING"
    )


def _value(column: Column) -> str:
    if column.labels:
        labels = ", ".join(literal(label) for label in column.labels)
        return f"((ARRAY[{labels}])[(g - 1) % {len(column.labels)} + 1])::{column.shown}"
    if column.type in TEXTS:
        length = column.modifier - 4 if column.modifier > 4 else 0
        text = f"right('v' || g, {length})" if length else "'v' || g"
        return f"({text})::{column.shown}"
    if column.type in NUMBERS:
        return f"g::{column.shown}"
    if column.type == "numeric":
        return _number(column)
    if column.type == "vector":
        size = re.search(r"\((\d+)\)", column.shown)
        return f"array_fill(g::real, ARRAY[{size[1] if size else 3}])::{column.shown}"
    if column.category == "A":
        return f"'{{}}'::{column.shown}"
    if column.category == "R":
        return f"'empty'::{column.shown}"
    return f"({VALUES.get(column.type, 'NULL')})::{column.shown}"


def _number(column: Column) -> str:
    """numeric(p, s) holds p - s digits before the point."""
    if column.modifier < 4:
        return "g::numeric"
    whole = ((column.modifier - 4) >> 16) - ((column.modifier - 4) & 0x7FF)
    return f"(g % {10 ** min(max(whole, 0), 9)})::{column.shown}"


def emptied(db: Database, session: Session) -> None:
    """All tables without rows again: what was made up has stood in the way."""
    names = [f"{quoted(schema)}.{quoted(name)}" for _, schema, name, _ in db.query(session, TABLES)]
    if names:
        db.query(session, f"TRUNCATE {', '.join(names)} RESTART IDENTITY CASCADE")
