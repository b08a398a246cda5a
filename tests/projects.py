"""Fixtures of the rooms that need a database: a project in a temporary folder, a database of its own,
migralint as a process, and Prisma's engine.

They are taken into tests/conftest.py; a module or folder may have its own of the same name.
"""

from __future__ import annotations

import itertools
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from judges import judge

__all__ = ["Database", "Project", "administered", "judge"]

ROOT = Path(__file__).parents[1]
_numbers = itertools.count(1)


class Database:
    """A database of its own on a test server; `sql` gives the rows of one statement."""

    def __init__(self, dialect: str, url: str) -> None:
        self.dialect = dialect
        self.url = url

    def connect(self) -> Any:
        if self.dialect == "postgres":
            import psycopg

            return psycopg.connect(self.url.partition("?")[0], autocommit=True)
        if self.dialect == "mysql":
            import pymysql

            parts = urlsplit(self.url)
            return pymysql.connect(
                host=parts.hostname,
                port=parts.port or 3306,
                user=parts.username,
                password=parts.password or "",
                database=parts.path[1:] or None,
                autocommit=True,
            )
        return sqlite3.connect(self.url.removeprefix("file:"), isolation_level=None, timeout=10)

    def sql(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        connection = self.connect()
        try:
            cursor = connection.cursor()
            cursor.execute(text, values) if values else cursor.execute(text)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []
        finally:
            connection.close()

    def history(self, table: str = "_prisma_migrations") -> list[tuple[Any, ...]]:
        """(name, finished, rolled back, steps, logs) of each row, without ids and times."""
        # two may begin in one millisecond, which is all that is kept
        then = "rowid" if self.dialect == "sqlite" else "finished_at, migration_name"
        found = self.sql(
            f"SELECT migration_name, finished_at IS NOT NULL, rolled_back_at IS NOT NULL, "
            f"applied_steps_count, logs FROM {table} ORDER BY started_at, {then}"
        )
        return [
            (name, bool(done), bool(back), steps, logs) for name, done, back, steps, logs in found
        ]

    def applied(self) -> list[str]:
        return [name for name, done, back, _, _ in self.history() if done and not back]

    def has(self, table: str) -> bool:
        try:
            self.sql(f"SELECT 1 FROM {table} WHERE 1 = 0")
        except Exception:  # each driver has its own
            return False
        return True


class Project:
    """A Prisma project; `run` is `migralint` in it."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self.database = database
        self.migrations = folder / "prisma" / "migrations"
        self.migrations.mkdir(parents=True)
        (folder / ".git").mkdir()
        provider = {"postgres": "postgresql"}.get(database.dialect, database.dialect)
        self.write("prisma/migrations/migration_lock.toml", f'provider = "{provider}"\n')

    def write(self, path: str, text: str | bytes) -> Path:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text if isinstance(text, bytes) else text.encode())
        return place

    def add(self, name: str, text: str | bytes) -> Path:
        return self.write(f"prisma/migrations/{name}/migration.sql", text)

    def environ(self, **more: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "TMPDIR")}
        return {
            **kept,
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": self.database.url,
            "PYTHONWARNINGS": "error",
            **more,
        }

    def run(
        self, *args: str, timeout: float = 120, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "migralint", *args],
            cwd=self.folder,
            env=self.environ(**environ),
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def start(self, *args: str, **environ: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "migralint", *args],
            cwd=self.folder,
            env=self.environ(**environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # a job of a shell in the background has SIGINT ignored, and so would its children
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )

    def ok(self, *args: str, **environ: str) -> str:
        done = self.run(*args, **environ)
        assert done.returncode == 0, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def refused(self, status: int, *args: str, **environ: str) -> str:
        done = self.run(*args, **environ)
        assert done.returncode == status, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr


def administered(dialect: str, url: str) -> Iterator[Database]:
    server = Database(dialect, url)
    name = f"runner_{os.getpid()}_{next(_numbers)}"
    server.sql(f"CREATE DATABASE {name}")
    base = url.rpartition("/")[0]
    yield Database(dialect, f"{base}/{name}")
    force = " WITH (FORCE)" if dialect == "postgres" else ""
    server.sql(f"DROP DATABASE {name}{force}")


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Database]:
    yield from administered("postgres", postgres_url)


@pytest.fixture
def mysql(mysql_url: str) -> Iterator[Database]:
    yield from administered("mysql", mysql_url)


@pytest.fixture
def sqlite(tmp_path: Path) -> Database:
    return Database("sqlite", f"file:{tmp_path}/dev.db")


@pytest.fixture(params=["postgres", "mysql", "sqlite"])
def database(request: pytest.FixtureRequest) -> Database:
    """The test runs on each of the three."""
    found: Database = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def make_project(tmp_path: Path) -> Callable[[Database], Project]:
    return lambda database: Project(tmp_path / f"project{next(_numbers)}", database)


@pytest.fixture
def project(make_project: Callable[[Database], Project], database: Database) -> Project:
    return make_project(database)


@pytest.fixture
def on_postgres(make_project: Callable[[Database], Project], postgres: Database) -> Project:
    return make_project(postgres)


@pytest.fixture
def on_sqlite(make_project: Callable[[Database], Project], sqlite: Database) -> Project:
    return make_project(sqlite)


@pytest.fixture
def on_mysql(make_project: Callable[[Database], Project], mysql: Database) -> Project:
    return make_project(mysql)
