"""Which migrations may be fixed, as far as git knows: those that the base branch does not have.

What is merged counts as applied somewhere, and editing what is applied is worse than what a fix
mends. Where git cannot say what is new, nothing is.
"""

from __future__ import annotations

import os

from migralint import git
from migralint.git import comparison
from migralint.git.tree import Tree
from migralint.model import MigralintError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from migralint.git.comparison import Base

WAY_ROUND = "a new migration makes the change; `migralint lint - <FILE --diff` shows this one"


def base_of(root: str, asked: str, changed: bool) -> Base:
    """The base as `lint` finds it; a hint more where there is none."""
    find = comparison.find if changed else comparison.of_commit
    try:
        return find(git.top(root), asked)
    except MigralintError as error:
        raise MigralintError(
            f"which migrations are new? {error.message}",
            hint=f"{error.hint} Only new migrations are fixed. `migralint lint - --fix <FILE` "
            "prints a text with its fixes and asks nobody.",
            status=error.status,
        ) from None


def refusals(root: str, paths: Iterable[str], base: Base, staged: bool = False) -> dict[str, str]:
    """Path -> why it is not fixed, for those of the paths (relative to `root`) that are not new."""
    top = git.top(root)
    found: dict[str, str] = {}
    blobs: dict[str, str] = {}
    for commit in dict.fromkeys((base.commit, base.tip)):
        blobs.update(Tree(top, commit).blobs() if commit else {})
    twins = {blob: path for path, blob in blobs.items() if path.endswith(".sql")}
    for path in paths:
        why = next(_reasons(root, top, path, base, blobs, twins, staged), "")
        if why:
            found[path] = why
    return found


def _reasons(
    root: str,
    top: str,
    path: str,
    base: Base,
    blobs: Mapping[str, str],
    twins: Mapping[str, str],
    staged: bool,
) -> Iterator[str]:
    whole = os.path.join(root, path)
    real = os.path.realpath(whole)
    if not staged and _repository(os.path.dirname(real)) != os.path.realpath(top):
        yield "it lies in another repository, or in none: fix it there"
        return
    for place in dict.fromkeys((os.path.normpath(whole), real)):
        if os.path.relpath(place, os.path.realpath(top)).replace(os.sep, "/") in blobs:
            yield f"{_name(base)} has it; {WAY_ROUND}"
    blob = Tree(top).blobs().get(path, "") if staged else git.text(top, "hash-object", "--", real)
    if blob in twins:
        yield f"{_name(base)} has it as {twins[blob]}; {WAY_ROUND}"


def _repository(folder: str) -> str:
    """The top of the repository that the folder is in, "" for none. Not asked of git, to which a
    hook's GIT_DIR says more than where it is."""
    while not os.path.exists(os.path.join(folder, ".git")):
        folder, below = os.path.dirname(folder), folder
        if folder == below:
            return ""
    return folder


def _name(base: Base) -> str:
    return base.how.removeprefix("the merge base with ").removeprefix("--base ")


def told(base: Base) -> str:
    """For a person: what the new migrations are new against."""
    return f"--fix mends new migrations only, compared with {base.how}"
