"""Ctrl-C and SIGTERM while a migration runs: the statement is cancelled, and it is said what stays.

By default SIGTERM ends Python at once, and the server goes on and commits (measured).
"""

from __future__ import annotations

import signal
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


class Interrupted(KeyboardInterrupt):
    """A signal has come; psycopg cancels the statement on the server on a KeyboardInterrupt."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def status(self) -> int:
        return 128 + self.number


class Received:
    """Which signal has come, 0 for none: SQLite swallows what is raised while it runs."""

    number = 0


@contextmanager
def watched() -> Iterator[Received]:
    received = Received()

    def handler(number: int, frame: FrameType | None) -> None:
        if received.number:
            return  # once is enough: the first one is being answered
        received.number = number
        raise Interrupted(number)

    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield received
    finally:
        for number, was in before.items():
            signal.signal(number, was)
