"""The rules in force, and what they say of the operations of one file."""

from __future__ import annotations

from migralint.firing import Firing
from migralint.knowledge.schema import Schema
from migralint.knowledge.timeline import Timeline, View
from migralint.light import later
from migralint.model import (
    Edit,
    Finding,
    Migration,
    Operation,
    Record,
    Severity,
    Statement,
    Suppressed,
    replace,
)
from migralint.writer import Writer, with_fixes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from typing import Any

    from migralint import suppressions
    from migralint.config import Config
    from migralint.config.patterns import ByPath
    from migralint.findings import Found
    from migralint.model import Step
    from migralint.rules import Rule
    from migralint.suppressions import Suppression

    Said = tuple[list[Found], list[Suppressed]]
else:
    suppressions = later("migralint.suppressions")

_PRESETS = {"recommended": ("recommended",), "strict": ("recommended", "strict")}


class Result(Record):
    """What one file has come to: a function of it, of what stands before it, and of the rules."""

    statements: int
    findings: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...] = ()
    steps: tuple[Step, ...] = ()


class Judge:
    """The rules of a run. `today` (YYYY-MM-DD) decides which suppressions have expired."""

    def __init__(self, rules: Sequence[Rule], config: Config, today: str) -> None:
        self.rules = rules
        self.config = config
        self.today = today
        self.known = {rule.id for rule in rules}
        self._in_force: dict[tuple[object, ...], Mapping[str, Firing]] = {}
        self._allows: ByPath | None = None
        self._overrides: ByPath | None = None

    def judge(self, timeline: Timeline, statements: Sequence[Statement] = ()) -> Said:
        """Match the rules on every operation, then on the suppressions themselves."""
        migration = timeline.migration
        allowed = self._allowed(migration, statements)
        places = suppressions.by_place(allowed, self.today) if allowed else {}
        by_kind = self.in_force(migration)
        used: set[int] = set()
        once: dict[tuple[str, int], int] = {}  # where its finding is, -1 if silenced
        fixes: dict[int, list[Edit]] = {}  # of more operations, for the finding at that place
        writer = Writer(migration, self.config)
        findings: list[Found] = []
        silenced: list[Suppressed] = []
        for view in timeline.views:
            every = by_kind[view.operation.kind].on(view)
            if not every or view.fact("idle") is True:
                continue
            start = view.operation.statement.start
            for known, unknown, case in every:
                rule = known.rule
                if rule.per == "statement" and (rule.id, start) in once:
                    first = once[rule.id, start]
                    if rule.fix and first >= 0 and (more := writer.edits(rule, view)):
                        fixes.setdefault(first, []).extend(more)
                    continue
                finding = writer.finding(known.rule, known.severity, view, unknown, case)
                found = suppressions.find(places, rule.id, start) if places else None
                once[rule.id, start] = len(findings) if found is None else -1
                if found is None:
                    findings.append(finding)
                else:
                    used.add(found)
                    silenced.append(
                        Suppressed(finding, allowed[found].reason, allowed[found].source)
                    )
        for place, edits in fixes.items():
            with_fixes(findings[place], edits)
        findings += self._suppressions(timeline, allowed, used, writer)
        return findings, silenced

    def _allowed(self, migration: Migration, statements: Sequence[Statement]) -> list[Suppression]:
        """What the file's comments and the configuration allow in it; mostly nothing."""
        found: list[Suppression] = []
        if "migralint:" in migration.text:
            found += suppressions.in_comments(migration, statements)
        if self.config.allow:
            self._allows = self._allows or suppressions.by_file(self.config)
            path, text = migration.path, migration.text
            found += suppressions.in_configuration(self.config, self._allows, path, text)
        return found

    def _suppressions(
        self, timeline: Timeline, allowed: list[Suppression], used: set[int], writer: Writer
    ) -> Iterator[Found]:
        migration = timeline.migration
        by_kind = self.in_force(migration)
        off = {rule.id for rule in self.rules if not is_on(rule, self.config)} if allowed else ()
        for index, suppression in enumerate(allowed):
            if suppression.start < 0:
                continue  # an entry of the configuration: see `configured`
            needed = index in used or suppression.rule in off  # in another run, say that of `apply`
            facts = suppressions.facts(suppression, self.known, needed, self.today)
            span = (suppression.line, suppression.start, suppression.end)
            view = View(stand_in(migration, "suppression", facts, *span), timeline, 0)
            yield from _findings(view, by_kind, writer)

    def configured(self, idle: Collection[int]) -> Iterator[Found]:
        """What is wrong with the configuration's own suppressions, at their lines there; those at
        the lines of `idle` are unused."""
        config = self.config
        if not config.allow:
            return
        file = Migration(config.path, "", "", "", "", "postgres")
        timeline = Timeline(file, [], Schema(), config, frozenset())
        by_kind = self.in_force(file)
        for allow in config.allow:
            entry = suppressions.Suppression(
                allow.rule, allow.reason, allow.until, -1, "", allow.line
            )
            facts = suppressions.facts(entry, self.known, allow.line not in idle, self.today)
            view = View(stand_in(file, "suppression", facts, allow.line), timeline, 0)
            yield from _findings(view, by_kind, Writer(file, config))

    def in_force(self, migration: Migration) -> Mapping[str, Firing]:
        """The rules in force for a file: those of the run with the overrides that match it."""
        config, path = self.config, migration.path
        numbers = sorted(self._overriding(path)) if config.overrides else ()
        key = (migration.dialect, *numbers)
        if key not in self._in_force:
            changed = dict(config.rules)
            for number in numbers:
                changed.update(config.overrides[number].rules)
            settings = replace(config, rules=changed) if numbers else config
            self._in_force[key] = _ByKind(self.rules, settings, migration.dialect)
        return self._in_force[key]

    def _overriding(self, path: str) -> set[int]:
        """The numbers of the overrides that match the file."""
        if self._overrides is None:
            from migralint.config.patterns import ByPath

            self._overrides = ByPath(override.files for override in self.config.overrides)
        return self._overrides.of(path)


def presets_of(preset: str) -> tuple[str, ...]:
    """The presets whose rules are on in this one."""
    return _PRESETS.get(preset, ("recommended", "strict", "optional"))


def is_on(rule: Rule, config: Config) -> bool:
    said = config.rules.get(rule.id, "")
    return said != "off" and (bool(said) or rule.preset in presets_of(config.preset))


def stand_in(
    migration: Migration,
    kind: str,
    facts: Mapping[str, Any],
    line: int,
    start: int = 0,
    end: int = 0,
) -> Operation:
    """An operation that no statement makes: the migration itself, a comment, a file."""
    column = start - migration.text.rfind("\n", 0, start) if start else 1
    statement = Statement(migration.text[start:end], start, end, line, column)
    return Operation(kind, facts, statement, start, end, line, column)


class _ByKind(dict[str, Firing]):
    """The rules in force, by the kind of operation that they look at; most kinds do not occur."""

    def __init__(self, rules: Sequence[Rule], config: Config, dialect: str) -> None:
        self._rules = [rule for rule in rules if is_on(rule, config)]
        self._config = config
        self._dialect = dialect

    def __missing__(self, kind: str) -> Firing:
        rules = [(r, _severity(r, self._config)) for r in self._rules if kind in r.kinds]
        made = self[kind] = Firing(kind, self._dialect, rules)
        return made


def _severity(rule: Rule, config: Config) -> Severity:
    said = config.rules.get(rule.id, "")
    return Severity[said.upper()] if said and said != "on" else rule.severity


def _findings(view: View, by_kind: Mapping[str, Firing], writer: Writer) -> Iterator[Found]:
    for known, unknown, case in by_kind[view.operation.kind].on(view):
        yield writer.finding(known.rule, known.severity, view, unknown, case)
