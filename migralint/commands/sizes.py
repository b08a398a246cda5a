"""Take the estimated rows and bytes of all tables, and the server's version, from a database.

Printed as YAML for .migralint/sizes.yaml (--write puts it there), which is committed and used by
`migralint lint`: what is slow on a large table is an error there and silent on a small one. No data
and nothing of the URL is in it; nothing is written to the database.

The figures are the server's own estimates; run ANALYZE first where it has none.
"""

from __future__ import annotations

import os
import posixpath
import time

from migralint.commands import project, terminal
from migralint.knowledge.sizes import SNAPSHOT, written
from migralint.model import MigralintError, Sizes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Mapping

    from migralint.config import Config
    from migralint.runner.databases import Database, Session

# The parent of partitions has no statistics of its own before anybody has analyzed it. The schema
# migralint holds what apply keeps for `verify`.
POSTGRES = """
    WITH RECURSIVE part (root, oid) AS (
        SELECT c.oid, c.oid FROM pg_class c WHERE c.relkind IN ('r', 'p', 'm')
        UNION ALL
        SELECT part.root, i.inhrelid FROM part JOIN pg_inherits i ON i.inhparent = part.oid
        JOIN pg_class p ON p.oid = part.root AND p.relkind = 'p'
    )
    SELECT n.nspname, c.relname,
        sum(CASE WHEN p.relkind = 'p' THEN 0
            WHEN p.reltuples > 0 OR p.relpages > 0 AND p.reltuples = 0
                THEN greatest(p.reltuples, coalesce(s.n_live_tup, 0))
            ELSE greatest(coalesce(s.n_live_tup, 0), pg_relation_size(p.oid) / 100) END)::bigint,
        sum(pg_table_size(p.oid))::bigint
    FROM part JOIN pg_class c ON c.oid = part.root JOIN pg_class p ON p.oid = part.oid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_stat_all_tables s ON s.relid = p.oid
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'migralint')
        AND n.nspname !~ '^pg_(toast|temp)'
    GROUP BY 1, 2
"""
MYSQL = """
    SELECT table_name, table_rows, data_length FROM information_schema.tables
    WHERE table_schema = ? AND table_type = 'BASE TABLE'
"""
HISTORY = ("_prisma_migrations",)


def add_arguments(parser: ArgumentParser) -> None:
    project.add_config(parser)
    parser.add_argument("--url", default="", help="the database (DIRECT_URL, DATABASE_URL)")
    parser.add_argument(
        "--write", action="store_true", help=f"write {SNAPSHOT} instead of printing"
    )


def run(args: Namespace) -> int:
    from migralint.runner import databases, environment

    config = project.settings(args)
    folder, layout = migrations_folder(config)
    values = environment.variables(config.root, folder, os.environ)
    found = environment.find_url(args.url, "", config.root, folder, layout, values)
    for note in found.notes:
        terminal.warn(note)
    db = databases.of(found.url.dialect)
    session = db.connect(found.url, ("5s", "60s"), False)
    try:
        text = written(taken(db, session, time.strftime("%Y-%m-%d")))
    except databases.ServerError as error:
        raise databases.unreachable(found.url, str(error)) from None
    finally:
        db.close(session)
    if not args.write:
        terminal.say(text)
        return 0
    place = posixpath.join(posixpath.dirname(config.path), SNAPSHOT)
    path = os.path.join(config.root, place)
    terminal.write_file(path, text, make_folder=True)
    terminal.say(f"Wrote {place}. Next: commit it; `migralint lint` uses it.")
    return 0


def migrations_folder(config: Config) -> tuple[str, str]:
    """The folder of the migrations, beside which Prisma names the database, and its layout."""
    from migralint.runner import target

    try:
        folder, layout, _, _ = target.migrations(config, None)
    except MigralintError:  # none, or several: then a variable or --url says it
        return ".", config.layout
    return folder, layout


def taken(db: Database, session: Session, today: str) -> Sizes:
    server = session.server
    dialect = "mariadb" if server.mariadb else session.url.dialect
    tables = {name: size for name, size in _tables(db, session).items() if name not in HISTORY}
    return Sizes(today, dialect, version(server.version, dialect), tables)


def version(number: int, dialect: str) -> str:
    """The version as the configuration has it: 1011 -> 10.11, 84 -> 8.4."""
    if dialect == "mariadb":
        return f"{number // 100}.{number % 100}"
    return f"{number // 10}.{number % 10}" if dialect == "mysql" else str(number)


def _tables(db: Database, session: Session) -> Mapping[str, tuple[int | None, int | None]]:
    """By name as migrations write it: without the schema that the URL names."""
    if session.url.dialect == "postgres":
        own = session.server.schema
        rows = db.query(session, POSTGRES)
        return {
            n if schema == own else f"{schema}.{n}": (int(r), int(b)) for schema, n, r, b in rows
        }
    if session.url.dialect == "mysql":
        rows = db.query(session, MYSQL, (session.url.database,))
        return {name: (None if r is None else int(r), int(b or 0)) for name, r, b in rows}
    sizes = db.sizes(session)
    return {name: (count, sizes.get(name)) for name, count in db.rows(session).items()}
