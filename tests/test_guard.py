"""`migralint guard` as a process: what it runs, what it refuses, and what passes through."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from migralint.guard import surroundings, verdict
from migralint.guard.hooks import answer, call
from migralint.guard.install import TARGETS
from migralint.guard.marker import marker
from migralint.model import MigralintError

ROOT = Path(__file__).parent.parent
LOCAL = "postgresql://shop:hunter2@localhost:5432/shop"
REMOTE = "postgresql://shop:hunter2@db.example.com:5432/shop"
RESET = ("npx", "prisma", "migrate", "reset", "--force")


class Place:
    """A project folder, with an `npx` that only says how it was called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / ".bin"
        self.bin.mkdir()
        self.program("psql", "echo RAN\n")
        for name in ("npx", "npm"):
            self.program(name, 'echo "RAN $0 $*"\n')

    def program(self, name: str, text: str) -> None:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{text}")
        path.chmod(0o755)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def environ(self, variables: dict[str, str]) -> dict[str, str]:
        path = f"{self.bin}{os.pathsep}{os.environ['PATH']}"
        return {"PATH": path, "HOME": str(self.folder), "PYTHONPATH": str(ROOT), **variables}

    def arguments(self, words: Sequence[str]) -> list[str]:
        return [sys.executable, "-m", "migralint", "guard", *words]

    def run(
        self, *words: str, stdin: str = "", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.arguments(words),
            cwd=self.folder,
            env=self.environ(variables),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert "hunter2" not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    def ran(self, *words: str, **variables: str) -> bool:
        done = self.run("--", *words, **variables)
        assert done.returncode in (0, 5), done.stderr
        assert ("RAN" in done.stdout) == (done.returncode == 0)
        return done.returncode == 0


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / ".git").mkdir()
    return Place(tmp_path)


# -- the environment


@pytest.mark.parametrize(
    ("variables", "runs"),
    [
        ({}, True),
        ({"NODE_ENV": "development"}, True),
        ({"NODE_ENV": "test"}, True),
        ({"NODE_ENV": "production"}, False),
        ({"NODE_ENV": "PROD"}, False),
        ({"NODE_ENV": "staging"}, False),
        ({"DATABASE_ENV": "production"}, False),
        ({"DATABASE_ENV": "production", "NODE_ENV": "development"}, False),
        ({"DATABASE_ENV": "test", "NODE_ENV": "production"}, False),
        ({"DATABASE_ENV": "development"}, True),
        ({"DATABASE_ENV": "live-eu"}, False),
        ({"RAILS_ENV": "production"}, False),
        ({"DATABASE_URL": LOCAL}, True),
        ({"DATABASE_URL": "postgresql://a:hunter2@127.0.0.1/b"}, True),
        ({"DATABASE_URL": "postgresql://a:hunter2@[::1]:5432/b"}, True),
        ({"DATABASE_URL": "file:./dev.db"}, True),
        ({"DATABASE_URL": REMOTE}, False),
        ({"DATABASE_URL": REMOTE, "NODE_ENV": "development"}, False),
        ({"DATABASE_URL": REMOTE, "NODE_ENV": "test"}, False),
        ({"DATABASE_URL": "mysql://a:hunter2@10.0.0.7:3306/b"}, False),
        ({"DIRECT_URL": REMOTE}, False),
        ({"DATABASE_URL": "prisma://accelerate.prisma-data.net/?api_key=hunter2"}, False),
        ({"DATABASE_URL": "postgresql://a:hunter2@db/b"}, False),
        ({"DATABASE_URL": "postgresql://a:hunter2@db/b", "NODE_ENV": "development"}, True),
        ({"DATABASE_URL": LOCAL, "NODE_ENV": "production"}, False),
    ],
)
def test_the_strictest_of_variables_and_address_decides(
    place: Place, variables: dict[str, str], runs: bool
) -> None:
    assert place.ran(*RESET, **variables) == runs


def test_the_refusal_says_why_and_what_to_do_instead(place: Place) -> None:
    done = place.run("--", *RESET, DATABASE_URL=REMOTE)
    assert done.returncode == 5 and done.stdout == ""
    assert "`npx prisma migrate reset --force` drops the database" in done.stderr
    assert "The environment is production: the database is on db.example.com" in done.stderr
    assert "npx prisma migrate deploy" in done.stderr


def test_env_files_count(place: Place) -> None:
    place.write(".env", f'DATABASE_URL="{REMOTE}"\n')
    assert not place.ran(*RESET)
    place.write(".env", f"DATABASE_URL={LOCAL}\n")
    assert place.ran(*RESET)
    place.write(".env.prod", f"DATABASE_URL={REMOTE}\n")
    assert not place.ran("npx", "dotenv", "-e", ".env.prod", "--", "prisma", "migrate", "reset")
    assert place.ran("npx", "dotenv", "-e", ".env", "--", "prisma", "migrate", "reset")


def test_the_address_in_the_command_counts(place: Place) -> None:
    drop = ("psql", "-c", "DROP TABLE users")
    assert place.ran(*drop, LOCAL)
    assert not place.ran(*drop, REMOTE)
    assert place.ran(*drop, LOCAL, DATABASE_URL=REMOTE)
    assert place.ran("psql", "-c", "SELECT 1", REMOTE)
    assert not place.ran("psql", "-c", "DROP TABLE users", PGHOST="db.example.com")


def test_variables_before_the_command_count_and_are_set(place: Place) -> None:
    place.program("npx", 'echo "RAN $NODE_ENV"\n')
    assert not place.ran("NODE_ENV=production", *RESET)
    done = place.run("--", "NODE_ENV=test", *RESET)
    assert (done.returncode, done.stdout) == (0, "RAN test\n")


def test_the_configuration_names_hosts_and_answers(place: Place) -> None:
    place.write(
        ".migralint.yaml",
        'hosts: {"*.dev.example.com": development, db.example.com: staging}\n'
        "guard: {staging: allow, test: refuse}\n"
        "commands:\n  - {command: npx wipe, effect: destroys, does: empties it}\n",
    )
    assert place.ran(*RESET, DATABASE_URL="postgresql://a:hunter2@a.dev.example.com/b")
    assert place.ran(*RESET, DATABASE_URL=REMOTE)
    assert not place.ran(*RESET, DATABASE_URL=REMOTE, NODE_ENV="production")
    assert not place.ran(*RESET, NODE_ENV="test")


def test_a_command_of_ones_own(place: Place) -> None:
    place.program("acme", 'echo "RAN"\n')
    place.write(
        ".migralint.yaml", "commands: [{command: acme wipe, effect: destroys, does: empties it}]\n"
    )
    assert not place.ran("acme", "wipe", NODE_ENV="production")
    assert place.ran("acme", "list", NODE_ENV="production")


def test_production_cannot_be_opened(place: Place) -> None:
    place.write(".migralint.yaml", "guard: {production: allow}\n")
    assert place.run("--", *RESET, NODE_ENV="production").returncode == 2


# -- which commands


@pytest.mark.parametrize(
    ("words", "runs"),
    [
        (("npx", "prisma", "migrate", "deploy"), True),
        (("npx", "prisma", "generate"), True),
        (("npx", "prisma", "migrate", "reset", "--help"), True),
        (("npx", "prisma", "db", "push"), False),
        (("npx", "prisma", "migrate", "dev"), False),
        (("npx", "prisma", "db", "push", "--accept-data-loss"), False),
        (("sh", "-c", "echo RAN; npx prisma migrate reset"), False),
        (("env", "A=b", "npx", "prisma", "migrate", "reset"), False),
        (("npm", "run", "wipe"), False),
        (("npm", "run", "safe"), True),
        (("npm", "start"), False),
        (("sh", "scripts/wipe.sh"), False),
        (("psql", "-f", "wipe.sql"), False),
    ],
)
def test_what_runs_in_production(place: Place, words: tuple[str, ...], runs: bool) -> None:
    scripts = {"wipe": "prisma migrate reset", "safe": "echo", "start": "npm run wipe && node ."}
    place.write("package.json", json.dumps({"scripts": scripts}))
    place.write("scripts/wipe.sh", "echo RAN; dropdb shop\n")
    place.write("wipe.sql", "TRUNCATE users;\n")
    assert place.ran(*words, NODE_ENV="production") == runs


# -- agents, terminals


@pytest.mark.parametrize("variable", ["CLAUDECODE", "CURSOR_AGENT", "GEMINI_CLI", "CODEX_SANDBOX"])
def test_an_agent_cannot_consent(place: Place, variable: str) -> None:
    assert not place.ran(*RESET, **{variable: "1"})
    assert place.ran(*RESET, **{variable: "1", "DATABASE_ENV": "test"})
    assert place.ran("npx", "prisma", "migrate", "deploy", **{variable: "1"})


def test_asking_needs_a_terminal(place: Place) -> None:
    place.write(".migralint.yaml", "guard: {development: ask}\n")
    done = place.run("--", *RESET, stdin="shop\n", DATABASE_URL=LOCAL)
    assert done.returncode == 5 and "there is none" in done.stderr


@pytest.mark.parametrize(("typed", "status"), [("shop", 0), ("yes", 5), ("", 5)])
def test_on_a_terminal_the_name_of_the_database_is_typed(
    place: Place, typed: str, status: int
) -> None:
    place.write(".migralint.yaml", "guard: {development: ask}\n")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        place.arguments(("--", *RESET)),
        cwd=place.folder,
        env=place.environ({"DATABASE_URL": LOCAL}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    os.write(ours, f"{typed}\n".encode())
    assert process.wait(300) == status
    said = os.read(ours, 10_000).decode()
    os.close(ours)
    assert ("RAN" in said) == (status == 0)
    assert "hunter2" not in said


# -- the process


def test_status_input_and_arguments_pass_through(place: Place) -> None:
    code = "import sys; print(sys.argv[1:], sys.stdin.read()); sys.exit(42)"
    done = place.run("--", sys.executable, "-c", code, "a b", "--", "-x", "", stdin="given")
    assert done.returncode == 42
    assert done.stdout == "['a b', '--', '-x', ''] given\n"


def test_it_is_the_same_process(place: Place) -> None:
    """Signals need no forwarding: the command has taken the guard's place."""
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    process = subprocess.Popen(
        place.arguments(("--", sys.executable, "-c", code)),
        cwd=place.folder,
        env=place.environ({}),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert int(process.stdout.readline()) == process.pid
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == -signal.SIGTERM
    process.stdout.close()


def test_a_broken_pipe_ends_the_command_as_it_would_without_the_guard(place: Place) -> None:
    done = subprocess.run(
        ["sh", "-c", '"$@"; echo "status $?" >&2', "sh", *place.arguments(("--", "yes"))],
        cwd=place.folder,
        env=place.environ({}),
        stdout=_closed_pipe(),
        stderr=subprocess.PIPE,
        text=True,
        timeout=300,
    )
    assert done.stderr.strip() == f"status {128 + signal.SIGPIPE}"


def _closed_pipe() -> int:
    read, write = os.pipe()
    os.close(read)
    return write


def test_a_command_that_is_not_there(place: Place) -> None:
    done = place.run("--", "no-such-command")
    assert (done.returncode, done.stdout) == (127, "")
    place.write("plain.txt", "")
    assert place.run("--", "./plain.txt").returncode == 126
    assert place.run().returncode == 2


# -- only asking


def test_check_answers_and_runs_nothing(place: Place) -> None:
    done = place.run("--check", "npx prisma migrate reset")
    assert (done.returncode, done.stdout) == (0, "migralint guard: allowed in development\n")
    assert place.run("--check", "migrate reset", NODE_ENV="production").returncode == 5
    assert place.run("--check", "migrate deploy", NODE_ENV="production").returncode == 0
    assert place.run("--check", "db:drop", NODE_ENV="production").returncode == 5
    unknown = place.run("--check", "ls -l", NODE_ENV="production")
    assert unknown.stdout == "migralint guard: nothing dangerous is known of it\n"


def test_the_script_that_npm_runs_first(place: Place) -> None:
    place.write("package.json", '{"scripts": {"wipe": "prisma migrate reset"}}')
    printed = place.run("--install", "npm").stdout
    assert '"prewipe": "migralint guard --script wipe"' in printed
    assert place.run("--script", "wipe").returncode == 0
    assert place.run("--script", "wipe", NODE_ENV="production").returncode == 5


def test_a_script_that_is_not_there_is_not_silence(place: Place) -> None:
    assert "no package.json" in place.run("--script", "wipe").stderr
    place.write("package.json", '{"scripts": {}}')
    done = place.run("--script", "wipe")
    assert done.returncode == 2 and "no script 'wipe'" in done.stderr


def test_a_folder_that_cannot_be_written_is_no_bug(place: Place) -> None:
    place.write(".claude", "a file, where a folder has to be")
    done = place.run("--install", "claude-code")
    assert done.returncode == 4 and "cannot write .claude/" in done.stderr


# -- coding agents


def tool_call(command: str) -> str:
    return json.dumps({"tool_name": "Bash", "tool_input": {"command": command}})


def test_claude_code_is_told_why(place: Place) -> None:
    done = place.run("--hook", "claude-code", stdin=tool_call("cd db && npx prisma migrate reset"))
    said = json.loads(done.stdout)["hookSpecificOutput"]
    assert done.returncode == 0
    assert (said["hookEventName"], said["permissionDecision"]) == ("PreToolUse", "deny")
    assert "drops the database" in said["permissionDecisionReason"]
    assert place.run("--hook", "claude-code", stdin=tool_call("npm test")).stdout == ""
    other = json.dumps({"tool_name": "Edit", "tool_input": {"file_path": "a"}})
    assert place.run("--hook", "claude-code", stdin=other).stdout == ""


def test_cursor_and_gemini_are_told_why(place: Place) -> None:
    denied = place.run("--hook", "cursor", stdin=json.dumps({"command": "dropdb shop"}))
    assert json.loads(denied.stdout)["permission"] == "deny"
    allowed = place.run("--hook", "cursor", stdin=json.dumps({"command": "ls"}))
    assert json.loads(allowed.stdout) == {"permission": "allow"}
    gemini = {"tool_name": "run_shell_command", "tool_input": {"command": "dropdb shop"}}
    assert (
        json.loads(place.run("--hook", "gemini", stdin=json.dumps(gemini)).stdout)["decision"]
        == "deny"
    )


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"tool_name": "Bash"}', '{"command": 5}', "[" * 9999]
)
def test_an_unreadable_call_is_refused(place: Place, text: str) -> None:
    assert place.run("--hook", "claude-code", stdin=text).returncode == 2
    with pytest.raises(MigralintError):
        call(text)


def test_the_answers() -> None:
    assert answer("gemini", True, "") == "" == answer("claude-code", True, "")
    assert json.loads(answer("cursor", False, "why"))["agent_message"] == "why"


# -- installing


@pytest.mark.parametrize("target", sorted(set(TARGETS) - {"npm"}))
def test_install_never_overwrites(place: Place, target: str) -> None:
    first = place.run("--install", target)
    assert first.returncode == 0
    files = {path: path.read_text() for path in place.folder.rglob("*.json")}
    for path in files:
        json.loads(files[path])
        path.write_text("{}")
    second = place.run("--install", target)
    assert all(path.read_text() == "{}" for path in files)
    assert "migralint guard" in second.stdout
    assert place.run("--install", target, "--print").stdout == second.stdout


def test_install_needs_a_known_target(place: Place) -> None:
    done = place.run("--install", "emacs")
    assert done.returncode == 2 and "claude-code" in done.stderr


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_functions_for_the_shell_work(place: Place, shell: str) -> None:
    place.program("migralint", f'exec {sys.executable} -m migralint "$@"\n')
    place.write("rc", place.run("--install", "shell").stdout)
    script = '. ./rc; npx prisma migrate reset; echo "status $?"; npx "a  b" c'
    done = subprocess.run(
        [shell, "-c", script],
        cwd=place.folder,
        env=place.environ({"NODE_ENV": "production"}),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "status 5" in done.stdout
    assert "a  b c" in done.stdout


# -- the marker of the database


def test_the_databases_own_marker_wins(place: Place, postgres_url: str) -> None:
    import psycopg

    name = f"guard_{os.getpid()}_{int(time.time())}"
    base = postgres_url.rsplit("/", 1)[0] if postgres_url.count("/") > 2 else postgres_url
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            url = f"{base}/{name}"
            assert marker(url) == ""
            assert place.ran(*RESET, DATABASE_URL=f"{url}?schema=public")
            connection.execute(f"ALTER DATABASE {name} SET migralint.environment = 'production'")
            assert marker(url) == "production"
            done = place.run("--", *RESET, DATABASE_URL=f"{url}?schema=public")
            assert done.returncode == 5 and "says of itself" in done.stderr
        finally:
            connection.execute(f"DROP DATABASE {name}")


def test_a_view_is_the_marker_where_there_are_no_settings(
    place: Place, mysql_url: str, tmp_path: Path
) -> None:
    import sqlite3

    import pymysql

    view = "CREATE VIEW migralint_environment AS SELECT 'production' AS name"
    file = tmp_path / "dev.db"
    with sqlite3.connect(file) as connection:
        assert marker(f"file:{file}") == ""
        connection.execute(view)
    connection.close()
    assert marker(f"file:{file}") == "production"
    done = place.run("--", *RESET, DATABASE_URL=f"file:{file}")
    assert done.returncode == 5 and "says of itself" in done.stderr

    port = int(mysql_url.rpartition(":")[2].rstrip("/"))
    name = f"guard_{os.getpid()}"
    server = pymysql.connect(host="127.0.0.1", port=port, user="root")
    try:
        with server.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
            assert marker(f"{mysql_url}{name}") == ""
            cursor.execute(f"USE {name}")
            cursor.execute(view)
            assert marker(f"{mysql_url}{name}") == "production"
            cursor.execute(f"DROP DATABASE {name}")
    finally:
        server.close()


def test_no_marker_where_nobody_answers() -> None:
    assert marker("postgresql://a:b@127.0.0.1:1/c") == ""
    assert marker("mysql://a:b@127.0.0.1:1/c") == ""


# -- the decision alone


def around(**variables: str) -> surroundings.Surroundings:
    return surroundings.find(variables, (), {}, "", terminal=True)


def test_nothing_dangerous_is_allowed_everywhere() -> None:
    assert verdict.judge((), around(NODE_ENV="production"), {}).answer == "allow"


def test_a_setting_cannot_open_production() -> None:
    danger = verdict.Danger("dropdb a", "drops the database", "", True)
    for settings in ({"production": "allow"}, {"production": "ask"}, {}):
        assert (
            verdict.judge((danger,), around(DATABASE_ENV="production"), settings).answer == "refuse"
        )


def test_a_marker_that_is_not_known_counts_as_production() -> None:
    found = surroundings.find({}, (), {}, "eu-west", terminal=True)
    assert found.environment == "production"


def test_the_installed_hook_refuses_where_it_fails(place: Place) -> None:
    """A hook that ends with anything but 0 and 2 lets the command run."""
    place.run("--install", "claude-code")
    settings = json.loads((place.folder / ".claude" / "settings.json").read_text())
    [entry] = settings["hooks"]["PreToolUse"]
    line = entry["hooks"][0]["command"]
    for program in ("exit 3\n", "exit 1\n"):
        place.program("migralint", program)
        done = subprocess.run(["sh", "-c", line], env=place.environ({}), timeout=300, input=b"")
        assert done.returncode == 2
