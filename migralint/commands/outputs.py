"""Where a report goes: --output FORMAT[=FILE], and what GitHub Actions gets without asking."""

from __future__ import annotations

import os
import sys

from migralint.cache import reads
from migralint.commands import terminal
from migralint.formats import FORMATS, pieces, render
from migralint.model import MigralintError, Record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TextIO

    from migralint.formats import Options
    from migralint.model import Report

READABLE = ("text", "concise")
STEP_SUMMARY_LIMIT = 1_000_000  # GitHub takes 1 MiB for a step


class Output(Record):
    """A format and the file that it goes to, "" for standard output."""

    name: str
    path: str = ""


def parse(values: Iterable[str]) -> list[Output]:
    """The outputs asked for; text on standard output where nothing else goes there."""
    outputs = []
    for value in values:
        name, has_path, path = value.partition("=")
        if name not in FORMATS:
            raise MigralintError(
                f"--output: there is no format {name!r}", hint=f"One of {', '.join(FORMATS)}."
            )
        if has_path and not path:
            raise MigralintError(f"--output {value}: the name of the file is missing")
        outputs.append(Output(name, path))
    shown = [output.name for output in outputs if not output.path and output.name != "github"]
    if len(shown) > 1:
        raise MigralintError(
            f"--output: {' and '.join(shown)} cannot share standard output",
            hint=f"Give one a file: --output {shown[0]}=FILE.",
        )
    return outputs if any(not output.path for output in outputs) else [*outputs, Output("text")]


def write(
    outputs: list[Output],
    report: Report,
    options: Options,
    environ: Mapping[str, str],
    stream: TextIO | None = None,
) -> None:
    """Files first, so that a reader who closes our standard output does not cost anybody a file.

    `stream` takes what would go to standard output.
    """
    plain = replace(options, color=False, encoding="utf-8", root="", here="", width=terminal.WIDTH)
    on_github = environ.get("GITHUB_ACTIONS") == "true"
    for output in sorted(outputs, key=lambda output: not output.path):
        chosen = plain
        if output.name == "github":
            chosen = _from_workspace(plain, options, environ)
        elif output.name in READABLE and not output.path:
            chosen = options
        text = pieces(output.name, report, chosen)
        if output.path:
            terminal.write_file(output.path, text)
        else:
            inert = on_github and output.name in READABLE
            for piece in [_inert("".join(text))] if inert else text:
                (stream or sys.stdout).write(piece)
    if on_github:
        _annotate(outputs, report, _from_workspace(plain, options, environ))
        if environ.get("GITHUB_STEP_SUMMARY"):
            _step_summary(environ["GITHUB_STEP_SUMMARY"], report, plain)


def _from_workspace(plain: Options, options: Options, environ: Mapping[str, str]) -> Options:
    """Annotations count paths from GitHub's workspace; a checkout may lie below it."""
    workspace = environ.get("GITHUB_WORKSPACE", "")
    if not workspace:
        return plain
    return replace(plain, root=options.root, here=os.path.realpath(workspace))


def _annotate(outputs: list[Output], report: Report, options: Options) -> None:
    if any(output.name == "github" for output in outputs):
        return
    # GitHub reads both streams; what a program reads from the one stays as it is
    readable = any(output.name in READABLE and not output.path for output in outputs)
    (sys.stdout if readable else sys.stderr).write(render("github", report, options))


def _inert(text: str) -> str:
    """Lines between which GitHub's runner obeys nothing: the SQL may be from a pull request."""
    if not is_command(text):
        return text
    token = os.urandom(16).hex()
    return f"::stop-commands::{token}\n{text}::{token}::\n"


def is_command(text: str) -> bool:
    """Whether GitHub's runner could take a line of the text for a workflow command."""
    return "##[" in text or any(line.lstrip().startswith("::") for line in text.split("\n"))


def _step_summary(path: str, report: Report, options: Options) -> None:
    """Added to what earlier commands of the step have written."""
    reads.doubt()
    try:
        with open(path, "a", encoding="utf-8") as file:
            room = STEP_SUMMARY_LIMIT - file.tell()
            file.write(render("markdown", report, replace(options, limit=room)))
    except OSError as error:
        terminal.warn(f"cannot write the step summary: {error.strerror or error}")
