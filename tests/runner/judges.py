"""The real Prisma engine and CLI from npm, as a process that answers; skipped where there is no Node."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent / "prisma"


class Judge:
    """`ask` gives the engine's answer: {"result": ...} or {"error": {"code", "message"}}.

    The engine is that of the version in package.json (7.10.1). `transport` is how a file reaches
    PostgreSQL: "statements", one by one, as the native engine has it from 7.4 on, or "whole", as
    up to 7.3. The CLI (`cli`) and SQLite always send it whole.
    """

    def __init__(self, folder: Path, transport: str = "statements") -> None:
        self.folder = folder
        self.transport = transport
        self.process = subprocess.Popen(
            ["node", str(folder / "judge.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, command: str, url: str, folder: Path, name: str = "") -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        request = {
            "command": command,
            "url": url,
            "folder": str(folder),
            "name": name,
            "statements": _statements(folder) if self.transport == "statements" else {},
        }
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def cli(self, project: Path, url: str, *args: str) -> subprocess.CompletedProcess[str]:
        """`npx prisma migrate ...` in the project; only PostgreSQL."""
        (project / "prisma.config.ts").write_text(
            "import { defineConfig, env } from 'prisma/config'\nexport default defineConfig({\n"
            "  schema: 'prisma/schema.prisma', migrations: { path: 'prisma/migrations' },\n"
            "  datasource: { url: env('DATABASE_URL') },\n})\n"
        )
        (project / "prisma" / "schema.prisma").write_text(
            'datasource db {\n  provider = "postgresql"\n}\n'
        )
        modules = project / "node_modules"
        if not modules.exists():
            modules.symlink_to(self.folder / "node_modules")
        return subprocess.run(
            ["node", str(self.folder / "node_modules/prisma/build/index.js"), "migrate", *args],
            cwd=project,
            env={
                "PATH": os.environ["PATH"],
                "HOME": os.environ.get("HOME", "/"),
                "DATABASE_URL": url,
                "PRISMA_SCHEMA_ENGINE_BINARY": str(self.folder / "schema-engine.mjs"),
                "CHECKPOINT_DISABLE": "1",
                "NO_COLOR": "1",
            },
            capture_output=True,
            text=True,
            timeout=300,
        )


def _statements(folder: Path) -> dict[str, list[str]]:
    """By text, as Node reads it; a file that does not parse is left out and goes whole."""
    import pglast

    found = {}
    for file in folder.glob("*/migration.sql"):
        text = file.read_bytes().decode("utf-8", "replace")
        try:
            found[text] = list(pglast.split(text))
        except pglast.Error:
            continue
    return found


def _installed() -> Path:
    """A folder with the packages of package.json, kept for the next run of the tests."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("no Node: the real Prisma engine cannot run")
    manifest = (HERE / "package.json").read_bytes()
    base = Path(os.environ.get("MIGRALINT_TEST_CACHE", tempfile.gettempdir()))
    folder = base / f"migralint-prisma-{hashlib.sha256(manifest).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    for source in HERE.iterdir():
        shutil.copy(source, folder)
    if not (folder / "complete").exists():
        done = subprocess.run(
            ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=600,
        )
        if done.returncode:
            pytest.skip("the packages of Prisma could not be installed from npm")
        (folder / "complete").touch()
    return folder


@pytest.fixture(scope="session")
def judge() -> Iterator[Judge]:
    made = Judge(_installed())
    yield made
    made.process.stdin.close()  # type: ignore[union-attr]
    made.process.wait(300)
    made.process.stdout.close()  # type: ignore[union-attr]
