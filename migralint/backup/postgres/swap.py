"""The new database takes the old one's name, with what belongs to the name and is in no dump.

Both renames are one transaction. Nobody can connect from before the look at the sessions until
then, so that nothing is written to a database that is about to be put aside.
"""

from __future__ import annotations

import time

from migralint.backup.postgres.properties import carry_over, slots
from migralint.backup.postgres.scratch import SESSIONS, beside, sessions
from migralint.backup.rooms import Swapped, in_use
from migralint.model import MigralintError
from migralint.runner.databases import ServerError
from migralint.runner.databases.postgres.session import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.runner.databases import Session
    from migralint.runner.target import Target

PATIENCE = 10.0  # seconds for sessions to be gone


def swap(target: Target, name: str, kept: str, terminate: bool, archive: str) -> Swapped:
    own = target.found.url.database
    with beside(target) as session:
        try:
            carry_over(target.db, session, own, name)
            notes = slots(target.db, session, own)
        except ServerError as error:
            raise MigralintError(f"{error}: the database is as it was", status=4) from None
    done = False
    try:
        with beside(target) as session:
            _allow(target, session, own, False)
            _empty(target, session, terminate)
            _rename(target, session, name, kept)
            done = True
    except ServerError as error:
        if not _is_swapped(target, kept):
            raise _refused(error) from None
        done = True  # the connection was lost after the commit
    except KeyboardInterrupt:
        if not _is_swapped(target, kept):
            raise
        done = True  # it came after the commit: too late to go back
    finally:
        if not done:
            _open_again(target, own)
    return Swapped(f"DROP DATABASE {quoted(kept)};", tuple(notes))


def _allow(target: Target, session: Session, name: str, may: bool) -> None:
    target.db.query(session, f"ALTER DATABASE {quoted(name)} ALLOW_CONNECTIONS {str(may).lower()}")


def _empty(target: Target, session: Session, terminate: bool) -> None:
    """Nobody but us; who has just closed a connection is given a moment."""
    until = time.monotonic() + (PATIENCE if terminate else 1)
    while people := sessions(target, session):
        if time.monotonic() > until:
            raise in_use(people)
        if terminate:
            for pid, *_ in target.db.query(session, SESSIONS, (target.found.url.database,)):
                target.db.query(session, "SELECT pg_terminate_backend(?)", (pid,))
        time.sleep(0.05)


def _rename(target: Target, session: Session, name: str, kept: str) -> None:
    own = target.found.url.database
    db = target.db
    db.query(session, "BEGIN")
    db.query(session, f"ALTER DATABASE {quoted(own)} RENAME TO {quoted(kept)}")
    db.query(session, f"ALTER DATABASE {quoted(name)} RENAME TO {quoted(own)}")
    _allow(target, session, kept, True)
    db.query(session, "COMMIT")


def _is_swapped(target: Target, kept: str) -> bool:
    with beside(target) as session:
        sql = "SELECT 1 FROM pg_database WHERE datname = ?"
        return bool(target.db.query(session, sql, (kept,)))


def _refused(error: ServerError) -> MigralintError:
    return MigralintError(
        f"the databases could not be exchanged: {error}",
        hint="The database is as it was, under its own name.",
        status=4,
    )


def _open_again(target: Target, name: str) -> None:
    try:
        with beside(target) as session:
            _allow(target, session, name, True)
    except (ServerError, MigralintError) as error:
        raise MigralintError(
            f"nobody can connect to the database now: {error}",
            hint=f"Type as its owner: ALTER DATABASE {quoted(name)} ALLOW_CONNECTIONS true;",
            status=4,
        ) from None
