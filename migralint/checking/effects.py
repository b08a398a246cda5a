"""What the server does while SQL runs that stands in no file."""

from __future__ import annotations

from migralint.knowledge import online_ddl
from migralint.knowledge.effects import effect, is_own, said
from migralint.knowledge.facts import server_version
from migralint.knowledge.schema import Schema
from migralint.knowledge.timeline import Timeline
from migralint.model import Migration
from migralint.sql.operations import operations
from migralint.sql.statements import split

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.config import Config

SHOWN = {"postgres": "PostgreSQL", "mysql": "MySQL", "sqlite": "SQLite"}


def effects(sql: str, config: Config) -> tuple[str, tuple[str, ...]]:
    """The server that is meant, and a line for each operation that is not a part of another."""
    dialect = config.dialect or "postgres"
    migration = Migration("<sql>", sql, "", "", "plain", dialect)
    made = [operation for s in split(sql, dialect) for operation in operations(s, dialect)]
    views = Timeline(migration, made, Schema(), config, frozenset({"<sql>"})).views
    server = SHOWN[dialect] if not config.mariadb else "MariaDB"
    if views:
        server += f" {_version(dialect, server_version(views[0]), config)}"
    return server, tuple(said(effect(view)) for view in views if is_own(view))


def _version(dialect: str, number: int, config: Config) -> str:
    """The number of config.keys.server_version as people write it: 80 is MySQL 8.0."""
    if dialect != "mysql":
        return str(number)
    if config.mariadb:
        number = config.server_version or online_ddl.OLDEST["mariadb"]
    major, minor = divmod(number, 100 if config.mariadb else 10)
    return f"{major}.{minor}"
