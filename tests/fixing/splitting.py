"""Splitting a text in a test, and proving on a server that the steps do the same, gently."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from linting import all_rules

from migralint.catalog import Snapshot, differences, snapshot
from migralint.config import Config
from migralint.fixing import split as splitting
from migralint.fixing.split import Split
from migralint.lint import lint
from migralint.model import UNKNOWN, Finding, Migration, Report, replace
from migralint.runner import databases
from migralint.runner.url import parse
from migralint.trace import Traced, trace_statements

SEEDED = ("_prisma_migrations", "_migralint_migrations", "schema migralint", "migralint.")
NOW = "20260102030405"
PLACES = {
    "prisma": ("prisma/migrations", "20240101000000_a/migration.sql", "20240102000000_change/migration.sql"),
    "goose": ("migrations", "00001_a.sql", "00002_change.sql"),
    "dbmate": ("db/migrations", "20240101000000_a.sql", "20240102000000_change.sql"),
    "plain": ("migrations", "001_a.sql", "002_change.sql"),
    "sqlx": ("migrations", "20240101000000_a.sql", "20240102000000_change.sql"),
    "atlas": ("migrations", "20240101000000_a.sql", "20240102000000_change.sql"),
    "supabase": ("supabase/migrations", "20240101000000_a.sql", "20240102000000_change.sql"),
    "drizzle": ("drizzle", "0000_a.sql", "0001_change.sql"),
    "hasura": ("migrations/default", "1700000000000_a/up.sql", "1700000000001_change/up.sql"),
    "diesel": ("migrations", "20240101000000_a/up.sql", "20240102000000_change/up.sql"),
    "flyway": ("sql", "V1__a.sql", "V2__change.sql"),
    "golang-migrate": ("migrations", "000001_a.up.sql", "000002_change.up.sql"),
}  # fmt: skip
TRANSACTIONS = {
    "prisma": "query", "supabase": "query", "golang-migrate": "query", "goose": "file",
    "dbmate": "file", "sqlx": "file", "atlas": "file", "hasura": "file", "drizzle": "file",
    "diesel": "file", "flyway": "file", "plain": UNKNOWN,
}  # fmt: skip


def migrations(earlier: str, text: str, layout: str = "prisma", **changes: Any) -> list[Migration]:
    folder, first, second = PLACES[layout]
    facts = {
        "layout": layout,
        "dialect": "postgres",
        "folder": folder,
        "transaction": TRANSACTIONS[layout],
    }
    versions = [_version(layout, name) for name in (first, second)]
    return [
        Migration(
            f"{folder}/{first}", earlier, versions[0], "a", report=False, pending=False, **facts
        ),
        Migration(f"{folder}/{second}", text, versions[1], "change", **{**facts, **changes}),
    ]


def _version(layout: str, name: str) -> str:
    if layout == "prisma":
        return name.partition("/")[0]
    return name.lstrip("V").partition("_")[0]


def split(
    earlier: str,
    text: str,
    layout: str = "prisma",
    version: int = 15,
    more: Sequence[Migration] = (),
    **changes: Any,
) -> Split:
    made = [*migrations(earlier, text, layout, **changes), *more]
    return split_of(made, made[1].path, Config(server_version=version))


def judge_of(config: Config) -> Callable[[Sequence[Migration]], Report]:
    return lambda migrations: lint(migrations, all_rules(), config, "2026-06-01")


def split_of(made: Sequence[Migration], path: str, config: Config) -> Split:
    found = judge_of(config)(made).findings
    return splitting.split(made, path, found, all_rules(), config, judge_of(config), NOW)


def texts(found: Split) -> list[str]:
    """The SQL of the steps, without comments and marks."""
    return [
        "\n".join(line for line in file.text.split("\n") if line and not line.startswith("--"))
        for file in found.files
        if file.title
    ]


def why(found: Split) -> list[str]:
    return [reason for _, reason in found.refused]


def judged(earlier: str, found: Split, version: int = 15) -> list[Finding]:
    """What the linter says of the steps, as discover would hand them over."""
    first, original = migrations(earlier, "")
    made = [
        replace(
            original,
            path=file.path,
            text=file.text,
            version=file.path.split("/")[-2],
            name=file.path.split("/")[-2][15:],
        )
        for file in found.files
    ]
    report = judge_of(Config(server_version=version))([first, *made])
    return list(report.findings)


# -- on a server


@dataclass
class Scratch:
    """A database: what it holds, and what the steps did to it."""

    db: Any
    session: Any

    def run(self, sql: str) -> None:
        self.db.query(self.session, sql)

    def rows(self, left_out: Sequence[str] = ()) -> dict[str, list[tuple[Any, ...]]]:
        """The rows of each table, columns by name; `left_out` are table.column of random values."""
        found = {}
        columns: dict[str, list[str]] = {}
        for table, column in self.db.query(
            self.session,
            "SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN "
            "information_schema.tables t USING (table_schema, table_name) WHERE t.table_type = "
            "'BASE TABLE' AND table_schema = 'public' ORDER BY 1, 2",
        ):
            if f"{table}.{column}" not in left_out:
                columns.setdefault(table, []).append(column)
        for table, names in columns.items():
            listed = ", ".join(f'"{name}"::text' for name in names)
            found[table] = self.db.query(
                self.session, f'SELECT {listed} FROM "{table}" ORDER BY {listed}'
            )
        return found

    def snapshot(self) -> Snapshot:
        return snapshot(self.db, self.session)


@contextmanager
def scratch(url: str, name: str, sql: str, template: str = "template1") -> Iterator[Scratch]:
    """A new database that holds what the SQL makes."""
    import psycopg

    with psycopg.connect(url.partition("?")[0], autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            db = databases.of("postgres")
            session = db.connect(parse(f"{url.rpartition('/')[0]}/{name}"), ("5s", ""), True)
            try:
                if sql:
                    session.connection.execute(sql)
                yield Scratch(db, session)
            finally:
                db.close(session)
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def apply_original(on: Scratch, text: str) -> None:
    on.session.connection.execute(f"BEGIN;\n{text}\n;COMMIT;")


def apply_steps(on: Scratch, found: Split, between: str = "") -> list[tuple[str, Traced]]:
    """The steps as their files say, each statement traced: (file, traced). `between` is done before
    those of a later release."""
    traced: list[tuple[str, Traced]] = []
    for file in found.files:
        if not file.title:
            continue
        if between and file.path == found.later[0]:
            on.run(between)
        if file.way == "batches":
            with no_more_than_rows(on):
                on.session.connection.execute(file.text)
            continue
        for one in trace_statements(on.db, on.session, file.text):
            traced.append((file.path, one))
    return traced


@contextmanager
def no_more_than_rows(on: Scratch) -> Iterator[None]:
    """Another session holds locks that only reads and writes of rows get past."""
    import psycopg

    tables = on.db.query(
        on.session,
        "SELECT format('%I', relname) FROM pg_stat_user_tables WHERE schemaname = 'public'",
    )
    with psycopg.connect(on.session.connection.info.dsn) as other:
        listed = ", ".join(name for (name,) in tables)
        other.execute(f"LOCK TABLE {listed} IN SHARE UPDATE EXCLUSIVE MODE")
        yield


BLOCKING = {"ACCESS EXCLUSIVE", "EXCLUSIVE", "SHARE ROW EXCLUSIVE", "SHARE"}


def blocking_work(traced: Sequence[tuple[str, Traced]], large: Sequence[str]) -> list[str]:
    """What works through a large table while writers wait, or in whose transaction they do."""
    found: list[str] = []
    held: set[str] = set()
    path = ""
    for file, one in traced:
        if file != path:
            held, path = set(), file
        assert one.state == "traced", one
        held |= {name for name, lock in one.locks.items() if lock in BLOCKING and one.transaction}
        own = {name for name, lock in one.locks.items() if lock in BLOCKING}
        worked = {*one.scans, *one.predicted_scans, *one.rewrites}
        for table in worked & set(large):
            if held & set(large) or own & set(large):
                found.append(f"{one.statement}: {table}, {one.locks}")
    return found


def same_schema(one: Scratch, other: Scratch) -> list[str]:
    return [
        f"{d.state} {d.object}: {d.expected!r} {d.found!r}"
        for d in differences(one.snapshot(), other.snapshot())
    ]
