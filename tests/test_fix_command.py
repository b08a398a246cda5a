"""`migralint lint --fix` and `--diff` in real repositories, with real databases beside them."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from migralint.cli import main

HERE = Path(__file__).parent.parent
OLD = "migrations/001_old.sql"
NEW = "migrations/002_new.sql"
BARE = "CREATE TABLE {0} (id bigint PRIMARY KEY);\nCREATE EXTENSION citext;\n"
GUARDED = BARE.replace("TABLE", "TABLE IF NOT EXISTS").replace("SION", "SION IF NOT EXISTS")
Run = Callable[..., tuple[int, str, str]]


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


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository without a remote; HEAD has one migration, another one is new."""
    root = tmp_path / "project"
    (root / "migrations").mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    (root / OLD).write_text(BARE.format("old").replace("citext", "hstore"))
    (root / ".migralint.yaml").write_text("dialect: postgres\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "x")
    (root / NEW).write_text(BARE.format("new"))
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


def flat(text: str) -> str:
    """Without line ends, which depend on the length of the folder's name."""
    return " ".join(text.split())


def sql(path: str) -> str:
    return Path(path).read_bytes().decode()


# -- what it does


def test_it_fixes_what_is_new_and_reports_the_rest(project: Path, run: Run) -> None:
    before = sql(OLD)
    status, out, _ = run("--fix")
    assert status == 0  # warnings are left, as without --fix
    assert sql(NEW) == GUARDED.format("new")
    assert sql(OLD) == before
    assert out.count("fixed[missing-if-not-exists] migrations/002_new.sql") == 2
    assert "HEAD has it" in flat(out) and "a new migration" in flat(out)
    assert "2 warnings in 1 file" in out and "; 2 fixed" in out
    assert run("--fix")[1].count("fixed[") == 0
    assert sql(NEW) == GUARDED.format("new")


def test_a_long_history_is_one_note(project: Path, run: Run) -> None:
    for number in range(3, 30):
        (project / f"migrations/{number:03}_x.sql").write_text(f"CREATE SCHEMA s{number};\n")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "y")
    _, out, _ = run("--fix")
    assert flat(out).count("HEAD has") == 1
    said = flat(out)
    assert "not fixed, though 31 could be: migrations/001_old.sql and 28 more" in said


def test_with_nothing_left_it_is_silent(project: Path, run: Run) -> None:
    assert run("--fix", NEW, "--fail-on", "info")[0] == 0
    assert run("--diff", NEW) == (0, "", "")


def test_diff_writes_nothing_and_git_takes_it(project: Path, run: Run) -> None:
    before = sql(NEW)
    status, diff, said = run("--diff")
    assert status == 1
    assert sql(NEW) == before
    assert "not fixed" in said and OLD in said
    git(project, "add", "-A")
    subprocess.run(["git", "apply", "--index"], input=diff.encode(), check=True)
    assert sql(NEW) == GUARDED.format("new")
    assert run("--diff", NEW) == (0, "", "")


def test_a_diff_from_below_the_root_is_one_for_there(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project / "migrations")
    _, diff, _ = run("--diff", "002_new.sql")
    assert diff.startswith("--- a/002_new.sql\n+++ b/002_new.sql\n")
    subprocess.run(["git", "apply"], input=diff.encode(), check=True)
    assert sql("002_new.sql") == GUARDED.format("new")


def test_json_says_what_was_fixed(project: Path, run: Run) -> None:
    _, out, _ = run("--fix", NEW, "--output", "json")
    found = json.loads(out)
    assert found["findings"] == []
    assert [item["rule"] for item in found["fixed"]] == ["missing-if-not-exists"] * 2
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    schema = json.loads((HERE / "migralint/schemas/report.schema.json").read_text())
    jsonschema.validate(found, schema)


def test_suppressed_and_exempt_findings_stay(project: Path, run: Run) -> None:
    allowed = "-- migralint: allow missing-if-not-exists (checked)\nCREATE EXTENSION citext;\n"
    (project / NEW).write_text(allowed)
    run("--fix")
    assert sql(NEW) == allowed
    (project / ".migralint.yaml").write_text(
        f"dialect: postgres\nallow:\n  - {{rule: missing-if-not-exists, path: {NEW}, reason: x}}\n"
    )
    (project / NEW).write_text(BARE.format("new"))
    run("--fix")
    assert sql(NEW) == BARE.format("new")
    (project / ".migralint.yaml").write_text("dialect: postgres\nsince: '003'\n")
    run("--fix")
    assert sql(NEW) == BARE.format("new")


def test_no_answer_of_an_earlier_run_is_given(project: Path, run: Run) -> None:
    """The second --fix, on the same text again, writes again."""
    for _ in range(3):
        (project / NEW).write_text(BARE.format("new"))
        assert run("--diff", NEW)[0] == 1
        run("--fix", NEW)
        assert sql(NEW) == GUARDED.format("new")


def test_select_limits_it(project: Path, run: Run) -> None:
    run("--fix", "--select", "drop-table")
    assert sql(NEW) == BARE.format("new")


# -- files


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
    ],
)
def test_bytes_stay_but_for_the_guard(project: Path, run: Run, mark: bytes, encoding: str) -> None:
    before = "-- é\u2028\x0c\r\n\tCREATE SCHEMA ü;\r\n\n--\rx\r\nCREATE EXTENSION citext"
    path = project / NEW
    path.write_bytes(mark + before.encode(encoding))
    path.chmod(0o640)
    run("--fix")
    after = before.replace("SCHEMA ", "SCHEMA IF NOT EXISTS ").replace(
        "SION ", "SION IF NOT EXISTS "
    )
    assert path.read_bytes() == mark + after.encode(encoding)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(os.listdir(project / "migrations")) == ["001_old.sql", "002_new.sql"]


def test_a_diff_without_a_last_newline(project: Path, run: Run) -> None:
    (project / NEW).write_bytes(b"SELECT 1;\r\nCREATE EXTENSION citext;")
    _, diff, _ = run("--diff")
    subprocess.run(["git", "apply"], input=diff.encode(), check=True)
    assert (project / NEW).read_bytes() == b"SELECT 1;\r\nCREATE EXTENSION IF NOT EXISTS citext;"


def test_a_link_stays_a_link(project: Path, run: Run) -> None:
    (project / "sql").mkdir()
    (project / NEW).rename(project / "sql/new.sql")
    (project / NEW).symlink_to("../sql/new.sql")
    run("--fix", NEW)
    assert (project / NEW).is_symlink()
    assert sql("sql/new.sql") == GUARDED.format("new")


def test_a_link_to_what_the_base_has_is_refused(project: Path, run: Run) -> None:
    (project / NEW).unlink()
    (project / NEW).symlink_to("001_old.sql")
    before = sql(OLD)
    assert "HEAD has it" in flat(run("--fix", NEW)[1])
    assert sql(OLD) == before


def test_a_file_that_cannot_be_written_is_said(project: Path, run: Run) -> None:
    """Root may write anything, so the folder is made unwritable by a file in its place."""
    from migralint.fixing import writing
    from migralint.model import MigralintError

    with pytest.raises(MigralintError, match="has changed while it was checked"):
        writing.write(str(project / NEW), b"something else", b"x")
    with pytest.raises(MigralintError, match="cannot be written: No such file"):
        writing.write(str(project / "nowhere/x.sql"), b"", b"x")
    assert sql(NEW) == BARE.format("new")


# -- standard input


def lint(root: Path, *words: str, text: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "migralint", "lint", *words, "--color", "never"]
    environ = {**os.environ, "PYTHONPATH": str(HERE)}
    return subprocess.run(
        command, cwd=root, env=environ, input=text, capture_output=True, text=True, check=False
    )


def test_standard_input_goes_to_standard_output(project: Path, tmp_path: Path) -> None:
    done = lint(project, "-", "--fix", text=BARE.format("x") + "DROP TABLE y;")
    assert done.stdout == GUARDED.format("x") + "DROP TABLE y;"
    assert done.returncode == 1 and "drop-table" in done.stderr
    away = tmp_path / "away"
    away.mkdir()
    done = lint(away, "-", "--fix", text=BARE.format("x"))  # in no repository
    assert (done.returncode, done.stdout) == (0, GUARDED.format("x"))
    assert lint(away, "-", "--fix", text="SELECT 1;").stdout == "SELECT 1;"
    done = lint(project, "-", "--diff", text=BARE.format("x"))
    assert done.returncode == 1 and "+CREATE EXTENSION IF NOT EXISTS citext;" in done.stdout


def test_standard_input_with_a_name_is_that_file(project: Path) -> None:
    old, new = BARE.format("old"), BARE.format("new")
    done = lint(project, "-", "--fix", "--stdin-filename", OLD, text=old)
    assert done.stdout == old and "HEAD has it" in flat(done.stderr)
    done = lint(project, "-", "--fix", "--stdin-filename", NEW, text=new)
    assert done.stdout == GUARDED.format("new")
    assert sql(NEW) == new


# -- what is new


def test_the_base_branch_decides_and_not_the_branch(project: Path, run: Run) -> None:
    """What was committed on the branch is new as long as the branch of origin lacks it."""
    git(project, "clone", "-q", str(project), "../clone")
    clone = project.parent / "clone"
    os.chdir(clone)
    git(clone, "checkout", "-qb", "feature")
    Path(NEW).write_text(BARE.format("new"))
    git(clone, "add", "-A")
    git(clone, "commit", "-qm", "y")
    assert "fixed[" in run("--fix")[1]
    assert sql(NEW) == GUARDED.format("new")
    assert "IF NOT" not in sql(OLD)


def test_what_the_base_branch_got_meanwhile_is_not_new(project: Path, run: Run) -> None:
    """Merged there by another pull request: the merge base lacks it, the branch does not."""
    git(project, "clone", "-q", str(project), "../clone")
    clone = project.parent / "clone"
    git(clone, "checkout", "-qb", "feature")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "y")
    git(clone, "fetch", "-q")
    os.chdir(clone)
    Path(NEW).write_text(BARE.format("new"))
    assert "origin/main has it" in flat(run("--fix", NEW)[1])
    assert sql(NEW) == BARE.format("new")


def test_a_renamed_migration_is_not_new(project: Path, run: Run) -> None:
    git(project, "mv", OLD, "migrations/003_renamed.sql")
    out = run("--fix", "migrations/003_renamed.sql")[1]
    assert f"HEAD has it as {OLD}" in flat(out)
    assert "IF NOT" not in sql("migrations/003_renamed.sql")


def test_a_submodule_is_another_repository(project: Path, run: Run) -> None:
    inner = project / "vendor"
    (inner / "migrations").mkdir(parents=True)
    git(inner, "init", "-q")
    (inner / "migrations/001_x.sql").write_text(BARE.format("x"))
    assert "another repository" in run("--fix", NEW, "vendor/migrations/001_x.sql")[1]
    assert sql("vendor/migrations/001_x.sql") == BARE.format("x")


def test_without_a_base_nothing_is_fixed(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "1_a.sql").write_text(BARE.format("a"))
    status, _, said = run("--fix", "1_a.sql")
    assert status == 4 and "which migrations are new?" in said
    assert "migralint lint - --fix <FILE" in said
    assert sql("1_a.sql") == BARE.format("a")
    (tmp_path / "1_a.sql").write_text("SELECT 1;\n")
    assert run("--fix", "1_a.sql")[0] == 0  # where nothing is to fix nothing is asked


def test_an_unknown_branch_of_origin_is_named_with_base(project: Path, run: Run) -> None:
    git(project, "update-ref", "refs/remotes/origin/develop", "HEAD")
    status, _, said = run("--fix")
    assert status == 4 and "--base" in said
    assert run("--fix", "--base", "origin/develop")[0] == 0
    assert sql(NEW) == GUARDED.format("new")


def test_an_empty_repository_has_only_new_migrations(tmp_path: Path, run: Run) -> None:
    git(tmp_path, "init", "-q")
    os.chdir(tmp_path)
    Path("migrations").mkdir()
    Path(NEW).write_text(BARE.format("new"))
    assert run("--fix")[0] == 0
    assert sql(NEW) == GUARDED.format("new")


# -- the index


def test_staged_fixes_nothing_and_says_what_does(project: Path, run: Run) -> None:
    git(project, "add", "-A")
    Path(NEW).write_text(BARE.format("other"))
    status, _, said = run("--staged", "--fix")
    assert status == 2 and "git apply --index" in said and "git add" in said
    Path(NEW).write_text(BARE.format("new"))
    status, diff, _ = run("--staged", "--diff")
    assert status == 1
    subprocess.run(["git", "apply", "--index"], input=diff.encode(), check=True)
    assert git(project, "show", f":{NEW}") == GUARDED.format("new") == sql(NEW)
    assert run("--staged", "--diff")[0] == 0


def test_changed_goes_with_it(project: Path, run: Run) -> None:
    assert run("--changed", "--base", "HEAD", "--fix")[0] == 0
    assert sql(NEW) == GUARDED.format("new")


@pytest.mark.parametrize(
    "words",
    [("--fix", "--diff"), ("--fix", "--history"), ("--unapplied",), ("--diff", "--output", "json"),
     ("--fix", "--staged")],
)  # fmt: skip
def test_what_contradicts_itself(project: Path, run: Run, words: tuple[str, ...]) -> None:
    assert run(*words)[0] == 2
    assert sql(NEW) == BARE.format("new")


def test_findings_on_what_is_not_new_carry_no_fix(project: Path, run: Run) -> None:
    """Who reads the report of a change set could apply it without asking anybody."""
    (project / OLD).write_text(sql(OLD) + "CREATE EXTENSION ltree;\n")
    _, out, _ = run("--changed", "--base", "HEAD", "--output", "json")
    found = {
        (f["path"], bool(f["fix"]))
        for f in json.loads(out)["findings"]
        if f["rule"].startswith("missing")
    }
    assert found == {(OLD, False), (NEW, True)}


# -- databases


PRISMA = "prisma/migrations/20260101000000_a/migration.sql"
PRISMA_NEW = "prisma/migrations/20260102000000_b/migration.sql"


@pytest.fixture
def prisma(project: Path) -> Iterator[Path]:
    """Two new migrations of Prisma; the database has applied the first of them."""
    for path, name in ((PRISMA, "a"), (PRISMA_NEW, "b")):
        (project / path).parent.mkdir(parents=True)
        (project / path).write_text(BARE.format(name).partition("\n")[0] + "\n")
    (project / "prisma/migrations/migration_lock.toml").write_text('provider = "postgresql"\n')
    (project / ".migralint.yaml").unlink()
    yield project


def test_what_the_development_database_has_applied_stays(
    prisma: Path, run: Run, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    base = postgres_url.rpartition("/")[0]
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute("DROP DATABASE IF EXISTS migralint_fix WITH (FORCE)")
        server.execute("CREATE DATABASE migralint_fix")
        try:
            assert conninfo_to_dict(postgres_url)["host"]
            url = f"{base}/migralint_fix?schema=public"
            (prisma / ".env").write_text(f'DATABASE_URL="{url}"\n')
            subprocess.run(
                [sys.executable, "-m", "migralint", "apply", "prisma/migrations", "--only-to", "20260101000000_a"],
                env={**os.environ, "PYTHONPATH": str(HERE)}, capture_output=True, check=True,
            )  # fmt: skip
            before = sql(PRISMA)
            _, out, _ = run(
                "--fix",
                "prisma/migrations",
                "--preset",
                "strict",
                "--select",
                "missing-if-not-exists,missing-if-not-exists-generated",
            )
            assert sql(PRISMA) == before
            assert "IF NOT EXISTS" in sql(PRISMA_NEW)
            assert "migralint_fix has applied it" in flat(out)
            assert "--create-only" in out
        finally:
            server.execute("DROP DATABASE IF EXISTS migralint_fix WITH (FORCE)")


def test_a_database_that_does_not_answer_may_have_applied_anything(prisma: Path, run: Run) -> None:
    (prisma / ".env").write_text('DATABASE_URL="postgresql://me:secret@127.0.0.1:1/app"\n')
    before = sql(PRISMA)
    status, out, said = run("--fix", "prisma/migrations")
    assert status == 4 and "--unapplied" in said and "secret" not in out + said
    assert sql(PRISMA) == before
    assert run("--fix", "--unapplied", "prisma/migrations")[0] == 0
    assert "IF NOT EXISTS" in sql(PRISMA)


def test_a_database_elsewhere_is_not_asked(prisma: Path, run: Run) -> None:
    (prisma / ".env").write_text('DATABASE_URL="postgresql://db.example.com/app"\n')
    status, out, _ = run("--fix", "prisma/migrations")
    assert status == 0 and "was not asked" in flat(out)
    assert "IF NOT EXISTS" in sql(PRISMA)


def test_a_database_that_is_not_there_has_applied_nothing(
    prisma: Path, run: Run, postgres_url: str
) -> None:
    base = postgres_url.rpartition("/")[0]
    (prisma / ".env").write_text(f'DATABASE_URL="{base}/migralint_no_such_database"\n')
    assert run("--fix", "prisma/migrations")[0] == 0
    assert "IF NOT EXISTS" in sql(PRISMA)


def test_the_history_of_the_layouts_own_tool_counts(project: Path, run: Run) -> None:
    """goose keeps versions; what it has applied stays, in SQLite as elsewhere."""
    (project / ".migralint.yaml").write_text("dialect: sqlite\n")
    (project / "migrations/001_old.sql").unlink()
    up = "-- +goose Up\nCREATE TABLE {0} (id integer PRIMARY KEY);\n"
    for number, name in ((2, "new"), (3, "newer")):
        (project / f"migrations/{number:03}_{name}.sql").write_text(up.format(name))
    made = sqlite3.connect(project / "dev.db")
    made.execute("CREATE TABLE goose_db_version (id integer, version_id bigint, is_applied int)")
    made.execute("INSERT INTO goose_db_version VALUES (1, 0, 1), (2, 2, 1)")
    made.commit()
    made.close()
    (project / ".env").write_text(f"DATABASE_URL=sqlite:///{project}/dev.db\n")
    out = run("--fix")[1]
    assert "has applied it" in flat(out)
    assert "IF NOT" not in sql(NEW)
    assert "IF NOT EXISTS" in sql("migrations/003_newer.sql")
    (project / NEW).write_text(up.format("new"))
    (project / "dev.db").unlink()
    run("--fix")
    assert "IF NOT EXISTS" in sql(NEW)


def test_drizzle_knows_a_migration_by_its_text(project: Path) -> None:
    from hashlib import sha256

    from linting import migration

    from migralint.fixing.applied import _in_history

    data = b"CREATE TABLE a (id int);"
    own = migration(data.decode(), version="0000")
    assert _in_history(own, "drizzle", {sha256(data).hexdigest()}, data)
    assert not _in_history(own, "drizzle", {"0000"}, data)
    newer = migration("x", version="000012")
    assert _in_history(newer, "golang-migrate", {"12"}, b"")
    assert not _in_history(newer, "golang-migrate", {"11"}, b"")
    assert not _in_history(migration("x", version="11"), "flyway", {"1.1"}, b"")
    assert _in_history(migration("x", version="1.1"), "flyway", {"1.1"}, b"")
