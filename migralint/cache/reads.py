"""What a run has looked at, so that its answer can be given again while all of that is the same.

Nothing is noted unless `begin` was called. What an answer also depends on and no file tells (git,
standard input, a database, what was written elsewhere) is a doubt: such a run is not remembered.
"""

from __future__ import annotations

import os

from migralint.cache.files import NAME, digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    Signature = list[int]
    Noted = str  # kind, signature and digest, as JSON: there are as many as files

FILE, FOLDER, THERE, ABSENT = "file", "folder", "there", "absent"
_SAYS = (ABSENT, THERE, FOLDER, FILE)


class _Reads:
    def __init__(self) -> None:
        self.noted: dict[str, Noted] | None = None
        self.doubtful = False


_reads = _Reads()


def begin() -> None:
    _reads.noted, _reads.doubtful = {}, False


def end() -> dict[str, Noted] | None:
    """Path -> what it was like; None where that does not say all."""
    noted, _reads.noted = _reads.noted, None
    return None if _reads.doubtful else noted


def doubt() -> None:
    _reads.doubtful = True


def is_doubted() -> bool:
    return _reads.doubtful


def read(path: str, root: str = "") -> bytes:
    """The file's bytes; noted with the state that it had before.

    With the root of the project a link is not followed to what is not the project's.
    """
    if root and os.path.islink(path) and exists(path):
        _refuse_foreign(path, root)
    before = signature(path) if _reads.noted is not None else None
    try:
        with open(path, "rb", buffering=0) as file:  # which is read whole
            data = file.readall()
    except FileNotFoundError:
        if _reads.noted is not None:
            _note(path, ABSENT)
        raise
    except OSError:
        doubt()  # rights are not among what is noted
        raise
    if _reads.noted is not None:
        _note(path, FILE, before, digest(data))
    return data


def _refuse_foreign(link: str, root: str) -> None:
    """By a link a pull request could show in a finding what the machine keeps secret, or the
    project: `migration.sql` that leads to `.env`."""
    found, root = os.path.realpath(link), os.path.realpath(root)
    if os.path.splitext(found)[1] != os.path.splitext(link)[1]:
        raise OSError(f"it is a link to a file of another kind, {os.path.basename(found)}")
    if exists(os.path.join(root, ".git")) and not found.startswith(f"{root}{os.sep}"):
        raise OSError("it is a link that leads out of the repository")


def names(path: str) -> tuple[str, ...]:
    """What is in the folder, sorted, folders with a slash; () where there is none.

    PermissionError where there is one that may not be read.
    """
    before = signature(path) if _reads.noted is not None else None
    try:
        found = listed(path)
    except PermissionError:
        doubt()
        raise
    if _reads.noted is not None:
        _note(path, FOLDER if before is not None else ABSENT, before, of_names(found))
    return found


def exists(path: str) -> bool:
    found = os.path.exists(path)
    if _reads.noted is not None:
        _note(path, THERE if found else ABSENT)
    return found


def _note(path: str, kind: str, before: Signature | None = None, content: str = "") -> None:
    """What says more counts (that a folder is there says nothing of what is in it); of equals the
    first, which is what the run has used."""
    assert _reads.noted is not None
    known = _reads.noted.get(path)
    if known is None or _SAYS.index(kind) > _SAYS.index(known.split('"', 2)[1]):
        _reads.noted[path] = f'["{kind}",{before or "null"},"{content}"]'


def is_file(path: str) -> bool:
    return exists(path) and os.path.isfile(path)


def listed(path: str) -> tuple[str, ...]:
    """Without our own folder, which comes with the first run."""
    try:
        with os.scandir(path) as entries:
            found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    except PermissionError:
        raise
    except OSError:
        return ()
    return tuple(sorted(n + "/" if is_folder else n for n, is_folder in found if n != NAME))


def of_names(found: Sequence[str]) -> str:
    return digest("\0".join(found).encode("utf-8", "surrogateescape"))


def signature(path: str) -> Signature | None:
    """None where there is nothing."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]
