"""The public functions: the same answers as the commands, nothing printed, no exit."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from migralint import api
from migralint.cli import main

BAD = "CREATE TABLE IF NOT EXISTS users (id int PRIMARY KEY);\nDROP TABLE orders;\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations/1_a.sql").write_text(BAD)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def command(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    status = main(words)
    return status, capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, ()),
        ({"paths": ["migrations/1_a.sql"]}, ("migrations/1_a.sql",)),
        ({"paths": "migrations"}, ("migrations",)),
        ({"paths": Path("migrations")}, ("migrations",)),
        (
            {"paths": [Path("migrations")], "select": "truncate"},
            ("migrations", "--select", "truncate"),
        ),
        ({"server_version": 15}, ("--pg", "15")),
        ({"preset": "strict"}, ("--preset", "strict")),
        ({"select": ["truncate", "drop-table"]}, ("--select", "truncate,drop-table")),
        ({"ignore": ["drop-table"]}, ("--ignore", "drop-table")),
        ({"dialect": "mysql"}, ("--dialect", "mysql")),
    ],
)
def test_lint_is_the_command(
    project: Path, capsys: pytest.CaptureFixture[str], given: dict[str, object], words: list[str]
) -> None:
    report = api.lint(**given)  # type: ignore[arg-type]
    assert capsys.readouterr() == ("", "")
    _, output = command(capsys, "lint", "--output", "json", *words)
    assert json.loads(api.render(report, "json")) == json.loads(output)
    assert report.files == 1


def test_lint_sees_what_git_sees(project: Path) -> None:
    (project / ".git").rmdir()
    for words in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *words], check=True)
    assert [f.rule for f in api.lint(staged=True).findings] == ["drop-table"]


def test_lint_sql() -> None:
    (finding,) = api.lint_sql("DROP TABLE users;").findings
    assert (finding.rule, finding.severity, finding.line) == ("drop-table", api.Severity.ERROR, 1)
    assert not api.lint_sql("SELECT 1; -- migralint").findings


def test_rules_and_explain() -> None:
    assert api.explain("drop-table") in api.rules()
    with pytest.raises(api.MigralintError, match="there is no rule 'drop-tabel'"):
        api.explain("drop-tabel")


def test_effects() -> None:
    assert api.effects("DROP TABLE t", dialect="mysql")[0] == "MySQL 8.0"
    assert api.effects("DROP TABLE t", dialect="mariadb")[0] == "MariaDB 10.6"
    assert api.effects("DROP TABLE t", dialect="mariadb", server_version="11.4")[0] == (
        "MariaDB 11.4"
    )
    server, lines = api.effects("CREATE INDEX i ON t (a); SELECT 1;", server_version="15")
    assert server == "PostgreSQL 15"
    assert "SHARE" in lines[0] and len(lines) == 2


def test_files_are_those_that_lint_looks_at(project: Path) -> None:
    assert api.files() == ["migrations/1_a.sql"] == list(api.lint().paths)
    with pytest.raises(TypeError):
        api.files(colour="red")


def test_fix_writes_only_where_it_is_asked_to(project: Path) -> None:
    (project / ".git").rmdir()
    subprocess.run(["git", "init", "-q"], check=True)
    bare = BAD.replace("IF NOT EXISTS ", "")
    path = project / "migrations/1_a.sql"
    path.write_text(bare)
    shown = api.fix(write=False)
    assert path.read_text() == bare and "+CREATE TABLE IF NOT EXISTS users" in shown.diff
    fixes = api.fix(["migrations"])
    assert path.read_bytes() == BAD.encode() == fixes.data["migrations/1_a.sql"]
    assert [f.rule for f in fixes.fixed] == ["missing-if-not-exists"]
    assert [f.rule for f in fixes.report.findings] == ["drop-table"]
    assert api.fix(data=bare.encode(), select=["truncate"]).data == {"<stdin>": bare.encode()}


def test_operations() -> None:
    assert [one.kind for one in api.operations("DROP TABLE t", "mariadb")] == ["drop_table"]
    with pytest.raises(api.MigralintError, match="is one of postgres, mysql, mariadb or sqlite"):
        api.operations("DROP TABLE t", "oracle")
    made = api.operations("ALTER TABLE t ADD a int, DROP b; nonsense")
    assert [operation.kind for operation in made] == ["add_column", "drop_column", "unparsed"]


def test_what_is_wrong_is_raised_and_nothing_exits(project: Path) -> None:
    for wrong in (
        lambda: api.lint(["-"]),
        lambda: api.lint(["nowhere"]),
        lambda: api.lint(base="HEAD"),
        lambda: api.lint(dialect="oracle"),
        lambda: api.lint(select=["no-such-rule"]),
        lambda: api.render(api.lint(), "pdf"),
        lambda: api.plan(env="moon"),
        lambda: api.lint(data=b"SELECT 1;", staged=True),
        lambda: api.lint(filename="a.sql"),
        lambda: api.fix(staged=True),
    ):
        with pytest.raises(api.MigralintError):
            wrong()


def test_plan_and_apply(project: Path) -> None:
    url = f"sqlite:///{project}/app.db"
    (project / ".migralint.yaml").write_text("dialect: sqlite\n")
    (project / "app.db").touch()
    first, last = BAD.splitlines(keepends=True)
    (project / "migrations/1_a.sql").write_text(first)
    assert [planned.name for planned in api.plan(url=url).planned] == ["1_a"]
    said = io.StringIO()
    assert api.apply(url=url, progress=said).applied == ("1_a",)
    assert "applied 1_a" in said.getvalue()
    (project / "migrations/2_b.sql").write_text(last)
    assert api.plan(url=url).refused
    with pytest.raises(api.MigralintError) as error:
        api.apply(url=url)
    assert error.value.status == 5
    (project / "migrations/2_b.sql").unlink()
    assert api.apply("migrations", url=url).applied == ()
    assert not api.plan(url=url).planned
    at = api.target(url=url)
    assert (at.folder, at.environment.name) == ("migrations", "development")
    assert api.plan(at=at).planned == api.apply(at=at, signals=True).applied == ()


def test_importing_it_is_light() -> None:
    code = "import sys, migralint.api; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"argparse", "sqlglot", "yaml", "subprocess"} & set(done.stdout.split())


def test_every_public_function_is_documented() -> None:
    for name in {*api.__all__} - {"Severity"}:
        assert getattr(api, name).__doc__, name
