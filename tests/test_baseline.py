"""The baseline: what was there is context, what is edited or comes later is reported."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from migralint import baseline, cli
from migralint.model import MigralintError

DROP = "DROP TABLE users;\n"
FIRST, SECOND = "migrations/001_a.sql", "migrations/002_b.sql"


@pytest.fixture
def project(tmp_path, monkeypatch):
    for name in list(os.environ):
        if name.startswith(("GIT_", "GITHUB_", "MIGRALINT_", "CI_", "PRE_COMMIT")):
            monkeypatch.delenv(name)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    for path in (FIRST, SECOND):
        write(tmp_path, path, DROP)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(root, path, text):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(text.encode())


def lint(capsys, *arguments):
    """(exit status, findings as (rule, path), notes)."""
    capsys.readouterr()
    status = cli.main(["lint", "--output", "json", *arguments])
    told = json.loads(capsys.readouterr().out)
    return status, [(f["rule"], f["path"]) for f in told["findings"]], told.get("notes", [])


def listed(root, place=baseline.BASELINE):
    return json.loads((root / place).read_text())["migrations"]


def test_what_is_there_is_exempt_and_what_comes_is_not(project, capsys):
    assert lint(capsys)[0] == 1
    assert cli.main(["baseline"]) == 0
    assert "2 migrations are exempt" in capsys.readouterr().out
    assert list(listed(project)) == [FIRST, SECOND]
    assert lint(capsys)[:2] == (0, [])
    write(project, "migrations/003_c.sql", DROP)
    assert lint(capsys)[:2] == (1, [("drop-table", "migrations/003_c.sql")])


def test_it_is_context_still(project, capsys):
    write(project, SECOND, "CREATE TABLE users (id int);\n")
    cli.main(["baseline"])
    write(project, "migrations/003_c.sql", "ALTER TABLE users ADD COLUMN id2 int;\n")
    write(project, "migrations/004_d.sql", "ALTER TABLE users ALTER COLUMN id TYPE bigint;\n")
    findings = lint(capsys)[1]
    assert ("rewriting-type-change", "migrations/004_d.sql") in findings


def test_an_edited_file_loses_its_exemption(project, capsys):
    cli.main(["baseline"])
    write(project, FIRST, "DROP TABLE orders;\n")
    status, findings, _ = lint(capsys)
    assert status == 1
    assert set(findings) == {("drop-table", FIRST), ("edited-migration", FIRST)}


def test_line_endings_do_not_count(project, capsys):
    cli.main(["baseline"])
    write(project, FIRST, DROP.replace("\n", "\r\n"))
    assert lint(capsys)[:2] == (0, [])


def test_a_deleted_file_is_reported_and_pruned(project, capsys):
    cli.main(["baseline"])
    (project / FIRST).unlink()
    assert lint(capsys)[:2] == (1, [("deleted-migration", FIRST)])
    assert lint(capsys, SECOND)[:2] == (0, [])  # the run is about another file
    write(project, "migrations/003_c.sql", DROP)
    assert cli.main(["baseline", "--prune"]) == 0
    assert "1 taken out" in capsys.readouterr().out
    assert list(listed(project)) == [SECOND]
    assert lint(capsys)[:2] == (1, [("drop-table", "migrations/003_c.sql")])


def test_an_older_one_that_comes_later_is_not_among_them(project, capsys):
    cli.main(["baseline"])
    write(project, "migrations/000_old.sql", DROP)
    assert ("drop-table", "migrations/000_old.sql") in lint(capsys)[1]


def test_written_anew_it_says_what_has_changed(project, capsys):
    cli.main(["baseline"])
    write(project, "migrations/003_c.sql", DROP)
    (project / FIRST).unlink()
    capsys.readouterr()
    cli.main(["baseline"])
    assert "1 added, 1 taken out" in capsys.readouterr().out


def test_one_entry_a_line_so_that_a_diff_can_be_read(project):
    cli.main(["baseline"])
    lines = (project / baseline.BASELINE).read_text().splitlines()
    assert sum(".sql" in line for line in lines) == 2


def test_it_lies_beside_the_configuration(project, capsys):
    write(project, "db/.migralint.yaml", "paths: [migrations]\n")
    write(project, "db/migrations/001_a.sql", DROP)
    os.chdir(project / "db")
    assert cli.main(["baseline"]) == 0
    assert list(listed(project, "db/.migralint/baseline.json")) == ["db/migrations/001_a.sql"]
    assert lint(capsys)[0] == 0


def test_what_cannot_be_read_is_left_out_and_said(project, capsys):
    (project / FIRST).write_bytes(b"\xff\xfe\xff")
    assert cli.main(["baseline"]) == 0
    told = capsys.readouterr()
    assert FIRST in told.err and list(listed(project)) == [SECOND]


def test_prune_needs_one(project, capsys):
    assert cli.main(["baseline", "--prune"]) == 2
    assert "migralint baseline" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"migrations": []}', '{"migrations": {"a": 1}}', "{}"]
)
def test_a_baseline_that_is_none_is_an_error(project, capsys, text):
    with pytest.raises(MigralintError) as caught:
        baseline.parse(text.encode(), baseline.BASELINE)
    assert caught.value.path == baseline.BASELINE and "migralint baseline" in caught.value.hint
    write(project, baseline.BASELINE, text)
    assert cli.main(["lint"]) == 2


def test_one_migration_is_counted_in_the_singular(project, capsys):
    os.unlink(SECOND)
    assert cli.main(["baseline"]) == 0
    assert "1 migration is exempt" in capsys.readouterr().out
    assert cli.main(["lint"]) == 0
    assert "1 migration is in .migralint/baseline.json" in capsys.readouterr().out
