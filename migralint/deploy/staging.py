"""Staging first: what is new to production has been applied there, letter by letter.

Staging is only read. Its URL is STAGING_DIRECT_URL or STAGING_DATABASE_URL (or what Prisma's
schema names, with STAGING_ before it); `no_staging:` in the configuration says that there is none,
and why.
"""

from __future__ import annotations

from migralint.model import MigralintError, replace
from migralint.runner import databases, environment, history
from migralint.runner.target import answering, open_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from migralint.runner.environment import Found
    from migralint.runner.history import State
    from migralint.runner.target import Target

SHOWN = 5


def check(target: Target, names: Sequence[str]) -> str:
    """What to say where staging has all of them; MigralintError with status 5 where it has not."""
    reason = target.config.no_staging
    found = environment.find_staging(
        target.config.root, target.folder, target.layout, target.values
    )
    if found is None:
        if reason:
            return f"there is none: {reason}"
        raise MigralintError(
            "production comes after staging, and there is no URL of staging",
            hint="Set STAGING_DATABASE_URL, or write `no_staging: WHY` in .migralint.yaml.",
            status=5,
        )
    _refuse_same(target, found)
    states = {state.name: state for state in _states(target, found)}
    lacking = [text for name in names if (text := _lacks(states.get(name), name))]
    if lacking:
        more = f"\n... and {len(lacking) - SHOWN} more" if len(lacking) > SHOWN else ""
        raise MigralintError(
            f"staging ({found.url.shown}) does not have what production is to get:\n"
            + "\n".join(lacking[:SHOWN])
            + more,
            hint="Deploy to staging first: the same files, and look at it there.",
            status=5,
        )
    count = len(names)
    return f"{found.url.shown} has {count} of {count}, with the same checksums"


def _refuse_same(target: Target, found: Found) -> None:
    ours, theirs = target.found.url, found.url
    place = (ours.dialect, ours.host, ours.port, ours.database, ours.schema)
    if place == (theirs.dialect, theirs.host, theirs.port, theirs.database, theirs.schema):
        raise MigralintError(
            f"the URL of staging ({found.source}) is that of production",
            hint="Set it to staging's, or write `no_staging: WHY` in .migralint.yaml.",
            status=5,
        )


def _states(target: Target, found: Found) -> list[State]:
    there = replace(target, found=found, db=databases.of(found.url.dialect))
    session = open_session(there, False)
    try:
        with answering(session.url):
            rows = history.read(there.db, session, there.table)
    finally:
        there.db.close(session)
    return history.states(target.locals, rows or ())


def _lacks(state: State | None, name: str) -> str:
    if state is None or state.state != "applied":
        return f"  {name} is {state.state if state else 'not known'} there"
    return f"  {name} was applied there with other contents" if state.edited else ""
