"""docs/layouts.md: a project of each layout, and what migralint makes of it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from migralint.config import Config
from migralint.config.keys import LAYOUT_NAMES
from migralint.discover import discover
from migralint.model import UNKNOWN, Migration
from migralint.source import WorkTree
from scripts.pages import MADE, page, table

SQL = "ALTER TABLE users ADD COLUMN a int;\nALTER TABLE users ADD COLUMN b int;\n"
# files of a project on PostgreSQL (sqlx needs its Cargo.toml beside it)
EXAMPLES: dict[str, dict[str, str]] = {
    "prisma": {
        "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
        "prisma/migrations/20260301120000_add_a/migration.sql": SQL,
    },
    "drizzle": {
        "drizzle/meta/_journal.json": (
            '{"dialect": "postgresql", "entries": [{"idx": 0, "tag": "0000_add_a"}]}'
        ),
        "drizzle/0000_add_a.sql": SQL,
    },
    "supabase": {"supabase/migrations/20260301120000_add_a.sql": SQL},
    "flyway": {"db/migration/V1__add_a.sql": SQL},
    "goose": {"migrations/20260301120000_add_a.sql": f"-- +goose Up\n{SQL}-- +goose Down\n"},
    "dbmate": {"db/migrations/20260301120000_add_a.sql": f"-- migrate:up\n{SQL}-- migrate:down\n"},
    "golang-migrate": {
        "migrations/000001_add_a.up.sql": SQL,
        "migrations/000001_add_a.down.sql": "",
    },
    "diesel": {
        "migrations/2026-03-01-120000_add_a/up.sql": SQL,
        "migrations/2026-03-01-120000_add_a/down.sql": "",
    },
    "sqlx": {
        "Cargo.toml": '[dependencies]\nsqlx = "0.8"\n',
        "migrations/20260301120000_add_a.sql": SQL,
    },
    "atlas": {"migrations/20260301120000_add_a.sql": SQL, "migrations/atlas.sum": "h1:\n"},
    "hasura": {
        "migrations/default/1772366400000_add_a/up.sql": SQL,
        "migrations/default/1772366400000_add_a/down.sql": "",
    },
    "plain": {"migrations/001_add_a.sql": SQL},
}
TRANSACTIONS = {
    "file": "the whole file is one transaction",
    "query": "the file is one query: a transaction as soon as it holds two statements",
    "statement": "each statement by itself",
}
START = """\
How a tool lays out and runs its migrations decides what they do: whether `CREATE INDEX
CONCURRENTLY` can work at all, how long a lock is held, in which order files apply. The layout is
found from the files; `layout:` in the configuration or `--layout` says it where that fails. A
folder of SQL files that no tool claims is `plain`. Without arguments `migralint lint` takes such a
folder for migrations where it, or a folder above it, is called so (`migrations`, `db-migrate`), or
where it holds eight files or more of which each begins with a number of its own. Folders of tests
(`tests`, `testdata`, `fixtures`, `src/test` ...) are left out where there are other migrations;
name them to lint them."""


def layouts_page() -> str:
    assert set(EXAMPLES) == set(LAYOUT_NAMES), (
        "say in scripts/pages/layouts.py what the new layout looks like"
    )
    found = {name: example(name) for name in EXAMPLES}
    rows = [
        (f"[{n}](#{n})", f"`{m.path}`", f"`{m.version}`", transaction(m)) for n, m in found.items()
    ]
    lines = ["# Layouts", "", MADE, "", START, ""]
    lines += table(("layout", "a migration", "its version", "runs on PostgreSQL as"), rows)
    for name, migration in found.items():
        lines += [f"## {name}", "", *description(name), ""]
        if migration.opt_out:
            lines += [f"To use no transaction: {migration.opt_out}.", ""]
    return page(lines)


def example(name: str) -> Migration:
    """The migration that is found in the example, which has to be of that layout."""
    with tempfile.TemporaryDirectory() as folder:
        for path, text in EXAMPLES[name].items():
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).write_text(text, encoding="utf-8")
        found = discover([], Config(root=folder, dialect="postgres"), WorkTree(folder))
    (migration,) = found.migrations
    assert migration.layout == name, f"{name} is found as {migration.layout}"
    return migration


def transaction(migration: Migration) -> str:
    how = migration.transaction
    return "not known" if how is UNKNOWN else TRANSACTIONS[str(how)]


def description(name: str) -> list[str]:
    """The module's own words, without the name before the colon."""
    module = __import__(f"migralint.layouts.{name.replace('-', '_')}", fromlist=["LAYOUT"])
    return (module.__doc__ or "").strip().split("\n")
