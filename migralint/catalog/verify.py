"""Is the database what its history and its migrations say? Nothing is written, and what could not
be checked is said."""

from __future__ import annotations

from migralint.amounts import counted
from migralint.catalog import Difference, differences, snapshot, store
from migralint.catalog.repair import repair
from migralint.model import Record
from migralint.runner.status import Status, looked
from migralint.runner.target import answering, open_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.catalog import Snapshot
    from migralint.runner.databases import Session
    from migralint.runner.signals import Received
    from migralint.runner.target import Target

REPLAY = "`migralint verify --replay` compares with the migrations themselves"


class Verified(Record):
    """`against` says what the database was compared with; `unchecked` why it was not, else "".

    `notes` are doubts that the reader should know; `repairs` the statements, in workable order.
    """

    status: Status
    against: str = ""
    differences: tuple[Difference, ...] = ()
    repairs: tuple[str, ...] = ()
    unchecked: str = ""
    notes: tuple[str, ...] = ()

    @property
    def wrong(self) -> bool:
        return bool(self.status.wrong or self.status.pending or self.differences)


def verify(
    target: Target, received: Received, replay: bool = False, scratch_url: str = ""
) -> Verified:
    session = open_session(target, False)
    try:
        with answering(session.url):
            found = looked(target, session)
            if replay or scratch_url:
                return _against_replay(target, session, found, received, scratch_url)
            return _against_remembered(target, session, found)
    finally:
        target.db.close(session)


def _against_remembered(target: Target, session: Session, status: Status) -> Verified:
    kept = store.recall(target, session)
    if kept is None:
        return Verified(status, unchecked=f"no apply has stored a snapshot yet; {REPLAY}")
    now = {state.name for state in status.of("applied")}
    aside = sorted(now ^ set(kept.applied))
    if aside:
        shown = ", ".join(aside[:3]) + (f" and {len(aside) - 3} more" if len(aside) > 3 else "")
        return Verified(
            status,
            unchecked=f"the snapshot of {kept.when} is older than the history, which something "
            f"else than `migralint apply` has changed since ({shown}); {REPLAY}",
        )
    notes = []
    if kept.snapshot.server != session.server.version:
        notes.append(
            f"the snapshot was taken from server version {kept.snapshot.server}; "
            f"{session.server.shown} may write the same thing otherwise"
        )
    against = f"the snapshot of the last apply ({kept.when})"
    return _compared(target, session, status, kept.snapshot, against, notes)


def _against_replay(
    target: Target, session: Session, status: Status, received: Received, scratch_url: str
) -> Verified:
    from migralint.catalog.scratch import replayed

    chosen = [s.local for s in status.of("applied") if s.local]
    notes = [f"{s.name} was edited: replayed as it is now" for s in status.states if s.edited]
    notes += [
        f"{s.name} is missing from the folder and was not replayed"
        for s in status.states
        if s.missing and s.state == "applied"
    ]
    skipped: list[str] = []
    expected = replayed(target, chosen, received, scratch_url, skipped)
    notes += [f"{place} was not replayed: it reaches beyond one database" for place in skipped]
    against = f"a replay of {counted(len(chosen), 'migration')}"
    return _compared(target, session, status, expected, against, notes)


def _compared(
    target: Target, session: Session, status: Status, expected: Snapshot, against: str,
    notes: list[str],
) -> Verified:  # fmt: skip
    found = snapshot(target.db, session)
    different = differences(expected, found)
    repairs = repair(different, expected, found)
    return Verified(status, against, different, repairs, "", tuple(notes))
