"""The databases and projects of the runner's tests, and what proves that two databases are one."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import projects
import pytest
from backing import databases, seed

from migralint import cli


class Here(projects.Project):
    """A project in which `run` is migralint in this process: a second less for each of them."""

    def run(
        self, *args: str, timeout: float = 0, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.chdir(self.folder)
            for name, value in {"DATABASE_URL": self.database.url, **environ}.items():
                patch.setenv(name, value)
            status = cli.main(args)
        return subprocess.CompletedProcess(args, status, out.getvalue(), err.getvalue())

    def apart(self, *args: str) -> subprocess.CompletedProcess[str]:
        """In a process of its own."""
        done: subprocess.CompletedProcess[str] = super().run(*args)
        return done


@pytest.fixture
def make_project(tmp_path: Path) -> Callable[[Any], Any]:
    return lambda database: Here(tmp_path / "project", database)


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Any]:
    yield from _clean(projects.administered("postgres", postgres_url))


@pytest.fixture
def mysql(mysql_url: str) -> Iterator[Any]:
    yield from _clean(projects.administered("mysql", mysql_url))


def _clean(databases_made: Iterator[Any]) -> Iterator[Any]:
    """Databases that were kept or forgotten beside the test's own go with it."""
    for own in databases_made:
        yield own
        _drop_others(own)


def _drop_others(own: Any) -> None:
    force = " WITH (FORCE)" if own.dialect == "postgres" else ""
    for name in databases(own):
        if name != own.name:
            own.sql(f"DROP DATABASE {name}{force}")


@pytest.fixture
def seeded(project: Any) -> Any:
    seed(project)
    return project


@pytest.fixture
def seeded_postgres(on_postgres: Any) -> Any:
    seed(on_postgres)
    return on_postgres


@pytest.fixture
def archives() -> Callable[[Any], list[Path]]:
    """The archives in the folder of a project, oldest first."""

    def found(project: Any) -> list[Path]:
        folder = project.folder / "backups"
        paths = (path for path in folder.glob("*-*") if path.suffix != ".json")
        return sorted(paths, key=lambda path: path.stat().st_mtime_ns)

    return found
