"""A long history judged by several processes at once.

In each round, every process reads and judges a part of the migrations; what the other parts do to
the schema it is told (sharing.py), and replays. Rounds keep small what is told at a time. Whoever
began them only takes in what they find, so that it never holds a schema and all findings at once.
"""

from __future__ import annotations

import os
from itertools import pairwise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

MOST = 4
ROUND = 250  # migrations for each process, about
# Of the cost of reading and judging a migration: to be told of it and to replay it; to keep the
# schema behind it, which the last process does.
REPLAYING = 0.08
KEEPING = 0.06
_AT_ONCE = 1 << 16  # bytes


def available() -> int:
    """How many processes may run at once; 1 where there is no fork."""
    if not hasattr(os, "fork"):
        return 1
    counted = getattr(os, "sched_getaffinity", None)
    return min(len(counted(0)) if counted else os.cpu_count() or 1, MOST)


def rounds(numbers: Sequence[int], processes: int, kept: bool) -> list[list[Sequence[int]]]:
    """The numbers, in order, in rounds of one part for each process.

    Nobody waits for the end of the last round, so that its parts differ: what is behind one's own
    need not be replayed, and the last process may have to keep the schema.
    """
    count = len(numbers) // (ROUND * processes) or 1
    *whole, last = _even(numbers, count)
    even = [_even(part, processes) for part in whole]
    return [*even, _parts(last, processes, KEEPING * len(numbers) if kept else 0)]


def _even(numbers: Sequence[int], count: int) -> list[Sequence[int]]:
    cuts = [len(numbers) * number // count for number in range(count + 1)]
    return [numbers[a:b] for a, b in pairwise(cuts)]


def _parts(numbers: Sequence[int], processes: int, keeping: float) -> list[Sequence[int]]:
    """None is empty. They end at one time: what comes before one's own has to be replayed, and the
    last process has so much to do besides.
    """
    ends = [1.0]  # how long all take up to there, in times of the first part
    for _ in range(1, processes):
        ends.append(ends[-1] * (1 - REPLAYING) + 1)
    long = (len(numbers) + keeping) / ends[-1]
    cuts = [0]
    for number, end in enumerate(ends[:-1], 1):
        most = len(numbers) - processes + number
        cuts.append(min(max(round(end * long), cuts[-1] + 1), most))
    return [numbers[a:b] for a, b in pairwise([*cuts, len(numbers)])]


def begin(works: Sequence[Callable[[], Iterable[bytes]]]) -> list[tuple[int, int]]:
    """Do each work in a process of its own: these, and where to read the lines that come of it."""
    begun: list[tuple[int, int]] = []
    for work in works:
        reading, writing = os.pipe()
        others = [reading, *(pipe for _, pipe in begun)]
        begun.append((_begun(work, writing, others), reading))
        os.close(writing)
    return begun


def lines(begun: Sequence[tuple[int, int]]) -> Iterator[tuple[int, bytes]]:
    """The lines of all, each with the number of its process, as they are made.

    A process that does not come to its end gives fewer; whoever asked does the rest again, and
    meets there what has gone wrong here.
    """
    from select import select

    waiting = {pipe: (number, bytearray()) for number, (_, pipe) in enumerate(begun)}
    while waiting:
        for pipe in select(waiting, (), ())[0]:
            number, begun_line = waiting[pipe]
            data = os.read(pipe, _AT_ONCE)
            if not data:
                os.close(pipe)
                os.waitpid(begun[number][0], 0)
                del waiting[pipe]
            begun_line += data
            if b"\n" in data:
                *whole, rest = begun_line.split(b"\n")
                waiting[pipe] = (number, rest)
                yield from [(number, bytes(line) + b"\n") for line in whole]


def _begun(work: Callable[[], Iterable[bytes]], writing: int, others: Iterable[int]) -> int:
    """The process that writes its lines there; it keeps no one else's pipe open."""
    process = os.fork()
    if not process:
        try:
            for reading in others:
                os.close(reading)
            with open(writing, "wb", _AT_ONCE) as pipe:
                pipe.writelines(work())
        finally:
            os._exit(0)
    return process
