"""Commands in scripts: what is found, where exactly, and what is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from migralint.config import Config
from migralint.lint import lint
from migralint.model import Operation, Script
from migralint.rules import builtin_directory, load
from migralint.scripts import commands, embedded, form_of, mask, project
from migralint.scripts.forms import ENDINGS, NAMES
from migralint.scripts.reading import READERS

DATA = Path(__file__).parent / "data"
RULES = load([builtin_directory()])


def entries(name: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = yaml.safe_load((DATA / name).read_text(encoding="utf-8"))
    return found


CAUGHT = entries("commands-caught.yaml")
SILENT = entries("commands-silent.yaml")


def script(path: str, text: str) -> Script:
    return Script(path, text, form_of(path, text.partition("\n")[0]))


def found(path: str, text: str) -> list[Operation]:
    """The operations of which something is known."""
    return [one for one in commands(script(path, text)) if effect(one)]


def effect(operation: Operation) -> str:
    facts = operation.facts
    if facts["sql_destroys"]:
        return "deletes"
    return str(facts["effect"] or ("bypasses" if facts["bypasses"] else ""))


def only(path: str, text: str) -> Operation:
    [one] = found(path, text)
    return one


def shown(entry: dict[str, str]) -> str:
    return f"{entry['path']}: {entry['text'][:60]!r}"


@pytest.mark.parametrize("entry", CAUGHT, ids=shown)
def test_every_spelling_is_caught(entry: dict[str, str]) -> None:
    operations = found(entry["path"], entry["text"])
    assert operations, "nothing was found"
    assert effect(operations[0]) == entry["effect"]
    first = operations[0]
    assert entry["text"][first.start : first.end].strip()


@pytest.mark.parametrize("entry", SILENT, ids=shown)
def test_no_look_alike_is_found(entry: dict[str, str]) -> None:
    if not form_of(entry["path"]):
        return
    report = lint([], RULES, Config(), "", [script(entry["path"], entry["text"])])
    assert [finding.message for finding in report.findings] == []


def test_the_tables_are_as_large_as_they_claim() -> None:
    for table, most in ((CAUGHT, 150), (SILENT, 100)):
        assert len(table) >= most
        assert sum("source" in entry for entry in table) >= most // 2
        assert len({(entry["path"], entry["text"]) for entry in table}) == len(table)


def test_every_form_has_a_reader() -> None:
    assert {*NAMES.values(), *ENDINGS.values(), "markdown"} == set(READERS)


@pytest.mark.parametrize(
    ("path", "line", "form"),
    [
        ("deploy.sh", "", "shell"),
        ("bin/deploy", "#!/usr/bin/env -S bash -e", "shell"),
        ("bin/seed", "#!/usr/bin/env python3", "python"),
        ("bin/seed", "#!/usr/bin/env node", "javascript"),
        ("bin/seed", "#!/usr/bin/env ruby", ""),
        (".husky/pre-commit", "", "shell"),
        ("docker/Dockerfile.web", "", "dockerfile"),
        ("web.dockerfile", "", "dockerfile"),
        ("Dockerfile.md", "", ""),
        ("apps/web/package.json", "", "json"),
        ("tsconfig.json", "", ""),
        ("package-lock.json", "", ""),
        ("node_modules/x/package.json", "", ""),
        ("dist/index.js", "", ""),
        ("types.d.ts", "", ""),
        ("Makefile", "", "make"),
        ("README.md", "", ""),
        ("schema.sql", "", ""),
        ("a\\b\\deploy.ps1", "", "powershell"),
    ],
)
def test_which_files_are_scripts(path: str, line: str, form: str) -> None:
    assert form_of(path, line) == form


# -- where it stands


@pytest.mark.parametrize(
    ("path", "text", "line", "column", "part"),
    [
        ("a.sh", "cd x\n  npx prisma migrate reset # y", 2, 3, "npx prisma migrate reset"),
        ("a.sh", "echo 'ü'; npx prisma \\\n migrate reset", 1, 11, "npx prisma \\\n migrate reset"),
        ("a.sh", "sh -c 'cd x && npx prisma migrate reset'", 1, 16, "npx prisma migrate reset"),
        (
            "package.json",
            '{"scripts": {\n\t"ü": "a \\"b\\" && prisma migrate reset"}}',
            2,
            19,
            "prisma migrate reset",
        ),
        (
            ".github/workflows/a.yml",
            "jobs:\n  deploy:\n    steps:\n      - run: |\n          npm ci\n"
            "          npx prisma migrate reset\n",
            6,
            11,
            "npx prisma migrate reset",
        ),
        (
            "Dockerfile",
            "FROM a\nRUN a && \\\n  npx prisma migrate reset\n",
            3,
            3,
            "npx prisma migrate reset",
        ),
        (
            "Dockerfile",
            'FROM a\nCMD ["sh", "-c", "npx prisma migrate reset"]\n',
            2,
            19,
            "npx prisma migrate reset",
        ),
        ("Makefile", "P := prisma\na:\n\t@$(P) migrate reset\n", 3, 3, "$(P) migrate reset"),
        ("a.ts", "x();\nexecSync(`npx prisma migrate reset`)", 2, 11, "npx prisma migrate reset"),
        (
            "a.py",
            'import os\nos.system("npx prisma migrate reset")',
            2,
            12,
            "npx prisma migrate reset",
        ),
    ],
)
def test_the_place_is_exact(path: str, text: str, line: int, column: int, part: str) -> None:
    operation = only(path, text)
    assert (operation.line, operation.column) == (line, column)
    assert text[operation.start : operation.end] == part


# -- what is known of it


def facts(path: str, text: str) -> dict[str, object]:
    return dict(only(path, text).facts)


def test_the_facts_of_a_command() -> None:
    made = facts("a.sh", "npx dotenv -e .env -- prisma --schema=a.prisma migrate reset --force")
    assert made["command"] == "npx dotenv -e .env -- prisma --schema=a.prisma migrate reset --force"
    assert made["program"] == "prisma"
    assert made["arguments"] == ["--schema=a.prisma", "migrate", "reset", "--force"]
    assert made["flags"] == ["--schema", "--force"]
    assert made["subcommand"] == "migrate reset"
    assert made["through"] == ["npx", "dotenv"]
    assert (made["forced"], made["behind_guard"]) == ("--force", False)


@pytest.mark.parametrize(
    ("path", "text", "runs_in"),
    [
        ("Dockerfile", "FROM a\nRUN dropdb a", "deploy"),
        ("Procfile", "release: dropdb a", "deploy"),
        ("docker-entrypoint.sh", "dropdb a", "deploy"),
        ("scripts/reset.sh", "dropdb a", ""),
        (".devcontainer/setup.sh", "dropdb a", "developer"),
        ("package.json", '{"scripts": {"build": "dropdb a"}}', "deploy"),
        ("package.json", '{"scripts": {"vercel-build": "dropdb a"}}', "deploy"),
        ("package.json", '{"scripts": {"prod:reset": "dropdb a"}}', "deploy"),
        ("package.json", '{"scripts": {"reset:staging": "dropdb a"}}', "deploy"),
        ("package.json", '{"scripts": {"db:reset": "dropdb a"}}', ""),
        ("package.json", '{"scripts": {"dev:reset": "dropdb a"}}', "developer"),
        ("package.json", '{"scripts": {"a": "dropdb a", "start": "npm run a"}}', "deploy"),
        (
            "package.json",
            '{"scripts": {"prea": "dropdb a", "a": "x", "start": "yarn a"}}',
            "deploy",
        ),
        ("package.json", '{"scripts": {"a:b": "dropdb a", "start": "run-s a:*"}}', "deploy"),
        ("package.json", '{"scripts": {"a": "dropdb a", "dev": "npm run a"}}', ""),
        (".github/workflows/release.yml", "jobs: {a: {steps: [{run: dropdb a}]}}", "deploy"),
        (
            ".github/workflows/x.yml",
            "jobs: {a: {environment: live, steps: [{run: dropdb a}]}}",
            "deploy",
        ),
        (".github/workflows/x.yml", "jobs: {a: {steps: [{run: dropdb a}]}}", "ci"),
        (".github/workflows/deploy.yml", "jobs: {e2e: {steps: [{run: dropdb a}]}}", "test"),
        ("tests/setup.ts", "execSync('dropdb a')", "test"),
        ("Dockerfile", "FROM a AS dev\nRUN dropdb a", "developer"),
        ("k8s/job.yaml", "spec: {containers: [{command: [dropdb, a]}]}", "deploy"),
    ],
)
def test_where_it_runs(path: str, text: str, runs_in: str) -> None:
    assert facts(path, text)["runs_in"] == runs_in


@pytest.mark.parametrize(
    ("text", "environment"),
    [
        ("NODE_ENV=production dropdb a", "production"),
        ("export RAILS_ENV=staging\ndropdb a", "staging"),
        ("dotenv -e .env.test -- dropdb a", "test"),
        ("dotenv -e .env.prod -e .env.test -- dropdb a", "production"),
        ("DATABASE_URL=$PROD_DATABASE_URL dropdb a", "production"),
        ("docker run -e APP_ENV=prod app dropdb a", "production"),
        ("rake db:drop RAILS_ENV=test", "test"),
        ("dropdb a", ""),
    ],
)
def test_the_environment(text: str, environment: str) -> None:
    assert facts("a.sh", text)["environment"] == environment


@pytest.mark.parametrize(
    ("text", "reaches"),
    [
        ("DATABASE_URL=postgres://a:b@localhost:5432/c npx prisma migrate reset", "local"),
        ("DATABASE_URL=postgres://a:b@db.example.com/c npx prisma migrate reset", "remote"),
        ("DATABASE_URL=file:./dev.db npx prisma migrate reset", "local"),
        ("DATABASE_URL=$URL npx prisma migrate reset", ""),
        ("dropdb -h db.example.com a", "remote"),
        ("dropdb --host=127.0.0.1 a", "local"),
        ("PGHOST=db.example.com dropdb a", "remote"),
        ("npx prisma migrate reset", ""),
    ],
)
def test_which_database_it_reaches(text: str, reaches: str) -> None:
    assert facts("a.sh", text)["reaches"] == reaches


def test_a_call_from_a_deploying_file_is_found_there() -> None:
    files = [
        script("Dockerfile", "FROM node\nCMD npm run db:reset\n"),
        script("package.json", '{"scripts": {"db:reset": "./reset.sh"}}'),
        script("reset.sh", "npx prisma migrate reset"),
    ]
    docker, _, shell = project(files)
    [seen] = [one for one in docker if one.facts["effect"]]
    assert (seen.line, seen.facts["script_name"]) == (2, "db:reset")
    assert [one.facts["runs_in"] for one in shell if one.facts["effect"]] == ["deploy"]


def test_a_call_finds_the_package_that_it_names() -> None:
    files = [
        script("start.sh", "pnpm --filter @acme/db run wipe"),
        script("apps/web/package.json", '{"scripts": {"wipe": "rm -rf .next"}}'),
        script("packages/db/package.json", '{"scripts": {"wipe": "dropdb a"}}'),
    ]
    start, web, database = project(files)
    assert "destroys" in [one.facts["effect"] for one in start]
    assert [one.facts["runs_in"] for one in web] == [""]
    assert [one.facts["runs_in"] for one in database] == ["deploy"]


def test_scripts_that_call_each_other_in_a_circle_end() -> None:
    text = '{"scripts": {"start": "npm run a", "a": "npm run b", "b": "npm run a && dropdb x"}}'
    assert facts("package.json", text)["runs_in"] == "deploy"


# -- SQL


def test_embedded_sql_knows_its_place() -> None:
    text = "psql <<'SQL'\nSELECT 1;\nDROP TABLE users;\nSQL\n"
    [inner] = embedded(script("a.sh", text))
    assert inner.dialect == "postgres"
    at = inner.text.index("DROP")
    assert text[inner.at[at] :].startswith("DROP TABLE users")


def test_sql_in_a_file_that_is_named() -> None:
    files = {"db/wipe.sql": "TRUNCATE users;"}
    asked = script("db/run.sh", "psql -f wipe.sql")
    [one] = commands(asked, (), files.get)
    assert one.facts["sql_destroys"] == "TRUNCATE users"
    assert commands(asked)[0].facts["sql_destroys"] == ""


# -- commands of one's own


def test_a_project_adds_a_command() -> None:
    own = [{"command": "acme|acme-cli db wipe", "effect": "destroys", "does": "empties it"}]
    [one] = commands(script("a.sh", "npx acme-cli --now db wipe"), own)
    assert (one.facts["effect"], one.facts["does"]) == ("destroys", "empties it")
    config = Config(commands=tuple(own))
    report = lint([], RULES, config, "", [script("a.sh", "acme db wipe")])
    assert [finding.rule for finding in report.findings] == ["destructive-command"]


# -- suppressions


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.sh", "# migralint: allow destructive-command (nightly)\ndropdb a\n"),
        ("a.sh", "dropdb a # migralint: allow destructive-command (nightly)\n"),
        (
            "a.sh",
            "#!/bin/sh\n# migralint: allow-file destructive-command (nightly)\nls\n\ndropdb a\n",
        ),
        ("a.ts", "// migralint: allow destructive-command (nightly)\nexecSync('dropdb a')\n"),
        ("a.bat", ":: migralint: allow destructive-command (nightly)\ndropdb a\n"),
        (
            "a.yml",
            "a:\n  # migralint: allow destructive-command (nightly)\n  - run: dropdb a\n",
        ),
    ],
)
def test_a_comment_allows(path: str, text: str) -> None:
    report = lint([], RULES, Config(), "", [script(path, text)])
    assert ([finding.rule for finding in report.findings], len(report.suppressed)) == ([], 1)


def test_what_looks_like_a_comment_allows_nothing() -> None:
    text = "echo '# migralint: allow destructive-command (x)'\ndropdb a\n"
    report = lint([], RULES, Config(), "", [script("a.sh", text)])
    assert "destructive-command" in [finding.rule for finding in report.findings]


# -- secrets


@pytest.mark.parametrize(
    "text",
    [
        "DATABASE_URL=postgres://shop:hunter2@db/x npx prisma migrate reset",
        "dropdb postgres://shop:hunter2@db/x",
        "PGPASSWORD=hunter2 dropdb a",
        "PGPASSWORD='hunter2' dropdb a",
        "mysqladmin -uroot -phunter2 drop a",
        "mysqladmin --password=hunter2 drop a",
        "dbmate --url postgres://shop:hunter2@db/x drop",
        "psql -c \"ALTER ROLE a PASSWORD 'hunter2'; DROP TABLE x\"",
        "export API_TOKEN=hunter2; dropdb a",
        "DOPPLER_TOKEN=hunter2 doppler run -- dropdb a",
        "docker run -e POSTGRES_PASSWORD=hunter2 img dropdb a",
    ],
)
def test_no_secret_is_shown(text: str) -> None:
    report = lint([], RULES, Config(), "", [script("a.sh", text)])
    assert report.findings
    for finding in report.findings:
        said = (finding.message, finding.instead, finding.why, finding.object, *finding.excerpt)
        assert "hunter2" not in " ".join(said)
    for operation in commands(script("a.sh", text)):
        assert "hunter2" not in str(operation.facts)


@pytest.mark.parametrize(
    "text",
    ["PGPASSWORD=$DB_PASSWORD psql", "--password-file=/run/secret", "psql -h password.example.com"],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert mask(text) == text


# -- input of any kind


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(READERS)), st.text(max_size=300))
def test_any_text_is_read(form: str, text: str) -> None:
    for operation in commands(Script("x", text, form)):
        assert 0 <= operation.start <= operation.end <= len(text)
        assert operation.line >= 1 and operation.column >= 1


BROKEN = [
    "npx ",
    "prisma ",
    "migrate reset",
    '"',
    "'",
    "\\",
    "\n",
    "$(",
    ")",
    "`",
    "${X}",
    "<<EOF\n",
]
BROKEN += [
    "EOF",
    "|",
    "&&",
    ";",
    "# ",
    "{",
    "}",
    "[",
    "]",
    ": ",
    "- ",
    "run",
    "\t",
    "sh -c ",
    "é",
    "😀",
]
BROKEN += ["psql -c ", "DROP TABLE x", "env A=b ", "RUN ", "exec(", ",", "subprocess.run("]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(READERS)), st.lists(st.sampled_from(BROKEN), max_size=25))
def test_broken_programs_are_read(form: str, pieces: list[str]) -> None:
    text = "".join(pieces)
    for operation in commands(Script("x", text, form)):
        assert 0 <= operation.start <= operation.end <= len(text)


def test_what_a_bundler_made_is_no_script() -> None:
    reset = 'execSync("npx prisma migrate reset --force");'
    assert found("dist.js", f"{reset}\n")
    assert not found("dist.js", f"{reset}{'a(b);' * 5_000}\n")


def test_large_and_deep_input_ends() -> None:
    texts = [
        "npx prisma migrate reset; " * 5_000,
        "sh -c '" * 200 + "dropdb a",
        "(" * 5_000 + "dropdb a" + ")" * 5_000,
        "x " * 200_000,
        "a" * 3_000_000,
        "npx " * 3_000 + "prisma migrate reset",
        "prisma " + "--x " * 3_000 + "migrate reset",
        "cat <<EOF\n" * 2_000,
    ]
    for text in texts:
        commands(Script("a.sh", text, "shell"))
    commands(Script("a.yml", "a: " + "[" * 5_000, "yaml"))
    commands(Script("a.ts", "exec(`" + "${" * 5_000, "javascript"))
    commands(Script("package.json", '{"scripts": {"a": ' + "[" * 5_000, "json"))
    commands(Script("package.json", '{"scripts": ' + "[" * 100_000 + "]" * 100_000 + "}", "json"))


@pytest.mark.parametrize("nested", [("$(", ")"), ("(", ")"), ("if a; then ", "; fi")])
def test_a_command_that_lies_deep_is_found(nested: tuple[str, str]) -> None:
    before, after = nested
    assert found("a.sh", before * 20_000 + "dropdb a" + after * 20_000)


@pytest.mark.parametrize(
    ("path", "text", "problem"),
    [
        (".gitlab-ci.yml", "script: &a [*a, dropdb a]", "leads to itself"),
        (".gitlab-ci.yml", "a: &a {script: *a, b: dropdb a}", "leads to itself"),
        (".github/workflows/a.yml", "jobs:\n  a: &a\n    <<: *a\n    run: dropdb a", "to itself"),
        ("package.json", '{"husky": {"hooks": &a [*a, "dropdb a"]}}', "leads to itself"),
        (
            ".gitlab-ci.yml",
            "a0: &a0 [dropdb a]\n"
            + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 2_000))
            + "script: *a1999",
            "nested too deeply",
        ),
        (
            ".gitlab-ci.yml",
            "a0: &a0 [dropdb a]\n"
            + "".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}]\n" for n in range(1, 12))
            + "script: *a11",
            "with its aliases written out",
        ),
        (".gitlab-ci.yml", "script: dropdb a\n" + "#\n" * 1_000_000, "larger than 2 MB"),
        ("a.sh", "dropdb a\n" + "#\n" * 2_000_000, "larger than 4 MB"),
    ],
)
def test_what_is_too_much_to_read_is_said(path: str, text: str, problem: str) -> None:
    [operation] = commands(script(path, text))
    assert operation.kind == "unread_script"
    assert problem in str(operation.facts["problem"])


def test_an_alias_is_read_where_it_stands() -> None:
    text = ".a: &a\n  - dropdb a\nb:\n  script: *a\nc:\n  script: [*a, *a]\n"
    assert [one.line for one in found(".gitlab-ci.yml", text)] == [2]
