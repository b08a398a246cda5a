"""What a run is about: the files that are named or found, what git says has changed, or a text."""

from __future__ import annotations

import os
import time

from migralint.checking import settings
from migralint.model import MigralintError, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from migralint.checking import Request
    from migralint.config import Config
    from migralint.discover import Project
    from migralint.model import Remark
    from migralint.source import Source

    Found = tuple[Project, tuple[Remark, ...]]


def today() -> str:
    return time.strftime("%Y-%m-%d")


def find(request: Request, config: Config) -> Found:
    from migralint.discover import NothingFound, Project, discover
    from migralint.source import WorkTree

    if request.data is not None:
        return _text(request, config, request.data), ()
    paths = [os.path.abspath(path) for path in request.paths]
    if request.way:
        return _changed(request, config, paths)
    added: tuple[str, ...] = ()
    if sum(path.endswith(".sql") for path in paths) > 1:
        from migralint import git

        # what a hook's commit adds is pending, one after the other
        added = git.new_paths(config.root)
    tree = WorkTree(config.root)
    try:
        found = discover(paths, config, tree, added=added, force_exclude=request.force_exclude)
    except NothingFound as nothing:
        if not nothing.scripts:
            raise
        found = Project(scripts=nothing.scripts, errors=(nothing,))  # what they run is told as well
    return _settled(request, config, found, tree, paths=paths or None)


def _settled(
    request: Request, config: Config, found: Project, source: Source, **more: Any
) -> Found:
    from migralint.checking import past

    rules = lambda: settings.rules_for(config, request.cache)  # noqa: E731
    return past.settle(config, found, source, today(), rules=rules, **more)


def _changed(request: Request, config: Config, paths: list[str]) -> Found:
    """What a change set is about. A commit that is being made is read from the index; what it adds
    is what HEAD lacks, and what it may not touch is what the base branch has."""
    from migralint import git
    from migralint.discover import discover
    from migralint.git import comparison
    from migralint.git.tree import Tree
    from migralint.source import WorkTree

    root = git.top(config.root)
    source: Source = WorkTree(root) if request.changed else Tree(root)
    find = comparison.find if request.changed else comparison.of_commit
    unknown = ""
    try:
        start = find(root, request.base)
    except MigralintError as error:
        if not request.staged or request.base:
            raise
        # what is staged is known all the same; only what may not be touched is not
        start = comparison.Base(git.staged(root).base, "HEAD")
        unknown = f" ({error.message}; --base names it)"
    since = git.changed if request.changed else git.staged_since
    changes = since(root, start.commit, start.how)
    about = git.staged(root) if request.staged else changes
    found = discover(paths, config, source, about)
    old = Tree(root, start.commit)
    found, remarks = _settled(
        request, config, found, source, changes=changes, old=old, paths=paths or None
    )
    some = any(migration.report for migration in found.migrations) or found.scripts or remarks
    compared = f"compared with {changes.how}{unknown}"
    note = compared if some else f"no migration and no script has changed, {compared}"
    return replace(found, notes=(*found.notes, note)), remarks


def _text(request: Request, config: Config, data: bytes) -> Project:
    from migralint.discover import Project, discover
    from migralint.discover.finding import within
    from migralint.discover.reading import decode
    from migralint.model import Migration
    from migralint.source import Replaced, WorkTree

    if request.filename:
        path = within(config.root, os.path.abspath(request.filename))
        return discover([path], config, Replaced(WorkTree(config.root), path, data))
    text, problem, line = decode(data)
    dialect = config.dialect or "postgres"
    layout = config.layout or "plain"
    migration = Migration(
        "<stdin>", text, "", "", layout, dialect, problem=problem, problem_line=line
    )
    return Project((migration,), layouts=(layout,))
