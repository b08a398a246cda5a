"""--style: the real sqlfluff beside our findings; it adds and never takes away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from migralint.cli import main

UGLY = "select  id from users where ID = 1;\n"
PRISMA = """\
-- CreateTable
CREATE TABLE "User" (
    "id" SERIAL NOT NULL,
    "a_name_that_is_rather_long_so_that_the_line_is_too" TEXT,

    CONSTRAINT "User_pkey" PRIMARY KEY ("id")
);

-- AlterTable
ALTER TABLE "User" DROP COLUMN "name",
ADD COLUMN     "fullName" TEXT;
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    pytest.importorskip("sqlfluff", reason="no sqlfluff: the extra `style` is not installed")
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations/1_a.sql").write_text("CREATE TABLE IF NOT EXISTS a (id int);\n")
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "GITHUB_BASE_REF", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "add", "-A"], check=True)
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    subprocess.run(["git", *identity, "commit", "-qm", "first"], check=True)
    return tmp_path


def found(
    project: Path, capsys: pytest.CaptureFixture[str], text: str, *words: str
) -> list[dict[str, object]]:
    (project / "migrations/2_b.sql").write_text(text)
    subprocess.run(["git", "add", "-A"], check=True)
    main(["lint", "--staged", "--output", "json", *words])
    findings: list[dict[str, object]] = json.loads(capsys.readouterr().out)["findings"]
    return findings


def rules(findings: list[dict[str, object]]) -> set[object]:
    return {finding["rule"] for finding in findings}


def test_it_is_off(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not any(str(rule).startswith("sqlfluff") for rule in rules(found(project, capsys, UGLY)))


def test_its_findings_are_merged_in_order(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    findings = found(project, capsys, f"DROP TABLE a;\n{UGLY}DROP TABLE b;\n", "--style")
    assert [f["line"] for f in findings] == sorted(f["line"] for f in findings)  # type: ignore[type-var]
    assert {"drop-table", "sqlfluff-lt01", "sqlfluff-cp01"} <= rules(findings)
    spacing = next(f for f in findings if f["rule"] == "sqlfluff-lt01")
    assert (spacing["line"], spacing["column"], spacing["severity"]) == (2, 7, "info")
    assert len({f["fingerprint"] for f in findings}) == len(findings)


def test_only_what_is_new_is_looked_at(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "migrations/1_a.sql").write_text(UGLY)
    subprocess.run(["git", "commit", "-qam", "x", "--author=A <a@b>"], check=False)
    assert main(["lint", "--style"]) == 0
    assert "looked at 0 migrations" in capsys.readouterr().out
    main(["lint", "--style", "migrations/1_a.sql"])
    assert "sqlfluff-lt01" in capsys.readouterr().out


def test_what_a_tool_has_generated_is_left_out(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    findings = found(project, capsys, PRISMA, "--style")
    assert not any(str(rule).startswith("sqlfluff") for rule in rules(findings))
    assert "sqlfluff-lt01" in rules(found(project, capsys, f"{PRISMA}\n{UGLY}", "--style"))


@pytest.mark.parametrize(
    "broken", ["SELEC x;;\n", "{{ jinja }};\n", "SELECT 'open;\n", "\\connect db\n", "(" * 3000]
)
def test_broken_input_silences_nothing(
    project: Path, capsys: pytest.CaptureFixture[str], broken: str
) -> None:
    text = f"DROP TABLE a;\n{broken}"
    without = found(project, capsys, text)
    assert "drop-table" in rules(without)
    styled = found(project, capsys, text, "--style")
    assert [f for f in styled if not str(f["rule"]).startswith("sqlfluff")] == without


def test_noqa_is_its_suppression(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quiet = UGLY.replace(";\n", "; -- noqa\n")
    findings = found(project, capsys, quiet, "--style")
    assert not any(str(rule).startswith("sqlfluff") for rule in rules(findings))


def test_the_project_cannot_make_it_run_code(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "evil").mkdir()
    (project / "evil/__init__.py").write_text(f"open({str(project / 'ran')!r}, 'w')\n")
    settings = "[sqlfluff]\ntemplater = jinja\n[sqlfluff:templater:jinja]\nlibrary_path = evil\n"
    (project / ".sqlfluff").write_text(settings)
    found(project, capsys, UGLY, "--style")
    assert not (project / "ran").exists()


def test_a_finding_of_style_fails_nothing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "migrations/2_b.sql").write_text(UGLY)
    assert main(["lint", "--style", "migrations/2_b.sql"]) == 0
    assert "-- noqa: LT01" in capsys.readouterr().out


def test_without_sqlfluff_it_says_what_to_install(project: Path) -> None:
    code = (
        "import sys; sys.modules['sqlfluff'] = None\n"
        "from migralint.cli import main; sys.exit(main(['lint', '--style']))"
    )
    path = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=path)
    assert done.returncode == 2
    assert 'pip install "migralint[style]"' in done.stderr
