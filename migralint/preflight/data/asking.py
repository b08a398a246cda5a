"""A question put to the server: in a transaction that cannot write, for so long and no longer."""

from __future__ import annotations

from contextlib import contextmanager

from migralint.model import Record
from migralint.runner.databases import ServerError
from migralint.runner.durations import milliseconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from migralint.runner.databases import Database, Session

# query_canceled; MariaDB's and MySQL's limits of time; SQLite's interrupt
_LATE = frozenset(("57014", "1969", "3024", "SQLITE_INTERRUPT"))


class Answer(Record):
    """`rows` None: there is no answer. `error` never holds a value of the data."""

    rows: list[Any] | None
    code: str = ""
    error: str = ""
    late: bool = False


def ask(db: Database, session: Session, sql: str, timeout: str) -> Answer:
    try:
        with _reading(db, session, milliseconds(timeout)):
            return Answer(db.query(session, sql))
    except ServerError as error:
        if error.lost:
            raise
        late = error.code in _LATE or error.message == "interrupted"
        # class 22, data exception: its message shows the value
        said = "" if error.code.startswith("22") else f"{error.message} "
        return Answer(None, error.code, f"{said}({error.code})", late or error.busy)


@contextmanager
def _reading(db: Database, session: Session, limit: int) -> Iterator[None]:
    with _LIMITS[session.url.dialect](db, session, limit):
        yield


@contextmanager
def _postgres(db: Database, session: Session, limit: int) -> Iterator[None]:
    db.query(session, "BEGIN TRANSACTION READ ONLY")
    try:
        # row_security: rows that a policy hides are an error here, not "no such row"
        db.query(
            session,
            f"SET LOCAL statement_timeout = {limit}; SET LOCAL lock_timeout = '2s'; "
            "SET LOCAL row_security = off",
        )
        yield
    finally:
        if db.state(session) != "lost":
            db.query(session, "ROLLBACK")


@contextmanager
def _mysql(db: Database, session: Session, limit: int) -> Iterator[None]:
    name, unit = (
        ("max_statement_time", 1000) if session.server.mariadb else ("max_execution_time", 1)
    )
    db.query(session, f"SET SESSION {name} = {limit / unit:.10g}")
    db.query(session, "START TRANSACTION READ ONLY")
    try:
        yield
    finally:
        if db.state(session) != "lost":
            db.query(session, "ROLLBACK")
            db.query(session, f"SET SESSION {name} = DEFAULT")


@contextmanager
def _sqlite(db: Database, session: Session, limit: int) -> Iterator[None]:
    """The session is `query_only` already."""
    from threading import Timer

    if not limit:
        yield
        return
    timer = Timer(limit / 1000, session.connection.interrupt)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


_LIMITS = {"postgres": _postgres, "mysql": _mysql, "sqlite": _sqlite}
