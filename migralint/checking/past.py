"""What a run knows of the past: the baseline, the base of its change set, the old configuration."""

from __future__ import annotations

from migralint import history
from migralint.config import BASELINE, beside
from migralint.discover import within
from migralint.history.paths import shell
from migralint.light import later
from migralint.model import MigralintError, Remark, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from migralint import baseline
    from migralint.config import Config
    from migralint.discover import Project
    from migralint.git import Changes
    from migralint.model import Base, Migration
    from migralint.rules import Rule
    from migralint.source import Source
else:
    baseline = later("migralint.baseline")


def settle(
    config: Config,
    found: Project,
    source: Source,
    today: str,
    *,
    changes: Changes | None = None,
    old: Source | None = None,
    paths: Sequence[str] | None = None,
    rules: Callable[[], Sequence[Rule]],
) -> tuple[Project, tuple[Remark, ...]]:
    """The project with what is no news as context, and the remarks on it.

    `changes` are those since `old`, the base; `paths` what was named, None for all; `source` is
    where the project was read from.
    """
    named = None if paths is None else [within(config.root, path) for path in paths]
    place = beside(config.path, BASELINE)
    entries = baseline.read(source, place) if source.exists(place) else {}
    base = None
    if changes is not None and old is not None:
        from migralint.discover.at_base import find_base

        base = find_base(config, old, changes, found.folders, named or ())
    past = history.compare(
        found.migrations,
        found.folders,
        base,
        name_form=config.migration_name,
        today=today,
        named=named,
    )
    migrations, exempt = _context(found.migrations, past.moved), 0
    remarks = _merged(past.remarks)
    if entries:
        migrations, exempt = baseline.exempted(migrations, entries)
        whole = named is None and base is None
        stale = baseline.stale(migrations, found.folders, entries, place, whole)
        remarks = _merged([*stale, *past.remarks])
    if base and old is not None and changes is not None:
        remarks += _settings(config, found, old, base, rules)
        remarks += _growth(found, base, entries, place, old)
        remarks += _schemas(config, source, old, changes, base)
    number = "1 migration is" if exempt == 1 else f"{exempt} migrations are"
    notes = [f"{number} in {place}: context, not reported"] * bool(exempt)
    if config.sizes:
        from migralint.knowledge.sizes import note

        notes.append(note(config.sizes, today))
    if past.moved:
        notes.append(f"{len(past.moved)} migrations were moved with their folder, unchanged")
    return replace(found, migrations=migrations, notes=(*found.notes, *notes)), tuple(remarks)


def _context(migrations: Sequence[Migration], moved: frozenset[str]) -> tuple[Migration, ...]:
    return tuple(
        replace(m, report=False, pending=False) if m.path in moved else m for m in migrations
    )


def _merged(remarks: Sequence[Remark]) -> list[Remark]:
    """One remark a path; what a later one says counts."""
    found: dict[str, Remark] = {}
    for remark in remarks:
        known = found.get(remark.path)
        facts = {**known.facts, **remark.facts} if known else remark.facts
        found[remark.path] = replace(remark, facts=facts)
    return list(found.values())


def _settings(
    config: Config, found: Project, old: Source, base: Base, rules: Callable[[], Sequence[Rule]]
) -> Iterator[Remark]:
    """What the change set takes back of the configuration beside what this lets through."""
    concerned = any(m.report for m in found.migrations) or found.scripts
    if not config.path or config.path not in base.texts or not concerned:
        return
    from migralint.config import parse
    from migralint.history.settings import weakened
    from migralint.judging import presets_of

    severities = {rule.id: (rule.preset, str(rule.severity)) for rule in rules()}

    def default(rule: str) -> str:
        preset, severity = severities.get(rule, ("", "off"))
        return severity if preset in presets_of(config.preset) else "off"

    before = parse(base.texts[config.path], config.path, config.root)
    for what, line in weakened(before, config, default):
        yield _weaker(config.path, line, what, base)


def _weaker(path: str, line: int, what: str, base: Base) -> Remark:
    facts = {"path": path, "shell_path": shell(path), "weakened": what}
    return Remark(path, {**facts, "base": base.revision, "base_name": base.how}, line)


def _growth(
    found: Project, base: Base, entries: Mapping[str, str], place: str, old: Source
) -> Iterator[Remark]:
    """New migrations that the change set puts into the baseline."""
    if not entries or not old.exists(place):
        return
    known = baseline.read(old, place)
    old.close()
    new = [p for p in base.added if p in entries and p not in known]
    if new:
        more = f" and {len(new) - 1} more" if len(new) > 1 else ""
        yield _weaker(place, 1, f"{new[0]}{more}, new in this change, is exempt now", base)


def _schemas(
    config: Config, source: Source, old: Source, changes: Changes, base: Base
) -> Iterator[Remark]:
    """Schemas that have changed while their folder of migrations has got nothing."""
    from migralint.discover.finding import Found
    from migralint.discover.reading import decode
    from migralint.discover.schemas import migrations_of

    before = Found(config, old)
    for path in (p for p in changes.modified if p in base.texts):
        folder = migrations_of(before, path)
        has_new = any(p.startswith(folder + "/") for p in changes.added)
        if not folder or has_new or not source.exists(path):
            continue
        if path.endswith(".prisma"):
            from migralint.history.prisma_schema import changed
        else:
            from migralint.history.drizzle_schema import changed
        try:
            now = decode(source.read(path))[0]
        except OSError as error:
            raise MigralintError(f"cannot be read: {error.strerror or error}", path=path) from None
        what = changed(base.texts[path], now)
        if what:
            more = f" and {len(what) - 3} more" if len(what) > 3 else ""
            facts = {"schema_changed": ", ".join(what[:3]) + more, "migrations": folder}
            yield Remark(
                path, {"path": path, **facts, "base_name": base.how}, layout=before.layout(folder)
            )
    source.close()
    old.close()
