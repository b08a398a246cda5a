"""What earlier runs have found in the migrations, and the schemas that these had made.

A result is kept under a key of all that it depends on (keys.py), so that nothing has to be said
when something changes: the key is another one, and what is no longer asked for is forgotten.
"""

from __future__ import annotations

from sys import intern

from migralint import jsons
from migralint.cache import files, keys, packing
from migralint.findings import found
from migralint.model import Edit, Severity, Suppressed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from migralint.cache.keys import Keys
    from migralint.config import Config
    from migralint.findings import Found
    from migralint.judging import Result
    from migralint.knowledge.schema import Schema
    from migralint.model import Finding, Migration
    from migralint.replay import Replay
    from migralint.rules import Rule

# For fewer migrations, reading the file takes longer than doing the work.
WORTH_RESULTS = 24
WORTH_SNAPSHOT = 8


class Memory:
    """The results and snapshots of the folders of one run; `save` puts them away."""

    def __init__(self, root: str, rules: str, config: Config, today: str) -> None:
        self.root = root
        self.today = today
        self.base = keys.base(rules, config)
        self.expiring = any(allow.until for allow in config.allow)
        self.keys: list[Keys | None] = []
        self.name = ""
        self.results: files.Sealed | None = None  # of this run, if it has any that are new
        self.snapshots: frozenset[str] | None = None  # the names of their files
        self.few = True  # migrations that are judged anew

    def recall(
        self,
        migrations: Sequence[Migration],
        wanted: Sequence[int],
        remarks: Mapping[str, Mapping[str, Any]],
        rules: Iterable[Rule],
    ) -> dict[int, Result]:
        """The results that are known, by the number of the migration."""
        folders = sorted({migration.folder for migration in migrations})
        self.keys = keys.of(migrations, remarks, self.base, self.today, self.expiring)
        self.name = files.digest(repr(folders).encode("utf-8", "replace"))[:16]
        if len(wanted) < WORTH_RESULTS:
            return {}
        name, by_id = f"results-{self.name}.json", {rule.id: rule for rule in rules}
        kept = {line[:_KEY]: line for line in files.lines(self.root, name)}
        known = {}
        for index in wanted:
            own = self.keys[index]
            if own is not None and own.result.encode() in kept:
                known[index] = kept[own.result.encode()]
        self.few = len(wanted) - len(known) < WORTH_SNAPSHOT
        if len(known) < len(wanted) or len(known) < len(kept):
            self.results = files.Sealed(self.root, name)
            for line in known.values():
                self.results.add(line)
        return {i: unpacked(line[_KEY:], migrations[i], by_id) for i, line in known.items()}

    def note(self, index: int, line: bytes) -> None:
        """Take a result of this run, as `packed` makes it."""
        own = self.keys[index]
        if self.results is not None and own is not None:
            self.results.add(own.result.encode() + line)

    def schema(self, number: int) -> Schema | None:
        """The schema behind a migration of the run, where it is known."""
        own = self.keys[number]
        if own is None or number < WORTH_SNAPSHOT:
            return None
        if self.snapshots is None:
            self.snapshots = frozenset(files.names(self.root))
        name = _snapshot(own)
        lines = files.lines(self.root, name) if name in self.snapshots else []
        schema: Schema | None = packing.unpack(lines) if lines else None
        return schema

    def keep(self, number: int, schema: Schema, read: int) -> None:
        """Keep the schema behind a migration, if it took some reading to come there.

        Where many are judged behind it, the schema at the end is kept instead.
        """
        if self.few:
            self._keep(number, schema, read)

    def _keep(self, number: int, schema: Schema, read: int) -> None:
        own = self.keys[number]
        if own is None or read < WORTH_SNAPSHOT:
            return
        schema.statement, schema.skipped = None, (None, None)  # of the migration that is over
        files.save_lines(self.root, _snapshot(own), packing.pack(schema))

    def note_schemas(self, replay: Replay) -> None:
        """Keep those that stand at the end."""
        for place, (number, read) in replay.last.items():
            self._keep(number, replay.schemas[place], read)

    def save(self) -> None:
        """Put the results away."""
        if self.results is not None:
            self.results.end()


def _snapshot(own: Keys) -> str:
    return f"schema-{own.history}.json"


_KEY = 40  # characters of a key


def packed(result: Result) -> bytes:
    """The result as JSON on one line; not for one with steps."""
    silenced = [(_finding(s.finding), s.reason, s.source) for s in result.suppressed]
    value = [result.statements, [_finding(f) for f in result.findings], silenced]
    return jsons.dumps(value).encode() + b"\n"


def unpacked(line: bytes, migration: Migration, rules: Mapping[str, Rule]) -> Result:
    from migralint.judging import Result

    statements, findings, silenced = jsons.loads(line)
    return Result(
        statements,
        tuple([_found(values, migration, rules) for values in findings]),
        tuple([Suppressed(_found(f, migration, rules), *why) for f, *why in silenced]),
    )


def _finding(finding: Finding) -> list[Any]:
    made: Any = finding  # a Found: others come in when the results of a run are put together
    fix = [(edit.start, edit.end, edit.text) for edit in made.fix]
    return [
        made.rule, made.case, int(made.severity), made.operation, made.line, made.column,
        made.start, made.size, made.ahead, made.whole, made.scope, made.values, made.assumed, fix,
        made.nth,
    ]  # fmt: skip


def _found(values: Sequence[Any], migration: Migration, rules: Mapping[str, Rule]) -> Found:
    rule, case, severity, operation, *place, scope, facts, assumed, fix, nth = values
    return found(
        rules[rule],
        case,
        _SEVERITIES[severity],
        migration,
        intern(operation),
        tuple(place),
        intern(scope),
        tuple(map(intern, facts)),
        tuple(assumed),
        tuple([Edit(*edit) for edit in fix]),
        nth,
    )


_SEVERITIES = {int(severity): severity for severity in Severity}
