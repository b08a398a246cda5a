"""Which entries of `allow:` a run may call unused: it has looked at all they could be about."""

from __future__ import annotations

import os
import posixpath

from migralint.cache import reads
from migralint.discover import within
from migralint.judging import is_on
from migralint.suppressions import concerns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migralint.checking import Request
    from migralint.config import Allow, Config
    from migralint.discover import Project
    from migralint.rules import Rule


def judged(
    request: Request, config: Config, found: Project, rules: Sequence[Rule]
) -> frozenset[int]:
    """The lines of the entries that are unused if they silence nothing in this run.

    Where something is new it says nothing of them: that counts as pending, and fewer rules fire.
    """
    if any(migration.pending for migration in found.migrations):
        return frozenset()
    folders = tuple(_folders(request.paths, config.root))
    by_id = {rule.id: rule for rule in rules}
    return frozenset(
        allow.line
        for allow in config.allow
        if allow.rule in by_id
        and _is_steady(by_id[allow.rule], config)
        and any(_is_below(allow.path, folder) for folder in folders)
        and _was_looked_at(allow, config, found)
    )


def _folders(paths: Sequence[str], root: str) -> Iterator[str]:
    """The folders of which all was looked at; "." is the whole project."""
    for path in paths:
        if os.path.isdir(path):
            yield within(root, os.path.abspath(path))
    if not paths:
        yield "."


def _is_steady(rule: Rule, config: Config) -> bool:
    """Does it say the same in every run, whatever the base, and everywhere in the project?"""
    somewhere_off = any(override.rules.get(rule.id) == "off" for override in config.overrides)
    return is_on(rule, config) and not somewhere_off and rule.category != "history"


def _is_below(path: str, folder: str) -> bool:
    place = _place(path)
    return folder == "." or place == folder or place.startswith(f"{folder}/")


def _place(path: str) -> str:
    """The path of an entry, of a glob the folder in which it begins ("" for the root)."""
    plain = path.partition("*")[0].partition("?")[0]
    return path if plain == path else posixpath.dirname(plain)


def _was_looked_at(allow: Allow, config: Config, found: Project) -> bool:
    """Nothing that the entry means was context only, or is there and was left out."""
    about = [m for m in found.migrations if concerns(allow, m.path, m.text)]
    if any(not m.report or m.problem for m in about):
        return False
    looked_at = [*(m.path for m in found.migrations), *(s.path for s in found.scripts)]
    known = any(_is_below(path, _place(allow.path) or ".") for path in looked_at)
    return known or not reads.exists(os.path.join(config.root, _place(allow.path)))
