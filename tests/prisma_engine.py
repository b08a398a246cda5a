"""Prisma's own engine, from npm: `ask` gives its answer as data. Skips, loudly, where Node is missing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent / "prisma"


@cache
def installed() -> Path:
    """The folder of the engine with its packages; they stay there for the next run."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("Node and npm are missing: Prisma's own engine is not asked")
    if not (HERE / "node_modules" / "prisma" / "build" / "schema_engine_bg.wasm").is_file():
        command = [
            npm,
            "install",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--no-package-lock",
            "--silent",
        ]
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
    return HERE


def ask(command: str, url: str, migrations: Path, *names: str) -> dict[str, Any]:
    folder = installed()
    arguments = ["node", "engine.mjs", command, *names, "--url", url, "--dir", str(migrations)]
    environment = {**os.environ, "NODE_NO_WARNINGS": "1"}
    done = subprocess.run(
        arguments, cwd=folder, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.stdout, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
