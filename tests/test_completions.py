"""Completions and schemas: made from the parsers, and taken by the real shells."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from migralint.cli import COMMANDS, main
from migralint.commands.completions import SHELLS, commands, options


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the script of each shell, and a file to complete."""
    folder = tmp_path_factory.mktemp("completions")
    for shell, made in SHELLS.items():
        (folder / shell).write_text(made(tuple(commands())), encoding="utf-8")
    (folder / "migrations.sql").touch()
    return folder


def ask(program: str, script: str, folder: Path) -> set[str]:
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    quiet = {"bash": ("--norc", "-c"), "fish": ("--no-config", "-c"), "zsh": ("-f", "-c")}[program]
    done = subprocess.run(
        [program, *quiet, script],
        cwd=folder,
        env={**os.environ, "HOME": str(folder), "TERM": "dumb"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert not done.stderr, done.stderr
    return set(done.stdout.split())


def in_bash(words: list[str], folder: Path) -> set[str]:
    quoted = " ".join(f"'{word}'" for word in words)
    script = (
        f". ./bash; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _migralint;"
        ' printf "%s\\n" "${COMPREPLY[@]}"'
    )
    return ask("bash", script, folder)


def in_fish(words: list[str], folder: Path) -> set[str]:
    return ask("fish", f"source ./fish; complete -C '{' '.join(words)}' | cut -f 1", folder)


# a terminal of zsh's own, in which Tab is pressed; what it offers stands after what was typed
ZSH = """
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PS1='' TERM=dumb; autoload -Uz compinit; compinit -u -d ./dump; . ./zsh"
zpty -w z "zstyle ':completion:*' list-separator '#'; LISTMAX=1000; COLUMNS=60; print re''ady"
zpty -r z line '*ready*'
zpty -n -w z "{words}"$'\\t\\t'
sleep 1
while zpty -rt z line; do print -r -- $line; done
zpty -d z
"""


@pytest.mark.parametrize("complete", [in_bash, in_fish])
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["migralint", "expl"], {"explain"}),
        (["migralint", "lint", "--sta"], {"--staged", "--statistics"}),
        (["migralint", "lint", "--preset", ""], {"recommended", "strict", "optional"}),
        (["migralint", "lint", "--select", "drop-tab"], {"drop-table"}),
        (["migralint", "explain", "drop-tab"], {"drop-table"}),
        (["migralint", "completions", ""], {"bash", "zsh", "fish"}),
    ],
)
def test_what_is_offered(complete, words: list[str], offered: set[str], folder: Path) -> None:
    found = complete(words, folder)
    if complete is in_fish:  # which offers files beside the values of an option
        found = {word for word in found if not (folder / word).exists() or word in offered}
    assert found == offered


def test_zsh_offers_the_commands_and_their_options(folder: Path) -> None:
    assert "explain" in "".join(ask("zsh", ZSH.replace("{words}", "migralint expl"), folder))
    offered = "".join(ask("zsh", ZSH.replace("{words}", "migralint lint --sta"), folder))
    assert "--staged" in offered and "--statistics" in offered


def test_files_are_offered_where_a_path_is_due(folder: Path) -> None:
    assert "migrations.sql" in in_fish(["migralint", "lint", ""], folder)
    assert not in_bash(["migralint", "lint", "mig"], folder) - {""}, "then bash itself offers files"


def test_every_command_and_option_is_known() -> None:
    known = {command.name: command for command in commands()}
    assert set(known) == set(COMMANDS)
    assert {"--staged", "--output"} <= {f for o in options(known["lint"]) for f in o.flags}


@pytest.mark.parametrize("shell", SHELLS)
def test_the_command_prints_them(
    shell: str, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    assert main(["completions", shell]) == 0
    assert capsys.readouterr().out == (folder / shell).read_text()


@pytest.mark.parametrize("name", ["config", "report"])
def test_schema_prints_what_is_shipped(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    from jsonschema import Draft202012Validator

    assert main(["schema", name]) == 0
    printed = json.loads(capsys.readouterr().out)
    Draft202012Validator.check_schema(printed)
    path = Path(__file__).parent.parent / f"migralint/schemas/{name}.schema.json"
    assert printed == json.loads(path.read_text(encoding="utf-8"))
