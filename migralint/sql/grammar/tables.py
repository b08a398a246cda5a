"""Tables: CREATE, DROP, RENAME and TRUNCATE."""

from __future__ import annotations

from migralint.sql import grammar
from migralint.sql.grammar.columns import column, column_constraints
from migralint.sql.grammar.constraints import CONSTRAINT_WORDS, table_constraint
from migralint.sql.grammar.objects import each_name
from migralint.sql.grammar.reader import Found, Reader, Unread
from migralint.sql.tokens import NAME, STRING, WORD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from migralint.model import Name

_QUERY = ("select", "with", "values")


def create_table(
    reader: Reader, temporary: bool = False, unlogged: bool = False, or_replace: bool = False
) -> Iterator[Found]:
    """Behind CREATE [TEMPORARY] TABLE: the table, then its columns and constraints, inline."""
    if_not_exists = reader.if_not_exists()
    table = reader.name()
    if or_replace:  # MariaDB drops the table that it replaces
        yield reader.found("drop_table", 0, table=table, if_exists=True)
    facts: dict[str, Any] = {
        "table": table, "if_not_exists": if_not_exists, "temporary": temporary,
        "unlogged": unlogged,
    }  # fmt: skip
    if reader.take_all("partition", "of"):
        facts["partition_of"] = reader.name()
    elif reader.take("of"):
        facts["of_type"] = reader.name()
    elif reader.take("like"):
        facts["like"] = reader.name()
    parts: list[Found] = []
    body = reader.at
    if reader.opens() and not _is_query(reader):
        inside = reader.within(*reader.skip_parens())
        changes = _tail(reader, facts)
        if facts.get("as_query") and reader.dialect == "postgres":
            facts["columns"] = reader.within(body, inside.stop + 1).columns()
        else:
            parts = _elements(inside, table, facts)
    else:
        changes = _tail(reader, facts)
    added = tuple(part.facts["column"] for part in parts if part.kind == "add_column")
    facts["columns"] = facts.get("columns", added)
    facts["has_primary_key"] = any(part.kind == "add_primary_key" for part in parts)
    yield reader.found("create_table", 0, **facts)
    yield from parts
    yield from changes


def _is_query(reader: Reader) -> bool:
    return reader.peek(1).word in _QUERY


def _elements(inside: Reader, table: Name, facts: dict[str, Any]) -> list[Found]:
    parts: list[Found] = []
    for item in inside.split_at_commas():
        start = item.at
        if item.word() == "like" and item.peek(1).kind in (WORD, NAME):
            item.at += 1
            facts["like"] = item.name()
            facts["like_options"] = item.rest().lower()
        elif item.word() in CONSTRAINT_WORDS and _is_constraint(item):
            parts.append(table_constraint(item, table, start, inline=True))
            while item.dialect == "sqlite" and item.word() in CONSTRAINT_WORDS:  # no comma needed
                parts.append(table_constraint(item, table, item.at, inline=True))
        elif facts.get("partition_of") or facts.get("of_type"):
            parts.extend(_of_parent(item, table))
        else:
            typed = item.dialect != "sqlite"
            parts.extend(column(item, table, start, typed=typed, inline=True))
        item.finish()
    return parts


def _of_parent(item: Reader, table: Name) -> list[Found]:
    """PARTITION OF p (a WITH OPTIONS NOT NULL): the column is not new, its constraints may be."""
    name = item.column()
    item.take_all("with", "options")
    return column_constraints(item, table, name, {})


def _is_constraint(item: Reader) -> bool:
    """Whether the element is a constraint, not a column named like one (`key text`)."""
    word, following = item.word(), item.peek(1)
    if word in ("constraint", "primary", "foreign"):
        return following.kind in (WORD, NAME, STRING)
    if word == "not":
        return following.text == "null"
    mysql = item.dialect == "mysql"
    if word in ("unique", "check", "exclude"):
        return following.text in ("(", "key", "index", "using", "nulls") or mysql
    if not mysql:
        return False
    if word in ("fulltext", "spatial"):
        return True
    return following.text == "(" or item.peek(2).text in ("(", "using")


def _tail(reader: Reader, facts: dict[str, Any]) -> list[Found]:
    """What stands behind the columns: inheritance, partitioning, storage, AS query.

    Gives what the query changes: PostgreSQL lets CREATE TABLE AS WITH d AS (DELETE ...) do that.
    """
    options: list[str] = []
    changes: list[Found] = []
    while not reader.done():
        if reader.take("inherits"):
            facts["inherits"] = tuple(item.name() for item in reader.items())
        elif reader.take_all("partition", "by"):
            facts["partitioned"] = True
            stops = ("with", "tablespace", "using", "as") if reader.dialect == "postgres" else ()
            reader.skip_until(stops)
        elif reader.word() == "as" or _begins_query(reader):
            changes = _query(reader, facts)
        elif reader.dialect == "postgres":
            options.append(_storage(reader))
        elif reader.opens():
            reader.skip_parens()
        else:
            options.append(reader.next().text.lower())
    facts["options"] = " ".join(options)
    return changes


def _begins_query(reader: Reader) -> bool:
    """MySQL and SQLite do without the AS."""
    return reader.dialect != "postgres" and (
        reader.word() in _QUERY or (reader.opens() and _is_query(reader))
    )


def _query(reader: Reader, facts: dict[str, Any]) -> list[Found]:
    reader.take("as")
    if reader.done():
        raise Unread("CREATE TABLE ... AS without a query")
    facts["as_query"] = True
    query = without_data(reader)
    facts["query"] = reader.source(query.at, query.stop)
    reader.at = reader.stop
    return grammar.data.changes_in(query)


def without_data(reader: Reader) -> Reader:
    """The query at hand without WITH [NO] DATA behind it."""
    last = [token.text for token in reader.tokens[reader.stop - 3 : reader.stop]]
    length = 3 if last == ["with", "no", "data"] else 2 if last[1:] == ["with", "data"] else 0
    return reader.within(reader.at, reader.stop - length)


def _storage(reader: Reader) -> str:
    """PostgreSQL's clauses behind the columns that concern storage, partition bounds, servers."""
    start = reader.at
    if reader.take_all("for", "values"):
        reader.skip_until(("partition", "with", "tablespace", "using", "server"))
        if reader.take("with"):  # FOR VALUES WITH (MODULUS 4, REMAINDER 0)
            reader.skip_parens()
    elif reader.take("with") or reader.take("options"):
        reader.skip_parens()
    elif reader.take_all("on", "commit"):
        if not (reader.take_all("preserve", "rows") or reader.take_all("delete", "rows")):
            reader.expect("drop")
    elif reader.one_of(("using", "tablespace", "server")):
        reader.name()
    elif not reader.take("default") and not reader.take_all("without", "oids"):
        raise Unread(f"CREATE TABLE: did not expect {reader.near()}")
    return reader.source(start, reader.at).lower()


def drop_tables(reader: Reader, temporary: bool = False) -> Iterator[Found]:
    """Behind DROP TABLE: one operation a name."""
    if_exists = reader.if_exists()
    facts = {"if_exists": if_exists, "temporary": temporary}
    yield from each_name(reader, "drop_table", "table", facts)


def truncate(reader: Reader) -> Iterator[Found]:
    """Behind TRUNCATE: one operation a table."""
    reader.take("table")

    def tail() -> dict[str, Any]:
        restart = reader.take_all("restart", "identity")
        reader.take_all("continue", "identity")
        return {"restart_identity": restart, "cascade": reader.cascade()}

    yield from each_name(reader, "truncate", "table", {}, tail, Reader.relation)


def rename_tables(reader: Reader) -> Iterator[Found]:
    """MySQL: RENAME TABLE a TO b, c TO d."""
    while True:
        start = reader.at
        if_exists = reader.if_exists()
        table = reader.name()
        reader.expect("to")
        facts = {"table": table, "new_name": reader.name(), "if_exists": if_exists}
        yield reader.found("rename_table", start, **facts)
        if not reader.symbol(","):
            return
