"""A long history judged by several processes at once.

Each judges a part of the migrations and only reads those before it. Where `p` is what reading one
costs and `q` what reading and judging one costs, the parts end at one time if each is shorter than
the one before it; with two processes and the measured p, that saves a third.
"""

from __future__ import annotations

import os
from itertools import pairwise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

WORTH = 300  # migrations; for fewer, the second process costs more than it brings
MOST = 4
READING = 0.46  # of the cost of reading and judging a migration


def available() -> int:
    """How many processes may run at once; 1 where there is no fork."""
    if not hasattr(os, "fork"):
        return 1
    counted = getattr(os, "sched_getaffinity", None)
    return min(len(counted(0)) if counted else os.cpu_count() or 1, MOST)


def shares(numbers: Sequence[int], processes: int) -> list[Sequence[int]]:
    """The numbers, in order, in one part for each process; the last part is for this one."""
    if len(numbers) < WORTH or processes < 2:
        return [numbers]
    ends = [1.0]
    for _ in range(processes - 1):
        ends.append(ends[-1] + 1 - READING * ends[-1])
    cuts = [0, *(round(len(numbers) * end / ends[-1]) for end in ends)]
    return [numbers[a:b] for a, b in pairwise(cuts)]


def begin(work: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
    """Call `work` in a process of its own; what is returned waits for its value.

    The value must be plain lists, strings and numbers. None: the process did not come to an end;
    whoever asked does the work again, and meets there what has gone wrong here.
    """
    import marshal

    reading, writing = os.pipe()
    process = os.fork()
    if not process:
        status = 1
        try:
            os.close(reading)
            with open(writing, "wb") as pipe:
                pipe.write(marshal.dumps(work(*arguments)))
            status = 0
        finally:
            os._exit(status)
    os.close(writing)

    def ended() -> Any:
        with open(reading, "rb") as pipe:
            data = pipe.read()
        _, status = os.waitpid(process, 0)
        return marshal.loads(data) if status == 0 else None

    return ended
