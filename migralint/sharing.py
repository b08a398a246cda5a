"""A long history read by several processes: each tells the others what it has read.

What a migration does follows from its text alone, but to judge it one must know the schema that all
before it have made. So every process reads its own part of a round (workers.py), hears what the
others have read in theirs, and replays all of it. Operations go through pipes as plain values.
"""

from __future__ import annotations

import marshal
import os

from migralint.model import Name, Operation, Statement, named
from migralint.replay import parsed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any, BinaryIO

    from migralint.model import Migration

    Pipes = Mapping[tuple[int, int], tuple[int, int]]  # (sender, receiver) -> (to read, to write)
    Read = tuple[list[Statement], list[Operation]]

_SIZE = 8  # bytes that say how long a message is


def pipes(processes: int) -> Pipes:
    """One each way between any two; to be made before there are the processes."""
    numbers = range(processes)
    return {(a, b): os.pipe() for a in numbers for b in numbers if a != b}


def close(pipes: Pipes) -> None:
    """By whoever is none of them."""
    for ends in pipes.values():
        for end in ends:
            os.close(end)


class Sharing:
    """Of the process of this number: what it has read and has been told, to be asked once each.

    It keeps its own ends of the pipes. A process that is no more tells nothing: what it would have
    read is read here.
    """

    def __init__(
        self,
        migrations: Sequence[Migration],
        rounds: Sequence[Sequence[Sequence[int]]],
        number: int,
        pipes: Pipes,
    ) -> None:
        self.migrations = migrations
        self.number = number
        self.processes = len(rounds[0])
        self.senders: dict[int, BinaryIO] = {}
        self.receivers: dict[int, int] = {}
        self._coming: Iterator[Sequence[Sequence[int]]] = iter(rounds)
        self._expected = {index for parts in rounds for part in parts for index in part}
        self._known: dict[int, Read] = {}
        for (sender, receiver), (reading, writing) in pipes.items():
            if receiver == number:
                self.senders[sender] = open(reading, "rb")  # noqa: SIM115 (see _close)
            else:
                os.close(reading)
            if sender == number:
                self.receivers[receiver] = writing
            else:
                os.close(writing)

    def read(self, migration: Migration, index: int) -> Read:
        """Statements and operations of the migration; of another's only the operations."""
        while index in self._expected:
            self._round(next(self._coming))
        return self._known.pop(index, None) or parsed(migration)

    def _round(self, parts: Sequence[Sequence[int]]) -> None:
        """Read this process's part; then one after the other speaks, and the others listen.

        In the last round only to those before them: what comes behind their own part is no matter.
        """
        self._expected.difference_update(*parts)
        self._known.clear()
        for index in parts[self.number]:
            if not self.migrations[index].problem:
                self._known[index] = parsed(self.migrations[index])
        others = [number for number in range(self.processes) if number != self.number]
        after = [number for number in others if number > self.number]
        before = [number for number in others if number < self.number]
        own = self._packed() if after or self._expected else b""
        for speaker in before:
            self._known.update(self._heard(speaker))
        self._say(own, others if self._expected else after)
        for speaker in after if self._expected else ():
            self._known.update(self._heard(speaker))
        if not self._expected:
            self._close()

    def _close(self) -> None:
        for pipe in self.senders.values():
            pipe.close()
        for writing in self.receivers.values():
            os.close(writing)

    def _say(self, message: bytes, listeners: Sequence[int]) -> None:
        for listener in listeners:
            pipe = self.receivers.get(listener)
            rest = memoryview(message)
            try:
                while rest and pipe is not None:
                    rest = rest[os.write(pipe, rest) :]
            except BrokenPipeError:  # it has come to its end
                os.close(self.receivers.pop(listener))

    def _packed(self) -> bytes:
        packed = {index: _rows(operations) for index, (_, operations) in self._known.items()}
        message = marshal.dumps(packed)
        return len(message).to_bytes(_SIZE, "big") + message

    def _heard(self, speaker: int) -> Iterator[tuple[int, Read]]:
        pipe = self.senders[speaker]
        size = int.from_bytes(pipe.read(_SIZE), "big")
        message = pipe.read(size)
        if size and len(message) == size:
            for index, rows in marshal.loads(message).items():
                yield index, ([], _operations(rows))


def _rows(operations: Sequence[Operation]) -> list[tuple[str, int, dict[str, Any]]]:
    """Kind, number of the statement and facts of each; a name is a list."""
    rows, number, before = [], 0, None
    for operation in operations:
        number += operation.statement is not before
        before = operation.statement
        facts = {
            name: value if value.__class__ in _PLAIN else _plain(value)
            for name, value in operation.facts.items()
        }
        rows.append((operation.kind, number, facts))
    return rows


def _plain(value: Name | tuple[Name, ...]) -> Any:
    if isinstance(value, Name):
        return [value.name, value.schema, value.sql]
    return tuple([[name.name, name.schema, name.sql] for name in value])


def _operations(rows: Sequence[tuple[str, int, dict[str, Any]]]) -> list[Operation]:
    operations, statement, last = [], _nothing(), 0
    for kind, number, facts in rows:
        if number != last:
            statement, last = _nothing(), number
        for name, value in facts.items():
            if value.__class__ is list:
                facts[name] = named(*value)
            elif value.__class__ is tuple:
                facts[name] = tuple([named(*part) for part in value])
        operations.append(Operation(kind, facts, statement, 0, 0, 0, 0))
    return operations


def _nothing() -> Statement:
    """Stands for a statement; a replay asks no more of it than whether it is the same."""
    return Statement("", 0, 0, 0, 0)


_PLAIN = (bool, str, int)
