"""`migralint lint --fix --split` in a real repository."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from migralint import api
from migralint.cli import main
from migralint.model import MigralintError

Run = Callable[..., tuple[int, str, str]]
OLD = "prisma/migrations/20240101000000_a/migration.sql"
NEW = "prisma/migrations/20240102000000_b/migration.sql"
SCHEMA = "CREATE TABLE users (id bigint PRIMARY KEY, email text, bio text);\n"
CHANGE = "ALTER TABLE users ADD COLUMN a int;\r\n-- é\r\nCREATE INDEX users_email_idx ON users (email);\r\n"


@pytest.fixture(autouse=True)
def plain_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    told = ("GIT_", "GITHUB_", "CI_", "GITLAB_", "PRE_COMMIT", "GITHEAD_", "MIGRALINT_")
    for name in list(os.environ):
        if name.startswith(told) or name.endswith("_URL") or name in ("DATABASE_ENV", "NODE_ENV"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "A")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "a@example.org")


def git(root: Path, *arguments: str, text: str = "") -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=root, input=text.encode(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.decode()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    for path, text in ((OLD, SCHEMA), (NEW, CHANGE)):
        (root / path).parent.mkdir(parents=True)
        (root / path).write_bytes(text.encode())
    (root / "prisma/migrations/migration_lock.toml").write_text('provider = "postgresql"\n')
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "prisma/migrations/migration_lock.toml", OLD)
    git(root, "commit", "-qm", "x")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    def run(*words: str) -> tuple[int, str, str]:
        capfdbinary.readouterr()
        status = main(["lint", *words])
        found = capfdbinary.readouterr()
        return status, found.out.decode(), found.err.decode()

    return run


def new_files(root: Path) -> list[str]:
    listed = git(root, "status", "--porcelain", "-uall").split("\n")
    return sorted(line[3:] for line in listed if line and NEW not in line)


def test_it_is_written(project: Path, run: Run) -> None:
    status, out, _ = run("--fix", "--split", "--select", "blocking-index", "prisma/migrations")
    assert status == 0
    assert (project / NEW).read_bytes() == b"ALTER TABLE users ADD COLUMN a int;\r\n"
    (second,) = new_files(project)
    assert second.endswith("_b_2_index/migration.sql")
    text = (project / second).read_bytes().decode()
    assert text.endswith(
        "-- é\r\n-- Writes to users go on while it is built.\n"
        "CREATE INDEX CONCURRENTLY users_email_idx ON users (email);\n"
    )
    assert "fixed[blocking-index]" in out and "1 fixed" in out
    assert "step 2 of 2: alone, outside of a transaction" in " ".join(out.split())
    again = run("--fix", "--split", "--select", "blocking-index", "prisma/migrations")
    assert again[0] == 0 and new_files(project) == [second]


def test_the_diff_applies_and_says_the_same(project: Path, run: Run) -> None:
    status, out, _ = run("--diff", "--split", "--select", "blocking-index", "prisma/migrations")
    assert status == 1
    assert new_files(project) == [] and (project / NEW).read_bytes() == CHANGE.encode()
    git(project, "add", NEW)
    git(project, "apply", "--whitespace=nowarn", text=out)
    assert (project / NEW).read_bytes() == b"ALTER TABLE users ADD COLUMN a int;\r\n"
    assert len(new_files(project)) == 1


def test_the_wording_is_mended_too_and_never_at_the_price_of_a_finding(
    project: Path, run: Run
) -> None:
    """IF NOT EXISTS on a concurrent index would hide one that is left INVALID."""
    run("--fix", "--split", "--preset", "strict", "prisma/migrations")
    assert "ADD COLUMN IF NOT EXISTS a int" in (project / NEW).read_text()
    (second,) = new_files(project)
    assert "INDEX CONCURRENTLY users_email_idx" in (project / second).read_text()


def test_what_is_merged_is_left_alone(project: Path, run: Run) -> None:
    (project / NEW).write_text("ALTER TABLE users ADD CONSTRAINT c CHECK (id > 0);\n")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "y")
    _, out, _ = run("--fix", "--split", "prisma/migrations")
    assert new_files(project) == [] and "CHECK (id > 0);\n" in (project / NEW).read_text()
    said = " ".join(out.split())
    assert "not fixed" in said and "HEAD has it" in said


def test_what_cannot_be_split_is_said(project: Path, run: Run) -> None:
    text = "ALTER TABLE users ALTER COLUMN id TYPE numeric;\n"
    (project / NEW).write_text(text)
    _, out, _ = run("--fix", "--split", "--select", "rewriting-type-change", "prisma/migrations")
    assert (project / NEW).read_text() == text and new_files(project) == []
    said = " ".join(out.split())
    assert f"not split: rewriting-type-change in {NEW}:1: users_pkey would have to be made" in said
    _, _, err = run("--diff", "--split", "--select", "rewriting-type-change", "prisma/migrations")
    assert "not split" in err


def test_one_file_that_is_named_needs_nothing_behind_it(project: Path, run: Run) -> None:
    later = project / "prisma/migrations/20240103000000_c/migration.sql"
    later.parent.mkdir()
    later.write_text("DROP INDEX users_email_idx;\n")
    _, out, _ = run("--fix", "--split", "--select", "blocking-index", NEW)
    assert "was not read: name the folder" in " ".join(out.split())
    assert (project / NEW).read_bytes() == CHANGE.encode()


def test_where_it_makes_no_sense(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "--split goes with --fix" in run("--split", NEW)[2]
    assert "not in the index" in run("--diff", "--split", "--staged")[2]
    with pytest.raises(MigralintError, match="a text has no folder"):
        api.fix(data=b"CREATE INDEX a ON b (c);", split=True)


def test_nothing_is_written_over(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that came meanwhile: all stays as it was."""
    from migralint.runner import naming

    monkeypatch.setattr(naming, "stamp", lambda: "20260102030405")
    there = project / "prisma/migrations/20260102030405_b_2_index"
    there.mkdir()
    (there / "migration.sql").symlink_to("nowhere")
    with pytest.raises(MigralintError, match="is there already"):
        api.fix(["prisma/migrations"], split=True, select=["blocking-index"])
    assert (project / NEW).read_bytes() == CHANGE.encode()
