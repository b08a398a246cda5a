"""lint(migrations, rules, config) -> Report. Pure: the hook, CI, the editor and `apply` call it alike."""

from __future__ import annotations

import re

from migralint import suppressions
from migralint.knowledge.schema import Schema
from migralint.knowledge.timeline import Timeline, View
from migralint.matching import holds
from migralint.model import (
    Edit,
    Finding,
    Migration,
    Operation,
    Report,
    Severity,
    Statement,
    Suppressed,
)
from migralint.rules import render
from migralint.sql.operations import operations
from migralint.sql.statements import split
from migralint.sql.tokens import WORD, tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from migralint.config import Config
    from migralint.model import Script
    from migralint.rules import Case, Rule
    from migralint.suppressions import Suppression

# Where only this is unknown an error is but a warning, which says that the rows are assumed.
_SIZES = {"large_table": "table_rows"}
_PRESETS = {"recommended": ("recommended",), "strict": ("recommended", "strict")}
_EXCERPT_LINES = 6
_SECRET = re.compile(
    r"(?i)(\bpassword\s*=?\s*E?|\bidentified\s+by\s+|\bpassword\s*\(\s*)'(?:[^'\\]|\\.|''){0,4000}'"
    r"|(\w://[^\s:/@']{1,200}:)[^\s@/']{1,400}(?=@)"
)


def lint(
    migrations: Sequence[Migration],
    rules: Sequence[Rule],
    config: Config,
    today: str = "",
    scripts: Sequence[Script] = (),
) -> Report:
    """What the rules report of the migrations, in the order given, and of the scripts.

    Migrations with `report=False` are context: they make the schema that the others meet. `today`
    (YYYY-MM-DD) decides which suppressions have expired.
    """
    run = _Run(rules, config, today)
    for migration in migrations:
        run.migration(migration)
    if scripts:
        from migralint.scripts import project, pseudo_migration

        texts = {migration.path: migration.text for migration in migrations}
        for script, made in zip(scripts, project(scripts, config.commands, texts.get), strict=True):
            run.script(pseudo_migration(script), made)
    return run.report(migrations, scripts)


class _Run:
    """What one run collects; each folder has a schema, that of its migrations so far."""

    def __init__(self, rules: Sequence[Rule], config: Config, today: str) -> None:
        self.config = config
        self.today = today
        self.rules = rules
        self.known = {rule.id for rule in rules}
        self.by_kind = _by_kind(rules, config)
        self.schemas: dict[tuple[str, str], Schema] = {}
        self.fresh: frozenset[str] = frozenset()
        self.findings: list[Finding] = []
        self.suppressed: list[Suppressed] = []
        self.statements = 0

    def migration(self, migration: Migration) -> None:
        if migration.problem:
            if migration.report:
                self.unreadable(migration)
            return
        schema = self.schemas.setdefault((migration.folder, migration.dialect), Schema())
        statements = split(migration.text, migration.dialect, migration.forward)
        made = [operation for s in statements for operation in operations(s, migration.dialect)]
        if not migration.report:
            for operation in made:
                schema.apply(operation, migration.path)
            if migration.pending:
                self.fresh |= {migration.path}
            return
        self.statements += len(statements)
        made.append(_whole(migration, len(statements)))
        allowed = suppressions.in_comments(migration, statements)
        allowed += suppressions.in_configuration(self.config, migration.path, migration.text)
        timeline = Timeline(migration, made, schema, self.config, self.fresh | {migration.path})
        if migration.pending:
            self.fresh |= {migration.path}
        self.judge(timeline, allowed)

    def unreadable(self, migration: Migration) -> None:
        facts = {"problem": migration.problem}
        operation = _at(migration, "file", facts, migration.problem_line)
        allowed = suppressions.in_configuration(self.config, migration.path, migration.text)
        self.judge(Timeline(migration, [operation], Schema(), self.config, frozenset()), allowed)

    def script(self, migration: Migration, made: Sequence[Operation]) -> None:
        statements = [operation.statement for operation in made]
        allowed = suppressions.in_comments(migration, statements)
        allowed += suppressions.in_configuration(self.config, migration.path, migration.text)
        self.judge(Timeline(migration, made, Schema(), self.config, frozenset()), allowed)

    def judge(self, timeline: Timeline, allowed: list[Suppression]) -> None:
        """Match the rules on every operation, then on the suppressions themselves."""
        migration = timeline.migration
        by_kind = self.rules_for(migration.path)
        used: set[int] = set()
        said: set[tuple[str, int]] = set()
        writer = _Writer(migration, self.config)
        for view in timeline.views:
            for rule, finding in _uncovered(_fired(view, by_kind, writer)):
                if rule.per == "statement":
                    if (rule.id, view.operation.statement.start) in said:
                        continue
                    said.add((rule.id, view.operation.statement.start))
                found = suppressions.find(allowed, rule.id, view.operation.statement.start, self.today)
                if found is None:
                    self.findings.append(finding)
                else:
                    used.add(allowed.index(found))
                    self.suppressed.append(Suppressed(finding, found.reason, found.source))
        self.judge_suppressions(timeline, allowed, used, writer)

    def judge_suppressions(
        self, timeline: Timeline, allowed: list[Suppression], used: set[int], writer: _Writer
    ) -> None:
        by_kind = {"suppression": self.rules_for(timeline.migration.path).get("suppression", [])}
        for index, suppression in enumerate(allowed):
            if suppression.start < 0:
                continue  # an entry of the configuration: see `configured`
            facts = suppressions.facts(suppression, self.known, index in used, self.today)
            place = _at(timeline.migration, "suppression", facts, suppression.line, suppression.start, suppression.end)
            self.findings += [finding for _, finding in _fired(View(place, timeline, 0), by_kind, writer)]

    def rules_for(self, path: str) -> Mapping[str, list[tuple[Rule, Severity]]]:
        """The rules in force for a path: those of the run with the overrides that match it."""
        if not self.config.overrides:
            return self.by_kind
        from migralint.config.patterns import matches
        from migralint.model import replace

        changed = dict(self.config.rules)
        for override in self.config.overrides:
            if any(matches(pattern, path) for pattern in override.files):
                changed.update(override.rules)
        return _by_kind(self.rules, replace(self.config, rules=changed))

    def configured(self) -> Iterator[Finding]:
        """What is wrong with the configuration's own suppressions, at their lines there."""
        config = self.config
        stand_in = Migration(config.path, "", "", "", "", "postgres")
        timeline = Timeline(stand_in, [], Schema(), config, frozenset())
        by_kind = {"suppression": self.by_kind.get("suppression", [])}
        for allow in config.allow:
            entry = suppressions.Suppression(allow.rule, allow.reason, allow.until, -1, "", allow.line)
            facts = suppressions.facts(entry, self.known, True, self.today)
            view = View(_at(stand_in, "suppression", facts, allow.line), timeline, 0)
            yield from (finding for _, finding in _fired(view, by_kind, _Writer(stand_in, config)))

    def report(self, migrations: Sequence[Migration], scripts: Sequence[Script]) -> Report:
        self.findings.extend(self.configured())
        paths = [m.path for m in migrations if m.report] + [s.path for s in scripts]
        order = {path: index for index, path in enumerate(paths)}
        self.findings.sort(key=lambda f: (order.get(f.path, len(order)), f.line, f.column, -f.severity, f.rule))
        return Report(
            findings=tuple(_fingerprinted(self.findings)),
            suppressed=tuple(self.suppressed),
            files=len(paths),
            statements=self.statements,
            paths=tuple(paths),
        )


def _by_kind(rules: Sequence[Rule], config: Config) -> dict[str, list[tuple[Rule, Severity]]]:
    """The rules in force with their severities, by the kind of operation that they look at."""
    presets = _PRESETS.get(config.preset, ("recommended", "strict", "optional"))
    found: dict[str, list[tuple[Rule, Severity]]] = {}
    for rule in rules:
        said = config.rules.get(rule.id, "")
        if said == "off" or (not said and rule.preset not in presets):
            continue
        severity = Severity[said.upper()] if said and said != "on" else rule.severity
        for kind in rule.kinds:
            found.setdefault(kind, []).append((rule, severity))
    return found


def _fired(
    view: View, by_kind: Mapping[str, list[tuple[Rule, Severity]]], writer: _Writer
) -> list[tuple[Rule, Finding]]:
    """The rules that are not provably inapplicable, each with its finding."""
    fired: list[tuple[Rule, Finding]] = []
    for rule, severity in by_kind.get(view.operation.kind, ()):
        truth, unknown = holds(rule.match, view)
        if truth is False:
            continue
        for condition in rule.unless:
            silent, more = holds(condition, view)
            if silent is True:
                break
            unknown += more
        else:
            fired.append((rule, writer.finding(rule, severity, view, unknown)))
    return fired


def _uncovered(fired: list[tuple[Rule, Finding]]) -> list[tuple[Rule, Finding]]:
    """One cause, one finding: without the rules that another one that fired here covers."""
    if len(fired) < 2:
        return fired
    covered = {name for rule, _ in fired for name in rule.covers}
    return [entry for entry in fired if entry[0].id not in covered]


class _Writer:
    """Makes findings for one file; keeps the offsets of its lines."""

    def __init__(self, migration: Migration, config: Config) -> None:
        self.migration = migration
        self.config = config
        self.lines: list[str] | None = None

    def finding(self, rule: Rule, severity: Severity, view: View, unknown: tuple[str, ...]) -> Finding:
        operation = view.operation
        case = _case(rule, view)
        if case is not None and case.severity is not None and severity == rule.severity:
            severity = case.severity
        assumed = tuple(dict.fromkeys(_SIZES.get(name, name) for name in unknown))
        sizes_only = unknown and all(name in _SIZES for name in unknown)
        if sizes_only and severity is Severity.ERROR and not self.config.assume_large:
            severity = Severity.WARNING
        end_line, end_column = self.end(operation)
        return Finding(
            rule=rule.id,
            severity=severity,
            path=self.migration.path,
            line=operation.line,
            column=operation.column,
            end_line=end_line,
            end_column=end_column,
            message=masked(" ".join(render((case and case.message) or rule.message, view).split())),
            why=masked(render((case and case.why) or rule.why, view)),
            instead=masked(render((case and case.instead) or rule.instead, view)),
            operation=operation.kind,
            object=masked(str(view.fact("object"))),
            assumed=assumed,
            fix=_edits(rule, operation, self.migration.dialect),
            fingerprint=masked(" ".join(operation.statement.text[:2000].split())),
            references=rule.references,
            excerpt=self.excerpt(operation.line, end_line),
            allow=suppressions.offer(self.migration.path, self.migration.layout, rule.id),
        )

    def end(self, operation: Operation) -> tuple[int, int]:
        """Line and column behind the last character."""
        text = self.migration.text[operation.start : operation.end]
        newlines = text.count("\n")
        if not newlines:
            return operation.line, operation.column + len(text)
        return operation.line + newlines, len(text) - text.rfind("\n")

    def excerpt(self, line: int, end_line: int) -> tuple[str, ...]:
        if self.lines is None:
            self.lines = self.migration.text.split("\n")
        shown = self.lines[line - 1 : min(end_line, line + _EXCERPT_LINES - 1)]
        if self.migration.layout == "script":
            from migralint.scripts import mask  # knows --password, PGPASSWORD= and tokens too

            return tuple(mask(text.rstrip("\r")[:2000]) for text in shown)
        return tuple(masked(text.rstrip("\r")[:2000]) for text in shown)


def _edits(rule: Rule, operation: Operation, dialect: str) -> tuple[Edit, ...]:
    """The rule's fix: its text behind the first of its words that the action has, else the statement."""
    if rule.fix is None or operation.facts.get("dynamic"):
        return ()
    statement = operation.statement
    for start in (operation.start - statement.start, 0):
        text = statement.text[start : operation.end - statement.start]
        found = {t.text: t.end for t in reversed(tokens(text, dialect)) if t.kind == WORD}
        for word in rule.fix.after:
            if word.lower() in found:
                at = statement.start + start + found[word.lower()]
                return (Edit(at, at, f" {rule.fix.insert}"),)
    return ()


def _case(rule: Rule, view: View) -> Case | None:
    for case in rule.cases:
        if holds(case.when, view)[0] is True:
            return case
    return None


def masked(text: str) -> str:
    """The text without the passwords in it."""
    if "://" not in text and "'" not in text:
        return text
    return _SECRET.sub(lambda match: f"{match[1]}'***'" if match[1] else f"{match[2]}***", text)


def _fingerprinted(findings: list[Finding]) -> Iterator[Finding]:
    """Fingerprints that survive moved lines: rule, path, statement, and which of the same it is."""
    if not findings:
        return
    from hashlib import sha256

    from migralint.model import replace

    seen: dict[str, int] = {}
    for finding in findings:
        base = "\0".join((finding.rule, finding.path, finding.object, finding.fingerprint))
        ordinal = seen[base] = seen.get(base, -1) + 1
        yield replace(finding, fingerprint=sha256(f"{base}\0{ordinal}".encode("utf-8", "replace")).hexdigest())


def _whole(migration: Migration, statements: int) -> Operation:
    return _at(migration, "migration", {"statements": statements}, 1)


def _at(
    migration: Migration, kind: str, facts: dict[str, Any], line: int, start: int = 0, end: int = 0
) -> Operation:
    """An operation that no statement makes: the migration itself, a comment, a file."""
    column = start - migration.text.rfind("\n", 0, start) if start else 1
    statement = Statement(migration.text[start:end], start, end, line, column)
    return Operation(kind, facts, statement, start, end, line, column)
