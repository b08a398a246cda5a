"""Where files are read from: the work tree, or the work tree with one file replaced.

A source answers three calls, with paths relative to the root and forward slashes: `list` (the names
in a folder; folders end in a slash), `read` and `exists`. git.py has the index and revisions.
"""

from __future__ import annotations

import os

from migralint.cache import reads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    class Source(Protocol):
        root: str

        @property
        def closed(self) -> Sequence[str]:
            """Folders that may not be read; () was listed of them."""

        def list(self, folder: str) -> tuple[str, ...]:
            """The names in the folder, sorted, folders with a slash; () where there is none."""

        def read(self, path: str) -> bytes:
            """The file's bytes; OSError with a sentence for a person where that fails."""

        def exists(self, path: str) -> bool:
            """Is there a file or folder of this path?"""

        def close(self) -> None:
            """Let go of what reading needed; the source can be used again."""


class WorkTree:
    """The files as they lie on the disk. Links to folders are not followed (they could loop)."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.closed: list[str] = []

    def list(self, folder: str) -> tuple[str, ...]:
        try:
            return reads.names(os.path.join(self.root, folder))
        except PermissionError:
            self.closed.append(folder)
            return ()

    def read(self, path: str) -> bytes:
        return reads.read(os.path.join(self.root, path), self.root)

    def exists(self, path: str) -> bool:
        return reads.exists(os.path.join(self.root, path))

    def close(self) -> None:
        pass


class Replaced:
    """Another source, with the bytes of one path given (standard input, an editor's buffer)."""

    def __init__(self, source: Source, path: str, data: bytes) -> None:
        self.root = source.root
        self.closed = source.closed
        self._source = source
        self._path = path
        self._data = data

    def list(self, folder: str) -> tuple[str, ...]:
        names = self._source.list(folder)
        above = folder.strip("/") + "/" if folder.strip("./") else ""
        if not self._path.startswith(above):
            return names
        name, slash, _ = self._path[len(above) :].partition("/")
        return tuple(sorted({*names, name + slash}))

    def read(self, path: str) -> bytes:
        return self._data if path == self._path else self._source.read(path)

    def exists(self, path: str) -> bool:
        return path == self._path or self._source.exists(path)

    def close(self) -> None:
        self._source.close()
