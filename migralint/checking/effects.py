"""What the server does while SQL runs that stands in no file."""

from __future__ import annotations

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
    named = SHOWN[dialect]
    server = f"{named} {server_version(views[0])}" if views else named
    return server, tuple(said(effect(view)) for view in views if is_own(view))
