"""The rules in force, and what they say of the operations of one file."""

from __future__ import annotations

from migralint import suppressions
from migralint.firing import Firing
from migralint.knowledge.schema import Schema
from migralint.knowledge.timeline import Timeline, View
from migralint.model import (
    Edit,
    Finding,
    Migration,
    Operation,
    Severity,
    Statement,
    Suppressed,
    record,
    replace,
)
from migralint.writer import Writer, with_fixes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from migralint.config import Config, Override
    from migralint.findings import Found
    from migralint.model import Step
    from migralint.rules import Rule
    from migralint.suppressions import Suppression

    Said = tuple[list[Found], list[Suppressed]]

_PRESETS = {"recommended": ("recommended",), "strict": ("recommended", "strict")}


@record
class Result:
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

    def judge(self, timeline: Timeline, statements: Sequence[Statement] = ()) -> Said:
        """Match the rules on every operation, then on the suppressions themselves."""
        migration = timeline.migration
        allowed = suppressions.in_comments(migration, statements) if statements else []
        allowed += suppressions.in_configuration(self.config, migration.path, migration.text)
        places = suppressions.by_place(allowed, self.today)
        by_kind = self.in_force(migration)
        used: set[int] = set()
        once: dict[tuple[str, int], int] = {}  # where its finding is, -1 if silenced
        fixes: dict[int, list[Edit]] = {}  # of more operations, for the finding at that place
        writer = Writer(migration, self.config)
        findings: list[Found] = []
        silenced: list[Suppressed] = []
        for view in timeline.views:
            firing = by_kind.get(view.operation.kind)
            every = firing.on(view) if firing is not None else ()
            if not every or view.fact("idle") is True:
                continue
            start = view.operation.statement.start
            for fired in every:
                rule = fired[0].rule
                if rule.per == "statement" and (rule.id, start) in once:
                    first = once[rule.id, start]
                    if rule.fix and first >= 0 and (more := writer.edits(rule, view)):
                        fixes.setdefault(first, []).extend(more)
                    continue
                finding = writer.finding(rule, fired[0].severity, view, fired[1])
                found = suppressions.find(places, rule.id, start)
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

    def _suppressions(
        self, timeline: Timeline, allowed: list[Suppression], used: set[int], writer: Writer
    ) -> Iterator[Found]:
        migration = timeline.migration
        by_kind = self.in_force(migration)
        for index, suppression in enumerate(allowed):
            if suppression.start < 0:
                continue  # an entry of the configuration: see `configured`
            facts = suppressions.facts(suppression, self.known, index in used, self.today)
            span = (suppression.line, suppression.start, suppression.end)
            view = View(stand_in(migration, "suppression", facts, *span), timeline, 0)
            yield from _findings(view, by_kind, writer)

    def configured(self) -> Iterator[Found]:
        """What is wrong with the configuration's own suppressions, at their lines there."""
        config = self.config
        file = Migration(config.path, "", "", "", "", "postgres")
        timeline = Timeline(file, [], Schema(), config, frozenset())
        by_kind = self.in_force(file)
        for allow in config.allow:
            entry = suppressions.Suppression(
                allow.rule, allow.reason, allow.until, -1, "", allow.line
            )
            facts = suppressions.facts(entry, self.known, True, self.today)
            view = View(stand_in(file, "suppression", facts, allow.line), timeline, 0)
            yield from _findings(view, by_kind, Writer(file, config))

    def in_force(self, migration: Migration) -> Mapping[str, Firing]:
        """The rules in force for a file: those of the run with the overrides that match it."""
        config, path = self.config, migration.path
        matching = [override for override in config.overrides if _covers(override, path)]
        key = (migration.dialect, *(config.overrides.index(override) for override in matching))
        if key not in self._in_force:
            changed = dict(config.rules)
            for override in matching:
                changed.update(override.rules)
            settings = replace(config, rules=changed) if matching else config
            self._in_force[key] = _by_kind(self.rules, settings, migration.dialect)
        return self._in_force[key]


def presets_of(preset: str) -> tuple[str, ...]:
    """The presets whose rules are on in this one."""
    return _PRESETS.get(preset, ("recommended", "strict", "optional"))


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


def _covers(override: Override, path: str) -> bool:
    from migralint.config.patterns import matches

    return any(matches(pattern, path) for pattern in override.files)


def _by_kind(rules: Sequence[Rule], config: Config, dialect: str) -> dict[str, Firing]:
    """The rules in force, by the kind of operation that they look at."""
    presets = presets_of(config.preset)
    found: dict[str, Firing] = {}
    for rule in rules:
        said = config.rules.get(rule.id, "")
        if said == "off" or (not said and rule.preset not in presets):
            continue
        severity = Severity[said.upper()] if said and said != "on" else rule.severity
        for kind in rule.kinds:
            if kind not in found:
                found[kind] = Firing(kind, dialect)
            found[kind].add(rule, severity)
    return found


def _findings(view: View, by_kind: Mapping[str, Firing], writer: Writer) -> Iterator[Found]:
    firing = by_kind.get(view.operation.kind)
    for known, unknown in firing.on(view) if firing is not None else ():
        yield writer.finding(known.rule, known.severity, view, unknown)
