"""Empty a scratch database that was given to us empty, so that it can be used again."""

from __future__ import annotations

from migralint.catalog import HISTORIES, Snapshot, differences, snapshot
from migralint.catalog.names import taken_apart
from migralint.catalog.repair.mysql import marked
from migralint.model import MigralintError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from migralint.runner.databases import Database, Session

# kind of a snapshot -> the word for DROP; what stands on tables goes with them.
DROPPED = {
    "event trigger": "EVENT TRIGGER", "publication": "PUBLICATION", "extension": "EXTENSION",
    "view": "VIEW", "materialized view": "MATERIALIZED VIEW", "table": "TABLE",
    "function": "FUNCTION", "procedure": "PROCEDURE", "aggregate": "AGGREGATE",
    "sequence": "SEQUENCE", "domain": "DOMAIN", "enum": "TYPE", "type": "TYPE", "range": "TYPE",
    "collation": "COLLATION", "text search configuration": "TEXT SEARCH CONFIGURATION",
    "text search dictionary": "TEXT SEARCH DICTIONARY", "event": "EVENT", "schema": "SCHEMA",
    "server": "SERVER", "foreign data wrapper": "FOREIGN DATA WRAPPER",
}  # fmt: skip


def empty(db: Database, session: Session, before: Snapshot) -> None:
    """Drop what has been made since `before`; MigralintError where something stays."""
    if db.state(session) != "idle":
        db.rollback(session)
    db.reset(session)
    if session.url.dialect == "mysql":
        db.query(session, "SET foreign_key_checks = 0")
    for history in HISTORIES:
        db.query(session, f"DROP TABLE IF EXISTS {db.table(session, history)}")
    for sql in _drops(db, session, before):
        db.query(session, sql)
    left = differences(before, snapshot(db, session))
    if left:
        raise MigralintError(
            f"the scratch database could not be emptied: {left[0].object} stays",
            hint="Empty it by hand before it is used again.",
            status=4,
        )


def _drops(db: Database, session: Session, before: Snapshot) -> Iterator[str]:
    made = [d.object for d in differences(before, snapshot(db, session)) if d.state == "extra"]
    places = [taken_apart(name) for name in made]
    postgres = session.url.dialect == "postgres"
    for kind, word in DROPPED.items():
        for place in places:
            if place.kind == kind:
                name = place.name if postgres else marked(place.name)
                yield f"DROP {word} IF EXISTS {name}{' CASCADE' * postgres}"
