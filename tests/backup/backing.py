"""A seeded project, and checksums that prove two databases to be one."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

SEED = {
    "postgres": (
        "CREATE TABLE users (id serial PRIMARY KEY, email text NOT NULL UNIQUE, "
        "status varchar(9) CHECK (status IN ('new', 'old')), note text);\n"
        "CREATE TABLE orders (id serial PRIMARY KEY, user_id int REFERENCES users (id));\n"
        "CREATE VIEW recent AS SELECT id, email FROM users WHERE status = 'new';\n"
    ),
    "mysql": (
        "CREATE TABLE users (id int AUTO_INCREMENT PRIMARY KEY, email varchar(190) UNIQUE, "
        "status varchar(9), note text) CHARACTER SET utf8mb4;\n"
        "CREATE TABLE orders (id int AUTO_INCREMENT PRIMARY KEY, user_id int, "
        "FOREIGN KEY (user_id) REFERENCES users (id));\n"
        "CREATE VIEW recent AS SELECT id, email FROM users WHERE status = 'new';\n"
    ),
    "sqlite": (
        "CREATE TABLE users (id integer PRIMARY KEY, email text UNIQUE, status text, note text);\n"
        "CREATE TABLE orders (id integer PRIMARY KEY, user_id int REFERENCES users (id));\n"
        "CREATE VIEW recent AS SELECT id, email FROM users WHERE status = 'new';\n"
    ),
}
NOTES = ("a),(b'c", "line\nend;", "back\\slash \\", "-- Dump completed", "ünï ☃", "\t\\.", "")


def seed(project: Any, rows: int = 50) -> None:
    """Migrated, with rows that a reader of SQL text may stumble over."""
    project.add("20260101000000_init", SEED[project.database.dialect])
    project.ok("apply")
    mark = "?" if project.database.dialect == "sqlite" else "%s"
    connection = project.database.connect()
    cursor = connection.cursor()
    for number in range(1, rows + 1):
        cursor.execute(
            f"INSERT INTO users (email, status, note) VALUES ({mark}, 'new', {mark})",
            (f"u{number}@example.org", NOTES[number % len(NOTES)]),
        )
        cursor.execute(f"INSERT INTO orders (user_id) VALUES ({mark})", (number,))
    connection.close()


def checksums(database: Any) -> dict[str, str]:
    """A checksum of every row of every table, and of what the server says of the schema."""
    found = {}
    for name in tables(database):
        order = "ORDER BY 1" if database.dialect != "postgres" else f'ORDER BY ("{name}")::text'
        quote = "`" if database.dialect == "mysql" else '"'
        rows = database.sql(f"SELECT * FROM {quote}{name}{quote} {order}")
        found[name] = hashlib.sha256(repr(rows).encode()).hexdigest()
    for number, sql in enumerate(SCHEMA[database.dialect]):
        found[f"schema {number}"] = repr(database.sql(sql))
    return found


def tables(database: Any) -> list[str]:
    asked = {
        "postgres": "SELECT relname FROM pg_class WHERE relkind = 'r' "
        "AND relnamespace = 'public'::regnamespace ORDER BY 1",
        "mysql": "SELECT table_name FROM information_schema.tables "
        "WHERE table_schema = database() AND table_type = 'BASE TABLE' ORDER BY 1",
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1",
    }
    return [name for (name,) in database.sql(asked[database.dialect])]


SCHEMA = {
    "postgres": (
        "SELECT table_name, column_name, column_default, is_nullable, udt_name, "
        "character_maximum_length, ordinal_position FROM information_schema.columns "
        "WHERE table_schema = 'public' ORDER BY 1, 7",
        "SELECT conname, contype, conrelid::regclass::text FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace ORDER BY 1",
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
        "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1",
        "SELECT viewname, definition FROM pg_views WHERE schemaname = 'public' ORDER BY 1",
    ),
    "mysql": (
        "SELECT table_name, column_name, column_type, is_nullable, extra "
        "FROM information_schema.columns WHERE table_schema = database() "
        "ORDER BY table_name, ordinal_position",
        "SELECT constraint_name, table_name, referenced_table_name, column_name "
        "FROM information_schema.key_column_usage WHERE table_schema = database() ORDER BY 1, 2",
        "SELECT trigger_name, event_object_table, action_statement "
        "FROM information_schema.triggers WHERE trigger_schema = database() ORDER BY 1",
        "SELECT routine_name, routine_definition FROM information_schema.routines "
        "WHERE routine_schema = database() ORDER BY 1",
        "SELECT table_name FROM information_schema.views WHERE table_schema = database() ORDER BY 1",
        "SELECT event_name FROM information_schema.events WHERE event_schema = database()",
    ),
    "sqlite": ("SELECT name, sql FROM sqlite_master ORDER BY name",),
}


def databases(own: Any) -> list[str]:
    """Those whose names begin with the test's own."""
    own.name = own.url.rpartition("/")[2].partition("?")[0]
    asked = {
        "postgres": "SELECT datname FROM pg_database",
        "mysql": "SELECT schema_name FROM information_schema.schemata",
    }
    found = (name for (name,) in own.sql(asked[own.dialect]))
    return sorted(n for n in found if n == own.name or n.startswith(f"{own.name}_"))


def edit_manifest(archive: Path, **changes: object) -> None:
    place = Path(f"{archive}.json")
    place.write_text(json.dumps({**json.loads(place.read_text()), **changes}))
