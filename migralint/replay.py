"""The schemas that the migrations of a run make, folder by folder, read no further than is asked.

A migration that is context, or whose findings are known already, is only queued. When the schema
before a later one is asked for, the queue is replayed, from the last of the snapshots that fits.
"""

from __future__ import annotations

from migralint.knowledge.schema import Schema
from migralint.sql.operations import operations
from migralint.sql.statements import split

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from migralint.model import Migration, Operation, Statement

    class Snapshots(Protocol):
        """Schemas as they stood behind a migration of the run, by its number."""

        def schema(self, number: int, /) -> Schema | None: ...

        def keep(self, number: int, schema: Schema, read: int, /) -> None:
            """`read` migrations had to be replayed to come here."""

    class Readings(Protocol):
        """What was read before it was asked for, by the migration's number."""

        def read(self, migration: Migration, number: int, /) -> Read: ...

    Read = tuple[list[Statement], list[Operation]]


UNREAD = "a file could not be read"


class Replay:
    """Each folder has a schema, that of its migrations so far; for each dialect one."""

    def __init__(
        self, snapshots: Snapshots | None = None, readings: Readings | None = None
    ) -> None:
        self.snapshots = snapshots
        self.readings = readings
        self.schemas: dict[tuple[str, str], Schema] = {}
        self.last: dict[tuple[str, str], tuple[int, int]] = {}  # number, replayed to come there
        self._queues: dict[tuple[str, str], list[tuple[Migration, int]]] = {}
        self._versions: set[tuple[str, str]] = set()

    def skip(self, migration: Migration, number: int) -> None:
        """Pass a migration by; `number` is its place in the run."""
        place = self._place(migration)
        self._queues.setdefault(place, []).append((migration, number))

    def before(self, migration: Migration) -> Schema:
        """The schema that the migration meets, with a gap where the order is not certain."""
        place = self._place(migration)
        queue = self._queues.pop(place, [])
        rest = self._restored(place, queue)
        schema = self.schemas[place]
        for passed, number in rest:
            self._note_order(passed, schema)
            for operation in self.read(passed, number, schema)[1]:
                schema.apply(operation, passed.path)
        if rest and self.snapshots is not None:
            self.snapshots.keep(rest[-1][1], schema, len(rest))
        self._note_order(migration, schema)
        return schema

    def read(self, migration: Migration, number: int, schema: Schema) -> Read:
        if self.readings is None or migration.problem:
            return read(migration, schema)
        return self.readings.read(migration, number)

    def passed(self, migration: Migration, number: int) -> None:
        """The schema holds what the migration makes, now that it was judged."""
        place = self._place(migration)
        self.last[place] = (number, self.last.get(place, (0, 0))[1] + 1)

    def _restored(
        self, place: tuple[str, str], queue: list[tuple[Migration, int]]
    ) -> list[tuple[Migration, int]]:
        """What is left of the queue behind the last schema of it that is known."""
        for index in reversed(range(len(queue) if self.snapshots is not None else 0)):
            known = self.snapshots.schema(queue[index][1])  # type: ignore[union-attr]
            if known is not None:
                self.schemas[place] = known
                self._versions.update((m.folder, m.version) for m, _ in queue[: index + 1])
                return queue[index + 1 :]
        return queue

    def _place(self, migration: Migration) -> tuple[str, str]:
        """The schema's key; a new folder begins with an empty one.

        A folder that is called 0.13 or v2 holds one part of a longer history.
        """
        folder, dialect = place = migration.folder, migration.dialect
        if place in self.schemas:
            return place
        schema = Schema(dialect, complete=migration.layout == "prisma")
        if folder.rpartition("/")[2].removeprefix("v").replace(".", "").isdigit():
            schema.gap("the folder is one part of several")
        if migration.partial:
            schema.gap("some of the migrations are programs")
        for other in [s for (of, _), s in self.schemas.items() if of == folder]:
            other.gap("the folder is for several databases")
            schema.gap("the folder is for several databases")
        self.schemas[place] = schema
        return place

    def _note_order(self, migration: Migration, schema: Schema) -> None:
        version = (migration.folder, migration.version)
        if version in self._versions or not any(map(str.isdigit, migration.version)):
            schema.gap("the order of the migrations is not known")
        self._versions.add(version)


def read(migration: Migration, schema: Schema) -> Read:
    """The migration's statements and operations; a file that has none to be read is a gap."""
    if migration.problem:
        schema.gap(UNREAD)
        return [], []
    return parsed(migration)


def parsed(migration: Migration) -> Read:
    """What the text of the migration says, whatever stands before it."""
    if migration.reading is not None:
        statements, made = migration.reading
        return [*statements], [*made]
    statements = split(migration.text, migration.dialect, migration.forward)
    return statements, [o for s in statements for o in operations(s, migration.dialect)]
