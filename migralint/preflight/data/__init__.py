"""Data preflight: for each pending statement that the data can make fail, the query that says so.

The queries run on today's data, read-only and with a time limit, while `Moment` follows what the
statements before would have done. What no query of today decides is a warning.
"""

from __future__ import annotations

from migralint.amounts import counted
from migralint.model import Name, replace
from migralint.preflight.check import passed, warned
from migralint.preflight.data.judging import LATER, NAME, Point, judged
from migralint.preflight.data.questions import ask
from migralint.preflight.data.standing import Moment
from migralint.preflight.data.walk import ordered, step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migralint.model import Operation
    from migralint.preflight.check import Check
    from migralint.runner.databases import Database, Session


WRITING = ("insert", "update", "merge", "copy")
SHOWN = 10


def check(
    db: Database,
    session: Session,
    pending: Sequence[tuple[str, Sequence[Operation]]],
    timeout: str,
) -> list[Check]:
    """What the data says to the operations of each pending path, in their order."""
    moment = _today(db, session)
    found: list[Check] = []
    asked = 0
    written_at: list[str] = []
    for path, operations in pending:
        for written in ordered(operations, session.url.dialect):
            operation = _local(written, session.server.schema)
            place = f"{path}:{operation.line}"
            if operation.kind in WRITING and _is_judged_by_rules(moment, operation):
                written_at.append(place)
            point = Point(db, session, moment, operation, place, timeout)
            for question in ask(moment, operation):
                asked += 1
                found += judged(point, question)
            step(moment, operation, place)
    return _result(found, asked, written_at)


def _is_judged_by_rules(moment: Moment, operation: Operation) -> bool:
    """Rows written into a table of today meet its keys and checks when they are written."""
    facts = operation.facts
    name = facts.get("table")
    if name is None or facts.get("in_routine"):
        return False
    return bool(moment.table(name).source)


def _result(found: list[Check], asked: int, written_at: list[str]) -> list[Check]:
    if written_at:
        by = counted(len(written_at), "statement")
        said = f"rows are written by {by}; whether they are accepted shows when they run"
        places = list(dict.fromkeys(written_at))
        return [*_gathered(found), warned(NAME, said, places[:SHOWN])]
    if not asked:
        return [passed(NAME, "no pending statement can fail because of the data")]
    if not found:
        questions = counted(asked, "question")
        return [passed(NAME, f"{questions} to the data, and nothing in the way")]
    return _gathered(found)


def _gathered(found: list[Check]) -> list[Check]:
    """What depends on earlier statements, and has nothing in its way today, in one check."""
    later = [check.said for check in found if check.name == LATER]
    others = [check for check in found if check.name != LATER]
    if not later:
        return others
    said = later[0]
    if len(later) > 1:
        said = f"{len(later)} statements are not decidable before earlier ones have run"
    hint = "Try them on a copy of the data, or apply the earlier ones first (--only-to)."
    return [*others, warned(NAME, said, later if len(later) > 1 else (), hint)]


def _today(db: Database, session: Session) -> Moment:
    from migralint.knowledge.schema import Schema
    from migralint.sql.operations import operations
    from migralint.sql.statements import split

    dialect = session.url.dialect
    schema = Schema(dialect)
    not_valid = []
    for statement in split(db.schema_sql(session), dialect):
        for written in operations(statement, dialect):
            operation = _local(written, session.server.schema)
            schema.apply(operation, None)
            if operation.facts.get("not_valid"):
                not_valid.append(operation)
    moment = Moment(schema, session.server.version, dialect)
    for operation in not_valid:
        facts = operation.facts
        moment.not_valid[facts["table"], facts["constraint"].name] = operation
    if dialect == "postgres":
        moment.partitioned = dict(_partitioned(db, session))
    return moment


def _local(operation: Operation, schema: str) -> Operation:
    """A table of the schema that the session uses is the same with and without its name."""
    facts = operation.facts
    own = {
        fact: Name(name.name, "", name.sql)
        for fact, name in facts.items()
        if isinstance(name, Name) and name.schema == schema and schema
    }
    return replace(operation, facts={**facts, **own}) if own else operation


_PARTITIONED = """
    SELECT n.nspname, c.relname, p.partstrat::text, pg_get_partkeydef(c.oid), dn.nspname, d.relname
    FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_class d ON d.oid = p.partdefid LEFT JOIN pg_namespace dn ON dn.oid = d.relnamespace
"""


def _partitioned(
    db: Database, session: Session
) -> Iterator[tuple[Name, tuple[str, list[str], Name | None]]]:
    own = session.server.schema
    for schema, name, strategy, definition, of, default in db.query(session, _PARTITIONED):
        keys = _split(definition[definition.index("(") + 1 : definition.rindex(")")])
        other = _named(default, of, own) if default else None
        yield _named(name, schema, own), (strategy, keys, other)


def _named(name: str, schema: str, own: str) -> Name:
    from migralint.preflight.data.question import quote

    shown = "" if schema == own else schema
    sql = quote(name, "postgres")
    return Name(name, shown, f"{quote(shown, 'postgres')}.{sql}" if shown else sql)


def _split(text: str) -> list[str]:
    """At the commas that stand in no brackets."""
    parts, depth, start = [], 0, 0
    for index, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and not depth:
            parts.append(text[start:index].strip())
            start = index + 1
    return [*parts, text[start:].strip()]
