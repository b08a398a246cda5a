"""The files of the cache: read whole or not at all, written beside and renamed.

Each ends with a digest of the rest, keyed with a secret that lies in the git directory: a cache
that a pull request brings along is not believed, and neither is one with a flipped byte.
"""

from __future__ import annotations

import os

from migralint import jsons
from migralint.light import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, BinaryIO

NAME = ".migralint_cache"
MOST_FILES = 24
_SEAL = 41  # bytes of a line end and a digest
MOST_OF = {"schema-": 6}  # the large ones
MOST_BYTES = 100_000_000
_AT_ONCE = 1 << 16  # bytes that are sealed and written together
_SECRET = "migralint-cache-key"


def digest(data: bytes, key: bytes = b"") -> str:
    return blake2b(data, digest_size=20, key=key).hexdigest()


def folder(root: str) -> str:
    return os.path.join(root, NAME)


def load(root: str, name: str) -> Any:
    """What was saved under that name; None where there is nothing that can be believed."""
    body = read(root, name)
    if body is None:
        return None
    return jsons.loads(body)


def read(root: str, name: str) -> bytes | None:
    """The bytes of that name, without their seal; None where it is not ours, or broken."""
    try:
        with open(os.path.join(folder(root), name), "rb") as file:
            size = os.fstat(file.fileno()).st_size - _SEAL
            body = file.read(size) if 0 <= size < MOST_BYTES else b""
            seal = file.read().decode("latin-1")
    except OSError:
        return None
    secret = _secret(root, make=False)
    return body if secret is not None and seal == "\n" + digest(body, secret) else None


def lines(root: str, name: str) -> list[bytes]:
    """Each with its end; none where there is nothing that can be believed."""
    return (read(root, name) or b"").splitlines(keepends=True)


def names(root: str) -> list[str]:
    try:
        return os.listdir(folder(root))
    except OSError:
        return []


def save(root: str, name: str, value: Any) -> bool:
    """Whether it could be kept; a cache that cannot be written is no error."""
    return save_lines(root, name, [jsons.dumps(value).encode()])


def save_lines(root: str, name: str, pieces: Iterable[bytes]) -> bool:
    sealed = Sealed(root, name)
    for piece in pieces:
        sealed.add(piece)
    return sealed.end()


class Sealed:
    """A file that is being written, in pieces, for the whole may be large.

    It has its name when it is whole, and not before. Where it cannot be written nothing happens.
    """

    def __init__(self, root: str, name: str) -> None:
        self.root = root
        self.path = os.path.join(folder(root), name)
        self.beside = f"{self.path}.{os.getpid()}.tmp"
        self._file: BinaryIO | None = None
        self._seal: Any = None
        self._size = 0
        self._waiting = bytearray()
        self._failed = False

    def add(self, piece: bytes) -> None:
        self._waiting += piece
        if len(self._waiting) >= _AT_ONCE:
            self._put()

    def _put(self) -> None:
        data, self._waiting = self._waiting, bytearray()
        try:
            if self._file is None and not self._failed:
                self._begin()
            if self._file is not None:
                self._seal.update(data)
                self._file.write(data)
                self._size += len(data)
                if self._size >= MOST_BYTES:  # nobody would read it again
                    self.abandon()
        except OSError:
            self.abandon()

    def end(self) -> bool:
        """Whether there is such a file now."""
        self._put()
        try:
            if self._file is not None:
                self._file.write(b"\n" + self._seal.hexdigest().encode())
                self._file.close()
                os.replace(self.beside, self.path)
                _forget_oldest(folder(self.root))
        except OSError:
            self.abandon()
        return self._file is not None

    def abandon(self) -> None:
        """Leave what there was."""
        if self._file is not None:
            self._file.close()
        self._file, self._failed = None, True
        if os.path.exists(self.beside):
            os.unlink(self.beside)

    def _begin(self) -> None:
        secret = _secret(self.root, make=True)
        self._failed = secret is None
        if secret is not None:
            _make_folder(folder(self.root))
            self._seal = blake2b(digest_size=20, key=secret)
            self._file = open(self.beside, "xb")  # noqa: SIM115 (it is closed by `end`)


def clear(root: str) -> int:
    """Remove the cache; how many files it had."""
    place = folder(root)
    names = os.listdir(place) if os.path.isdir(place) and not os.path.islink(place) else []
    for name in names:
        os.unlink(os.path.join(place, name))
    if os.path.lexists(place):
        os.rmdir(place)
    return len([name for name in names if name.endswith(".json")])


def _make_folder(place: str) -> None:
    """It ignores itself, so that nobody has to think of it."""
    if os.path.islink(place):
        raise OSError("a link could lead anywhere")
    if not os.path.isdir(place):
        os.makedirs(place)
        with open(os.path.join(place, ".gitignore"), "w", encoding="utf-8") as file:
            file.write("*\n")


def _forget_oldest(place: str) -> None:
    """At most so many in all, and of the large ones."""
    for beginning, most in (("", MOST_FILES), *MOST_OF.items()):
        files = [entry for entry in os.scandir(place) if _is_ours(entry.name, beginning)]
        files.sort(key=lambda entry: entry.stat().st_mtime_ns, reverse=True)
        for entry in files[most:]:
            os.unlink(entry.path)


def _is_ours(name: str, beginning: str) -> bool:
    return name.startswith(beginning) and name.endswith((".json", ".tmp"))


def _secret(root: str, make: bool) -> bytes | None:
    """b"" outside of git, where no pull request comes in; None where there is none to be had."""
    git = os.path.join(root, ".git")
    try:
        if os.path.isfile(git):  # a linked work tree: `gitdir: PATH`
            with open(git, encoding="utf-8") as file:
                git = os.path.join(root, file.read(4096).partition(": ")[2].strip())
        if not os.path.isdir(git):
            return b"" if not os.path.lexists(os.path.join(root, ".git")) else None
        path = os.path.join(git, _SECRET)
        if make and not os.path.exists(path):
            _make_secret(path)
        with open(path, "rb") as file:
            return file.read(64) or None
    except (OSError, UnicodeDecodeError):
        return None


def _make_secret(path: str) -> None:
    """Written beside and linked: of two processes one wins, and nobody reads half of it."""
    beside = f"{path}.{os.getpid()}"
    made = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(made, os.urandom(32))
        os.close(made)
        os.link(beside, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(beside)
