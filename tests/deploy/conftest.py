"""The runner's databases and projects, for deploy and rollback."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_RUNNER = Path(__file__).parents[1] / "runner"
sys.path.insert(0, str(_RUNNER))
_spec = importlib.util.spec_from_file_location("runner_fixtures", _RUNNER / "conftest.py")
assert _spec and _spec.loader
_fixtures = importlib.util.module_from_spec(_spec)
sys.modules["runner_fixtures"] = _fixtures
_spec.loader.exec_module(_fixtures)

Database, Project = _fixtures.Database, _fixtures.Project
database = _fixtures.database
judge = _fixtures.judge
make_project = _fixtures.make_project
mysql = _fixtures.mysql
on_mysql = _fixtures.on_mysql
on_postgres = _fixtures.on_postgres
on_sqlite = _fixtures.on_sqlite
postgres = _fixtures.postgres
project = _fixtures.project
sqlite = _fixtures.sqlite
