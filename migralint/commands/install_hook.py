"""Have git ask migralint before each commit.

Where a hook manager is at work (pre-commit, lefthook, husky, lint-staged, simple-git-hooks) its
snippet is printed, to be put in by hand, and nothing is written. Elsewhere the hook itself is
written, where git looks for it; a hook that somebody else has made is left alone.
"""

from __future__ import annotations

import os

from migralint import __version__
from migralint.commands import terminal
from migralint.model import MigralintError, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable

MARK = "# made by `migralint install-hook`, which writes it anew; delete the file to be rid of it"
CHECK = "migralint lint --staged"
# Where git was started from a window there is no virtual environment on the PATH, so the Python
# that wrote the hook is the second choice. Without either the commit is refused: a check that did
# not run must not look like one that found nothing.
HOOK = """\
#!/bin/sh
{mark}
if command -v migralint >/dev/null 2>&1; then
    exec migralint lint --staged --quiet
fi
python={python}
if [ -x "$python" ]; then
    exec "$python" -m migralint lint --staged --quiet
fi
echo "migralint is not installed, so the migrations of this commit were not checked." >&2
echo "Install it (pipx install migralint), or commit with --no-verify." >&2
exit 1
"""
PRE_COMMIT = """\
repos:
  - repo: https://github.com/migralint/migralint
    rev: v{version}
    hooks:
      - id: migralint
"""
LEFTHOOK = f"""\
pre-commit:
  jobs:
    - name: migralint
      run: {CHECK}
"""
# lint-staged matches a glob without a slash against the name in any folder
LINT_STAGED = """\
"lint-staged": {
  "**/{migrations,migrate,migration,drizzle}/**/*.sql": "migralint lint",
  "{package.json,Dockerfile*,Makefile,*.sh}": "migralint lint"
}
"""
SIMPLE_GIT_HOOKS = f"""\
"simple-git-hooks": {{
  "pre-commit": "{CHECK}"
}}
"""


class Manager(Record):
    """A hook manager: `files` give it away, or the key of that name in package.json.

    `where` is the file that takes `snippet`, unless one of `files` is there already, and `then` is
    what to do after that.
    """

    name: str
    files: tuple[str, ...]
    where: str
    snippet: str
    key: str = ""
    then: str = ""


PATH_NOTE = "migralint has to be on the PATH (pipx install migralint)."
LEFTHOOK_FILES = tuple(
    f"{start}.{end}" for start in ("lefthook", ".lefthook") for end in ("yml", "yaml")
)
LINT_STAGED_FILES = (
    *(".lintstagedrc", ".lintstagedrc.json", ".lintstagedrc.yaml", ".lintstagedrc.yml"),
    *(".lintstagedrc.js", ".lintstagedrc.mjs", ".lintstagedrc.cjs"),
    *("lint-staged.config.js", "lint-staged.config.mjs", "lint-staged.config.cjs"),
    *("lint-staged.config.ts", "lint-staged.config.mts"),
)
# The first that is found is the one. Those that take a command come before lint-staged, which hands
# over names of files only: it never tells of a migration that was deleted.
MANAGERS = (
    Manager(
        "pre-commit",
        (".pre-commit-config.yaml", ".pre-commit-config.yml"),
        ".pre-commit-config.yaml",
        PRE_COMMIT,
        then="Then run `pre-commit install`, if you have not yet.",
    ),
    Manager("lefthook", LEFTHOOK_FILES, "lefthook.yml", LEFTHOOK, "lefthook", PATH_NOTE),
    Manager("husky", (".husky/",), ".husky/pre-commit", f"{CHECK}\n", "husky", PATH_NOTE),
    Manager(
        "simple-git-hooks",
        tuple(f"{start}simple-git-hooks.{e}" for start in (".", "") for e in ("json", "js", "cjs")),
        "package.json",
        SIMPLE_GIT_HOOKS,
        "simple-git-hooks",
        f"Then run `npx simple-git-hooks`. {PATH_NOTE}",
    ),
    Manager(
        "lint-staged", LINT_STAGED_FILES, "package.json", LINT_STAGED, "lint-staged", PATH_NOTE
    ),
)


def add_arguments(parser: ArgumentParser) -> None:
    pass


def run(args: Namespace) -> int:
    from migralint import git

    root = git.top(os.getcwd(), hint="Make it one: `git init`; then again.")
    for manager in MANAGERS:
        found = trace(manager, root)
        if found:
            terminal.say(advice(manager, found))
            return 0
    path = hook_path(root)
    again = install(path)
    shown = os.path.relpath(path, os.getcwd())
    terminal.say(
        f"{'Renewed' if again else 'Wrote'} {shown}: it runs `{CHECK}` before each commit."
    )
    return 0


def trace(manager: Manager, root: str) -> str:
    """What in the project's folder shows that it uses this manager, "" for nothing."""
    for name in manager.files:
        there: Callable[[str], bool] = os.path.isdir if name.endswith("/") else os.path.isfile
        if there(os.path.join(root, name)):
            return name
    return "package.json" if manager.key and manager.key in _package(root) else ""


def _package(root: str) -> frozenset[str]:
    """The keys of package.json and the packages that it names."""
    import json

    try:
        with open(os.path.join(root, "package.json"), "rb") as file:
            content = json.load(file)
    except (OSError, ValueError, RecursionError):
        return frozenset()
    if not isinstance(content, dict):
        return frozenset()
    named = [content.get("dependencies"), content.get("devDependencies"), content]
    return frozenset(name for some in named if isinstance(some, dict) for name in some)


def advice(manager: Manager, found: str) -> str:
    """What to type where, in words."""
    named = found in manager.files and not found.endswith(("/", "js", "ts"))
    where = found if named else manager.where
    snippet = manager.snippet.replace("{version}", __version__)
    lines = "".join(f"    {line}\n" for line in snippet.splitlines())
    said = f"This project uses {manager.name} ({found}), so nothing was written. Add to {where}:"
    return f"{said}\n\n{lines}\n{manager.then}\n"


def hook_path(root: str) -> str:
    """Where git looks for the hook: right in linked work trees, and where core.hooksPath is set."""
    from migralint import git

    relative = git.text(root, "rev-parse", "--git-path", "hooks/pre-commit")
    path = os.path.normpath(os.path.join(root, relative))
    common = os.path.join(root, git.text(root, "rev-parse", "--git-common-dir"))
    inside = (os.path.realpath(root), os.path.realpath(common))
    folder = os.path.dirname(path)
    if not os.path.realpath(folder).startswith(tuple(f"{each}{os.sep}" for each in inside)):
        raise MigralintError(
            f"core.hooksPath sends git to {folder}, which other repositories share",
            hint=f"Add this line to the hook there: {CHECK} || exit 1",
        )
    return path


def install(path: str) -> bool:
    """Write the hook; True where one of ours was there."""
    import shlex
    import sys

    again = os.path.lexists(path)
    if again and not _is_ours(path):
        raise MigralintError(
            "there is a hook already, and it is not ours",
            path=path,
            hint=f"Add this line to it: {CHECK} || exit 1",
        )
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        terminal.write_file(path, HOOK.format(mark=MARK, python=shlex.quote(sys.executable)))
        os.chmod(path, 0o755)
    except OSError as error:
        raise MigralintError(f"cannot write {path}: {error.strerror or error}", status=4) from error
    return again


def _is_ours(path: str) -> bool:
    if os.path.islink(path):
        return False  # what it leads to may be used elsewhere, too
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return MARK in file.read(10_000)
    except OSError:
        return False
