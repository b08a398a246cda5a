"""A copy of the schema to trace on, by pg_dump or by the applied migrations; then dropped."""

from __future__ import annotations

from contextlib import contextmanager

from migralint.catalog import OWN_SCHEMA
from migralint.catalog.scratch import apply_all, scratch
from migralint.model import MigralintError
from migralint.runner import history
from migralint.runner.databases import ServerError
from migralint.runner.target import answering

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migralint.backup.tools import Tool
    from migralint.runner.databases import Database, Session
    from migralint.runner.history import Local
    from migralint.runner.signals import Received
    from migralint.runner.target import Target

DUMP = (
    "--schema-only", "--no-owner", "--no-privileges", "--no-comments", "--no-publications",
    "--no-subscriptions", "--no-security-labels", "--no-tablespaces", "--lock-wait-timeout=5000",
    f"--exclude-schema={OWN_SCHEMA}",  # the snapshot for `verify` is no part of the schema
)  # fmt: skip
# A setting that only a newer server has, and the schema that every new database has already.
HARMLESS = ("42704", "42P06")


@contextmanager
def copy(
    target: Target,
    given: str,
    text: str | None,
    applied: Sequence[Local],
    received: Received,
) -> Iterator[Session]:
    """A session in a scratch database with the schema of `text`, else of the `applied` migrations.

    `given` is the URL of an empty database to use, which is emptied again.
    """
    with scratch(target, given) as first:
        session = first
        with answering(session.url):
            if text is not None:
                _load(target.db, session, text)
            elif applied:
                target.db.ensure_schema(session)
                history.create(target.db, session, target.table)
                session = apply_all(target, session, applied, received)
            else:
                target.db.ensure_schema(session)
        try:
            yield session
        finally:
            if session.connection is not first.connection:
                target.db.close(session)  # it was opened when the first one was lost


def dumped(target: Target, session: Session, tool: Tool) -> str:
    """The schema of the database as SQL, without a lock that is in anybody's way."""
    from subprocess import PIPE

    from migralint.backup import tools
    from migralint.backup.postgres.dump import login

    where, secret = login(target.found.url)
    with tools.started([tool.path, *DUMP, *where], secret, stdout=PIPE) as running:
        text: str = running.process.stdout.read().decode()
        problem = tools.ended(running, target.found.url)
    if problem:
        raise MigralintError(
            f"{tool.shown} could not read the schema: {problem}",
            hint="`--replay` makes the schema from the applied migrations instead.",
            status=4,
        )
    return text


def _load(db: Database, session: Session, text: str) -> None:
    """The statements of a dump; what stands in it for psql changes nothing."""
    from migralint.sql.statements import split

    for statement in split(text, session.url.dialect):
        if statement.form != "sql":
            continue
        try:
            db.run(session, statement.text)
        except ServerError as error:
            if error.code not in HARMLESS or not statement.text.startswith(("SET ", "CREATE SCH")):
                raise MigralintError(
                    f"the schema cannot be copied: {error}\n  {statement.text[:200]}",
                    hint="`--replay` makes it from the applied migrations instead.",
                    status=4,
                ) from None
    db.reset(session)
