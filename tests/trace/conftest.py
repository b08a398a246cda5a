"""The fixtures of the runner's tests: databases of their own, and projects."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

RUNNER = Path(__file__).parent.parent / "runner"
sys.path.insert(0, str(RUNNER))

spec = importlib.util.spec_from_file_location("runner_fixtures", RUNNER / "conftest.py")
assert spec and spec.loader
runner = importlib.util.module_from_spec(spec)
spec.loader.exec_module(runner)

postgres, mysql, sqlite, database = runner.postgres, runner.mysql, runner.sqlite, runner.database
make_project, project = runner.make_project, runner.project
on_postgres, on_mysql, on_sqlite = runner.on_postgres, runner.on_mysql, runner.on_sqlite
