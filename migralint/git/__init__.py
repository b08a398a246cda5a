"""Git: what is staged and what has changed since a commit; tree.py reads the files from there.

Commands run from the top of the work tree and keep the environment: inside a hook GIT_INDEX_FILE
names the index of the commit that is being made, and only that one is right.
"""

from __future__ import annotations

import os

from migralint.cache import reads
from migralint.model import MigralintError, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

PLACES = ("GIT_DIR", "GIT_WORK_TREE")


class Changes(Record):
    """Paths from the top of the work tree; `base` is a commit, `how` says how it was found."""

    added: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    base: str = ""
    how: str = ""


def run(root: str, *arguments: str) -> tuple[int, bytes]:
    """`git arguments` in `root`: its exit status and standard output."""
    import subprocess

    reads.doubt()
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**environment(), "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
            check=False,
        )
    except FileNotFoundError:
        raise MigralintError(
            "git is not installed", hint="Name the files instead.", status=4
        ) from None
    return done.returncode, done.stdout


def environment() -> dict[str, str]:
    """The variables of git; what they say from here holds where git is started, too."""
    here = {name: os.environ[name] for name in PLACES if os.environ.get(name)}
    return {**os.environ, **{name: os.path.abspath(path) for name, path in here.items()}}


def text(root: str, *arguments: str) -> str:
    """The first line that git prints, "" where it fails."""
    status, output = run(root, *arguments)
    return output.decode("utf-8", "surrogateescape").partition("\n")[0] if status == 0 else ""


NAME_FILES = "--staged and --changed need one; name the files instead."


def top(start: str, hint: str = NAME_FILES) -> str:
    """The top of the work tree; an error (status 4) outside of one."""
    found = text(start, "rev-parse", "--show-toplevel")
    if not found:
        _refused(os.path.abspath(start))
        raise MigralintError(
            f"{os.path.abspath(start)} is in no git work tree",
            hint=hint,
            status=4,
        )
    return os.path.normpath(found)


def _refused(folder: str) -> None:
    """In a container the files often belong to somebody else, and git will not touch them."""
    while not os.path.exists(os.path.join(folder, ".git")):
        if folder == os.path.dirname(folder):
            return
        folder = os.path.dirname(folder)
    raise MigralintError(
        f"git does not read the repository in {folder}",
        hint="`git status` there says why; in a container it may take "
        f"`git config --global --add safe.directory {folder}`.",
        status=4,
    )


def commit(root: str, revision: str) -> str:
    """The commit that the revision means, "" where this clone does not have it."""
    if not revision or revision.startswith("-"):
        return ""
    return text(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")


def staged(root: str) -> Changes:
    """What the index would commit; an added path is one that HEAD does not have."""
    base = commit(root, "HEAD") or text(root, "hash-object", "-t", "tree", "--stdin")
    return _changes(root, ["--cached", base], base, "HEAD")


def staged_since(root: str, base: str, how: str) -> Changes:
    """What the index has that the commit (or tree) does not."""
    return _changes(root, ["--cached", base], base, how)


def new_paths(root: str) -> tuple[str, ...]:
    """Staged paths that HEAD does not have, () outside of git: what a hook's commit adds."""
    return staged(root).added if os.path.exists(os.path.join(root, ".git")) else ()


def changed(root: str, base: str, how: str) -> Changes:
    """What the work tree has that the base commit does not, untracked files included."""
    found = _changes(root, [base], base, how)
    _, output = run(root, "ls-files", "--others", "--exclude-standard", "-z", "--", "*.sql")
    return Changes((*found.added, *_paths(output)), found.modified, found.deleted, base, how)


def _changes(root: str, arguments: Sequence[str], base: str, how: str) -> Changes:
    options = ("--raw", "--no-abbrev", "-z", "--no-renames", "--no-ext-diff", "--ignore-submodules")
    status, output = run(root, "-c", "core.fileMode=false", "diff", *options, *arguments, "--")
    if status:
        raise MigralintError(f"git cannot compare with {how}", status=4)
    words = _paths(output)
    found: dict[str, list[str]] = {"A": [], "M": [], "D": []}
    for told, path in zip(words[::2], words[1::2], strict=True):
        _, _, old, new, kind = told.split()
        if kind != "M" or old != new:  # else only its mode has changed
            found[kind if kind in found else "M"].append(path)
    return Changes(tuple(found["A"]), tuple(found["M"]), tuple(found["D"]), base, how)


def _paths(output: bytes) -> list[str]:
    return [os.fsdecode(word) for word in output.split(b"\0") if word]
