"""`lint --fix` and `--diff`: which findings may be fixed, fixed, and what then remains."""

from __future__ import annotations

import os

from migralint.cache import reads
from migralint.checking import check
from migralint.checking.finding import find
from migralint.checking.run import judged, settings_of
from migralint.fixing import edits, gate, patch, writing
from migralint.fixing.fix import fix, fixable
from migralint.model import Fixes, MigralintError, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migralint.checking import Request
    from migralint.config import Config
    from migralint.model import Finding, Migration, Report


def fixes(request: Request, write: bool, unapplied: bool = False) -> Fixes:
    """What is fixed and what remains; only `write` changes files.

    `unapplied` says that no database has applied the new migrations, so that none is asked.
    """
    reads.doubt()  # git and databases are asked, so that no later run can be given this answer
    check_fix(request, write)
    config = settings_of(request)
    found, remarks = find(request, config)
    plain = replace(request, style=False)  # taste neither fixes nor keeps from fixing

    def judge(texts: Sequence[Migration], how: Request = plain) -> Report:
        return judged(how, config, (replace(found, migrations=tuple(texts)), remarks))

    before = judge(found.migrations)
    asked = fixable(before, found.migrations)
    data = {path: bytes_of(request, config, path) for path in asked}
    migrations = [m for m in found.migrations if m.path in asked]
    refused, notes = refusals(request, config, migrations, data, unapplied)
    done = fix(found.migrations, before, judge, [path for path in asked if path not in refused])
    changed = {
        old.path: (old.text, new.text)
        for old, new in zip(found.migrations, done.migrations, strict=True)
        if old.text != new.text
    }
    after = {path: edits.encoded(new, data[path]) for path, (_, new) in changed.items()}
    if request.data is not None:
        after = after or {request.filename or "<stdin>": request.data}
    elif write:
        for path, made in after.items():
            writing.write(os.path.join(config.root, path), data[path], made)
    rest = judge(done.migrations, request) if request.style else done.report
    said = [*notes, *told(asked, refused), *map(kept_back, done.left)] if asked else []
    rest = _without_fixes(replace(rest, notes=(*said, *rest.notes), fixed=done.fixed))
    here = os.getcwd()
    diff = "".join(
        patch.unified(from_here(os.path.join(config.root, path), here), *texts)
        for path, texts in changed.items()
    )
    return Fixes(rest, done.fixed, diff, after)


def _without_fixes(report: Report) -> Report:
    """What could still be fixed has been refused: nobody is to do it from the report."""
    kept = (replace(f, fix=(), mended=()) if f.fix else f for f in report.findings)
    return replace(report, findings=tuple(kept))


def check_fix(request: Request, write: bool) -> None:
    check(request, fixing=True)
    if request.history:
        raise MigralintError("--history looks at names, which nothing fixes")
    if write and request.staged:
        raise MigralintError(
            "--fix changes files, and --staged checks what is in the index",
            hint="`migralint lint --staged --diff | git apply --index` fixes both; or "
            "`migralint lint --fix FILE`, then `git add FILE`.",
        )


def bytes_of(request: Request, config: Config, path: str) -> bytes:
    """The file as it was linted: that of the index where that was read."""
    if request.data is not None:
        return request.data
    if request.staged:
        from migralint.git.tree import Tree

        with Tree(config.root) as tree:
            return tree.read(path)
    with open(os.path.join(config.root, path), "rb") as file:
        return file.read()


def refusals(
    request: Request,
    config: Config,
    migrations: Sequence[Migration],
    data: Mapping[str, bytes],
    unapplied: bool,
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Path -> why it is not fixed. A text that is no file is nobody's migration yet."""
    paths = [migration.path for migration in migrations]
    if not paths or (request.data is not None and not request.filename):
        return {}, ()
    base = gate.base_of(config.root, request.base, request.changed)
    refused = gate.refusals(config.root, paths, base, request.staged)
    for migration in migrations:
        like = data[migration.path]
        if edits.encoded(migration.text, like) != like:
            refused.setdefault(migration.path, "its bytes are not those that were checked")
    new = [migration for migration in migrations if migration.path not in refused]
    notes = [gate.told(base)]
    if new and not unapplied:
        from migralint.fixing import applied

        answer = applied.ask(config, new, data)
        refused.update(answer.refused)
        notes += answer.notes
    return refused, tuple(notes)


def told(asked: Mapping[str, Sequence[Finding]], refused: Mapping[str, str]) -> list[str]:
    """A sentence for each reason, however many migrations it keeps from being fixed."""
    by_reason: dict[str, list[str]] = {}
    for path, why in refused.items():
        by_reason.setdefault(why, []).append(path)
    said = []
    for why, paths in by_reason.items():
        count = sum(len(asked[path]) for path in paths)
        others = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        said.append(f"not fixed, though {count} could be: {paths[0]}{others}: {why}")
    return said


def kept_back(finding: Finding) -> str:
    return (
        f"not fixed: {finding.rule} in {finding.path}:{finding.line}, because the linter would "
        "then report something else"
    )


def from_here(path: str, here: str) -> str:
    return os.path.relpath(path, here).replace(os.sep, "/")
