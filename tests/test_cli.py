"""The command line: what is printed where, and how the process ends."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migralint import __version__, cli
from migralint.commands import lint, outputs, terminal
from migralint.commands.arguments import plain
from migralint.model import MigralintError, Report, Severity

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FIRST = "prisma/migrations/20260101000000_init/migration.sql"
SECOND = "prisma/migrations/20260201000000_drop/migration.sql"
CREATE = '-- CreateTable\nCREATE TABLE "User" (\n    "id" INTEGER NOT NULL PRIMARY KEY\n);\n'
DROP = '-- DropTable\nDROP TABLE "User";\n'


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A Prisma project whose second migration drops a table; the current folder is its root."""
    for name in list(os.environ):
        if name.startswith(("GIT_", "GITHUB_", "MIGRALINT_", "CI_")):
            monkeypatch.delenv(name)
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS", "PRE_COMMIT_FROM_REF"):
        monkeypatch.delenv(name, raising=False)
    write(tmp_path, FIRST, CREATE)
    write(tmp_path, SECOND, DROP)
    write(tmp_path, "prisma/migrations/migration_lock.toml", 'provider = "postgresql"\n')
    git(tmp_path, "init", "-q")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder, path: str, text: str) -> None:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def git(folder, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def start(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    """migralint in a process of its own."""
    environ = {**os.environ, "PYTHONPATH": ROOT, **options.pop("env", {})}
    command = [sys.executable, "-m", "migralint", *arguments]
    options = {"capture_output": True, "text": True, "encoding": "utf-8", **options}
    return subprocess.run(command, env=environ, timeout=300, check=False, **options)


# the top level


@pytest.mark.parametrize(
    "arguments",
    [
        ["lint", "--no-cache"],
        ["lint", "--no-cache", "--output", "json", FIRST],
        ["lint", "--no-cache", "--exit-zero", "--output", "json=report.json"],
        ["lint", "nowhere.sql"],
        ["lint", "--diff", FIRST],
        ["rules"],
    ],
)
def test_the_installed_command_says_all_before_it_ends(project, arguments) -> None:
    expected = start(*arguments)
    code = "import sys; from migralint.cli import program; sys.exit(program())"
    run = [sys.executable, "-c", code, *arguments]
    environ = {**os.environ, "PYTHONPATH": ROOT}
    done = subprocess.run(run, env=environ, capture_output=True, text=True)
    for name in ("returncode", "stdout", "stderr"):
        assert getattr(done, name) == getattr(expected, name)


def test_help_and_version_need_no_command(capsys) -> None:
    assert cli.main(["--help"]) == 0
    shown = capsys.readouterr().out
    for name, (_, purpose) in cli.COMMANDS.items():
        assert f"  {name} " in shown and purpose in shown
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"migralint {__version__}\n"
    assert cli.main([]) == 2


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (["--help"], ["argparse", "migralint.commands.lint", "sqlglot", "yaml"]),
        (["--version"], ["argparse", "migralint.commands.lint", "sqlglot", "yaml"]),
        (["lint", "--help"], ["sqlglot", "yaml", "migralint.lint", "shutil", "json"]),
        (["rules"], ["sqlglot", "migralint.lint"]),
        (["explain", "drop-table"], ["sqlglot", "migralint.lint"]),
        (["lint", "--show-files"], ["sqlglot", "yaml", "subprocess", "typing", "dataclasses"]),
        (
            ["lint", "-q", FIRST],
            [
                *("subprocess", "dataclasses", "pathlib", "inspect", "xml", "sqlglot"),
                "argparse",
            ],
        ),
    ],
)
def test_nothing_is_imported_that_is_not_used(project, arguments, absent) -> None:
    code = (
        "import sys; before = set(sys.modules)\n"
        "from migralint.cli import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit: pass\n"
        "sys.stderr.write('\\n'.join(set(sys.modules) - before))"
    )
    environ = {**os.environ, "PYTHONPATH": ROOT}
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, env=environ, capture_output=True, text=True, check=True)
    loaded = done.stderr.split("\n")
    assert "migralint.cli" in loaded, done.stderr
    assert not [name for name in absent if name in loaded]


def test_a_hook_loads_little_of_the_standard_library(project, tmp_path_factory) -> None:
    """As a wheel has it: with what hatch_build.py puts beside the package."""
    pytest.importorskip("hatchling")
    folder = str(tmp_path_factory.mktemp("built"))
    code = (
        "import sys; before = {*sys.modules}; import migralint.built as built\n"
        f"built.__path__.append({folder!r})\n"
        "from migralint.cli import main\n"
        f"main(['lint', '--no-cache', '--output', 'concise', {FIRST!r}])\n"
        "sys.stderr.write('\\n'.join({*sys.modules} - before))"
    )
    environ = {**os.environ, "PYTHONPATH": ROOT}
    write = f"import hatch_build; hatch_build.write({folder!r}, {ROOT!r})"
    subprocess.run([sys.executable, "-c", write], cwd=ROOT, check=True)
    run = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {ROOT!r}); {code}"]
    done = subprocess.run(run, env=environ, capture_output=True, text=True, check=True)
    loaded = {*done.stderr.split("\n")}
    few = {"__future__", "_sre", "errno", "gc", "itertools"}
    assert {name for name in loaded if not name.startswith("migralint")} <= few
    assert "migralint.built.patterns" in loaded and "migralint.sql.grammar.tables" in loaded
    unneeded = ("privileges", "session", "mysql", "routines", "schemas", "maintenance")
    assert not loaded & {f"migralint.sql.grammar.{name}" for name in unneeded}
    late = ("baseline", "cache.results", "discover.searching", "git", "history.changes", "workers")
    late += ("knowledge.schema.others", "knowledge.schema.partitions", "sql.tree", "suppressions")
    assert sorted(loaded & {f"migralint.{name}" for name in late}) == []
    assert len(loaded) < 110, "to import a module costs more than what most of them do"


PARSER = cli.command("lint")[1]
WORDS = st.sampled_from([
    *(option for action in PARSER._actions for option in action.option_strings),
    *("--output=text", "--output=", "--pg=14", "--quiet=1", "--qu", "-qv", "-1", "--"),
    *("always", "never", "purple", "text", "a.sql", "b/c.sql", "-", "", "a=b", "--color=auto"),
])  # fmt: skip


@given(st.lists(WORDS, max_size=6))
def test_arguments_are_read_as_argparse_reads_them(words) -> None:
    made = plain(lint.add_arguments, words)
    if made is not None:
        with contextlib.redirect_stderr(io.StringIO()):
            assert vars(made) == vars(PARSER.parse_args(words))


@pytest.mark.parametrize(
    "words",
    [[], ["a.sql", "b.sql"], ["--force-exclude", "a.sql"], ["a.sql", "-q"], ["--output", "json"]],
)
def test_the_arguments_of_a_hook_need_no_argparse(words) -> None:
    assert plain(lint.add_arguments, words) is not None


def test_unknown_commands_are_corrected(capsys) -> None:
    assert cli.main(["lnt"]) == 2
    assert capsys.readouterr().err == (
        "migralint: error: there is no command 'lnt'\n  Did you mean `migralint lint`?\n"
    )
    assert cli.main(["a/b.sql"]) == 2
    assert "`migralint lint a/b.sql`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["lint", "--no-cahce"],
            "there is no option --no-cahce\n  Did you mean --no-cache? `migralint lint --help` ",
        ),
        (["restore", "--qwxyz"], "there is no option --qwxyz\n  `migralint restore --help` "),
        (["config", "--pg", "12"], "there is no option --pg\n  `migralint config --help` "),
        (["cache", "clear", "now"], "too much: now\n"),
        (["lint", "-Z"], "there is no option -Z\n"),
        (["apply", "--retries", "x"], "argument --retries: invalid int value: 'x'\n"),
        (["new"], "the following arguments are required: NAME\n"),
    ],
)
def test_a_mistyped_command_line_is_one_error(arguments, said, capsys) -> None:
    assert cli.main(arguments) == 2
    streams = capsys.readouterr()
    assert streams.err.startswith(f"migralint: error: {said}")
    assert streams.err.endswith("--help` lists the options.\n") and streams.out == ""


def test_every_command_has_help(capsys) -> None:
    for name in cli.COMMANDS:
        with pytest.raises(SystemExit) as ended:
            cli.main([name, "--help"])
        assert ended.value.code == 0
        assert f"usage: migralint {name}" in capsys.readouterr().out


def test_a_bug_is_a_traceback_with_status_3(monkeypatch, capsys) -> None:
    def broken(name, arguments):
        raise ZeroDivisionError("boom")

    monkeypatch.setattr(cli, "_command", broken)
    assert cli.main(["lint"]) == 3
    shown = capsys.readouterr().err
    assert "Traceback" in shown and "boom" in shown and "report it" in shown


def test_an_error_says_where_and_what_to_do(monkeypatch, capsys) -> None:
    def wrong(name, arguments):
        raise MigralintError(
            "is \x1b[31mbad", path="a.yaml", line=3, column=7, hint="Fix.", status=4
        )

    monkeypatch.setattr(cli, "_command", wrong)
    assert cli.main(["lint"]) == 4
    streams = capsys.readouterr()
    assert streams.err == "migralint: error: a.yaml:3:7: is \\x1b[31mbad\n  Fix.\n"
    assert streams.out == ""


def test_interruption_is_130(project) -> None:
    command = [sys.executable, "-m", "migralint", "lint", "-"]
    environ = {**os.environ, "PYTHONPATH": ROOT}
    pipe = subprocess.PIPE
    terminal, typed = pty.openpty()
    with subprocess.Popen(
        command,
        env=environ,
        stdin=typed,
        stdout=pipe,
        stderr=pipe,
        # a job of a shell in the background has SIGINT ignored, and so would its children
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as waiting:
        assert b"reading SQL from the terminal" in waiting.stderr.readline()
        waiting.send_signal(signal.SIGINT)
        _, errors = waiting.communicate()
    os.close(terminal)
    os.close(typed)
    assert waiting.returncode == 130 and b"Traceback" not in errors


def test_a_reader_who_goes_away_is_no_error(project) -> None:
    write(project, "a.sql", "DROP TABLE t;\n" * 3000)
    command = [sys.executable, "-m", "migralint", "lint", "a.sql", "--output", "json=out.json"]
    environ = {**os.environ, "PYTHONPATH": ROOT}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environ, stdout=pipe, stderr=pipe) as writing:
        writing.stdout.close()
        errors = writing.stderr.read()
        writing.wait(300)
    assert (writing.returncode, errors) == (141, b"")
    assert len(json.loads((project / "out.json").read_text())["findings"]) >= 3000


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a system without /dev/full")
@pytest.mark.parametrize("command", ["rules", "lint a.sql", "lint --no-cache a.sql"])
def test_a_full_disk_is_no_bug_of_ours(project, command) -> None:
    write(project, "a.sql", "DROP TABLE t;\n")
    (project / ".git").mkdir(exist_ok=True)
    arguments = [sys.executable, "-m", "migralint", *command.split()]
    environ = {**os.environ, "PYTHONPATH": ROOT}
    for _ in range(2):  # the second answer of lint is one that was kept
        with open("/dev/full", "wb") as full:
            done = subprocess.run(arguments, env=environ, stdout=full, stderr=subprocess.PIPE)
        said = b"migralint: error: cannot write: No space left on device\n"
        assert (done.returncode, done.stderr) == (4, said)


def test_streams_that_were_closed(project) -> None:
    write(project, "a.sql", "DROP TABLE t;\n")
    (project / ".git").mkdir(exist_ok=True)
    program = f"{sys.executable} -m migralint"
    environ = {**os.environ, "PYTHONPATH": ROOT}
    for command, status in (("lint a.sql >&- 2>&-", 1), ("lint a.sql >&-", 1), ("lint - <&-", 0)):
        done = subprocess.run(f"{program} {command}", shell=True, env=environ, capture_output=True)
        assert done.returncode == status and b"Traceback" not in done.stderr


def test_a_report_goes_where_a_device_leads(project) -> None:
    write(project, "a.sql", "DROP TABLE t;\n")
    command = [sys.executable, "-m", "migralint", "lint", "a.sql", "--output", "json=/dev/stderr"]
    environ = {**os.environ, "PYTHONPATH": ROOT}
    done = subprocess.run(command, env=environ, capture_output=True)
    assert done.returncode == 1 and json.loads(done.stderr)["findings"]


# lint


def test_lint_finds_the_folder_and_fails(project, capsys) -> None:
    assert cli.main(["lint"]) == 1
    shown = capsys.readouterr().out
    assert "error[drop-table]: " in shown and f" --> {SECOND}:2:1\n" in shown
    assert '2 | DROP TABLE "User";' in shown
    assert "1 error in 1 file (2 files, 2 statements read).\n" in shown


def test_a_named_path_is_what_is_reported(project, capsys) -> None:
    assert cli.main(["lint", FIRST]) == 0
    assert "No findings (1 file, 1 statement read).\n" in capsys.readouterr().out
    assert cli.main(["lint", SECOND]) == 1
    assert cli.main(["lint", "nowhere.sql"]) == 2
    assert "nowhere.sql" in capsys.readouterr().err


def test_paths_are_shown_from_where_the_reader_stands(project, monkeypatch, capsys) -> None:
    monkeypatch.chdir(project / "prisma")
    assert cli.main(["lint", "migrations"]) == 1
    assert f" --> {SECOND.removeprefix('prisma/')}:2:1\n" in capsys.readouterr().out
    assert cli.main(["lint", "migrations", "--output", "json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert {finding["path"] for finding in found} == {SECOND}, "machines count from the root"


def test_standard_input(project) -> None:
    done = start("lint", "-", "--output", "concise", input=DROP)
    assert done.returncode == 1
    assert done.stdout.startswith("<stdin>:2:1: error[drop-table] ")
    path = "prisma/migrations/20260301000000_new/migration.sql"
    named = start("lint", "-", "--stdin-filename", path, "--output", "concise", input=DROP)
    assert named.stdout.startswith(f"{path}:2:1: error[drop-table] ")
    clean = start("lint", "-", "--stdin-filename", SECOND, input="SELECT 1;\n")
    assert clean.returncode == 0, "the file on the disk is not what is linted"


def test_staged_reads_the_index(project, capsys) -> None:
    git(project, "add", ".")
    git(project, "commit", "-qm", "all")
    path = "prisma/migrations/20260301000000_more/migration.sql"
    write(project, path, "TRUNCATE users;\n")
    git(project, "add", ".")
    write(project, path, "SELECT 1;\n")
    assert cli.main(["lint", "--staged", "--output", "concise"]) == 1
    shown = capsys.readouterr().out
    assert shown.startswith(f"{path}:1:1: error[truncate]") and "drop-table" not in shown


def test_nothing_changed_is_said(project, capsys) -> None:
    git(project, "add", ".")
    git(project, "commit", "-qm", "all")
    assert cli.main(["lint", "--staged"]) == 0
    assert "has changed" in capsys.readouterr().out
    assert cli.main(["lint", "--changed", "--base", "HEAD"]) == 0
    assert "has changed" in capsys.readouterr().out


def test_a_base_that_is_not_there_is_4(project, capsys) -> None:
    git(project, "add", ".")
    git(project, "commit", "-qm", "all")
    assert cli.main(["lint", "--changed", "--base", "nowhere"]) == 4
    assert "nowhere" in capsys.readouterr().err


def test_fail_on_select_ignore_and_exit_zero(project, capsys) -> None:
    assert cli.main(["lint", "--exit-zero"]) == 0
    assert "error[drop-table]" in capsys.readouterr().out
    assert cli.main(["lint", "--ignore", "drop-table"]) == 0
    assert "drop-table" not in capsys.readouterr().out
    assert cli.main(["lint", "--select", "truncate,drop-column"]) == 0
    assert cli.main(["lint", "--select", "drop-table"]) == 1
    assert cli.main(["lint", "--select", "drop-tabel"]) == 2
    assert "Did you mean drop-table" in capsys.readouterr().err
    write(project, ".migralint.yaml", "rules: {drop-table: warning}\n")
    assert cli.main(["lint"]) == 0
    assert cli.main(["lint", "--fail-on", "warning"]) == 1
    assert cli.main(["lint", "--fail-on", "warnings"]) == 2


def test_statistics_show_files_quiet(project, capsys) -> None:
    assert cli.main(["lint", "--statistics"]) == 1
    shown = capsys.readouterr().out
    assert re.search(r"^1  error    drop-table$", shown, re.M) and "-->" not in shown
    assert cli.main(["lint", "--show-files"]) == 0
    assert capsys.readouterr().out == f"{FIRST}\n{SECOND}\n"
    assert cli.main(["lint", "-q", FIRST]) == 0
    assert capsys.readouterr().out == ""


def test_suppressed_findings_are_shown_when_asked(project, capsys) -> None:
    allow = f'allow: [{{rule: drop-table, path: {SECOND}, reason: "see #12"}}]\n'
    write(project, ".migralint.yaml", allow)
    assert cli.main(["lint"]) == 0
    shown = capsys.readouterr().out
    assert "1 suppressed" in shown and "see #12" not in shown
    assert cli.main(["lint", "-v"]) == 0
    assert "see #12" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["--staged", "--changed"],
        ["--base", "main"],
        ["-", "a.sql"],
        ["--stdin-filename", "a.sql"],
        ["--output", "texd"],
        ["--output", "json="],
        ["--output", "json", "--output", "sarif"],
        ["--config", "nowhere.yaml"],
        ["--dialect", "oracle"],
        ["--pg", "abc"],
    ],
)
def test_wrong_usage_is_2(project, arguments, capsys) -> None:
    assert cli.main(["lint", *arguments]) == 2
    assert capsys.readouterr().err.startswith("migralint: error: ")


# outputs


def test_several_outputs_in_one_run(project, capsys) -> None:
    write(project, "out.sarif", "of an earlier run")
    files = ["json=out.json", "sarif=out.sarif", "junit=out.xml", "markdown=out.md"]
    asked = [word for name in files for word in ("--output", name)]
    assert cli.main(["lint", *asked]) == 1
    assert "error[drop-table]" in capsys.readouterr().out, "the log still shows the findings"
    assert json.loads((project / "out.json").read_text())["findings"]
    assert json.loads((project / "out.sarif").read_text())["runs"][0]["results"]
    assert ElementTree.parse(project / "out.xml").getroot().get("failures") == "1"
    assert (project / "out.md").read_text().startswith("<!-- migralint -->")
    assert sorted(os.listdir(project)) == sorted(
        [".git", ".migralint_cache", "prisma", "out.json", "out.sarif", "out.xml", "out.md"]
    )


def test_a_file_that_cannot_be_written_is_4(project, capsys) -> None:
    assert cli.main(["lint", "--output", "json=no/such/folder.json"]) == 4
    assert "no/such/folder.json" in capsys.readouterr().err


def test_github_actions_gets_annotations_without_asking(project) -> None:
    summary = project / "summary.md"
    summary.write_text("before\n")
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    done = start("lint", env=environ)
    assert done.returncode == 1
    assert f"\n::error title=migralint%3A drop-table,file={SECOND},line=2," in done.stdout
    assert summary.read_text().startswith("before\n<!-- migralint -->\n")
    data = start("lint", "--output", "json", env=environ)
    assert json.loads(data.stdout)["findings"], "what a program reads stays as it is"
    assert data.stderr.startswith("::error title=migralint")
    once = start("lint", "--output", "github", env=environ)
    assert once.stdout.count("::error ") == 1 and not once.stderr


def test_annotations_count_from_the_workspace(project) -> None:
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(project.parent)}
    done = start("lint", env=environ)
    assert f",file={project.name}/{SECOND},line=2," in done.stdout


def test_sql_gives_no_orders_to_the_runner_of_github(project) -> None:
    write(project, SECOND, 'DROP TABLE "a##[error]b";\n')
    shown = start("lint", env={"GITHUB_ACTIONS": "true"}).stdout
    stop, token = shown.split("\n")[0].rsplit("::", 1)
    assert stop == "::stop-commands" and len(token) == 32
    assert shown.index("##[error]") < shown.index(f"\n::{token}::\n") < shown.index("::error ")
    assert outputs.is_command("  ::set-output name=a::b") and not outputs.is_command("a::text")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_any_terminal_can_print_it(project, encoding) -> None:
    write(project, SECOND, "DROP TABLE 名前; -- \x1b[31m\u202e\n")
    for name in ("text", "concise", "markdown", "junit", "github"):
        arguments = ("lint", SECOND, "--output", name)
        done = start(*arguments, env={"PYTHONIOENCODING": encoding}, text=False, encoding=None)
        assert done.returncode == 1, done.stderr
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", done.stdout.decode(encoding))


class Stream:
    encoding = "utf-8"

    def __init__(self, terminal: bool) -> None:
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    def fileno(self) -> int:
        raise OSError("no such device")


@pytest.mark.parametrize(
    ("choice", "environ", "is_terminal", "colored"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"CLICOLOR_FORCE": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, True, False),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_colour(choice, environ, is_terminal, colored) -> None:
    assert terminal.is_colored(choice, environ, Stream(is_terminal)) is colored


def test_width_has_a_fallback() -> None:
    assert terminal.width({}, Stream(False)) == 100
    assert terminal.width({}, Stream(True)) == 100, "the terminal of a hook says nothing"
    assert terminal.width({"COLUMNS": "72"}, Stream(False)) == 72
    assert terminal.width({"COLUMNS": "2"}, Stream(True)) == 40
    assert terminal.width({"COLUMNS": "x"}, Stream(False)) == 100


def test_an_error_in_the_report_is_its_status() -> None:
    from migralint.commands.lint import status

    report = Report((), errors=(MigralintError("a"), MigralintError("b", status=4)))
    assert status(report, Severity.ERROR, exit_zero=True) == 4


# the other commands


def test_rules_lists_them(project, capsys) -> None:
    assert cli.main(["rules"]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"^  drop-table +error +recommended +\S", shown, re.M)
    assert "{" not in shown
    assert cli.main(["rules", "--output", "json", "--preset", "strict"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found and {rule["preset"] for rule in found} == {"strict"}


def test_explain_a_rule(project, capsys) -> None:
    assert cli.main(["explain", "drop-table"]) == 0
    shown = capsys.readouterr().out
    for part in (
        "drop-table  error, recommended, destructive",
        "Why",
        "Instead",
        "Found",
        "Not found",
    ):
        assert part in shown
    assert "-- migralint: allow drop-table" in shown
    assert cli.main(["explain", "drop-tabel"]) == 2
    assert "Did you mean drop-table" in capsys.readouterr().err


def test_explain_sql(project, capsys) -> None:
    assert cli.main(["explain", "DROP TABLE users"]) == 0
    shown = capsys.readouterr().out
    assert "error[drop-table]" in shown and "\ndrop_table  " in shown


def test_operations_show_what_is_seen(capsys) -> None:
    assert cli.main(["operations", "DROP TABLE a, b CASCADE; \x1b]0"]) == 0
    shown = capsys.readouterr().out
    blocks = shown.split("\n\n")
    assert [block.split("  ")[0] for block in blocks] == ["drop_table", "drop_table", "unparsed"]
    assert re.search(r"^  table +a$", blocks[0], re.M)
    assert re.search(r"^  cascade +true$", blocks[0], re.M)
    assert "\x1b" not in shown
    assert cli.main(["operations", "DROP TABLE a", "--output", "json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["operation"], found["facts"]["table"]) == ("drop_table", "a")


def test_config_shows_where_values_come_from(project, monkeypatch, capsys) -> None:
    write(project, ".migralint.yaml", "preset: strict\nlarge_tables: {users: 5}\n")
    monkeypatch.setenv("MIGRALINT_SERVER_VERSION", "14")
    assert cli.main(["config"]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"^preset: \"strict\" +# \.migralint\.yaml:1$", shown, re.M)
    assert re.search(r"^server_version: 14 +# MIGRALINT_SERVER_VERSION$", shown, re.M)
    assert re.search(r"^large_tables: \{\"users\": 5\} +# \.migralint\.yaml:2$", shown, re.M)
    assert re.search(r"^fail_on: \"error\" +# default$", shown, re.M)


def test_init_where_no_migrations_are_yet(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    assert cli.main(["init"]) == 0
    assert "No migrations are here yet" in capsys.readouterr().out
    write(tmp_path, FIRST, CREATE)
    assert cli.main(["lint"]) == 0


def test_init_writes_what_lint_reads_and_never_overwrites(project, capsys) -> None:
    assert cli.main(["init"]) == 0
    before = (project / ".migralint.yaml").read_text()
    assert "prisma/migrations" in before
    assert cli.main(["lint"]) == 1
    assert cli.main(["init"]) == 2
    assert "already" in capsys.readouterr().err
    assert (project / ".migralint.yaml").read_text() == before


# scripts without migrations


def test_scripts_are_checked_where_no_migrations_are_found(tmp_path, monkeypatch, capsys) -> None:
    write(tmp_path, "package.json", '{"scripts": {"db": "prisma migrate reset --force"}}')
    git(tmp_path, "init", "-q")
    monkeypatch.chdir(tmp_path)
    assert (
        cli.main(["lint", "--output", "concise"]) == 2
    )  # there is no saying that all was looked at
    said = capsys.readouterr().out
    assert "package.json:1:21: error[destructive-command]" in said
    assert "no migrations found" in said and "`migralint lint .`" in said
    for named in (["package.json"], ["."]):
        assert cli.main(["lint", *named, "--output", "concise"]) == 1
        assert "no migrations found" not in capsys.readouterr().out
    for command in (["lint", "--show-files"], ["plan", "--offline"]):
        assert cli.main(command) == 2
        assert "no migrations found" in capsys.readouterr().err
