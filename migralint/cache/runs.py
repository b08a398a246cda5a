"""The answers of whole runs: the same question, with nothing changed, is answered from here.

A run is its command line, its folder and those variables of the environment that `lint` reads. An
answer holds if every file and folder that the run has looked at is as it was: by size, times and
inode; where these have changed, or were too young when they were noted, by content.
"""

from __future__ import annotations

import os
import sys
import time

from migralint import __version__, jsons
from migralint.cache import files, reads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any, TextIO

# Names of variables that change what lint finds or how it is shown, and beginnings of names.
VARIABLES = ("CLICOLOR_FORCE", "COLUMNS", "FORCE_COLOR", "NO_COLOR", "TERM")
BEGINNINGS = ("MIGRALINT_", "GITHUB_", "GIT_")
YOUNG = 2_000_000_000  # ns: a file that was changed so shortly before could change again unseen


class _Tee:
    """A stream that keeps what is written to it."""

    def __init__(self, stream: TextIO, answer: _Answer, name: str) -> None:
        self._stream = stream
        self._answer = answer
        self._name = name

    def write(self, text: str) -> int:
        self._answer.add(self._name, text.encode("utf-8", "surrogatepass"))
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Answer:
    """A file of the cache: what was written, then a line of JSON that says all about it.

    It grows while the run writes, for that may be much; a run in doubt adds nothing.
    """

    def __init__(self, name: str) -> None:
        self.sealed = files.Sealed(_root(), name)
        self.written: list[tuple[str, int]] = []  # the stream, how many bytes

    def add(self, stream: str, data: bytes) -> None:
        if not reads.is_doubted():
            self.sealed.add(data)
            self.written.append((stream, len(data)))

    def end(self, about: dict[str, Any], noted: Mapping[str, str]) -> None:
        """`noted` are the `reads`, each as JSON."""
        line = jsons.dumps({**about, "written": self.written})
        self.sealed.add(f'\n{line[:-1]},"reads":{{'.encode())
        comma = ""
        for path, what in noted.items():
            self.sealed.add(f"{comma}{jsons.dumps(path)}:{what}".encode())
            comma = ","
        self.sealed.add(b"}}")
        self.sealed.end()


def answer(root: str, name: str) -> tuple[dict[str, Any], Iterator[tuple[str, str]]] | None:
    """What is said about the answer of that name, and what was written to which stream."""
    body = files.read(root, name)
    if body is None:
        return None
    about = jsons.loads(body[body.rfind(b"\n") + 1 :])
    return about, _pieces(body, about["written"])


def _pieces(body: bytes, written: Sequence[Sequence[Any]]) -> Iterator[tuple[str, str]]:
    start = 0
    for stream, size in written:
        yield stream, body[start : start + size].decode("utf-8", "surrogatepass")
        start += size


def recall(arguments: Sequence[str]) -> int | None:
    """Give the answer of an earlier run again: its exit status, None where there is none."""
    root = _root()
    if not os.path.isdir(files.folder(root)):
        return None
    name = _name(arguments)
    found = answer(root, name)
    if found is None or found[0]["code"] != code():
        return None
    about, written = found
    noted = about.pop("reads")
    refreshed = _unchanged(noted, about["noted"])
    if refreshed is None:
        return None
    again = _Answer(name)
    for stream, text in written:
        getattr(sys, stream).write(text)
        if refreshed:
            again.add(stream, text.encode("utf-8", "surrogatepass"))
    if refreshed:
        texts = {path: jsons.dumps(what) for path, what in (noted | refreshed).items()}
        again.end({**about, "noted": time.time_ns()}, texts)
    status: int = about["status"]
    return status


class Run:
    """Begin to note what a run reads and writes; `end` keeps it, if that says all."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self.answer = _Answer(_name(arguments))
        self.began = time.time_ns()
        self.streams = sys.stdout, sys.stderr
        sys.stdout = _Tee(sys.stdout, self.answer, "stdout")
        sys.stderr = _Tee(sys.stderr, self.answer, "stderr")
        reads.begin()

    def end(self, status: int | None) -> None:
        """`status` is None where the run has failed."""
        sys.stdout, sys.stderr = self.streams
        noted = reads.end()
        if status in (0, 1) and noted:
            self.answer.end({"code": code(), "status": status, "noted": self.began}, noted)
        else:
            self.answer.sealed.abandon()


def _unchanged(noted: dict[str, Any], at: int) -> dict[str, Any] | None:
    """None if anything is not as it was; else what is to be noted anew, though it says the same."""
    refreshed: dict[str, Any] = {}
    young = at - YOUNG
    for path, (kind, before, content) in noted.items():
        now = reads.signature(path)
        if kind == reads.ABSENT or kind == reads.THERE:
            if (now is None) != (kind == reads.ABSENT):
                return None
        elif now is None:
            return None
        elif now != before or now[1] > young or now[2] > young:
            if _content(path, kind) != content:
                return None
            refreshed[path] = [kind, now, content]
    return refreshed


def _content(path: str, kind: str) -> str:
    try:
        if kind == reads.FOLDER:
            return reads.of_names(reads.listed(path))
        with open(path, "rb") as file:
            return files.digest(file.read())
    except OSError:
        return ""


def _root() -> str:
    """The git root, else the folder that we are in."""
    here = folder = os.getcwd()
    while not os.path.exists(os.path.join(folder, ".git")):
        folder, below = os.path.dirname(folder), folder
        if folder == below:
            return here
    return folder


def _name(arguments: Sequence[str]) -> str:
    """The file of this question."""
    environ = {
        name: value
        for name, value in os.environ.items()
        if name in VARIABLES or name.startswith(BEGINNINGS)
    }
    shown = (_columns(sys.stdout), str(sys.stdout.encoding))
    day = time.strftime("%Y-%m-%d")
    question = (list(arguments), os.getcwd(), sorted(environ.items()), shown, day)
    return f"run-{files.digest(repr(question).encode('utf-8', 'surrogateescape'))[:24]}.json"


def _columns(stream: TextIO) -> int:
    """0 where it is no terminal, -1 where it is one that does not say (it gets colours)."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or -1 if stream.isatty() else 0
    except OSError:
        return -1


def code() -> list[Any]:
    """This migralint with its rules, and the Python that runs it.

    Of a wheel it is enough to know when it was installed; in a checkout every file counts.
    """
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    compiled = reads.signature(os.path.join(package, "built", "rules.py"))
    if compiled is None:
        beside = os.path.join(os.path.dirname(package), "rules")
        found = [*_signatures(package), *_signatures(beside)]
        compiled = files.digest(repr(found).encode("utf-8", "surrogateescape"))  # type: ignore[assignment]
    # where the packages that we use are: the folder changes when one is installed or replaced
    sites = [p for p in sys.path if p.endswith(("site-packages", "dist-packages"))]
    return [__version__, sys.version, package, compiled, [reads.signature(p) for p in sites]]


def _signatures(folder: str) -> list[Any]:
    found: list[Any] = []
    for entry in os.scandir(folder) if os.path.isdir(folder) else ():
        if entry.is_dir() and entry.name != "__pycache__":
            found += _signatures(entry.path)
        elif not entry.name.endswith(".pyc"):
            found.append((entry.path, reads.signature(entry.path)))
    return found
