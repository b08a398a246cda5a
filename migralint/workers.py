"""A long history judged by several processes at once.

In each round, every process reads and judges a part of the migrations; what the other parts do to
the schema it is told (sharing.py), and replays. Rounds keep small what is told at a time.
"""

from __future__ import annotations

import os
from itertools import pairwise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

WORTH = 100  # migrations; for fewer, the second process costs more than it brings
MOST = 4
ROUND = 250  # migrations for each process, about
# Of the cost of reading and judging a migration: to be told of it and to replay it; to take in what
# others have found, which this process does; to keep the schema behind it, which the last one does.
REPLAYING = 0.08
TAKING = 0.05
KEEPING = 0.08


def available() -> int:
    """How many processes may run at once; 1 where there is no fork."""
    if not hasattr(os, "fork"):
        return 1
    counted = getattr(os, "sched_getaffinity", None)
    return min(len(counted(0)) if counted else os.cpu_count() or 1, MOST)


def rounds(numbers: Sequence[int], processes: int, kept: bool) -> list[list[Sequence[int]]]:
    """The numbers, in order, in rounds of one part for each process; the first is for this one.

    Nobody waits for the end of the last round, so that its parts differ: what is behind one's own
    need not be replayed, and the last process may have to keep the schema.
    """
    if len(numbers) < WORTH or processes < 2:
        return [[numbers]]
    count = len(numbers) // (ROUND * processes) or 1
    *whole, last = _even(numbers, count)
    taking, keeping = TAKING * len(numbers), KEEPING * len(numbers) if kept else 0
    even = [_even(part, processes) for part in whole]
    return [*even, _parts(last, processes, taking, keeping)]


def _even(numbers: Sequence[int], count: int) -> list[Sequence[int]]:
    cuts = [len(numbers) * number // count for number in range(count + 1)]
    return [numbers[a:b] for a, b in pairwise(cuts)]


def _parts(
    numbers: Sequence[int], processes: int, first: float, last: float
) -> list[Sequence[int]]:
    """None is empty. They end at one time: what comes before one's own has to be replayed, and the
    first and the last process have so much to do besides.
    """
    left = 1 - REPLAYING
    ends = [(1.0, first)]  # times how long all take, less so many
    for number in range(1, processes):
        more = last if number == processes - 1 else 0.0
        ends.append((ends[-1][0] * left + 1, ends[-1][1] * left + more))
    long = (len(numbers) + ends[-1][1]) / ends[-1][0]
    cuts = [0]
    for number, (times, less) in enumerate(ends[:-1], 1):
        most = len(numbers) - processes + number
        cuts.append(min(max(round(times * long - less), cuts[-1] + 1), most))
    return [numbers[a:b] for a, b in pairwise([*cuts, len(numbers)])]


def begin(work: Callable[..., Iterable[bytes]], *arguments: Any) -> Callable[[], Any]:
    """Call `work` in a process of its own; what is returned waits for the lines that it gives.

    None: the process did not come to an end; whoever asked does the work again, and meets there
    what has gone wrong here.
    """
    reading, writing = os.pipe()
    process = os.fork()
    if not process:
        status = 1
        try:
            os.close(reading)
            lines = list(work(*arguments))  # nobody listens before they are all there
            with open(writing, "wb") as pipe:
                pipe.writelines(lines)
            status = 0
        finally:
            os._exit(status)
    os.close(writing)

    def ended() -> list[bytes] | None:
        with open(reading, "rb") as pipe:
            lines = pipe.readlines()
        _, status = os.waitpid(process, 0)
        return lines if status == 0 else None

    return ended
