"""The steps, each a function of the course; MigralintError ends the deploy there."""

from __future__ import annotations

from migralint.amounts import counted, size
from migralint.deploy import smoke, staging, writes
from migralint.deploy.course import Course, stand, states
from migralint.model import MigralintError
from migralint.runner import gate
from migralint.runner.plan import plan
from migralint.runner.target import answering, judged, open_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from migralint.catalog.verify import Verified

    Tell = Callable[[str], None]


def look(course: Course) -> None:
    """The plan, and whether it may be carried out at all. Nothing is written."""
    session = open_session(course.target, False)
    try:
        course.target = judged(course.target, session)
    finally:
        course.target.db.close(session)
    course.before = states(course.target)
    options = course.options.apply
    course.plan = plan(course.target, options.only_to, options.allowed)


def refuse(course: Course) -> None:
    """The linter stops what it would stop in apply, before a backup has been waited for."""
    report = course.plan.report if course.plan else None
    if report is not None:
        gate.refuse(course.target, report, "nothing was done", gate.ALLOWING)


def staging_first(course: Course, tell: Tell) -> None:
    tell(staging.check(course.target, course.names()))


def back_up(course: Course, tell: Tell) -> None:
    from migralint.backup import folder_of, make, prune
    from migralint.backup.text import contents

    target = course.target
    course.backup = make(target, note=course.progress.note)
    course.counters = writes.counters(target)
    prune(folder_of(target), target.config.backup_keep, target.config.backup_keep_days)
    made = course.backup
    tell(f"{made.path}, {size(made.bytes)}, {contents(made)}, read whole")


def skip_backup(course: Course, reason: str) -> None:
    """In production there must be a recent one all the same."""
    from math import inf

    from migralint.backup import age, folder_of, newest
    from migralint.backup.text import old
    from migralint.runner.durations import milliseconds

    target = course.target
    found = course.known_backup = newest(folder_of(target), target)
    most = milliseconds(target.config.backup_max_age) / 1000
    fresh = found is not None and age(found) <= most
    if target.environment.is_production and not fresh:
        lacking = f"there is none in {folder_of(target)}"
        if found is not None:
            most_said = f"older than {target.config.backup_max_age} (backup_max_age)"
            lacking = f"{found.path} is {most_said if age(found) < inf else old(found)}"
        raise MigralintError(
            f"production needs a recent verified backup, and {lacking}",
            hint="Leave --skip backup out, or make one first: `migralint backup`.",
            status=5,
        )
    course.timeline.skip("backup", reason)


def preflight(course: Course, tell: Tell) -> None:
    from migralint.preflight import preflight as run
    from migralint.preflight import text

    target = course.target
    session = open_session(target, False)
    try:
        with answering(session.url):
            course.checks = run(target, session, course.plan)
    finally:
        target.db.close(session)
    drift = _drift(course)
    if drift:
        course.timeline.say(f"  ! warn  {drift}; `migralint verify` shows it")
    failed = [check for check in course.checks if check.outcome == "fail"]
    shown = [check for check in course.checks if check.outcome != "pass"]
    for line in text.text(shown).split("\n")[:-2] if shown else ():  # the summary comes below
        course.timeline.say(f"  {line}".rstrip())
    if failed:
        raise MigralintError(
            f"preflight failed: {', '.join(check.name for check in failed)}",
            hint="Mend what is said above; `migralint preflight` looks again.",
            status=5,
        )
    tell(text.summary(course.checks))


def _drift(course: Course) -> str:
    """What somebody has changed by hand since the last apply: from now on it would be the norm."""
    from migralint.catalog.verify import verify as run

    found = run(course.target, course.received)
    count = counted(len(found.differences), "difference")
    return f"drift: {count} from {found.against}" if found.differences else ""


def apply(course: Course, tell: Tell) -> None:
    from migralint.runner.apply import apply as run

    target = course.target
    if stand(states(target)) != stand(course.before):
        raise MigralintError(
            "somebody else has changed the history since the deploy began: nothing was applied",
            hint="`migralint status` shows what is applied now; then deploy again.",
            status=5,
        )
    course.began_applying = True
    result = run(target, course.options.apply, course.progress, course.received)
    others = [name for name in course.names() if name not in result.applied]
    count = f"{len(result.applied)} applied"
    tell(f"{count}; somebody else applied {', '.join(others)}" if others else count)
    remember(course)


def remember(course: Course) -> None:
    """The snapshot that `verify` compares with."""
    from migralint.catalog.store import remember as store

    session = open_session(course.target, True)
    try:
        why_not = store(course.target, session)
    finally:
        course.target.db.close(session)
    if why_not:
        course.progress.note(why_not)


def verify(course: Course, tell: Tell) -> None:
    """The history is whole, the schema what the apply has left, no index INVALID."""
    from migralint.catalog.verify import verify as run

    found = run(course.target, course.received)
    wrong = _wrong(course, found) + [
        f"the index {name} of {table} is INVALID" for name, table in _invalid(course)
    ]
    for line in wrong[:20]:
        course.timeline.say(f"  {line}")
    if wrong:
        raise MigralintError(
            f"what is in the database is not what was to be there: {wrong[0]}",
            hint="`migralint verify` shows all of it.",
            status=1,
        )
    applied = len(found.status.of("applied"))
    against = f"no difference from {found.against}" if found.against else found.unchecked
    tell(f"{applied} applied, none failed or edited; {against}")


def _wrong(course: Course, found: Verified) -> list[str]:
    meant = set(course.names())
    after = {state.name: state for state in found.status.states}
    lines = [
        f"{name} is {after[name].state if name in after else 'unknown'} after the apply"
        for name in course.names()
        if name not in after or after[name].state != "applied"
    ]
    lines += [f"{s.name} is applied, and this deploy did not apply it" for s in found.status.states
              if s.state == "applied" and s.name not in meant
              and s.name not in stand(course.before)]  # fmt: skip
    lines += [f"{s.name} stands as failed" for s in found.status.of("failed")]
    allowed = course.options.apply.allowed
    lines += [f"{s.name} was edited since it was applied" for s in found.status.states
              if s.edited and "edited" not in allowed]  # fmt: skip
    lines += [f"{each.object} is {each.state}" for each in found.differences]
    return lines


def _invalid(course: Course) -> list[tuple[str, str]]:
    target = course.target
    session = open_session(target, False)
    try:
        with answering(session.url):
            found = target.db.invalid_indexes(session)
    finally:
        target.db.close(session)
    return [(name, table) for name, table, growing in found if not growing]


def smoke_test(course: Course, tell: Tell) -> None:
    options = course.options
    course.stream.flush()
    tell(smoke.run(options.smoke, options.smoke_timeout, course.stream))
