"""What a deploy would do and ask, without doing it."""

from __future__ import annotations

from migralint.deploy import smoke, staging, steps, text
from migralint.model import MigralintError, Record
from migralint.preflight.checklist import checklist
from migralint.runner import plan_text
from migralint.runner.target import answering, open_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from migralint.deploy.course import Course
    from migralint.preflight import Check


class Ahead(Record):
    """`refusals` are what a deploy would end with before it has done anything."""

    course: Course
    questions: tuple[str, ...]
    checks: tuple[Check, ...] = ()
    refusals: tuple[str, ...] = ()
    staging: str = ""

    @property
    def status(self) -> int:
        failed = any(check.outcome == "fail" for check in self.checks)
        return 5 if self.refusals or failed else 0

    def text(self) -> str:
        from migralint.preflight import text as checks

        lines = [text.head(self.course), "", _plan(self.course), ""]
        if self.staging:
            lines.append(f"Staging first: {self.staging}")
        if self.checks:
            lines += [checks.text(self.checks), ""]
        lines += [f"It would be refused: {refusal}" for refusal in self.refusals]
        lines += [text.ahead(self.course, self.questions)]
        would = f"would: {_would(self.course)}" if not self.status else "would end without an apply"
        lines.append(f"A deploy {would}. Nothing was done.")
        return "\n".join(lines)

    def markdown(self) -> str:
        from migralint.preflight import text as checks

        shown = self.course.target.found.url.shown
        return checks.markdown(f"Deploy to {shown}", self.checks, self.questions)

    def as_json(self) -> dict[str, Any]:
        from migralint.preflight import text as checks

        target, names = self.course.target, self.course.names()
        found = checks.as_json(target.found.url.shown, self.checks, self.questions, names)
        planned = self.course.plan.planned if self.course.plan else ()
        return {
            **found,
            "environment": target.environment.name,
            "refusals": list(self.refusals),
            "plan": [plan_text.entry(each) for each in planned],
        }


def ahead(course: Course, only_questions: bool) -> Ahead:
    steps.look(course)
    questions = checklist(course.plan) if course.plan else ()
    if only_questions:
        return Ahead(course, questions)
    refusals: list[str] = []
    said = ""
    if course.names():
        refusals += _tried(lambda: steps.refuse(course))
        if course.target.environment.is_production:
            try:
                said = staging.check(course.target, course.names())
            except MigralintError as error:
                refusals.append(str(error))
    return Ahead(course, questions, _checks(course), tuple(refusals), said)


def _tried(step: Callable[[], None]) -> list[str]:
    try:
        step()
    except MigralintError as error:
        return [str(error)]
    return []


def _checks(course: Course) -> tuple[Check, ...]:
    """Those of preflight but for the backup, which the deploy makes itself."""
    from migralint.preflight import preflight

    if not course.names():
        return ()
    target = course.target
    session = open_session(target, False)
    try:
        with answering(session.url):
            found = preflight(target, session, course.plan)
    finally:
        target.db.close(session)
    return tuple(check for check in found if check.name != "backup" or "backup" in _skipped(course))


def _skipped(course: Course) -> dict[str, str]:
    return dict(course.options.skip)


def _plan(course: Course) -> str:
    planned = course.plan.planned if course.plan else ()
    return "\n\n".join("\n".join(plan_text.lines_of(each)) for each in planned)


def _would(course: Course) -> str:
    tested = [f"run {smoke.said(course.options.smoke)}"] if course.options.smoke else []
    if not course.names():
        return ", ".join(["verify", *tested])
    backup = [] if "backup" in _skipped(course) else ["back up"]
    return ", ".join([*backup, "check", "apply", "verify", *tested])
