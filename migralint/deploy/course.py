"""One deploy from its first look to its end: what was asked for, and what is known so far."""

from __future__ import annotations

from migralint.model import Record
from migralint.runner import history
from migralint.runner.target import answering, open_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from migralint.backup import Backup, Restored
    from migralint.deploy.timeline import Step, Timeline
    from migralint.deploy.writes import Counters, Lost
    from migralint.model import MigralintError
    from migralint.preflight import Check
    from migralint.runner.apply import Options as ApplyOptions
    from migralint.runner.history import State
    from migralint.runner.plan import Plan
    from migralint.runner.progress import Progress
    from migralint.runner.signals import Received
    from migralint.runner.target import Target

STEPS = ("staging first", "backup", "preflight", "apply", "verify", "smoke test")
ASK, RESTORE, LEAVE = "ask", "restore", "leave"


class Options(Record):
    """`skip` maps a step to the reason; `smoke` is the command and its arguments; `on_failure` is
    ask, restore or leave; `ask` puts a question to a person and gives the database's name back
    where they typed it, "" else."""

    apply: ApplyOptions
    ask: Callable[[str], str]
    skip: tuple[tuple[str, str], ...] = ()
    smoke: tuple[str, ...] = ()
    smoke_timeout: float = 300
    on_failure: str = ASK
    terminate: bool = False


class Deployed(Record):
    """How a deploy ended. `outcome`: deployed, up to date, refused, failed, interrupted, restored.

    `committed` are the names that this run has put into the database and that stay there;
    `pending` and `failed` count what the history says at the end, None where it does not answer.
    """

    outcome: str
    status: int
    began: str
    seconds: float
    steps: tuple[Step, ...]
    committed: tuple[str, ...] = ()
    pending: int | None = None
    failed: int | None = None
    backup: Backup | None = None
    backup_age: float | None = None
    restored: Restored | None = None
    lost: Lost | None = None
    error: MigralintError | None = None
    said: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()


class Course:
    """What the steps of one deploy hand on to each other."""

    def __init__(
        self,
        target: Target,
        options: Options,
        timeline: Timeline,
        progress: Progress,
        received: Received,
        stream: TextIO,
    ) -> None:
        self.target = target
        self.options = options
        self.timeline = timeline
        self.progress = progress
        self.received = received
        self.stream = stream
        self.plan: Plan | None = None
        self.before: tuple[State, ...] = ()
        self.backup: Backup | None = None  # the one that this run has made
        self.known_backup: Backup | None = None  # or the newest that there was
        self.counters: Counters | None = None
        self.checks: tuple[Check, ...] = ()
        self.began_applying = False

    def names(self) -> list[str]:
        """What is to be applied."""
        return [planned.name for planned in self.plan.planned] if self.plan else []


def states(target: Target) -> tuple[State, ...]:
    """What the history says now."""
    session = open_session(target, False)
    try:
        with answering(session.url):
            rows = history.read(target.db, session, target.table)
    finally:
        target.db.close(session)
    return tuple(history.states(target.locals, rows or ()))


def stand(found: tuple[State, ...]) -> dict[str, str]:
    """Name -> state of what is in the database, wholly or in part."""
    return {s.name: s.state for s in found if s.state in ("applied", "failed")}
