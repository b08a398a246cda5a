"""Findings with a fix -> migrations without them, as long as nothing else changes.

A fix is kept where the statements still do the same (meaning.py) and the linter reports nothing
that it did not report before. What a fix brings to light and can fix itself counts as one with it:
a guarded CREATE TABLE asks for a guard on the indexes that follow.
"""

from __future__ import annotations

from collections import Counter

from migralint.fixing import edits, meaning
from migralint.model import Record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from migralint.model import Edit, Finding, Migration, Report

    Judge = Callable[[Sequence[Migration]], Report]

MOST_ROUNDS = 50


class Fixed(Record):
    """The migrations with their new texts, what is reported of them, what has been fixed, and the
    findings whose fix would have changed more than the wording."""

    migrations: tuple[Migration, ...]
    report: Report
    fixed: tuple[Finding, ...] = ()
    left: tuple[Finding, ...] = ()


def fixable(report: Report, migrations: Sequence[Migration]) -> dict[str, list[Finding]]:
    """Path -> the findings that have a fix, in the order of the report."""
    paths = {m.path for m in migrations if m.report and not m.problem}
    found: dict[str, list[Finding]] = {}
    for finding in report.findings:
        if finding.fix and finding.path in paths:
            found.setdefault(finding.path, []).append(finding)
    return found


def fix(
    migrations: Sequence[Migration], report: Report, judge: Judge, paths: Collection[str]
) -> Fixed:
    """Fix what can be in the migrations of `paths`; `judge` says what is reported of texts."""
    state = Fixed(tuple(migrations), report)
    return _mended(state, judge, list(paths)) if paths else state


def _mended(state: Fixed, judge: Judge, paths: list[str]) -> Fixed:
    """All at once where that is right, else one half after the other: mostly, one file is odd."""
    tried = _settle(state, judge, paths)
    if _holds(state, tried):
        return tried
    if len(paths) == 1:
        return _one_by_one(state, judge, paths[0])
    half = len(paths) // 2
    return _mended(_mended(state, judge, paths[:half]), judge, paths[half:])


def _one_by_one(start: Fixed, judge: Judge, path: str) -> Fixed:
    """Each finding of the file by itself: those stay that would change more than the wording."""
    left: list[Finding] = []
    for _ in range(len(start.report.findings)):
        known = Counter(map(_key, left))
        open_ = [
            f for f in fixable(start.report, start.migrations).get(path, ()) if not known[_key(f)]
        ]
        if not open_:
            break
        tried = _made(start, judge, open_[:1])
        if _holds(start, tried):
            start = tried
        else:
            left.append(open_[0])
    return replace(start, left=(*start.left, *left))


def _settle(state: Fixed, judge: Judge, paths: Collection[str]) -> Fixed:
    """Round after round, until nothing is left that has a fix."""
    for _ in range(MOST_ROUNDS):
        found = fixable(state.report, state.migrations)
        wanted = [finding for path in paths for finding in found.get(path, ())]
        if not wanted:
            break
        state = _made(state, judge, wanted)
    return state


def _made(state: Fixed, judge: Judge, wanted: Sequence[Finding]) -> Fixed:
    by_path: dict[str, list[Edit]] = {}
    for finding in wanted:
        by_path.setdefault(finding.path, []).extend(finding.fix)
    fitting = {path: edits.fitting(found) for path, found in by_path.items()}
    done = [f for f in wanted if all(edit in fitting[f.path] for edit in f.fix)]
    made = {path: [e for f in done if f.path == path for e in f.fix] for path in fitting}
    migrations = tuple(_with(m, edits.fitting(made.get(m.path, ()))) for m in state.migrations)
    return replace(
        state, migrations=migrations, report=judge(migrations), fixed=(*state.fixed, *done)
    )


def _with(migration: Migration, made: Sequence[Edit]) -> Migration:
    if not made:
        return migration
    forward = migration.forward and tuple(
        (edits.moved(start, made), edits.moved(end, made)) for start, end in migration.forward
    )
    return replace(migration, text=edits.edited(migration.text, made), forward=forward)


def _holds(before: Fixed, after: Fixed) -> bool:
    """Nothing new is reported, something is fixed, and every statement does what it did."""
    new = Counter(map(_key, after.report.findings)) - Counter(map(_key, before.report.findings))
    if new or after.report.errors:
        return False
    pairs = zip(before.migrations, after.migrations, strict=True)
    return all(old.text == new.text or meaning.same(old, new) for old, new in pairs)


def _key(finding: Finding) -> tuple[str, str, str, str]:
    return finding.rule, finding.path, finding.operation, finding.object
