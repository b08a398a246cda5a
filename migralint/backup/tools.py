"""Programs of others: found where they are installed, run with a list, and ended with us.

A password is never among the arguments, which everybody on the machine can read (`ps`).
"""

from __future__ import annotations

import glob
import os
import re
from contextlib import contextmanager, suppress
from functools import lru_cache

from migralint.model import MigralintError, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any, BinaryIO

    from migralint.runner.url import Url

# Where the systems put the versions that are not on the PATH.
PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/opt/homebrew/opt/libpq/bin",
    "/usr/local/opt/libpq/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/opt/homebrew/opt/m*-client*/bin",
    "/usr/local/mysql/bin",
)
VERSION = re.compile(r"(?:Distrib|from|Ver|PostgreSQL\))\s{1,4}(\d{1,3})(?:\.(\d{1,3}))?")


class Tool(Record):
    """`version` is (major, minor) of the release that it came with; `shown` is for people."""

    path: str
    version: tuple[int, int]
    shown: str
    mariadb: bool = False


class Running(Record):
    process: Any
    errors: BinaryIO
    name: str


def installed(names: Sequence[str]) -> list[Tool]:
    """The programs of one of those names: those of the PATH first, then the other versions."""
    folders = os.environ.get("PATH", "").split(os.pathsep)
    folders += [folder for place in PLACES for folder in sorted(glob.glob(place), reverse=True)]
    paths = (os.path.join(folder, name) for name in names for folder in folders if folder)
    real: dict[str, Tool] = {}
    for path in paths:
        key = os.path.realpath(path)
        # Debian's pg_wrapper chooses a version by itself; the real ones are among the PLACES
        wraps = os.path.basename(key) == "pg_wrapper"
        if os.path.isfile(path) and os.access(path, os.X_OK) and not wraps:
            tool = None if key in real else described(path, os.stat(key).st_mtime_ns)
            if tool:
                real[key] = tool
    return list(real.values())


@lru_cache
def described(path: str, changed: int = 0) -> Tool | None:
    """What the program says of itself; None where it is not what its name says."""
    import subprocess

    try:
        done = subprocess.run(
            [path, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=20,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    said = done.stdout.decode("utf-8", "replace").strip()
    # "Ver 10.19 Distrib 10.11.19-MariaDB": the release is what comes last
    found = VERSION.findall(said)
    if done.returncode or not found:
        return None
    major, minor = next((f for f in found[1:]), found[0])
    shown = f"{os.path.basename(path)} {_release(said) or f'{major}.{minor}'}"
    return Tool(path, (int(major), int(minor or 0)), shown, "mariadb" in said.lower())


def _release(said: str) -> str:
    words = re.findall(r"(?:Distrib|from|PostgreSQL\))\s{1,4}(\d[\w.]{0,20})", said)
    return words[-1] if words else ""


def missing(name: str, package: str) -> MigralintError:
    return MigralintError(
        f"{name} is not installed",
        hint=f"Install {package}; it is looked for on the PATH and where systems put it.",
        status=4,
    )


@contextmanager
def started(
    command: Sequence[str],
    environ: Mapping[str, str] | None = None,
    stdin: int | None = None,
    stdout: int | None = None,
) -> Iterator[Running]:
    """The program, which does not outlive the block; a Ctrl-C reaches it through us."""
    import subprocess
    from tempfile import TemporaryFile

    with TemporaryFile() as errors:
        try:
            process = subprocess.Popen(
                command,
                env={**os.environ, **(environ or {})},
                stdin=subprocess.DEVNULL if stdin is None else stdin,
                stdout=subprocess.DEVNULL if stdout is None else stdout,
                stderr=errors,
                process_group=0 if os.name == "posix" else None,
            )
        except OSError as error:
            raise MigralintError(f"{command[0]}: {error.strerror}", status=4) from None
        try:
            yield Running(process, errors, os.path.basename(command[0]))
        finally:
            _end(process)


def _end(process: Any) -> None:
    import subprocess

    if process.stdin:
        with suppress(BrokenPipeError):
            process.stdin.close()
    if process.stdout:
        process.stdout.close()
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def ended(running: Running, url: Url | None = None) -> str:
    """Wait for the program: "" where it has done all, else what it said."""
    from migralint.runner.url import mask

    status = running.process.wait()
    if not status:
        return ""
    running.errors.seek(0)
    said = running.errors.read(1_000_000).decode("utf-8", "replace").strip()
    told = mask(_shortened(said.splitlines()), url)
    if status < 0:
        import signal

        name = signal.Signals(-status).name
        return f"{running.name} was ended by {name}{f': {told}' if told else ''}"
    return told or f"{running.name} failed with exit status {status}"


def _shortened(lines: Sequence[str]) -> str:
    """The first lines that say what is wrong; warnings that come before do not."""
    kept = [line for line in lines if "warning:" not in line.lower()[:80]] or list(lines)
    return "\n  ".join(line.strip()[:500] for line in kept[:6])


def run(command: Sequence[str], environ: Mapping[str, str] | None = None, url: Url | None = None
) -> str:  # fmt: skip
    with started(command, environ) as running:
        return ended(running, url)
