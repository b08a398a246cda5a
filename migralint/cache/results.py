"""What earlier runs have found in the migrations, and the schemas that these had made.

A result is kept under a key of all that it depends on (keys.py), so that nothing has to be said
when something changes: the key is another one, and what is no longer asked for is forgotten.
"""

from __future__ import annotations

from migralint.cache import files, keys
from migralint.cache.packing import pack, unpack
from migralint.model import Edit, Finding, Severity, Suppressed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from migralint.cache.keys import Keys
    from migralint.config import Config
    from migralint.judging import Result
    from migralint.knowledge.schema import Schema
    from migralint.model import Migration
    from migralint.replay import Replay

# For fewer migrations, reading the file takes longer than doing the work.
WORTH_RESULTS = 24
WORTH_SNAPSHOT = 8
MOST_SNAPSHOTS = 3


class Memory:
    """The results and snapshots of the folders of one run; `save` puts them away."""

    def __init__(self, root: str, rules: str, config: Config, today: str) -> None:
        self.root = root
        self.today = today
        self.base = keys.base(rules, config)
        self.expiring = any(allow.until for allow in config.allow)
        self.keys: list[Keys | None] = []
        self.name = ""
        self.results: dict[str, Any] | None = None  # None: too few to be worth it
        self.made: dict[str, Any] = {}  # results of this run, or as they were saved
        self.snapshots: dict[str, Any] | None = None  # as saved, the last used first; read late
        self.changed = False

    def recall(
        self,
        migrations: Sequence[Migration],
        wanted: Sequence[int],
        remarks: Mapping[str, Mapping[str, Any]],
    ) -> dict[int, Result]:
        """The results that are known, by the number of the migration."""
        folders = sorted({migration.folder for migration in migrations})
        self.keys = keys.of(migrations, remarks, self.base, self.today, self.expiring)
        self.name = files.digest(repr(folders).encode("utf-8", "replace"))[:16]
        if len(wanted) < WORTH_RESULTS:
            return {}
        self.results = _dictionary(files.load(self.root, f"results-{self.name}.json"))
        found = {}
        for index in wanted:
            own = self.keys[index]
            if own is not None and own.result in self.results:
                known = self.made[own.result] = self.results[own.result]
                found[index] = unpacked(known)
        return found

    def schema(self, number: int) -> Schema | None:
        """The schema behind a migration of the run, where it is known."""
        own = self.keys[number]
        if own is None or number < WORTH_SNAPSHOT:
            return None
        if self.snapshots is None:
            self.snapshots = _dictionary(files.load(self.root, f"schemas-{self.name}.json"))
        rows = self.snapshots.get(own.history)
        return unpack(rows) if rows is not None else None

    def keep(self, number: int, schema: Schema, read: int) -> None:
        """Note the schema behind a migration, if it took some reading to come there."""
        own = self.keys[number]
        if own is None or read < WORTH_SNAPSHOT:
            return
        schema.statement, schema.skipped = None, (None, None)  # of the migration that is over
        older = dict(list((self.snapshots or {}).items())[: MOST_SNAPSHOTS - 1])
        self.snapshots = {own.history: pack(schema), **older}
        self.changed = True

    def note(self, found: Mapping[int, Result], replay: Replay) -> None:
        """Take the results of this run, and the schema that stands at its end."""
        for index, result in found.items():
            own = self.keys[index]
            if self.results is not None and own is not None:
                self.made[own.result] = result
        for place, (number, read) in replay.last.items():
            self.keep(number, replay.schemas[place], read)

    def save(self) -> None:
        if self.results is not None and self.made.keys() != self.results.keys():
            files.write(self.root, f"results-{self.name}.json", self._pieces())
        if self.changed:
            files.save(self.root, f"schemas-{self.name}.json", self.snapshots)

    def _pieces(self) -> Iterator[bytes]:
        """One object of all results; packed one after the other, for there may be thousands."""
        before = b"{"
        for key, result in self.made.items():
            value = result if isinstance(result, list) else packed(result)
            yield before + files.as_json(key) + b":" + files.as_json(value)
            before = b","
        yield b"}" if self.made else b"{}"


def _dictionary(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def packed(result: Result) -> list[Any]:
    """The result as plain lists; not for one with steps."""
    silenced = [(_finding(s.finding), s.reason, s.source) for s in result.suppressed]
    return [result.statements, [_finding(f) for f in result.findings], silenced]


def unpacked(value: Any) -> Result:
    from migralint.judging import Result

    statements, findings, silenced = value
    return Result(
        statements,
        tuple(map(_found, findings)),
        tuple(Suppressed(_found(f), reason, source) for f, reason, source in silenced),
    )


def _finding(finding: Finding) -> list[Any]:
    values = [getattr(finding, name) for name in Finding.__slots__]  # type: ignore[attr-defined]
    values[_SEVERITY] = int(finding.severity)
    values[_FIX] = [(edit.start, edit.end, edit.text) for edit in finding.fix]
    return values


def _found(values: Sequence[Any]) -> Finding:
    made: list[Any] = [tuple(value) if value.__class__ is list else value for value in values]
    made[_SEVERITY] = Severity(made[_SEVERITY])
    if made[_FIX]:
        made[_FIX] = tuple(Edit(*edit) for edit in made[_FIX])
    return Finding(*made)


_FIX = Finding.__slots__.index("fix")  # type: ignore[attr-defined]
_SEVERITY = Finding.__slots__.index("severity")  # type: ignore[attr-defined]
