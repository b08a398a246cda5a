"""How well the replayed schema agrees with that of a real PostgreSQL that applied the migrations.

    python benchmarks/schema.py --url postgresql://postgres@localhost/postgres FOLDER [FOLDER ...] [-v]

Each FOLDER of migrations is applied with psql to a database of its own, which is dropped afterwards,
and replayed from its text alone; then tables, columns (type, nullable, default), constraints (kind,
columns, valid), indexes (columns, unique, partial) and enums are compared by name. What the replay
lacks and says that it cannot know (dynamic SQL, a table whose CREATE TABLE was not seen) is counted
apart as unknown. A folder that the server refuses is said to be so and not counted; with
--up-to-error it is compared up to the migration before.
"""

from __future__ import annotations

import argparse
import collections
import os
import subprocess
import time
from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from migralint.config import Config
from migralint.discover import discover
from migralint.knowledge.schema import Schema
from migralint.model import Migration, Name
from migralint.source import WorkTree
from migralint.sql.operations import operations
from migralint.sql.statements import split

DATABASE = "migralint_schema_benchmark"
# Of each kind: key -> what is compared.
Things = dict[str, dict[tuple[str, ...], tuple[Any, ...]]]


def main() -> int:
    options = arguments()
    total: collections.Counter[tuple[str, str]] = collections.Counter()
    for folder in options.folders:
        found = compare(folder, options)
        if found is not None:
            total += found
    for kind in ("table", "column", "constraint", "index", "enum"):
        print(f"{kind:<11}{share(total, kind)}")
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--url", required=True, help="a PostgreSQL server of which you are the superuser"
    )
    parser.add_argument("--up-to-error", action="store_true")
    parser.add_argument(
        "--before", default="", help="SQL to run first: roles and schemas that a platform provides"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="print every difference")
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    return parser.parse_args()


def compare(
    folder: str, options: argparse.Namespace
) -> collections.Counter[tuple[str, str]] | None:
    root = os.path.abspath(folder)
    config = Config(root=root, dialect="postgres")
    migrations = list(discover(["."], config, WorkTree(root)).migrations)
    with psycopg.connect(options.url, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {DATABASE}")
        url = make_conninfo(options.url, dbname=DATABASE)
        applied, error = apply(url, migrations, options.before)
        if error and not (options.up_to_error and applied):
            print(f"{folder}: not applied ({applied} of {len(migrations)}): {error}")
            return None
        with psycopg.connect(url) as connection:
            real = catalog(connection)
        server.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")
    started = time.process_time()
    schema = replayed(migrations[:applied])
    count, lines = differences(schema, real)
    shares = ", ".join(f"{kind} {share(count, kind)}" for kind in real)
    stopped = f" (stopped: {error})" if error else ""
    print(
        f"{folder}: {applied} migrations, {time.process_time() - started:.2f} s{stopped}: {shares}"
    )
    for line in lines if options.verbose else ():
        print("   ", line)
    return count


def share(count: collections.Counter[tuple[str, str]], kind: str) -> str:
    good, bad, unknown = (count[kind, answer] for answer in ("same", "other", "unknown"))
    text = f"{good}/{good + bad}" + (f" = {good / (good + bad):.2%}" if good + bad else "")
    return text + (f" ({unknown} unknown)" if unknown else "")


def apply(url: str, migrations: Iterable[Migration], before: str) -> tuple[int, str]:
    """How many were applied, and the first line of what the server said to the next one."""
    applied = 0
    first = [("", before)] if before else []
    for mode, text in [*first, *((str(m.transaction), forward(m)) for m in migrations)]:
        command = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", "-"]
        alone = (
            "concurrently" in text.lower()
        )  # and no transaction, whatever the tool is told where
        command += ["-1"] if mode == "file" and not alone else []
        done = subprocess.run(command, input=text, text=True, capture_output=True, check=False)
        if done.returncode:
            wrong = [
                line for line in done.stderr.splitlines() if "ERROR" in line or "error" in line
            ]
            return applied, (wrong or [done.stderr])[0][:200]
        applied += 1
    return applied - bool(before), ""


def forward(migration: Migration) -> str:
    if migration.forward is None:
        return migration.text
    return "\n".join(migration.text[start:end] for start, end in migration.forward)


# -- the catalog


COLUMNS = """
SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
       d.oid IS NOT NULL AND a.attgenerated = '' AND pg_get_expr(d.adbin, d.adrelid) NOT LIKE 'NULL%'
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
 WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND {own}
"""
CONSTRAINTS = """
SELECT n.nspname, c.relname, k.conname, k.contype,
       ARRAY(SELECT attname FROM unnest(k.conkey) WITH ORDINALITY u(num, place)
              JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.num ORDER BY place), k.convalidated
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE k.contype IN ('p', 'u', 'f', 'c', 'x') AND c.relkind IN ('r', 'p') AND {own}
"""
INDEXES = """
SELECT n.nspname, c.relname, i.relname,
       ARRAY(SELECT coalesce((SELECT attname FROM pg_attribute a WHERE a.attrelid = x.indrelid AND a.attnum = u.num),
                             '(expression)')
               FROM unnest(x.indkey) WITH ORDINALITY u(num, place) WHERE place <= x.indnkeyatts ORDER BY place),
       x.indisunique, x.indpred IS NOT NULL
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'm') AND {own}
"""
ENUMS = """
SELECT n.nspname, t.typname, array_agg(e.enumlabel ORDER BY e.enumsortorder)
  FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace
 WHERE {own} GROUP BY 1, 2
"""
# Not the system's, and not what an extension has made.
OWN = """n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
   AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.deptype = 'e' AND e.objid = {oid})"""
KINDS = {"p": "primary_key", "u": "unique", "f": "foreign_key", "c": "check", "x": "exclusion"}


def catalog(connection: psycopg.Connection[Any]) -> Things:
    connection.execute("SET search_path = public")

    def rows(query: str, oid: str = "c.oid") -> list[Any]:
        return connection.execute(query.format(own=OWN.format(oid=oid))).fetchall()  # type: ignore[call-overload]

    columns = rows(COLUMNS)
    return {
        "table": {(s, t): () for s, t, *_ in columns},
        "column": {(s, t, c): (kind, null, default) for s, t, c, kind, null, default in columns},
        "constraint": {
            (s, t, name): (KINDS[kind], tuple(sorted(keys)) if kind != "c" else (), valid)
            for s, t, name, kind, keys, valid in rows(CONSTRAINTS)
        },
        "index": {
            (s, t, name): (tuple(keys), unique, part)
            for s, t, name, keys, unique, part in rows(INDEXES)
        },
        "enum": {(s, name): tuple(values) for s, name, values in rows(ENUMS, "t.oid")},
    }


# -- the replay


def replayed(migrations: Iterable[Migration]) -> Schema:
    schema = Schema("postgres")
    for migration in migrations:
        for statement in split(migration.text, migration.dialect, migration.forward):
            for operation in operations(statement, migration.dialect):
                schema.apply(operation, migration.path)
    schema.begin(None)  # the session ends, and with it temporary tables
    return schema


def things(schema: Schema) -> Things:
    from migralint.knowledge import types

    def place(name: Name) -> tuple[str, str]:
        return name.schema or "public", name.name

    def kind(column: Any) -> str:
        read: Any = types.read(column.type)
        name = read.name
        if column.own is not None:
            own = column.own.name
            quote = own.name if own.name.islower() and own.name.isidentifier() else f'"{own.name}"'
            name = f"{own.schema}.{quote}" if own.schema else quote
        numbers = ",".join(map(str, read.arguments))
        if numbers and read.name.startswith(("time", "interval")):
            first, _, rest = name.partition(" ")
            name = f"{first}({numbers})" + (f" {rest}" if rest else "")
        elif numbers:
            name += f"({numbers})"
        return name + "[]" * bool(read.dimensions)

    tables = list(schema.tables.values())
    constraints = [(t, c) for t in tables for c in t.constraints.values() if c.kind != "not_null"]
    indexes = [(t, i) for t in (*tables, *schema.views.values()) for i in t.indexes.values()]
    return {
        "table": {place(t.name): () for t in tables},
        "column": {
            (*place(t.name), c.name.name): (kind(c), c.nullable, bool(c.default) and c.default.lower() != "null")
            for t in tables
            for c in t.columns.values()
        },
        "constraint": {
            (*place(t.name), c.name.name): (
                c.kind, tuple(sorted(n.name for n in c.columns)) if c.kind != "check" else (), c.valid,
            )
            for t, c in constraints
        },
        "index": {
            (*place(t.name), i.name.name): (tuple(c.name for c in i.columns), i.unique, bool(i.where))
            for t, i in indexes
        },
        "enum": {place(e.name): tuple(e.values) for e in schema.types.values() if e.variety == "enum"},
    }  # fmt: skip


def differences(
    schema: Schema, real: Things
) -> tuple[collections.Counter[tuple[str, str]], list[str]]:
    count: collections.Counter[tuple[str, str]] = collections.Counter()
    lines = []
    ours = things(schema)
    for kind in real:
        for key in {**real[kind], **ours[kind]}:
            mine, theirs = ours[kind].get(key), real[kind].get(key)
            answer = "same" if mine == theirs else "other"
            if answer == "other" and None in (mine, theirs) and is_unknown(schema, key):
                answer = "unknown"
            count[kind, answer] += 1
            if answer != "same":
                lines.append(f"{answer}: {kind} {'.'.join(key)}: replayed {mine}, server {theirs}")
    return count, lines


def is_unknown(schema: Schema, key: tuple[str, ...]) -> bool:
    table = schema.tables.get(Name(key[1], "" if key[0] == "public" else key[0]))
    return bool(schema.gaps) if table is None else not table.whole


if __name__ == "__main__":
    raise SystemExit(main())
