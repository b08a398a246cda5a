"""The real pre-commit with our real manifest, offline: what it refuses, passes, shows and skips."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import migralint

HERE = Path(__file__).parent.parent
MANIFEST = HERE / ".pre-commit-hooks.yaml"
HOOKS = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
GOOD = "ALTER TABLE users ADD COLUMN a int;\n"
BAD = "DROP TABLE users;\n"
FIRST, SECOND, THIRD = (f"prisma/migrations/2024010{n}000000_{n}/migration.sql" for n in (1, 2, 3))


def write(root, path, text):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    data = text if isinstance(text, bytes) else text.encode()
    (root / path).write_bytes(data)


@pytest.fixture
def environment(tmp_path):
    """Ours without what a surrounding hook, CI system or person has set."""
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "PRE_COMMIT", "GITHUB_"))
    }
    kept.pop("SKIP", None)
    return {
        **kept,
        "HOME": str(tmp_path),
        "PRE_COMMIT_HOME": str(tmp_path / "pre-commit"),
        "PRE_COMMIT_COLOR": "never",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@example.org",
        "PYTHONPATH": str(HERE),
    }


@pytest.fixture
def run(environment):
    def each(root, *command, fails=False):
        done = subprocess.run(
            command, cwd=root, env=environment, capture_output=True, text=True, check=False
        )
        assert bool(done.returncode) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    return each


@pytest.fixture
def hooks(tmp_path, run):
    """A repository with our manifest, whose hooks run this checkout instead of installing it."""
    root = tmp_path / "hooks"
    root.mkdir()
    here = [
        {**hook, "language": "system", "entry": f"{sys.executable} -m {hook['entry']}"}
        for hook in HOOKS
    ]
    write(root, ".pre-commit-hooks.yaml", yaml.safe_dump(here))
    run(root, "git", "init", "-q")
    run(root, "git", "add", "-A")
    run(root, "git", "commit", "-qm", "hooks")
    return root


@pytest.fixture
def project(tmp_path, hooks, run):
    """A Prisma project with the hook installed and one migration committed."""
    root = tmp_path / "project"
    root.mkdir()
    revision = run(hooks, "git", "rev-parse", "HEAD").strip()
    repo = {"repo": str(hooks), "rev": revision, "hooks": [{"id": "migralint"}]}
    write(root, ".pre-commit-config.yaml", yaml.safe_dump({"repos": [repo]}))
    write(root, "prisma/migrations/migration_lock.toml", 'provider = "postgresql"\n')
    write(root, FIRST, "-- CreateTable\nCREATE TABLE users (id int PRIMARY KEY);\n")
    run(root, "git", "init", "-q", "-b", "main")
    run(root, "git", "add", "-A")
    run(root, "git", "commit", "-qm", "first")
    run(root, sys.executable, "-m", "pre_commit", "install")
    return root


def test_the_manifest_is_valid(run):
    run(HERE, sys.executable, "-m", "pre_commit", "validate-manifest", str(MANIFEST))


def test_the_version_is_one():
    settings = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["project"]["version"] == migralint.__version__


@pytest.mark.parametrize(
    ("path", "matched"),
    [
        ("prisma/migrations/1_a/migration.sql", True),
        ("migrations/1_a.sql", True),
        ("db/migration/V1__a.sql", True),
        ("db/migrate/1_a.sql", True),
        ("drizzle/0000_a.sql", True),
        ("apps/web/supabase/migrations/1_a.sql", True),
        ("sql-migrations/1_a.sql", True),
        ("prisma/seed.sql", False),
        ("queries/users.sql", False),
        ("src/immigrations/a.sql", False),
        ("package.json", True),
        ("packages/db/package.json", True),
        ("Dockerfile", True),
        ("docker/api.Dockerfile", True),
        ("Dockerfile.prod", True),
        ("docker-compose.prod.yml", True),
        (".github/workflows/deploy.yml", True),
        (".gitlab-ci.yml", True),
        (".husky/pre-push", True),
        ("deploy.sh", True),
        ("scripts/release.ts", True),
        ("Makefile", True),
        ("src/index.ts", False),
        ("README.md", False),
        ("tsconfig.json", False),
    ],
)
def test_which_files_are_ours(path, matched):
    assert bool(re.search(HOOKS[0]["files"], path)) is matched


def test_all_files_by_try_repo(project, hooks, run):
    write(project, SECOND, BAD)
    run(project, "git", "add", "-A")
    output = run(
        project,
        sys.executable,
        "-m",
        "pre_commit",
        "try-repo",
        str(hooks),
        "migralint",
        "--all-files",
        fails=True,
    )
    assert "drop-table" in output
    assert SECOND in output
    assert FIRST not in output


def test_a_bad_commit_is_refused_and_a_good_one_passes(project, run):
    write(project, SECOND, BAD)
    run(project, "git", "add", "-A")
    assert "drop-table" in run(project, "git", "commit", "-m", "bad", fails=True)
    write(project, SECOND, GOOD)
    run(project, "git", "add", "-A")
    run(project, "git", "commit", "-m", "good")


def test_what_is_staged_counts_and_not_the_work_tree(project, run):
    write(project, SECOND, BAD)
    run(project, "git", "add", "-A")
    write(project, SECOND, GOOD)
    assert "drop-table" in run(project, "git", "commit", "-m", "bad", fails=True)
    run(project, "git", "add", "-A")
    write(project, SECOND, BAD)
    run(project, "git", "commit", "-m", "good")
    assert run(project, "git", "show", f"HEAD:{SECOND}") == GOOD
    assert (project / SECOND).read_text() == BAD


def test_a_warning_is_shown_though_the_commit_passes(project, run):
    write(project, SECOND, "CREATE INDEX users_id ON users (id);\n")
    run(project, "git", "add", "-A")
    assert "blocking-index" in run(project, "git", "commit", "-m", "index")


def test_a_table_that_the_same_commit_makes_is_new(project, run):
    write(project, SECOND, 'CREATE TABLE "Order" (id int PRIMARY KEY, a int);\n')
    write(project, THIRD, 'CREATE INDEX "Order_a_idx" ON "Order" (a);\n')
    run(project, "git", "add", "-A")
    assert "blocking-index" not in run(project, "git", "commit", "-m", "table and index")


@pytest.mark.parametrize("data", [b"SELECT 1;\n\xff\xfe\xff", b"SELECT 1;\n\0DROP TABLE users;\n"])
def test_a_file_that_is_no_text_is_refused(project, run, data):
    write(project, SECOND, data)
    run(project, "git", "add", "-A")
    assert "undecodable-file" in run(project, "git", "commit", "-m", "bytes", fails=True)


def test_utf_16_as_powershell_writes_it_is_read(project, run):
    write(project, SECOND, BAD.encode("utf-16"))
    run(project, "git", "add", "-A")
    assert "drop-table" in run(project, "git", "commit", "-m", "utf-16", fails=True)


def test_a_script_is_looked_at(project, run):
    write(project, "deploy.sh", "#!/bin/sh\nnpx prisma migrate reset --force\n")
    run(project, "git", "add", "-A")
    assert "destructive-command" in run(project, "git", "commit", "-m", "script", fails=True)


def test_other_files_are_no_concern_of_ours(project, run):
    write(project, "README.md", BAD)
    write(project, "queries/a.sql", BAD)
    run(project, "git", "add", "-A")
    assert "(no files to check)Skipped" in run(project, "git", "commit", "-m", "text")


def test_what_the_configuration_excludes_passes(project, run):
    write(project, SECOND, BAD)
    write(project, ".migralint.yaml", f"exclude: [{SECOND}]\n")
    run(project, "git", "add", "-A")
    run(project, "git", "commit", "-m", "excluded")


@pytest.mark.packaging
def test_pre_commit_installs_it_without_a_network(project, run, environment, tmp_path):
    """`language: python` as a user has it: the wheel carries the rules."""
    repo = tmp_path / "repository"
    repo.mkdir()
    for name in ("migralint", "rules"):
        shutil.copytree(HERE / name, repo / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (
        "pyproject.toml",
        "hatch_build.py",
        "README.md",
        "LICENSE",
        ".pre-commit-hooks.yaml",
    ):
        shutil.copy(HERE / name, repo / name)
    run(repo, "git", "init", "-q")
    run(repo, "git", "add", "-A")
    run(repo, "git", "commit", "-qm", "all")
    wheels = tmp_path / "wheels"
    run(repo, sys.executable, "-m", "pip", "wheel", "-q", ".", "hatchling>=1.26", "-w", str(wheels))
    environment.update(
        PIP_NO_INDEX="1",
        PIP_FIND_LINKS=str(wheels),
        PIP_CONFIG_FILE=os.devnull,
        PIP_EXTRA_INDEX_URL="",
    )
    del environment["PYTHONPATH"]
    write(project, SECOND, BAD)
    run(project, "git", "add", "-A")
    output = run(
        project,
        sys.executable,
        "-m",
        "pre_commit",
        "try-repo",
        str(repo),
        "migralint",
        "--all-files",
        fails=True,
    )
    assert "drop-table" in output
