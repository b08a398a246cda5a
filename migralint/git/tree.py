"""The files of the index or of a commit, read with one `git cat-file` for all of them."""

from __future__ import annotations

import os

from migralint.cache import reads
from migralint.git import environment, run
from migralint.model import MigralintError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from subprocess import Popen

MODES = ("100644", "100755")


class Tree:
    """The files of the index (revision "") or of a commit: a source like those of source.py.

    Links, submodules and unmerged entries are left out. One `git cat-file` serves all reads.
    """

    def __init__(self, root: str, revision: str = "") -> None:
        self.root = root
        self.closed = ()
        self._revision = revision
        self._blobs: dict[str, str] | None = None
        self._folders: dict[str, set[str]] = {}
        self._reader: Popen[bytes] | None = None

    def blobs(self) -> Mapping[str, str]:
        """Path -> object id of every file."""
        if self._blobs is None:
            if self._revision:
                arguments = ("ls-tree", "-r", "-z", "--full-tree", self._revision)
            else:
                arguments = ("ls-files", "-s", "-z", "--full-name", ":/")
            status, output = run(self.root, *arguments)
            if status:
                raise MigralintError(f"git cannot list {self._revision or 'the index'}", status=4)
            self._blobs = dict(filter(None, map(_entry, output.split(b"\0"))))
            for path in self._blobs:
                self._enter(path)
        return self._blobs

    def _enter(self, path: str) -> None:
        folder, _, name = path.rpartition("/")
        names = self._folders.setdefault(folder, set())
        names.add(name)
        while folder and len(names) == 1:
            above, _, name = folder.rpartition("/")
            names = self._folders.setdefault(above, set())
            known = name + "/" in names
            names.add(name + "/")
            if known:
                return
            folder = above

    def list(self, folder: str) -> tuple[str, ...]:
        self.blobs()
        return tuple(sorted(self._folders.get(_key(folder), ())))

    def exists(self, path: str) -> bool:
        return _key(path) in self.blobs() or _key(path) in self._folders

    def read(self, path: str) -> bytes:
        blob = self.blobs().get(_key(path))
        if blob is None:
            raise FileNotFoundError(path)
        if self._reader is None:
            self._reader = self._start()
        stdin, stdout = self._reader.stdin, self._reader.stdout
        assert stdin is not None and stdout is not None
        stdin.write(blob.encode() + b"\n")
        stdin.flush()
        header = stdout.readline().split()
        if len(header) != 3:
            raise FileNotFoundError(path)
        data = stdout.read(int(header[2]) + 1)
        return data[:-1]

    def _start(self) -> Popen[bytes]:
        import subprocess

        reads.doubt()
        return subprocess.Popen(
            ["git", "cat-file", "--batch"],
            cwd=self.root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
        )

    def __enter__(self) -> Tree:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        if self._reader is not None:
            self._reader.communicate()
            self._reader = None


def _key(path: str) -> str:
    path = path.strip("/")
    return "" if path == "." else path


def _entry(line: bytes) -> tuple[str, str] | None:
    """`mode id stage<TAB>path` (index) or `mode blob id<TAB>path` (commit)."""
    words, _, path = line.partition(b"\t")
    fields = words.decode().split()
    if len(fields) != 3 or fields[0] not in MODES:
        return None
    if fields[1] == "blob":
        return os.fsdecode(path), fields[2]
    return (os.fsdecode(path), fields[1]) if fields[2] == "0" else None
