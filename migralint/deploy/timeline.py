"""The steps of a deploy as they happen: when each began, how long it took, how it ended."""

from __future__ import annotations

import time
from contextlib import contextmanager

from migralint.model import MigralintError, Record, replace
from migralint.runner import clock
from migralint.runner.signals import Interrupted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ENDS = ("ok", "skipped", "refused", "failed", "interrupted", "not reached")


class Step(Record):
    """`began` is UTC, `outcome` one of ENDS, `said` what is worth a line."""

    name: str
    began: str
    seconds: float = 0.0
    outcome: str = "ok"
    said: str = ""


class Timeline:
    """`say` is told of each step when it begins; `steps` are those so far."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.steps: list[Step] = []

    @contextmanager
    def step(self, name: str) -> Iterator[Callable[[str], None]]:
        """What is called inside sets the step's line; an exception sets its outcome."""
        self.say(f"{name}:")
        self.steps.append(Step(name, clock.now()))
        began, said, outcome = time.monotonic(), "", "failed"

        def tell(text: str) -> None:
            nonlocal said
            said = text

        try:
            yield tell
            outcome = "ok"
        except Interrupted:
            outcome, said = "interrupted", "a signal came"
            raise
        except MigralintError as error:
            said = error.message.partition("\n")[0].rstrip(":")
            outcome = outcome_of(error)
            raise
        finally:
            seconds = time.monotonic() - began
            self.steps[-1] = replace(self.steps[-1], seconds=seconds, outcome=outcome, said=said)
            self.say(f"  {outcome}, {seconds:.1f} s{f': {said}' if said else ''}")

    def skip(self, name: str, why: str) -> None:
        self.steps.append(Step(name, clock.now(), 0.0, "skipped", why))
        self.say(f"{name}: skipped, {why}")

    def close(self, names: tuple[str, ...]) -> None:
        """The steps that were not reached stand in the timeline too."""
        seen = {step.name for step in self.steps}
        self.steps += [Step(name, "", 0.0, "not reached") for name in names if name not in seen]


def outcome_of(error: MigralintError) -> str:
    if error.status >= 128:
        return "interrupted"
    return "refused" if error.status == 5 else "failed"
