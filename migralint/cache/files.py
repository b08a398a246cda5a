"""The files of the cache: read whole or not at all, written beside and renamed.

Each ends with a digest of the rest, keyed with a secret that lies in the git directory: a cache
that a pull request brings along is not believed, and neither is one with a flipped byte.
"""

from __future__ import annotations

import os

from migralint.hashes import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

NAME = ".migralint_cache"
MOST_FILES = 24
MOST_BYTES = 100_000_000
_SECRET = "migralint-cache-key"


def digest(data: bytes, key: bytes = b"") -> str:
    return blake2b(data, digest_size=20, key=key).hexdigest()


def folder(root: str) -> str:
    return os.path.join(root, NAME)


def load(root: str, name: str) -> Any:
    """What was saved under that name; None where there is nothing that can be believed."""
    try:
        with open(os.path.join(folder(root), name), "rb") as file:
            data = file.read(MOST_BYTES)
    except OSError:
        return None
    secret = _secret(root, make=False)
    body, _, said = data.rpartition(b"\n")
    if secret is None or said.decode("latin-1") != digest(body, secret):
        return None
    import json

    return json.loads(body)


def save(root: str, name: str, value: Any) -> bool:
    """Whether it could be kept; a cache that cannot be written is no error."""
    return write(root, name, [as_json(value)])


def as_json(value: Any) -> bytes:
    import json

    return json.dumps(value, separators=(",", ":")).encode()


def write(root: str, name: str, pieces: Iterable[bytes]) -> bool:
    """What `save` does, with JSON that comes in pieces: the whole may be large."""
    place = folder(root)
    beside = os.path.join(place, f"{name}.{os.getpid()}.tmp")
    try:
        secret = _secret(root, make=True)
        if secret is None:
            return False
        _make_folder(place)
        sealed = blake2b(digest_size=20, key=secret)
        with open(beside, "xb") as file:
            for piece in pieces:
                sealed.update(piece)
                file.write(piece)
            file.write(b"\n" + sealed.hexdigest().encode())
            if file.tell() > MOST_BYTES:
                raise OSError("more than is read again")
        os.replace(beside, os.path.join(place, name))
        _forget_oldest(place)
    except OSError:
        if os.path.exists(beside):
            os.unlink(beside)
        return False
    return True


def clear(root: str) -> int:
    """Remove the cache; how many files it had."""
    place = folder(root)
    names = os.listdir(place) if os.path.isdir(place) and not os.path.islink(place) else []
    for name in names:
        os.unlink(os.path.join(place, name))
    if os.path.isdir(place):
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
    files = [entry for entry in os.scandir(place) if entry.name.endswith((".json", ".tmp"))]
    files.sort(key=lambda entry: entry.stat().st_mtime_ns, reverse=True)
    for entry in files[MOST_FILES:]:
        os.unlink(entry.path)


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
