"""`lint --fix --split`: the wording of new migrations mended, and what is dangerous in them taken
apart into steps that are new migrations."""

from __future__ import annotations

import os

from migralint.cache import reads
from migralint.checking import fixes, settings
from migralint.checking.finding import find
from migralint.checking.run import judged, settings_of
from migralint.fixing import edits, patch, split, writing
from migralint.fixing.fix import fix, fixable
from migralint.model import Fixes, MigralintError, Record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from migralint.checking import Request
    from migralint.config import Config
    from migralint.fixing.split import Split
    from migralint.model import Finding, Listing, Migration, Report
    from migralint.rules import Rule

    Judge = Callable[[Sequence[Migration]], Report]


class Apart(Record):
    """The migrations with the steps among them, what is reported of them, and each split."""

    migrations: tuple[Migration, ...]
    report: Report
    made: tuple[Split, ...] = ()


def splits(request: Request, write: bool, unapplied: bool = False) -> Fixes:
    """What is mended and taken apart, and what remains; only `write` changes files."""
    reads.doubt()  # as for --fix: git and databases are asked
    _check(request, write)
    config = settings_of(request)
    found, remarks = find(request, config)
    plain = replace(request, style=False)
    rules = settings.rules_for(config)

    def judge(texts: Sequence[Migration]) -> Report:
        return judged(plain, config, (replace(found, migrations=tuple(texts)), remarks))

    before = judge(found.migrations)
    asked = _asked(before, found.migrations, rules)
    data = {path: fixes.bytes_of(request, config, path) for path in asked}
    new = [m for m in found.migrations if m.path in asked]
    refused, notes = fixes.refusals(request, config, new, data, unapplied)
    open_ = [path for path in asked if path not in refused]
    start = Apart(found.migrations, before)
    apart = _apart(start, open_, rules, config, judge, found.folders)
    steps = [m.path for one in apart.made for m in one.migrations]
    wording = set(fixable(apart.report, apart.migrations)) & {*open_, *steps}
    mended = fix(apart.migrations, apart.report, judge, sorted(wording))
    after = _after(found.migrations, mended.migrations, apart, data)
    if write:
        _write(config.root, after, data)
    said = (
        [*notes, *fixes.told(asked, refused), *map(fixes.kept_back, mended.left)] if asked else []
    )
    report = _report(mended.report, (*said, *_told(apart)), apart, mended.fixed)
    old = {m.path: m.text for m in found.migrations}
    return Fixes(report, report.fixed, _diff(config.root, old, after, data), after)


def _report(rest: Report, notes: Sequence[str], apart: Apart, mended: Sequence[Finding]) -> Report:
    """What remains; a finding that only stands in another file now has not gone."""
    steps = {m.path for one in apart.made for m in one.migrations}
    still = {(f.rule, f.object) for f in rest.findings if f.path in steps}
    taken = (f for one in apart.made for f in one.done if (f.rule, f.object) not in still)
    kept = tuple(replace(f, fix=(), mended=()) if f.fix else f for f in rest.findings)
    return replace(rest, findings=kept, notes=(*notes, *rest.notes), fixed=(*taken, *mended))


def _after(
    old: Sequence[Migration],
    new: Sequence[Migration],
    apart: Apart,
    data: Mapping[str, bytes],
) -> dict[str, bytes]:
    """The bytes of each file that is new or other than before; the steps in their order."""
    before = {m.path: m.text for m in old}
    texts = {m.path: m.text for m in new if m.text != before.get(m.path)}
    for one in apart.made:
        for file in one.files:
            texts.setdefault(file.path, file.text)  # beside a step
    return {path: edits.encoded(text, data.get(path, b"")) for path, text in texts.items()}


def _check(request: Request, write: bool) -> None:
    if request.data is not None:
        raise MigralintError(
            "--split makes new files, and a text has no folder", hint="Name the file."
        )
    if request.staged:
        raise MigralintError(
            "--split makes new files, which are not in the index",
            hint="`migralint lint --fix --split FILE`, then `git add` what it names.",
        )
    fixes.check_fix(request, write)


def _asked(
    report: Report, migrations: Sequence[Migration], rules: Sequence[Rule]
) -> dict[str, list[Finding]]:
    """Path -> the findings that can be mended or taken apart."""
    asked = fixable(report, migrations)
    readable = {m.path for m in migrations if m.report and not m.problem}
    for path, found in split.offered(report.findings, rules).items():
        if path in readable:
            asked.setdefault(path, []).extend(found)
    return asked


def _apart(
    apart: Apart,
    paths: Sequence[str],
    rules: Sequence[Rule],
    config: Config,
    judge: Judge,
    folders: Sequence[Listing],
) -> Apart:
    """One migration after the other; the steps of the one are context for the next."""
    from migralint.runner.naming import stamp

    now = stamp()
    for path in paths:
        said = apart.report.findings
        if path not in split.offered(said, rules):
            continue
        made = split.split(apart.migrations, path, said, rules, config, judge, now, folders)
        apart = replace(apart, made=(*apart.made, made))
        if made.files:
            at = next(i for i, m in enumerate(apart.migrations) if m.path == path)
            known = apart.migrations
            joined = (*known[:at], made.migrations[0], *known[at + 1 :], *made.migrations[1:])
            apart = replace(apart, migrations=joined, report=judge(joined))
    return apart


def _write(root: str, after: Mapping[str, bytes], data: Mapping[str, bytes]) -> None:
    """The new files first: where one cannot be written, no old one has been touched."""
    split.create(root, {path: made for path, made in after.items() if path not in data})
    for path, made in after.items():
        if path in data:
            writing.write(os.path.join(root, path), data[path], made)


def _told(apart: Apart) -> list[str]:
    """What was made, for whom to do what, and what could not be taken apart, with the reason."""
    said = []
    for one in apart.made:
        said += [f"{file.path}: step {file.title}" for file in one.files if file.title]
        said += list(one.notes)
        said += [f"not split: {f.rule} in {f.path}:{f.line}: {why}" for f, why in one.refused]
    return said


def _diff(
    root: str, old: Mapping[str, str], after: Mapping[str, bytes], data: Mapping[str, bytes]
) -> str:
    from migralint.discover import decode

    here = os.getcwd()
    parts = []
    for path, made in after.items():
        shown = fixes.from_here(os.path.join(root, path), here)
        diff = patch.unified(shown, old.get(path, ""), decode(made)[0])
        new = f"--- /dev/null\n{diff.partition(chr(10))[2]}"
        parts.append(diff if path in data else new)
    return "".join(parts)
