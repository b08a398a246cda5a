"""The tutorials: every shell block runs, in order, in an empty folder; what is shown is what comes.

A block of `sh` must succeed. In one of `console` each line after `$ ` is run, and the lines below it
are its output; `...` stands for the rest of a line, and for any number of lines. A folder that a block changes to stays.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent
TUTORIALS = sorted((HERE / "docs/tutorials").glob("*.md"))
ON_SERVERS = ("production",)
NAMES = ("shop", "shop_staging")
BLOCK = re.compile(r"^```(sh|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.*(?:\\\n.*)*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


class Shell:
    """Runs what is typed; remembers the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)
        program = folder / ".bin/migralint"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m migralint "$@"\n')
        program.chmod(0o755)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "GITHUB_"))}
        kept.pop("CI", None)
        self.variables = {
            **kept,
            "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(HERE),
            "HOME": str(folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_DATE": "2026-03-01T12:00:00Z",
            "NO_COLOR": "1",
            "COLUMNS": "100",
        }
        identity = "[user]\n  name = A\n  email = a@example.org\n[init]\n  defaultBranch = main\n"
        (folder / ".gitconfig").write_text(identity)

    def run(self, text: str) -> tuple[int, str]:
        script = f'{text}\nstatus=$?; pwd >"$HOME/.folder"; exit $status'
        done = subprocess.run(
            ["bash", "--norc", "-c", script],
            cwd=self.folder,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        folder = Path(self.variables["HOME"]) / ".folder"
        if folder.exists():
            self.folder = folder.read_text().strip()
        return done.returncode, done.stdout


def fits(shown: str, output: str) -> bool:
    """Is this the output, where dots stand for the rest of a line and any lines below it?"""
    rest, lines = r".*\n(?:.*\n)*?", r"(?:.*\n)*?"
    pattern = "".join(
        lines if line == "..." else re.escape(line[:-3]) + rest if line.endswith("...") else
        re.escape(line) + "\n"
        for line in shown.splitlines()
    )  # fmt: skip
    return re.fullmatch(pattern, output) is not None


@pytest.fixture
def two_databases(postgres_url: str) -> Iterator[dict[str, str]]:
    """What the page tells its reader to set: a database called shop, and one for staging."""
    import psycopg

    base = postgres_url.rpartition("/")[0]
    with psycopg.connect(postgres_url, autocommit=True) as server:
        for name in NAMES:
            server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            server.execute(f"CREATE DATABASE {name}")
        yield {"DATABASE_URL": f"{base}/shop", "STAGING_DATABASE_URL": f"{base}/shop_staging"}
        kept = server.execute("SELECT datname FROM pg_database WHERE datname LIKE 'shop%'")
        for (name,) in kept.fetchall():
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_every_block_of_a_tutorial_runs(
    path: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    shell = Shell(tmp_path)
    if path.stem in ON_SERVERS:
        shell.variables.update(request.getfixturevalue("two_databases"))
    found = BLOCK.findall(path.read_text(encoding="utf-8"))
    assert len(found) > 5
    for language, text in found:
        if language == "sh":
            status, output = shell.run(f"set -e\n{text}")
            assert status == 0, f"{text}\n{output}"
            continue
        commands = COMMAND.findall(text)
        assert "".join(f"$ {command}\n{shown}" for command, shown in commands) == text
        for command, shown in commands:
            _, output = shell.run(command)
            assert fits(shown, output), f"$ {command}\n{output}\nis not\n{shown}"


def test_there_is_one_for_each_tool() -> None:
    assert [path.stem for path in TUTORIALS] == [
        "drizzle",
        "flyway",
        "prisma",
        "production",
        "supabase",
    ]


@pytest.mark.parametrize(
    ("shown", "output", "same"),
    [
        ("a\n", "a\n", True),
        ("a\n", "a\nb\n", False),
        ("a\n...\nb\n", "a\nx\ny\nb\n", True),
        ("a\n...\n", "a\n", True),
        ("...\nb\n", "a\nc\n", False),
        ("a.\n", "ab\n", False),
        ("a: ...\n", "a: b\nc\n", True),
        ("a: ...\n", "b: b\nc\n", False),
    ],
)
def test_fits(shown: str, output: str, same: bool) -> None:
    assert fits(shown, output) is same
