"""The whole story, as a new user tries it: an old project adopts migralint and goes on living."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent
COUNT = 800


def path(number: int, name: str = "step") -> str:
    day, second = divmod(number, 60)
    return f"prisma/migrations/2023{day // 28 + 1:02}{day % 28 + 1:02}0000{second:02}_{name}/migration.sql"


def text(number: int) -> str:
    """What 800 migrations of an old project do, dangerous things among it."""
    table = f'"table_{number // 4}"'
    view = f"CREATE VIEW totals_{number} AS SELECT id, total FROM {table};\n"
    return {
        0: f"CREATE TABLE {table} (id BIGINT NOT NULL PRIMARY KEY, name TEXT, total INTEGER);\n",
        1: f"CREATE INDEX table_{number}_name_idx ON {table} (name);\n",
        2: f"ALTER TABLE {table} DROP COLUMN name;\n",
        3: view if number == COUNT - 1 else f"UPDATE {table} SET total = 0;\n",
    }[number % 4]


@pytest.fixture
def environment(tmp_path):
    told = ("GIT_", "GITHUB_", "CI_", "GITLAB_", "PRE_COMMIT", "GITHEAD_", "MIGRALINT_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(told)}
    names = {
        f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    git = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(tmp_path)}
    return {**kept, **names, **git, "PYTHONPATH": str(HERE), "GIT_EDITOR": "true"}


def test_an_old_project_adopts_the_hook(tmp_path, environment):
    root = tmp_path / "shop"
    root.mkdir()

    def run(*command, status=0):
        done = subprocess.run(
            command, cwd=root, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == status, done.stdout + done.stderr
        return " ".join((done.stdout + done.stderr).split())

    def migralint(*arguments, status=0):
        return run(sys.executable, "-m", "migralint", *arguments, status=status)

    def write(name, content):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, encoding="utf-8")
        run("git", "add", "-A")

    def commit(message, *options, status=0):
        return run("git", "commit", "-qm", message, *options, status=status)

    # an old project, on its main branch
    run("git", "init", "-q", "-b", "main")
    for number in range(COUNT):
        file = root / path(number)
        file.parent.mkdir(parents=True)
        file.write_text(text(number), encoding="utf-8")
    write("prisma/migrations/migration_lock.toml", 'provider = "postgresql"\n')
    commit("800 migrations")
    refused = migralint("lint", "--statistics", status=1)
    assert "drop-column" in refused

    # adopts migralint: the present is context, and the first run is quiet
    assert "migralint baseline" in migralint("init")
    assert f"{COUNT} migrations are exempt" in migralint("baseline")
    clean = migralint("lint")
    assert f"{COUNT} migrations are in .migralint/baseline.json" in clean
    for name in ("pre-commit", "pre-merge-commit"):
        lint = f"{sys.executable} -m migralint lint --color never"
        hook = root / ".git/hooks" / name
        hook.write_text(f"#!/bin/sh\n{lint} --staged\n")
        hook.chmod(0o755)
    run("git", "add", "-A")
    commit("Adopt migralint")

    # the next bad migration is refused, and put right
    bad = path(COUNT, "drop_orders")
    write(bad, 'DROP TABLE "table_7";\n')
    said = commit("drop", status=1)
    assert "error[drop-table]" in said and "pg_dump" in said
    write(bad, 'ALTER TABLE "table_7" ADD COLUMN note TEXT;\n')
    commit("add")
    migralint("lint")

    # a merged migration is edited
    write(path(4), text(4).replace("TEXT", "VARCHAR(20)"))
    said = commit("edit", status=1)
    assert "error[edited-migration]" in said
    assert f"$ git checkout HEAD -- {path(4)}" in said
    assert "prisma migrate dev --create-only" in said
    run("git", "checkout", "HEAD", "--", path(4))

    # one is merged out of order
    run("git", "checkout", "-qb", "feature")
    early = path(COUNT + 1, "tags")
    write(early, "CREATE TABLE tags (id BIGINT NOT NULL PRIMARY KEY);\n")
    commit("tags")
    run("git", "checkout", "-q", "main")
    newest = path(COUNT + 2, "labels")
    write(newest, "CREATE TABLE labels (id BIGINT NOT NULL PRIMARY KEY);\n")
    commit("labels")
    said = run("git", "merge", "-q", "feature", status=1)
    assert "error[out-of-order-migration]" in said
    old, new = os.path.dirname(early), os.path.dirname(path(COUNT + 3, "tags"))
    assert f"$ git mv {old} {new}" in said
    run("git", "mv", old, new)
    commit("Merge feature")

    # one drops a column that a view uses
    table = (COUNT - 1) // 4
    write(path(COUNT + 4, "drop_total"), f'ALTER TABLE "table_{table}" DROP COLUMN total;\n')
    said = commit("drop a column", status=1)
    assert "error[drop-column]" in said and f"view totals_{COUNT - 1}" in said
    assert f'ALTER TABLE "table_{table}" ALTER COLUMN total DROP NOT NULL;' in said
    run("git", "rm", "-qrf", os.path.dirname(path(COUNT + 4, "drop_total")))

    # what is merged late and is older than the baseline was never exempt
    write("prisma/migrations/20220101000000_ancient/migration.sql", 'DROP TABLE "table_1";\n')
    run("git", "commit", "-qnm", "slipped in")
    assert "error[drop-table]" in migralint("lint", status=1)
