"""Accepting a finding must not make Prisma demand a reset: asked of Prisma's own engine.

The hook sees a migration that `prisma migrate dev` has applied to the developer's database already.
"""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from judges import Judge

INIT = 'CREATE TABLE "User" ("id" INTEGER NOT NULL, "bio" TEXT, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));\n'
DROP = '-- AlterTable\nALTER TABLE "User" DROP COLUMN "bio";\n'
PATH = "prisma/migrations/20260102000000_drop_bio/migration.sql"


@pytest.fixture
def database(postgres_url: str) -> Iterator[str]:
    import psycopg

    name = f"prisma_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield f"{postgres_url.rsplit('/', 1)[0]}/{name}"
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def project(tmp_path: Path, database: str, judge: Judge) -> Path:
    """A project whose two migrations the developer's database has."""
    migrations = tmp_path / "prisma" / "migrations"
    for name, text in (("20260101000000_init", INIT), ("20260102000000_drop_bio", DROP)):
        (migrations / name).mkdir(parents=True)
        (migrations / name / "migration.sql").write_text(text)
    (migrations / "migration_lock.toml").write_text('provider = "postgresql"\n')
    applied = judge.ask("deploy", database, migrations)["result"]
    assert applied["appliedMigrationNames"] == [
        "20260101000000_init",
        "20260102000000_drop_bio",
    ]
    return tmp_path


def lint(project: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "migralint", "lint", "--color", "never", PATH]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent.parent)}
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)


def diagnosis(judge: Judge, project: Path, database: str) -> dict[str, str]:
    found = judge.ask("dev", database, project / "prisma" / "migrations")
    action: dict[str, str] = found["result"]["action"]
    return action


def test_what_the_message_offers_leaves_prisma_content(
    judge: Judge, project: Path, database: str
) -> None:
    refused = lint(project)
    assert refused.returncode == 1
    _, _, offered = refused.stdout.partition("under `allow:`")
    entry = offered.strip().splitlines()[0].strip()
    assert entry.startswith("- {rule: drop-column")
    (project / ".migralint.yaml").write_text(
        f"allow:\n  {entry.replace('...', 'nobody reads it')}\n"
    )
    accepted = lint(project)
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr
    assert diagnosis(judge, project, database)["tag"] == "createMigration"


def test_a_comment_in_the_file_makes_prisma_demand_a_reset(
    judge: Judge, project: Path, database: str
) -> None:
    path = project / PATH
    path.write_text("-- migralint: allow drop-column (nobody reads it)\n" + path.read_text())
    assert lint(project).returncode == 0
    answer = diagnosis(judge, project, database)
    assert answer["tag"] == "reset"
    assert "modified after it was applied" in answer["reason"]
