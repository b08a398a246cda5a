"""The snapshot of a MySQL or MariaDB database: what SHOW CREATE says, line by line.

The server writes a table's definition in lines: columns, keys, constraints, then the options. The
AUTO_INCREMENT counter, who defined a view or routine, and the database's own name are left out.
Privileges are not asked for: who may read them may do much else.
"""

from __future__ import annotations

import re

from migralint.catalog import HISTORIES, definition
from migralint.runner.databases.mysql.session import quoted as marked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from migralint.runner.databases import Database, Session

TABLES = "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = ?"
OTHERS = (
    ("trigger", "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = ?"),
    (
        "procedure",
        "SELECT routine_name FROM information_schema.routines "
        "WHERE routine_schema = ? AND routine_type = 'PROCEDURE'",
    ),
    (
        "function",
        "SELECT routine_name FROM information_schema.routines "
        "WHERE routine_schema = ? AND routine_type = 'FUNCTION'",
    ),
    ("event", "SELECT event_name FROM information_schema.events WHERE event_schema = ?"),
)
# Which column of SHOW CREATE's answer holds the text.
ANSWER = {"trigger": 2, "procedure": 2, "function": 2, "event": 3}
LINE = re.compile(r"(?:(?:UNIQUE |FULLTEXT |SPATIAL )?KEY|CONSTRAINT) `((?:[^`]|``)+)`")
DEFINER = re.compile(r"DEFINER=`(?:[^`]|``)*`@`(?:[^`]|``)*` ")
STARTS = re.compile(r" STARTS '[^']*'")  # of an event: by default when it was made
COUNTER = re.compile(r" AUTO_INCREMENT=\d+")
PLAIN = re.compile(r"[A-Za-z_][\w$]*")


def objects(db: Database, session: Session) -> dict[str, str]:
    return dict(_read(db, session))


def _read(db: Database, session: Session) -> Iterator[tuple[str, str]]:
    base = session.url.database
    for name, kind in db.query(session, TABLES, (base,)):
        if kind == "VIEW":
            sql = db.query(session, f"SHOW CREATE VIEW {marked(name)}")[0][1]
            yield f"view {quoted(name)}", definition([("definition", _free(sql, base))])
        elif kind == "SEQUENCE":
            sql = db.query(session, f"SHOW CREATE SEQUENCE {marked(name)}")[0][1]
            yield f"sequence {quoted(name)}", definition([("definition", _free(sql, base))])
        elif name not in HISTORIES:
            yield from _table(name, db.query(session, f"SHOW CREATE TABLE {marked(name)}")[0][1])
    for kind, listed in OTHERS:
        for (name,) in db.query(session, listed, (base,)):
            answer = db.query(session, f"SHOW CREATE {kind.upper()} {marked(name)}")[0]
            text = STARTS.sub("", _free(answer[ANSWER[kind]] or "", base))
            yield f"{kind} {quoted(name)}", definition([("definition", text)])


def _table(name: str, sql: str) -> Iterator[tuple[str, str]]:
    shown = quoted(name)
    _, *lines = sql.split("\n")
    end = next((i for i, line in enumerate(lines) if line.startswith(")")), len(lines) - 1)
    options = "\n".join([lines[end][1:].strip(), *lines[end + 1 :]])
    yield f"table {shown}", definition([("options", COUNTER.sub("", options))])
    for line in lines[:end]:
        line = line.strip().removesuffix(",")
        if line.startswith("`"):
            column, _, rest = line[1:].partition("` ")
            yield f"column {shown}.{quoted(column.replace('``', '`'))}", definition([("is", rest)])
            continue
        found = LINE.match(line)
        part = quoted(found[1].replace("``", "`")) if found else "PRIMARY"
        kind = "constraint" if line.startswith("CONSTRAINT") else "index"
        yield f"{kind} {part} on {shown}", definition([("definition", line)])


def _free(sql: str, base: str) -> str:
    return DEFINER.sub("", sql).replace(f"{marked(base)}.", "")


def quoted(name: str) -> str:
    return name if PLAIN.fullmatch(name) else marked(name)
