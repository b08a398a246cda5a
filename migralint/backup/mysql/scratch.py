"""A new database like the target's: made, filled, and removed. Its events stay out of it."""

from __future__ import annotations

from migralint.backup import tools
from migralint.backup.mysql import archive
from migralint.backup.mysql.dump import login, program
from migralint.backup.rooms import connected, not_removed
from migralint.model import MigralintError
from migralint.runner.databases import ServerError
from migralint.runner.databases.mysql.session import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from migralint.backup.manifest import Backup
    from migralint.runner.databases import Session
    from migralint.runner.target import Target

PEOPLE = """SELECT id, user, host, coalesce(command, '') FROM information_schema.processlist
            WHERE db = ? AND id <> connection_id() ORDER BY id"""
LIKE = """SELECT default_character_set_name, default_collation_name
          FROM information_schema.schemata WHERE schema_name = ?"""


def create(target: Target, name: str) -> None:
    url = target.found.url
    with connected(target, url, writes=True) as session:
        charset, collation = target.db.query(session, LIKE, (url.database,))[0]
        sql = f"CREATE DATABASE {quoted(name)} CHARACTER SET {charset} COLLATE {collation}"
        try:
            target.db.query(session, sql)
        except ServerError as error:
            raise MigralintError(
                f"the new database {name} cannot be made: {error}",
                hint="The user needs all rights on that name, too.",
                status=4,
            ) from None


def load(target: Target, backup: Backup, name: str) -> None:
    url = target.found.url
    with connected(target, url, writes=True) as session, open(backup.path, "rb") as file:
        feed(target, session, archive.lines(file, events=False), name)


def feed(target: Target, session: Session, lines: Iterable[bytes], name: str) -> None:
    """Run SQL by the server's own client, which knows DELIMITER; its first error ends it."""
    import subprocess

    url = target.found.url
    tool = program("client", session.server)
    with login(url) as logged_in:
        command = [tool.path, logged_in, "--batch", name]
        with tools.started(command, stdin=subprocess.PIPE) as running:
            try:
                for line in lines:
                    running.process.stdin.write(line)
                running.process.stdin.close()
            except BrokenPipeError:
                pass  # it has ended, and says why
            problem = tools.ended(running, url)
    if problem:
        raise MigralintError(f"the restore failed: {problem}", status=4)


def discard(target: Target, name: str) -> None:
    try:
        with connected(target, target.found.url, writes=True) as session:
            for number, *_ in target.db.query(session, PEOPLE, (name,)):
                target.db.query(session, f"KILL {int(number)}")
            target.db.query(session, f"DROP DATABASE IF EXISTS {quoted(name)}")
    except (ServerError, MigralintError) as error:
        raise not_removed(name, error) from None


def others(target: Target) -> list[str]:
    with connected(target, target.found.url, writes=False) as session:
        return people(target, session)


def people(target: Target, session: Session) -> list[str]:
    return [
        f"connection {number} ({user}@{host}): {command}"
        for number, user, host, command in target.db.query(
            session, PEOPLE, (target.found.url.database,)
        )
    ]
