"""lint(migrations, rules, config) -> Report. Pure: hook, CI, editor and `apply` call it alike."""

from __future__ import annotations

from migralint import suppressions
from migralint.findings import Writer, fingerprinted, masked
from migralint.knowledge.schema import Schema
from migralint.knowledge.timeline import Timeline, View
from migralint.matching import holds, settled
from migralint.model import (
    Finding,
    Migration,
    Operation,
    Report,
    Severity,
    Statement,
    Suppressed,
    record,
    replace,
)
from migralint.sql.operations import operations
from migralint.sql.statements import split

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from migralint.config import Config, Override
    from migralint.matching import Condition
    from migralint.model import Remark, Script, Step
    from migralint.rules import Rule
    from migralint.suppressions import Suppression

_PRESETS = {"recommended": ("recommended",), "strict": ("recommended", "strict")}


def lint(
    migrations: Sequence[Migration],
    rules: Sequence[Rule],
    config: Config,
    today: str = "",
    scripts: Sequence[Script] = (),
    remarks: Sequence[Remark] = (),
    steps: bool = False,
) -> Report:
    """What the rules report of the migrations, in the order given, and of the scripts.

    Migrations with `report=False` are context: they make the schema that the others meet. `today`
    (YYYY-MM-DD) decides which suppressions have expired. `remarks` are what git, folders and
    configuration say (see history/). `steps` asks for what each operation locks and for how long.
    """
    run = _Run(rules, config, today, remarks)
    run.wants_steps = steps
    for migration in migrations:
        run.migration(migration)
    if scripts:
        from migralint.scripts import project, pseudo_migration

        texts = {migration.path: migration.text for migration in migrations}
        for script, made in zip(scripts, project(scripts, config.commands, texts.get), strict=True):
            run.script(pseudo_migration(script), made)
    run.elsewhere(migrations, remarks)
    return run.report(migrations, scripts)


class _Run:
    """What one run collects; each folder has a schema, that of its migrations so far."""

    def __init__(
        self, rules: Sequence[Rule], config: Config, today: str, remarks: Sequence[Remark] = ()
    ) -> None:
        self.config = config
        self.remarks = {remark.path: remark.facts for remark in remarks}
        self.today = today
        self.rules = rules
        self.known = {rule.id for rule in rules}
        self.by_kind: dict[tuple[object, ...], dict[str, list[_InForce]]] = {}
        self.schemas: dict[tuple[str, str], Schema] = {}
        self.versions: set[tuple[str, str]] = set()
        self.fresh: frozenset[str] = frozenset()
        self.findings: list[Finding] = []
        self.suppressed: list[Suppressed] = []
        self.statements = 0
        self.wants_steps = False
        self.steps: list[Step] = []

    def migration(self, migration: Migration) -> None:
        schema = self.schema_of(migration)
        if migration.problem:
            schema.gap("a file could not be read")
            if migration.report:
                self.unreadable(migration)
            return
        statements = split(migration.text, migration.dialect, migration.forward)
        made = [operation for s in statements for operation in operations(s, migration.dialect)]
        if not migration.report:
            for operation in made:
                schema.apply(operation, migration.path)
            if migration.pending:
                self.fresh |= {migration.path}
            return
        self.statements += len(statements)
        made.append(_whole(migration, len(statements), self.remarks.get(migration.path, {})))
        allowed = suppressions.in_comments(migration, statements)
        allowed += suppressions.in_configuration(self.config, migration.path, migration.text)
        timeline = Timeline(migration, made, schema, self.config, self.fresh | {migration.path})
        if migration.pending:
            self.fresh |= {migration.path}
        before = len(self.findings)
        self.judge(timeline, allowed)
        if self.wants_steps:
            from migralint.knowledge import deploy

            self.steps += deploy.steps(timeline, self.findings[before:], masked)

    def schema_of(self, migration: Migration) -> Schema:
        """The schema of the migration's folder; with a gap where the order in it is not certain.

        A folder that is called 0.13 or v2 holds one part of a longer history.
        """
        folder, version = migration.folder, migration.version
        schema = self.schemas.get((folder, migration.dialect))
        if schema is None:
            schema = Schema(migration.dialect, complete=migration.layout == "prisma")
            self.schemas[folder, migration.dialect] = schema
            if folder.rpartition("/")[2].removeprefix("v").replace(".", "").isdigit():
                schema.gap("the folder is one part of several")
            for other in [
                s for (of, _), s in self.schemas.items() if of == folder and s is not schema
            ]:
                other.gap("the folder is for several databases")
                schema.gap("the folder is for several databases")
        if (folder, version) in self.versions or not any(map(str.isdigit, version)):
            schema.gap("the order of the migrations is not known")
        self.versions.add((folder, version))
        return schema

    def unreadable(self, migration: Migration) -> None:
        facts = {"problem": migration.problem}
        made = [_at(migration, "file", facts, migration.problem_line)]
        made += [
            _at(migration, "migration", f, 1)
            for p, f in self.remarks.items()
            if p == migration.path
        ]
        allowed = suppressions.in_configuration(self.config, migration.path, migration.text)
        self.judge(Timeline(migration, made, Schema(), self.config, frozenset()), allowed)

    def elsewhere(self, migrations: Sequence[Migration], remarks: Sequence[Remark]) -> None:
        """What is said of paths that are no migrations (any more), at their lines there."""
        own = {migration.path for migration in migrations}
        for remark in remarks:
            if remark.path not in own:
                stand_in = Migration(remark.path, "", "", "", remark.layout, remark.dialect)
                operation = _at(stand_in, "migration", remark.facts, remark.line)
                allowed = suppressions.in_configuration(self.config, remark.path, "")
                self.judge(
                    Timeline(stand_in, [operation], Schema(), self.config, frozenset()), allowed
                )

    def script(self, migration: Migration, made: Sequence[Operation]) -> None:
        statements = [operation.statement for operation in made]
        allowed = suppressions.in_comments(migration, statements)
        allowed += suppressions.in_configuration(self.config, migration.path, migration.text)
        self.judge(Timeline(migration, made, Schema(), self.config, frozenset()), allowed)

    def judge(self, timeline: Timeline, allowed: list[Suppression]) -> None:
        """Match the rules on every operation, then on the suppressions themselves."""
        migration = timeline.migration
        by_kind = self.rules_for(migration)
        used: set[int] = set()
        said: set[tuple[str, int]] = set()
        writer = Writer(migration, self.config)
        for view in (v for v in timeline.views if v.fact("idle") is not True):
            for rule, finding in _uncovered(_fired(view, by_kind, writer)):
                if rule.per == "statement":
                    if (rule.id, view.operation.statement.start) in said:
                        continue
                    said.add((rule.id, view.operation.statement.start))
                found = suppressions.find(
                    allowed, rule.id, view.operation.statement.start, self.today
                )
                if found is None:
                    self.findings.append(finding)
                else:
                    used.add(allowed.index(found))
                    self.suppressed.append(Suppressed(finding, found.reason, found.source))
        self.judge_suppressions(timeline, allowed, used, writer)

    def judge_suppressions(
        self, timeline: Timeline, allowed: list[Suppression], used: set[int], writer: Writer
    ) -> None:
        by_kind = {"suppression": self.rules_for(timeline.migration).get("suppression", [])}
        for index, suppression in enumerate(allowed):
            if suppression.start < 0:
                continue  # an entry of the configuration: see `configured`
            facts = suppressions.facts(suppression, self.known, index in used, self.today)
            place = _at(
                timeline.migration,
                "suppression",
                facts,
                suppression.line,
                suppression.start,
                suppression.end,
            )
            self.findings += [
                finding for _, finding in _fired(View(place, timeline, 0), by_kind, writer)
            ]

    def rules_for(self, migration: Migration) -> Mapping[str, list[_InForce]]:
        """The rules in force for a file: those of the run with the overrides that match it."""
        config, path = self.config, migration.path
        matching = [override for override in config.overrides if _covers(override, path)]
        key = (migration.dialect, *(config.overrides.index(override) for override in matching))
        if key not in self.by_kind:
            changed = dict(config.rules)
            for override in matching:
                changed.update(override.rules)
            settings = replace(config, rules=changed) if matching else config
            self.by_kind[key] = _by_kind(self.rules, settings, migration.dialect)
        return self.by_kind[key]

    def configured(self) -> Iterator[Finding]:
        """What is wrong with the configuration's own suppressions, at their lines there."""
        config = self.config
        stand_in = Migration(config.path, "", "", "", "", "postgres")
        timeline = Timeline(stand_in, [], Schema(), config, frozenset())
        by_kind = {"suppression": self.rules_for(stand_in).get("suppression", [])}
        for allow in config.allow:
            entry = suppressions.Suppression(
                allow.rule, allow.reason, allow.until, -1, "", allow.line
            )
            facts = suppressions.facts(entry, self.known, True, self.today)
            view = View(_at(stand_in, "suppression", facts, allow.line), timeline, 0)
            yield from (finding for _, finding in _fired(view, by_kind, Writer(stand_in, config)))

    def report(self, migrations: Sequence[Migration], scripts: Sequence[Script]) -> Report:
        self.findings.extend(self.configured())
        paths = [m.path for m in migrations if m.report] + [s.path for s in scripts]
        order = {path: index for index, path in enumerate(paths)}
        self.findings.sort(
            key=lambda f: (order.get(f.path, len(order)), f.line, f.column, -f.severity, f.rule)
        )
        return Report(
            findings=tuple(fingerprinted(self.findings)),
            suppressed=tuple(self.suppressed),
            files=len(paths),
            statements=self.statements,
            paths=tuple(paths),
            steps=tuple(self.steps),
        )


def _covers(override: Override, path: str) -> bool:
    from migralint.config.patterns import matches

    return any(matches(pattern, path) for pattern in override.files)


@record
class _InForce:
    """A rule as it holds for one kind of operation and dialect: what these decide is left out."""

    rule: Rule
    severity: Severity
    match: Condition
    unless: tuple[Condition, ...]


def presets_of(preset: str) -> tuple[str, ...]:
    """The presets whose rules are on in this one."""
    return _PRESETS.get(preset, ("recommended", "strict", "optional"))


def _by_kind(rules: Sequence[Rule], config: Config, dialect: str) -> dict[str, list[_InForce]]:
    """The rules in force, by the kind of operation that they look at."""
    presets = presets_of(config.preset)
    found: dict[str, list[_InForce]] = {}
    for rule in rules:
        said = config.rules.get(rule.id, "")
        if said == "off" or (not said and rule.preset not in presets):
            continue
        severity = Severity[said.upper()] if said and said != "on" else rule.severity
        for kind in rule.kinds:
            known = {"operation": kind, "dialect": dialect}
            match = settled(rule.match, known)
            if match is not None:
                left = (settled(condition, known) for condition in rule.unless)
                unless = tuple(condition for condition in left if condition is not None)
                found.setdefault(kind, []).append(_InForce(rule, severity, match, unless))
    return found


def _fired(
    view: View, by_kind: Mapping[str, list[_InForce]], writer: Writer
) -> list[tuple[Rule, Finding]]:
    """The rules that are not provably inapplicable, each with its finding."""
    fired: list[tuple[Rule, Finding]] = []
    for known in by_kind.get(view.operation.kind, ()):
        truth, unknown = holds(known.match, view)
        if truth is False:
            continue
        for condition in known.unless:
            silent, more = holds(condition, view)
            if silent is True:
                break
            unknown += more
        else:
            finding = writer.finding(known.rule, known.severity, view, unknown)
            fired.append((known.rule, finding))
    return fired


def _uncovered(fired: list[tuple[Rule, Finding]]) -> list[tuple[Rule, Finding]]:
    """One cause, one finding: without the rules that another one that fired here covers."""
    if len(fired) < 2:
        return fired
    covered = {name for rule, _ in fired for name in rule.covers}
    return [entry for entry in fired if entry[0].id not in covered]


def _whole(migration: Migration, statements: int, remark: Mapping[str, Any]) -> Operation:
    return _at(
        migration,
        "migration",
        {"statements": statements, "present": True, "path": migration.path, **remark},
        1,
    )


def _at(
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
