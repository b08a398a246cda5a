"""A new database like the target's: made, filled, looked at by nobody, and removed."""

from __future__ import annotations

from contextlib import contextmanager

from migralint.backup import tools
from migralint.backup.postgres.dump import PACKAGE, login, restorer
from migralint.backup.postgres.properties import copy_settings
from migralint.backup.rooms import connected, elsewhere, not_removed
from migralint.model import MigralintError
from migralint.runner.databases import ServerError
from migralint.runner.databases.postgres.session import literal, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from migralint.backup.manifest import Backup
    from migralint.runner.databases import Session
    from migralint.runner.target import Target

# The tablespace only where it is not the usual one: that one needs no right if it is not named.
LIKE = """
    SELECT to_jsonb(d), pg_encoding_to_char(d.encoding), pg_get_userbyid(d.datdba),
           CASE WHEN d.dattablespace <> (SELECT dattablespace FROM pg_database
                                         WHERE datname = 'template0') THEN t.spcname END
    FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace WHERE d.datname = ?
"""
SESSIONS = """
    SELECT pid, coalesce(usename, ''), coalesce(application_name, ''),
           coalesce(host(client_addr), 'local'), coalesce(state, backend_type)
    FROM pg_stat_activity WHERE datname = ? AND pid <> pg_backend_pid()
    AND backend_type NOT IN ('autovacuum worker', 'parallel worker')
    ORDER BY backend_start
"""


@contextmanager
def beside(target: Target) -> Iterator[Session]:
    """A session on the same server in another database: one that is used cannot be renamed."""
    url, refused = target.found.url, None
    for name in ("postgres", "template1"):
        if name == url.database:
            continue
        try:
            session = target.db.connect(elsewhere(url, name), ("10s", ""), False)
        except MigralintError as error:
            refused = refused or error
            continue
        try:
            yield session
            return
        finally:
            target.db.close(session)
    hint = "A restore needs one more database to connect from: postgres or template1."
    raise MigralintError(str(refused and refused.message), hint=hint, status=4)


def create(target: Target, name: str) -> None:
    """With the owner, the encoding and the locale of the target's database."""
    url = target.found.url
    with beside(target) as session:
        told = target.db.query(session, LIKE, (url.database,))
        if not told:
            raise MigralintError(f"there is no database {url.database}", status=4)
        try:
            target.db.query(session, creating(name, *told[0]))
            # a CHECK or a trigger may ask for a setting of the database while rows come in
            copy_settings(target.db, session, url.database, name, "default_transaction_read_only")
        except ServerError as error:
            hint = "Its user makes a database like the old one: CREATEDB, and the same settings."
            raise MigralintError(
                f"the new database {name} cannot be made: {error}",
                hint=hint if error.code == "42501" else "",
                status=4,
            ) from None


def creating(name: str, row: dict[str, Any], encoding: str, owner: str, space: str | None) -> str:
    """CREATE DATABASE; the columns for the locale have changed with the versions."""
    parts = [
        f"CREATE DATABASE {quoted(name)} OWNER {quoted(owner)} TEMPLATE template0",
        f"ENCODING {literal(encoding)}{f' TABLESPACE {quoted(space)}' if space else ''}",
        f"LC_COLLATE {literal(row['datcollate'])} LC_CTYPE {literal(row['datctype'])}",
    ]
    locale = row.get("datlocale") or row.get("daticulocale")
    provider = {"i": "icu", "b": "builtin"}.get(str(row.get("datlocprovider")), "")
    if provider and locale:
        kind = "ICU_LOCALE" if provider == "icu" else "BUILTIN_LOCALE"
        parts.append(f"LOCALE_PROVIDER {provider} {kind} {literal(locale)}")
    if provider == "icu" and row.get("daticurules"):
        parts.append(f"ICU_RULES {literal(row['daticurules'])}")
    return " ".join(parts)


def load(target: Target, backup: Backup, name: str) -> None:
    path, url = backup.path, elsewhere(target.found.url, name)
    where, secret = login(url)
    if backup.catalog is not None and "schema public" not in backup.catalog:
        with connected(target, url, False) as session:
            target.db.query(session, "DROP SCHEMA public")  # a dump does not say that it is gone
    with open(path, "rb") as file:
        custom = file.read(5) == b"PGDMP"
    if custom:
        with beside(target) as session:
            server = session.server.version
        command = [restorer(path, server).path, "--exit-on-error", *where, path]
    else:
        found = tools.installed(["psql"])
        if not found:
            raise tools.missing("psql", PACKAGE)
        command = [found[0].path, "--no-psqlrc", "--quiet", "--single-transaction"]
        command += ["--set=ON_ERROR_STOP=1", f"--file={path}", *where]
    problem = tools.run(command, secret, target.found.url)
    if problem:
        raise MigralintError(f"the restore failed: {problem}", status=4)
    with connected(target, url, False) as session:
        target.db.query(session, "ANALYZE")  # without statistics the planner is blind


def discard(target: Target, name: str) -> None:
    try:
        with beside(target) as session:
            for pid, *_ in target.db.query(session, SESSIONS, (name,)):
                target.db.query(session, "SELECT pg_terminate_backend(?)", (pid,))
            target.db.query(session, f"DROP DATABASE IF EXISTS {quoted(name)}")
    except (ServerError, MigralintError) as error:
        raise not_removed(name, error) from None


def others(target: Target) -> list[str]:
    with beside(target) as session:
        return sessions(target, session)


def sessions(target: Target, session: Session) -> list[str]:
    return [
        f"pid {pid} ({user}@{address}{f', {program}' if program else ''}): {state}"
        for pid, user, program, address, state in target.db.query(
            session, SESSIONS, (target.found.url.database,)
        )
    ]
