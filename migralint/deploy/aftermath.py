"""How a deploy ended: what is committed, whether the backup should come back, what it would cost.

A backup is restored only where something of this run is in the database: never where everything
was rolled back, and never after a signal, when whoever sent it is asked to decide.
"""

from __future__ import annotations

import time

from migralint.deploy import writes
from migralint.deploy.course import LEAVE, RESTORE, Course, Deployed, stand, states
from migralint.model import MigralintError
from migralint.runner.choosing import PENDING
from migralint.runner.signals import Interrupted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.backup import Backup, Restored
    from migralint.deploy.writes import Lost
    from migralint.runner.history import State


def answer(
    course: Course, began: str, clock: float, error: MigralintError | None, stopped: int
) -> Deployed:
    after = _after(course)
    committed = _committed(course, after)
    said: list[str] = []
    restored, lost = None, None
    if error is not None or stopped:
        said = _stays(course, after, committed, error)
        if _can_be_restored(course, committed, after, error):
            lost = writes.since(course.target, course.counters)
            for line in said:
                course.timeline.say(line)  # before anybody is asked
            restored, more = _restore(course, lost, stopped, committed, _failed(course, after))
            said = more if restored else [*said, f"A restore would lose {lost.said}.", *more]
    final = after if restored is None else _after(course)
    return Deployed(
        _outcome(course, error, stopped, restored),
        _status(error, stopped),
        began,
        time.monotonic() - clock,
        tuple(course.timeline.steps),
        tuple(committed) if restored is None else (),
        _pending(course, final),
        _count(final, "failed"),
        *_newest(course),
        restored,
        lost,
        error,
        tuple(said),
        course.options.skip,
    )


def _pending(course: Course, found: tuple[State, ...] | None) -> int | None:
    """Without those that wait to be named: nobody is to be alarmed by them."""
    waiting = course.plan.withheld if course.plan else ()
    kept = None if found is None else tuple(s for s in found if s.name not in waiting)
    return _count(kept, *PENDING)


def _count(found: tuple[State, ...] | None, *kinds: str) -> int | None:
    """How many of the folder's, or that stand as failed; None where nobody answers."""
    if found is None:
        return None
    return len([s for s in found if s.state in kinds and (s.local or s.state == "failed")])


def _outcome(
    course: Course, error: MigralintError | None, stopped: int, restored: Restored | None
) -> str:
    if restored is not None:
        return "restored"
    if stopped:
        return "interrupted"
    if error is not None:
        return "refused" if error.status == 5 else "failed"
    return "deployed" if course.names() else "up to date"


def _status(error: MigralintError | None, stopped: int) -> int:
    return stopped or (error.status if error is not None else 0)


def _after(course: Course) -> tuple[State, ...] | None:
    """The history now; None where the database does not answer any more."""
    try:
        return states(course.target)
    except MigralintError:
        return None


def _committed(course: Course, after: tuple[State, ...] | None) -> list[str]:
    """What is applied now and was not before, of what this deploy meant to apply."""
    if after is None or not course.began_applying:
        return []
    before = stand(course.before)
    found = stand(after)
    return [n for n in course.names() if found.get(n) == "applied" and n not in before]


def _failed(course: Course, after: tuple[State, ...] | None) -> list[str]:
    before = stand(course.before)
    return [s.name for s in after or () if s.state == "failed" and s.name not in before]


def _stays(
    course: Course, after: tuple[State, ...] | None, committed: list[str],
    error: MigralintError | None,
) -> list[str]:  # fmt: skip
    if not course.began_applying:
        return ["Nothing was applied."]
    if after is None:
        return ["What is committed is not known: the database does not answer."]
    failed = _failed(course, after)
    if not committed and not failed and not getattr(error, "stays", False):
        return ["Nothing of this deploy is in the database."]
    said = []
    if committed:
        said.append(f"Committed, and in the database: {', '.join(committed)}.")
    if failed:
        part = getattr(error, "stays", True)
        where = "In the database in part" if part else "Not in the database"
        said.append(f"{where}, and standing as failed: {', '.join(failed)}.")
    return said or ["A part of it is in the database: see above."]


def _can_be_restored(
    course: Course, committed: list[str], after: tuple[State, ...] | None,
    error: MigralintError | None,
) -> bool:  # fmt: skip
    if course.backup is None or after is None or not course.began_applying:
        return False
    return bool(committed or getattr(error, "stays", False) or _part(course, after, error))


def _part(course: Course, after: tuple[State, ...], error: MigralintError | None) -> bool:
    """A migration stands as failed and nobody has said that nothing of it stays (a signal, say)."""
    return bool(_failed(course, after)) and getattr(error, "stays", True)


def _restore(
    course: Course, lost: Lost, stopped: int, committed: list[str], failed: list[str]
) -> tuple[Restored | None, list[str]]:
    """(what was restored, what to say)."""
    from migralint.backup import restore
    from migralint.backup.manifest import database_of

    assert course.backup is not None
    path, name = course.backup.path, database_of(course.target.found.url)
    by_hand = f"To restore it: migralint restore {path}"
    way = LEAVE if stopped else course.options.on_failure
    if way == LEAVE:
        return None, [by_hand]
    if way != RESTORE:
        question = f"Restore {path}, made before the apply? It would lose {lost.said}."
        if course.options.ask(question) != name:
            return None, [f"It was not restored. {by_hand}"]
    try:
        with course.timeline.step("restore") as tell:
            done = restore(
                course.target, path, name, terminate=course.options.terminate,
                note=course.progress.note,
            )  # fmt: skip
            tell(f"{done.database} is what it was before; kept as {done.kept}")
    except MigralintError as error:
        return None, [f"The restore failed: {error}", by_hand]
    except Interrupted:
        return None, [
            "The restore was interrupted: the database is as the deploy left it.",
            by_hand,
        ]
    return done, [
        *(f"{name} was committed; the restore has taken it back." for name in committed),
        *(f"{name} stood as failed; the restore has taken it back." for name in failed),
        f"It has lost {lost.said}.",
        f"{path} is restored: {done.database} is what it was before the apply.",
        f"What it was just now is kept as {done.kept}; to remove that: {done.drop}",
        *done.notes,
    ]


def _newest(course: Course) -> tuple[Backup | None, float | None]:
    """(the backup to speak of, its age in seconds; None where that is not known)."""
    from math import inf

    from migralint.backup import age, folder_of, newest

    try:
        found = course.backup or course.known_backup or newest(
            folder_of(course.target), course.target
        )  # fmt: skip
    except MigralintError:
        found = None
    seconds = age(found) if found is not None else inf
    return found, seconds if seconds < inf else None
