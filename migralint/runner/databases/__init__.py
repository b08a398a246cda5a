"""The three databases, each a module of the same functions; only they talk to a server.

`of(dialect)` gives the module. What a server refuses is a ServerError, whatever driver was used.
"""

from __future__ import annotations

from migralint.model import MigralintError, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from typing import Any, Protocol

    from migralint.runner.url import Url

LOCK_KEY = 72707369  # Prisma's, so that the two keep each other out


class ServerError(Exception):
    """What the server (or its driver) answered.

    `code` is an SQLSTATE, MySQL's number or SQLite's name; `position` a 1-based character of the
    statement, 0 where unknown. `lost`: the connection is gone. `busy`: another session was in the
    way, and trying again may help. `outside`: the statement wants no transaction around it.
    """

    def __init__(
        self,
        message: str,
        code: str = "",
        *,
        detail: str = "",
        hint: str = "",
        position: int = 0,
        lost: bool = False,
        busy: bool = False,
        outside: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.detail = detail
        self.hint = hint
        self.position = position
        self.lost = lost
        self.busy = busy
        self.outside = outside

    def __str__(self) -> str:
        parts = [f"{self.message} ({self.code})" if self.code else self.message]
        parts += [f"detail: {self.detail}"] * bool(self.detail)
        parts += [f"hint: {self.hint}"] * bool(self.hint)
        return "\n".join(parts)


class Server(Record):
    """What is on the other end. `version` is the number that the facts use (15, 1011, 84)."""

    version: int = 0
    mariadb: bool = False
    shown: str = ""
    schema: str = ""
    user: str = ""
    marker: str = ""


class Session(Record):
    """An open connection. `connection` is the driver's; `timeouts` are (lock, statement)."""

    connection: Any
    url: Url
    server: Server
    timeouts: tuple[str, str] = ("5s", "")


if TYPE_CHECKING:

    class Database(Protocol):
        """The functions of a databases module."""

        def connect(self, url: Url, timeouts: tuple[str, str], writes: bool) -> Session:
            """A session that can be used; MigralintError says why there is none (status 4)."""

        def create_database(self, url: Url) -> None:
            """Make the database that the URL names; one that has come meanwhile is fine."""

        def close(self, session: Session) -> None: ...

        def query(self, session: Session, sql: str, values: Sequence[object] = ()) -> list[Any]:
            """The rows of one statement of ours; `?` stands for a value."""

        def run(self, session: Session, statement: str, data: str | None = None) -> None:
            """One statement of a migration, as it is written; `data` for COPY ... FROM stdin."""

        def begin(
            self, session: Session, settings: Mapping[str, str], untouched: bool = False
        ) -> None:
            """Open a transaction; before that, put the session back to its first settings, unless
            it is `untouched`."""

        def reset(self, session: Session) -> None:
            """Put the session back to its first settings, outside a transaction."""

        def commit(
            self,
            session: Session,
            sql: str = "",
            values: Sequence[object] = (),
            untouched: bool = False,
        ) -> None:
            """Commit, with one more statement of ours before it."""

        def at_once(
            self, session: Session, statements: Sequence[str], sql: str, values: Sequence[object]
        ) -> bool:
            """All statements and one of ours in a transaction, in one message; an error does not
            say which of them it was. False where the database has no such thing."""

        def rollback(self, session: Session) -> None: ...

        def state(self, session: Session) -> str:
            """idle, open, broken (a transaction that can only be rolled back) or lost."""

        def lock(self, session: Session) -> bool:
            """Try to become the one applier, without waiting."""

        def holder(self, session: Session) -> str:
            """Who is the applier now, for messages."""

        def unlock(self, session: Session) -> None: ...

        def end_waits(self, session: Session) -> list[str]:
            """Who waited inside the server for the lock that makes us the one applier, and was told
            to stop: a concurrent build would wait for them, and they for us."""

        def table(self, session: Session, name: str) -> str:
            """The history table as it stands in SQL, quoted and with its schema."""

        def tables(self, session: Session) -> list[str]:
            """The ordinary tables of the schema that the URL names."""

        def rows(self, session: Session) -> Mapping[str, int | None]:
            """Estimated rows by table, None where the server has no idea."""

        def sizes(self, session: Session) -> Mapping[str, int]:
            """Bytes by table."""

        def missing_rights(
            self, session: Session, history: str, owned: Collection[str]
        ) -> list[str]:
            """Sentences: what this user lacks to write the history and to alter those tables."""

        def refuses_transaction(self, kind: str, facts: Mapping[str, Any]) -> bool:
            """Is it known that the server refuses this operation inside a transaction?"""

        def blockers(self, session: Session) -> list[str]:
            """Who is in the way of the session's statement; asked on a connection of its own."""

        def progress(self, session: Session) -> str:
            """How far the statement of that session is, "" where the server does not say."""

        def is_alive(self, session: Session) -> bool: ...

        def hold(self, session: Session) -> None:
            """Keep other appliers out between the statements of a migration without transaction."""

        def let_go(self, session: Session) -> None:
            """The other end of `hold`."""

        def recover(self, session: Session) -> Session:
            """A session to write the history with after an interruption or a lost connection; a
            statement of the old one that still runs is ended first."""

        def invalid_indexes(self, session: Session) -> list[tuple[str, str, bool]]:
            """(index, table, is it being built) of what failed builds have left."""

        def schema_sql(self, session: Session) -> str:
            """What is in the database, as SQL that gives the linter its context."""

        def concurrent(self, session: Session, begins: bool) -> None:
            """Before and after a statement with CONCURRENTLY."""

        def ensure_schema(self, session: Session) -> None:
            """Make the schema that the URL names where it is missing."""


def of(dialect: str) -> Database:
    from importlib import import_module

    module: Database = import_module(f"migralint.runner.databases.{dialect}")
    return module


def unreachable(url: Url, reason: str, hint: str = "") -> MigralintError:
    """There is no session: one sentence, without the password, and status 4."""
    from migralint.runner.url import mask

    said = mask(" ".join(reason.split()), url)
    return MigralintError(f"cannot use {url.shown}: {said}", hint=hint, status=4)


def made_by(command: str) -> str:
    """The hint where the database is missing."""
    return f"`migralint apply` makes it, except in production. By hand: {command}"


def no_driver(extra: str, package: str) -> MigralintError:
    return MigralintError(
        f"{package} is not installed",
        hint=f"pip install 'migralint[{extra}]', or where pipx has installed it: "
        f"pipx inject migralint '{package}{'[binary]' * (extra == 'postgres')}'",
    )


def patient(connect: Callable[[], Session], seconds: float) -> Session:
    """Connect, trying again for so long while the server is starting, full or not there yet."""
    from time import monotonic, sleep

    deadline = monotonic() + seconds
    pause = 0.2
    while True:
        try:
            return connect()
        except MigralintError as error:
            if not getattr(error, "transient", False) or monotonic() + pause > deadline:
                raise
        sleep(pause)
        pause = min(pause * 1.7, 5.0)
