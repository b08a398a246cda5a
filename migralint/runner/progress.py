"""What the person sees while migrations run: a moving line on a terminal, plain lines elsewhere.

A thread looks on while a statement takes long: it redraws the line, and it asks the server who is
in the way, because after a lock timeout nobody can tell any more.
"""

from __future__ import annotations

import threading
import time

from migralint.amounts import counted
from migralint.formats.characters import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from migralint.runner.databases import Database, Session
    from migralint.runner.modes import Mode, Step

FIRST_LOOK = 1.0  # seconds before the server is asked who is in the way
REDRAW = 0.2


class Progress:
    """Says to `stream` what runs now. `quiet` leaves the lines of single migrations out."""

    def __init__(self, stream: TextIO, quiet: bool = False) -> None:
        self.stream = stream
        self.quiet = quiet
        self.moving = stream.isatty() and not quiet
        self.name = ""
        self.now = ""
        self.line = ""

    def say(self, text: str) -> None:
        self.clear()
        for line in text.split("\n"):
            self.stream.write(f"{visible(line)}\n")
        self.stream.flush()

    def note(self, text: str) -> None:
        self.say(f"  {text}")

    def begin(self, name: str, mode: Mode) -> None:
        self.name = name
        self.began = time.monotonic()
        self.now = ""
        if not mode.transaction and mode.reason and not self.quiet:
            self.note(f"{name}: without a transaction, because {mode.reason}")

    def statement(self, number: int, total: int, step: Step) -> None:
        self.now = f"statement {number} of {total} (line {step.statement.line})"

    def end(self, count: int, verb: str = "applied") -> None:
        self.clear()
        if not self.quiet:
            took = time.monotonic() - self.began
            self.note(f"{verb} {self.name}  ({counted(count, 'statement')}, {took:.2f} s)")

    def draw(self, more: str) -> None:
        if self.moving:
            took = time.monotonic() - self.began
            line = visible(f"  {self.name}: {self.now}, {took:.0f} s{more}")[:120]
            self.stream.write(f"\r{line}{' ' * max(len(self.line) - len(line), 0)}")
            self.stream.flush()
            self.line = line

    def clear(self) -> None:
        if self.line:
            self.stream.write(f"\r{' ' * len(self.line)}\r")
            self.line = ""


class Watch:
    """Looks on while a statement runs. `blockers` are those seen last to be in the way of it."""

    def __init__(self, db: Database, session: Session, progress: Progress) -> None:
        self.db = db
        self.session = session
        self.progress = progress
        self.blockers: list[str] = []
        self.running: float | None = None
        self.thread: threading.Thread | None = None
        self.wake = threading.Event()

    def started(self) -> None:
        """A statement goes to the server. The thread is made when one has taken a while."""
        self.blockers = []
        self.running = time.monotonic()
        if self.thread is None:
            self.thread = threading.Thread(target=self._look, daemon=True)
            self.thread.start()

    def stopped(self) -> None:
        self.running = None

    def close(self) -> None:
        self.running = None
        self.wake.set()
        if self.thread is not None:
            self.thread.join(timeout=5)

    def _look(self) -> None:
        asked = 0.0
        more = ""
        while not self.wake.wait(REDRAW if self.progress.moving else FIRST_LOOK):
            since = self.running
            if since is None:
                continue
            now = time.monotonic()
            if now - since > FIRST_LOOK and now - asked > 1.0:
                asked = now
                more = self._ask(since)
            self.progress.draw(more if now - since > FIRST_LOOK else "")

    def _ask(self, since: float) -> str:
        from migralint.model import MigralintError

        try:
            found = self.db.blockers(self.session)
            done = "" if found else self.db.progress(self.session)
        except MigralintError:
            return ""  # no second connection to be had; nothing is lost but this look
        if found and self.running == since:
            self.blockers = found
            return f", waiting for {found[0]}"
        return f", {done}" if done else ""


def pause(seconds: float, sleep: Callable[[float], None] = time.sleep) -> None:
    """A pause with jitter, so that those who collided do not meet again."""
    from random import uniform

    sleep(uniform(seconds / 2, seconds * 1.5))
