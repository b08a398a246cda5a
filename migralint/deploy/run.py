"""Carry the steps out in their order, and answer for how it ended."""

from __future__ import annotations

import time

from migralint.deploy import aftermath, steps
from migralint.deploy.course import STEPS, Course, Deployed
from migralint.model import MigralintError
from migralint.runner.clock import now
from migralint.runner.signals import Interrupted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def deploy(
    course: Course,
    before: Callable[[Course], None],
    complain: Callable[[MigralintError], None],
) -> Deployed:
    """`before` is told of the plan when nothing has been done yet, `complain` of what went wrong,
    before anybody is asked about it. Raises nothing of ours: how it ended is in the answer."""
    began, clock = now(), time.monotonic()
    error: MigralintError | None = None
    stopped = 0
    try:
        steps.look(course)
        before(course)
        _carry_out(course)
    except MigralintError as problem:
        error = problem
        complain(problem)
        stopped = problem.status if problem.status >= 128 else 0
    except Interrupted as stop:
        stopped = stop.status
    course.timeline.close(_meant(course))
    return aftermath.answer(course, began, clock, error, stopped)


def _meant(course: Course) -> tuple[str, ...]:
    """The steps that this deploy has."""
    left_out = set()
    if not course.target.environment.is_production:
        left_out.add("staging first")
    if not course.options.smoke:
        left_out.add("smoke test")
    return tuple(name for name in STEPS if name not in left_out)


def _carry_out(course: Course) -> None:
    timeline, skip = course.timeline, dict(course.options.skip)
    if course.names():
        steps.refuse(course)
        if course.target.environment.is_production:
            with timeline.step("staging first") as tell:
                steps.staging_first(course, tell)
        _back_up(course, skip.get("backup", ""))
        with timeline.step("preflight") as tell:
            steps.preflight(course, tell)
        with timeline.step("apply") as tell:
            steps.apply(course, tell)
    else:
        for name in STEPS[:4]:
            if name in _meant(course):
                timeline.skip(name, "nothing is pending")
    with timeline.step("verify") as tell:
        steps.verify(course, tell)
    if course.options.smoke:
        with timeline.step("smoke test") as tell:
            steps.smoke_test(course, tell)


def _back_up(course: Course, reason: str) -> None:
    if reason:
        steps.skip_backup(course, reason)
        return
    with course.timeline.step("backup") as tell:
        steps.back_up(course, tell)
