"""Entries of `allow:` that nothing needs: said by a run that has looked at all they could be about."""

from __future__ import annotations

import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from migralint import api
from migralint.cli import main

DROP = "DROP TABLE users;\n"
USED = "prisma/migrations/2_b/migration.sql"
GONE = "prisma/migrations/0_gone/migration.sql"


@pytest.fixture
def project(tmp_path, monkeypatch):
    for number, text in (
        (1, "CREATE TABLE IF NOT EXISTS users (id int PRIMARY KEY);\n"),
        (2, DROP),
    ):
        write(tmp_path, f"prisma/migrations/{number}_{'_ab'[number]}/migration.sql", text)
    write(tmp_path, "prisma/migrations/migration_lock.toml", 'provider = "postgresql"\n')
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, path: str, text: str) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text, encoding="utf-8")


def allow(folder: Path, *entries: str, more: str = "") -> None:
    lines = "".join(f"  - {{{entry}, reason: agreed}}\n" for entry in entries)
    write(folder, ".migralint.yaml", f"{more}allow:\n{lines}")


def unused(*paths: str, **asked: object) -> list[str]:
    """Where the findings on unused entries stand."""
    found = api.lint(paths, **asked).findings  # type: ignore[arg-type]
    return [f"{f.path}:{f.line}" for f in found if f.rule == "unused-suppression"]


def test_an_entry_that_nothing_needs_is_reported_at_its_line(project) -> None:
    allow(project, f"rule: drop-table, path: {USED}", f"rule: drop-table, path: {GONE}")
    assert unused() == [".migralint.yaml:3"]
    (found,) = api.lint().findings
    assert found.message.startswith("This entry allows drop-table, which has nothing to report")


@pytest.mark.parametrize(
    ("entry", "is_unused"),
    [
        (f"rule: drop-table, path: {USED}", False),
        ("rule: drop-table, path: prisma/migrations", False),
        ("rule: drop-table, path: 'prisma/**/migration.sql'", False),
        (f"rule: drop-column, path: {USED}", True),
        ("rule: drop-column, path: '**/migration.sql'", True),
        ("rule: drop-table, path: 'prisma/migrations/2_c*/**'", True),
        (f"rule: drop-table, sha256: {sha256(DROP.encode()).hexdigest()}", False),
        (f"rule: drop-table, sha256: {'0' * 64}", True),
        (f"rule: edited-migration, path: {USED}", False),  # a run with a base tells
        (f"rule: varchar-column, path: {USED}", False),  # off in this preset
        (f"rule: drop-table, path: {GONE}, until: 2001-01-01", False),  # expired is said instead
        ("rule: destructive-command, path: package.json", True),
    ],
)
def test_an_entry_is_needed_or_not(project, entry, is_unused) -> None:
    allow(project, entry)
    write(project, "package.json", "{}")
    assert bool(unused()) is is_unused


def test_what_was_not_looked_at_may_need_its_entry(project) -> None:
    allow(project, f"rule: drop-column, path: {USED}", more="since: 3\n")
    assert unused() == []
    allow(project, f"rule: drop-column, path: {USED}", more="exclude: [prisma/migrations/2_b]\n")
    assert unused() == []
    allow(project, f"rule: drop-column, path: {USED}", more="rules: {drop-column: off}\n")
    assert unused() == []
    allow(project, f"rule: drop-column, path: {USED}")
    assert unused() == unused("prisma") == unused(".") == [".migralint.yaml:2"]
    assert unused(USED) == unused("prisma/migrations/1_a") == []
    assert unused(data=b"SELECT 1;") == []
    assert unused(ignore=["drop-column"]) == []


def test_a_change_set_says_nothing_of_the_entries(project) -> None:
    (project / ".git").rmdir()
    for command in ("init -q", "add -A", "-c user.name=a -c user.email=a@b commit -qm a"):
        subprocess.run(["git", *command.split()], check=True, cwd=project)
    allow(project, f"rule: drop-column, path: {USED}")
    subprocess.run(["git", "add", "-A"], check=True, cwd=project)
    assert unused(staged=True) == []
    assert unused() == [".migralint.yaml:2"]


def test_remembered_results_know_what_they_needed(project, capsys) -> None:
    for number in range(3, 40):
        write(project, f"prisma/migrations/{number:03}_c/migration.sql", DROP)
    allow(
        project,
        "rule: drop-table, path: prisma/migrations/*",
        "rule: drop-column, path: prisma/migrations/*",
    )
    for _ in range(3):  # anew, by its results, by the answer of the whole run
        main(["lint", "--output", "concise"])
        assert capsys.readouterr().out.count("unused-suppression") == 1
        write(project, "prisma/migrations/002_b/migration.sql", DROP)


def test_a_comment_for_a_rule_that_is_off_in_this_run_may_be_needed_in_another(project) -> None:
    text = "-- migralint: allow drop-table (unused since May)\n"
    write(project, USED, f"{text}{DROP}")
    assert unused() == unused(ignore=["drop-table"]) == []
    write(project, USED, f"{text}SELECT 1;\n")
    assert unused() == [f"{USED}:1"]


def test_nobody_is_told_to_allow_a_finding_on_a_suppression(project) -> None:
    allow(project, f"rule: drop-column, path: {USED}")
    offers = {finding.rule: finding.allow for finding in api.lint().findings}
    assert offers["unused-suppression"] == "" and "drop-table" in offers["drop-table"]
