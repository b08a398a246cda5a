"""The GitHub action and the GitLab component: valid by their schemas, and their steps really run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

import migralint

HERE = Path(__file__).parent.parent
ACTION = yaml.safe_load((HERE / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
SPEC, TEMPLATE = yaml.safe_load_all((HERE / "templates/lint.yml").read_text(encoding="utf-8"))
BAD = "DROP TABLE users;\n"
GOOD = "ALTER TABLE users ADD COLUMN IF NOT EXISTS a int;\n"
EXPRESSION = re.compile(r"\$\{\{ ([\w.-]+) \}\}")


def git(root: Path, *arguments: str) -> str:
    settings = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    done = subprocess.run(
        ["git", *settings, *arguments], cwd=root, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A pull request's merge commit: main has a table, the branch drops it."""
    root = tmp_path / "project"
    (root / "migrations").mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    (root / "migrations/1_a.sql").write_text("CREATE TABLE users (id int PRIMARY KEY);\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    git(root, "checkout", "-qb", "branch")
    (root / "migrations/2_b.sql").write_text(BAD)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "second")
    git(root, "checkout", "-q", "main")
    git(root, "merge", "-q", "--no-ff", "-m", "merge", "branch")
    return root


class Runner:
    """As much of GitHub's runner as the action's shell steps need."""

    def __init__(self, root: Path, temporary: Path) -> None:
        self.root = root
        self.temporary = temporary
        self.outputs: dict[str, str] = {}
        self.variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(temporary),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "PYTHONPATH": str(HERE),
            "RUNNER_TEMP": str(temporary),
            "GITHUB_ACTION_PATH": str(HERE),
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(root),
            "GITHUB_OUTPUT": str(temporary / "output"),
            "GITHUB_STEP_SUMMARY": str(temporary / "summary"),
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_BASE_REF": "main",
            "GITHUB_SHA": git(root, "rev-parse", "HEAD"),
            "GITHUB_REPOSITORY": "shop/shop",
        }
        program = temporary / "migralint/bin/migralint"
        program.parent.mkdir(parents=True)
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m migralint "$@"\n')
        program.chmod(0o755)

    def value(self, text: str, inputs: dict[str, str]) -> str:
        known = {f"inputs.{name}": inputs.get(name, i["default"]) for name, i in _inputs().items()}
        known |= {f"steps.lint.outputs.{name}": value for name, value in self.outputs.items()}
        return EXPRESSION.sub(lambda match: known.get(match[1], ""), text)

    def step(self, name: str, **inputs: str) -> subprocess.CompletedProcess[str]:
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        step = STEPS[name]
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.root / self.value(step.get("working-directory", "."), given),
            env={
                **self.variables,
                **{k: self.value(v, given) for k, v in step.get("env", {}).items()},
            },
            capture_output=True,
            text=True,
            check=False,
        )
        output = self.temporary / "output"
        if output.exists():
            lines = output.read_text().splitlines()
            self.outputs = dict(line.split("=", 1) for line in lines)
        return done


def _inputs() -> dict[str, dict[str, str]]:
    inputs: dict[str, dict[str, str]] = ACTION["inputs"]
    return inputs


@pytest.fixture
def runner(project: Path, tmp_path: Path) -> Runner:
    (tmp_path / "runner").mkdir()
    return Runner(project, tmp_path / "runner")


def check(schema: str, path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)],
        check=True,
    )


def test_the_action_is_valid() -> None:
    check("vendor.github-actions", HERE / "action.yml")


def test_no_input_is_put_into_a_script_and_every_action_is_pinned() -> None:
    for step in STEPS.values():
        assert "${{" not in step.get("run", "")
        assert re.fullmatch(r".*@[0-9a-f]{40}", step.get("uses", f"@{'0' * 40}"))


def test_the_lint_step_reports_and_lets_the_others_run(runner: Runner) -> None:
    done = runner.step("Check the migrations")
    assert done.returncode == 0, done.stderr
    assert "::error title=migralint%3A drop-table,file=migrations/2_b.sql,line=1" in done.stdout
    assert "1_a.sql" not in done.stdout
    assert "drop-table" in (runner.temporary / "summary").read_text()
    folder = Path(runner.outputs["folder"])
    assert runner.outputs["status"] == "1"
    assert json.loads((folder / "migralint.sarif").read_text())["runs"][0]["results"]
    assert (folder / "comment.md").read_text().startswith("<!-- migralint -->\n")
    assert runner.step("Result").returncode == 1


def test_what_was_not_checked_is_a_failure(runner: Runner) -> None:
    assert runner.step("Result").returncode == 3
    (runner.root / ".migralint.yaml").write_text("no_such_key: 1\n")
    runner.step("Check the migrations")
    assert runner.step("Result").returncode == 2


def test_the_inputs_are_arguments_and_never_code(runner: Runner) -> None:
    (runner.root / "$(touch x)").mkdir()
    (runner.root / "$(touch x)/1_a.sql").write_text(BAD)
    paths = "migrations/1_a.sql\n$(touch x)/1_a.sql\n"
    done = runner.step("Check the migrations", paths=paths, changed="false", fail_on="info")
    assert "$(touch x)/1_a.sql" in done.stdout
    assert not (runner.root / "x").exists()
    runner.outputs = {}
    runner.step("Check the migrations", preset="; touch x")
    assert runner.outputs["status"] == "2"
    assert not (runner.root / "x").exists()


def test_everything_is_checked_where_asked_for(runner: Runner) -> None:
    (runner.root / "migrations/1_a.sql").write_text("DROP TABLE countries;\n")
    assert "countries" in runner.step("Check the migrations", changed="false").stdout


def test_pull_request_target_without_the_change_is_refused(runner: Runner) -> None:
    runner.variables["GITHUB_EVENT_NAME"] = "pull_request_target"
    done = runner.step("Check the migrations")
    assert done.returncode == 2
    assert "on: pull_request" in done.stdout


class Comments:
    """GitHub's API for the comments of one pull request, over HTTP."""

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.refuses = 0

    def page(self, number: int) -> list[dict[str, Any]]:
        return self.comments[100 * (number - 1) : 100 * number]

    def add(self, body: str, kind: str) -> dict[str, Any]:
        made = {"id": len(self.comments) + 1, "body": body, "user": {"type": kind}}
        self.comments.append(made)
        return made


@pytest.fixture
def github(runner: Runner) -> Iterator[Comments]:
    kept = Comments()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            assert self.headers["Authorization"] == "Bearer t0ken"
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size))["body"] if size else ""
            result: Any = {}
            if self.command == "GET":
                assert self.path.startswith("/repos/shop/shop/issues/7/comments?per_page=100&page=")
                result = kept.page(int(self.path.rpartition("=")[2]))
            elif self.command == "POST":
                result = kept.add(body, "Bot")
            else:
                kept.comments[int(self.path.rpartition("/")[2]) - 1]["body"] = body
            self.send_response(kept.refuses or 200)
            self.end_headers()
            self.wfile.write(json.dumps(result).encode())

        do_GET = do_POST = do_PATCH = answer

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    event = runner.temporary / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}}))
    runner.variables["GITHUB_EVENT_PATH"] = str(event)
    runner.variables["GITHUB_API_URL"] = f"http://127.0.0.1:{server.server_port}"
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


def comment(runner: Runner, **inputs: str) -> str:
    runner.step("Check the migrations", **inputs)
    done = runner.step("Comment on the pull request", token="t0ken", **inputs)
    assert done.returncode == 0, done.stderr
    assert "t0ken" not in done.stdout + done.stderr
    return done.stdout


def test_there_is_one_comment_and_it_is_kept_up_to_date(runner: Runner, github: Comments) -> None:
    for index in range(130):
        github.add(f"talk {index}", "User")
    assert "comment made" in comment(runner)
    assert "drop-table" in github.comments[130]["body"]
    (runner.root / "migrations/2_b.sql").write_text(GOOD)
    assert "comment changed" in comment(runner)
    assert len(github.comments) == 131
    assert "No findings" in github.comments[130]["body"]


def test_there_is_no_comment_where_there_is_nothing_to_say(
    runner: Runner, github: Comments
) -> None:
    (runner.root / "migrations/2_b.sql").write_text(GOOD)
    assert "nothing to say" in comment(runner)
    assert not github.comments


def test_a_person_who_writes_our_marker_keeps_the_comment(runner: Runner, github: Comments) -> None:
    github.add("<!-- migralint -->\nmine", "User")
    comment(runner)
    assert github.comments[0]["body"] == "<!-- migralint -->\nmine"
    assert len(github.comments) == 2


def test_folders_have_comments_of_their_own(runner: Runner, github: Comments) -> None:
    shutil.copytree(runner.root / "migrations", runner.root / "other/migrations")
    for name in (".", "other", ".", "other"):
        comment(runner, working_directory=name, changed="false")
    bodies = [made["body"].splitlines()[0] for made in github.comments]
    assert bodies == ["<!-- migralint -->", "<!-- migralint --><!-- other -->"]


@pytest.mark.parametrize(("status", "said"), [(403, "::notice"), (500, "::warning")])
def test_a_comment_that_cannot_be_made_costs_no_result(
    runner: Runner, github: Comments, status: int, said: str
) -> None:
    github.refuses = status
    assert said in comment(runner)


@pytest.mark.packaging
def test_the_action_installs_itself(runner: Runner) -> None:
    shutil.rmtree(runner.temporary / "migralint")
    del runner.variables["PYTHONPATH"]
    runner.variables |= {k: v for k, v in os.environ.items() if k.startswith("PIP_")}
    done = runner.step("Install migralint")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "drop-table" in runner.step("Check the migrations").stdout


def test_the_gitlab_component_is_valid(tmp_path: Path) -> None:
    """The job by GitLab's own schema; of a component's head it has none, so that is checked here."""
    for name, document in (("job", TEMPLATE), ("spec", SPEC)):
        path = tmp_path / f"{name}.yml"
        path.write_text(yaml.safe_dump(document))
        check("vendor.gitlab-ci", path)
    inputs = SPEC["spec"]["inputs"]
    assert set(re.findall(r"\$\[\[ inputs\.([\w-]+) \]\]", yaml.safe_dump(TEMPLATE))) == set(inputs)
    assert inputs["version"]["default"] == migralint.__version__


def test_the_gitlab_job_runs(project: Path, tmp_path: Path) -> None:
    """Its last line, with a program of ours for the one that the lines before it install."""
    (job,) = TEMPLATE.values()
    program = tmp_path / "migralint"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m migralint "$@"\n')
    program.chmod(0o755)
    line = job["script"][-1].replace("/tmp/migralint/bin/migralint", str(program))
    assert str(program) in line
    environment = {
        **os.environ,
        "PYTHONPATH": str(HERE),
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": git(project, "rev-parse", "HEAD^1"),
        "GITLAB_CI": "true",
        "MIGRALINT_COMPONENT_PATHS": "migrations",
        "MIGRALINT_COMPONENT_FAIL_ON": "",
    }
    done = subprocess.run(
        ["sh", "-c", line], cwd=project, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stderr
    reports = job["artifacts"]["reports"]
    (issue,) = json.loads((project / reports["codequality"]).read_text())
    assert issue["location"]["path"] == "migrations/2_b.sql"
    assert (project / reports["junit"]).exists()


def test_the_problem_matcher_reads_what_concise_writes(project: Path) -> None:
    matcher = json.loads((HERE / "ci/problem-matcher.json").read_text())["problemMatcher"][0]
    (pattern,) = matcher["pattern"]
    done = subprocess.run(
        [sys.executable, "-m", "migralint", "lint", "--output", "concise", "migrations/2_b.sql"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(HERE)},
        capture_output=True,
        text=True,
    )
    found = re.match(pattern["regexp"], done.stdout.splitlines()[0])
    assert found
    named = {name: found[group] for name, group in pattern.items() if isinstance(group, int)}
    assert named.pop("message").startswith("Dropping users")
    assert named == {
        "file": "migrations/2_b.sql",
        "line": "1",
        "column": "1",
        "severity": "error",
        "code": "drop-table",
    }


def test_the_scripts_of_the_action_pass_shellcheck() -> None:
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed")
    scripts = sorted((HERE / "ci").glob("*.sh"))
    assert scripts and all(os.access(script, os.X_OK) for script in scripts)
    subprocess.run(["shellcheck", *map(str, scripts)], check=True)
