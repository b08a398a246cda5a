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
# Of the cost of reading and judging a migration: to be told of it and to replay it; to keep what
# all have come to, which the last process does.
REPLAYING = 0.08
KEEPING = 0.1


def available() -> int:
    """How many processes may run at once; 1 where there is no fork."""
    if not hasattr(os, "fork"):
        return 1
    counted = getattr(os, "sched_getaffinity", None)
    return min(len(counted(0)) if counted else os.cpu_count() or 1, MOST)


def rounds(numbers: Sequence[int], processes: int, kept: bool) -> list[list[Sequence[int]]]:
    """The numbers, in order, in rounds of one part for each process; the last is for this one.

    Nobody waits for the end of the last round, so that its parts differ: what is behind one's own
    need not be replayed, and this process may have to keep the results.
    """
    if len(numbers) < WORTH or processes < 2:
        return [[numbers]]
    count = len(numbers) // (ROUND * processes) or 1
    cuts = [len(numbers) * number // count for number in range(count + 1)]
    *whole, last = [numbers[a:b] for a, b in pairwise(cuts)]
    keeping = KEEPING * len(numbers) if kept else 0
    return [
        *(_parts(part, processes, 0, 0) for part in whole),
        _parts(last, processes, REPLAYING, keeping),
    ]


def _parts(
    numbers: Sequence[int], processes: int, replaying: float, keeping: float
) -> list[Sequence[int]]:
    """None is empty. They end at one time if each is shorter by what replaying the others costs."""
    ends = [1.0]
    for _ in range(processes - 1):
        ends.append(ends[-1] + 1 - replaying * ends[-1])
    each = (len(numbers) + keeping) / ends[-1]
    most = range(len(numbers) - processes + 1, len(numbers))
    cuts = [min(round(each * end), limit) for end, limit in zip(ends, most, strict=False)]
    return [numbers[a:b] for a, b in pairwise([0, *cuts, len(numbers)])]


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
