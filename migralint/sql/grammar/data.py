"""Statements that change rows: which table, and whether all of it. conditions.py judges WHERE."""

from __future__ import annotations

from migralint.sql.grammar.joins import deleted_from, joined_tables, partners, updated_table
from migralint.sql.grammar.queries import select
from migralint.sql.grammar.reader import NOWHERE, Found, Reader, Unread, words
from migralint.sql.tokens import NAME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from migralint.model import Name

_BEHIND_WHERE = frozenset(("returning", "order", "limit"))
_BEHIND_SET = frozenset(("where", "from", "returning", "order", "limit"))
_NOT_ALIAS = words(
    "set where using from returning order limit inner left right cross join natural straight_join "
    "values select default overriding on with table indexed not partition"
)
_VERBS = frozenset(("insert", "update", "delete", "merge", "select", "values", "replace", "table"))
_CHANGES = frozenset(("insert", "update", "delete", "merge"))


def with_query(reader: Reader, in_cte: bool = False) -> Iterator[Found]:
    """WITH a AS (...), b AS (...) main: what changes rows inside counts too."""
    reader.take("recursive")
    while True:
        reader.identifier()
        if reader.opens():
            reader.skip_parens()
        reader.expect("as")
        reader.take("not")
        reader.take("materialized")
        yield from changes_in(reader.within(*reader.skip_parens()), in_cte=True)
        if reader.word() in ("search", "cycle"):
            reader.skip_until(_VERBS | {"with"})
        if not reader.symbol(","):
            break
    if reader.opens():
        yield from select(reader)
        return
    yield from data_statement(reader, in_cte)


def changes_in(query: Reader, in_cte: bool = False) -> list[Found]:
    """What a statement in brackets changes, by itself or by its WITH clause."""
    while query.opens():
        query = query.within(*query.skip_parens())
    if query.word() not in _CHANGES and query.word() != "with":
        return []
    return [found for found in data_statement(query, in_cte) if found.kind != "select"]


def data_statement(reader: Reader, in_cte: bool = False) -> Iterator[Found]:
    start = reader.at if in_cte else 0
    verb = reader.next().text
    if verb == "with":
        yield from with_query(reader, in_cte)
    elif verb == "update":
        yield update(reader, start, in_cte)
    elif verb == "delete":
        yield from delete(reader, start, in_cte)
    elif verb in ("insert", "replace"):
        yield insert(reader, start)
    elif verb == "merge":
        yield merge(reader, start)
    elif verb in ("select", "values", "table"):
        reader.at -= 1
        yield from select(reader)
    else:
        reader.at -= 1
        raise Unread(f"WITH: did not expect {reader.near()}")


def _alias(reader: Reader) -> None:
    if reader.take("as"):
        reader.identifier()
    elif reader.peek().kind == NAME or (reader.word() and reader.word() not in _NOT_ALIAS):
        reader.at += 1


def _condition(reader: Reader, on: str = "") -> dict[str, Any]:
    """WHERE ... where it stands, else that of a join, and whether LIMIT bounds the statement."""
    facts: dict[str, Any] = {"has_where": bool(on), "where": on, "limited": False}
    if reader.take("where"):
        words = reader.skip_until(_BEHIND_WHERE)
        if words[0] == words[1]:
            raise Unread("WHERE without a condition")
        facts["has_where"], facts["where"] = True, reader.source(*words)
    elif reader.word() not in _BEHIND_WHERE and not reader.done():
        raise Unread(f"did not expect {reader.near()}")
    facts["limited"] = reader.find("limit") >= 0
    reader.skip_until(())
    return facts


def update(reader: Reader, start: int, in_cte: bool = False) -> Found:
    if reader.dialect != "postgres":
        reader.take("low_priority")
        if reader.take("or"):
            reader.next()
        reader.take("ignore")
    at = reader.at
    table, joined, on = _target(reader), False, ""
    if reader.word() != "set" and reader.dialect == "mysql":  # UPDATE a JOIN b ... SET
        reader.skip_until(("set",))
        table = updated_table(reader, at) or table
        joined, on = True, partners(reader.within(at, reader.at))
    reader.expect("set")
    words = reader.skip_until(_BEHIND_SET)
    columns = _assigned(reader.within(*words))
    if not columns:
        raise Unread("UPDATE: no column is SET")
    facts: dict[str, Any] = {"columns": columns, "assignments": reader.source(*words)}
    if reader.word() == "from":
        joined = True
        reader.skip_until(("where", "returning"))
    facts.update(_condition(reader, on))
    return reader.found("update", start, table=table, joined=joined, in_cte=in_cte, **facts)


def _target(reader: Reader) -> Name:
    """[ONLY] table [*] [[AS] alias]"""
    table = reader.relation()
    _alias(reader)
    return table


def _assigned(reader: Reader) -> tuple[Name, ...]:
    """The columns of a SET list; MySQL writes t.column, PostgreSQL column.field."""
    columns: list[Name] = []
    for item in reader.split_at_commas():
        if item.opens():
            columns.extend(item.columns())
            continue
        name = item.column()
        while item.dialect != "postgres" and item.symbol("."):
            name = item.column()
        item.skip_until((), "=")
        if item.done():
            raise Unread("UPDATE: a column is given no value")
        columns.append(name)
    return tuple(columns)


def delete(reader: Reader, start: int, in_cte: bool = False) -> Iterator[Found]:
    """Behind DELETE: one operation a table; MySQL deletes from several that it joins."""
    targets: list[Name] = []
    if reader.dialect == "mysql":
        while reader.one_of(("low_priority", "quick", "ignore")):
            pass
        if reader.word() != "from":  # DELETE a, b FROM a JOIN b
            targets = deleted_from(reader)
    reader.expect("from")
    at = reader.at
    table = reader.relation()
    _alias(reader)
    joined = bool(targets)
    if reader.take("using"):
        joined, at = True, reader.at
        reader.skip_until(("where", *_BEHIND_WHERE))
    elif reader.word() not in ("where", *_BEHIND_WHERE, "") or reader.peek().text == ",":
        if reader.dialect == "postgres":
            raise Unread(f"DELETE: did not expect {reader.near()}")
        joined = reader.word() not in ("indexed", "not", "partition")  # MySQL's other joins
        reader.skip_until(("where", *_BEHIND_WHERE))
    aliases = joined_tables(reader.within(at, reader.at)) if targets else {}
    on = partners(reader.within(at, reader.at)) if reader.dialect == "mysql" else ""
    facts = {"joined": joined, "in_cte": in_cte, **_condition(reader, on)}
    for target in targets or [table]:
        yield reader.found("delete", start, table=aliases.get(target.name, target), **facts)


def insert(reader: Reader, start: int) -> Found:
    if reader.dialect != "postgres":
        while reader.one_of(("low_priority", "delayed", "high_priority", "ignore")):
            pass
        if reader.take("or"):
            reader.next()
        reader.take("into")
    else:
        reader.expect("into")
    table = reader.name()
    _alias(reader)
    facts: dict[str, Any] = {"table": table, "columns": (), "has_columns": False}
    if reader.opens() and not _is_query(reader):
        facts["columns"], facts["has_columns"] = reader.columns(), True
    if reader.take("overriding"):
        reader.next()
        reader.expect("value")
    facts["source"] = _source(reader)
    facts["on_conflict"] = reader.find("conflict") >= 0 or reader.find("duplicate") >= 0
    reader.at = reader.stop
    return reader.found("insert", start, **facts)


def _is_query(reader: Reader) -> bool:
    """Whether the bracket at hand opens a query, not a list of columns."""
    at = 1
    while reader.peek(at).text == "(":
        at += 1
    return reader.peek(at).word in ("select", "with", "values")


def _source(reader: Reader) -> str:
    if reader.word() == "values" or (reader.word() == "value" and reader.dialect == "mysql"):
        return "values"
    if reader.take_all("default", "values"):
        return "default"
    if reader.word() in ("select", "with", "table") or reader.opens():
        return "select"
    if reader.word() == "set" and reader.dialect == "mysql":
        return "values"
    raise Unread(f"INSERT: did not expect {reader.near()}")


def merge(reader: Reader, start: int = 0) -> Found:
    reader.take("into")
    table = _target(reader)
    reader.expect("using")
    if reader.find("when") < 0:
        raise Unread("MERGE without WHEN")
    reader.at = reader.stop
    return reader.found("merge", start, table=table)


def copy(reader: Reader) -> Iterator[Found]:
    if reader.opens():
        yield from changes_in(reader.within(*reader.skip_parens()))
        reader.expect("to")
        reader.at = reader.stop
        yield reader.found("copy", 0, table=NOWHERE, direction="to")
        return
    reader.take("binary")
    table = reader.name()
    if reader.opens():
        reader.skip_parens()
    direction = reader.one_of(("from", "to"))
    if not direction or reader.done():
        raise Unread("COPY without FROM or TO")
    reader.at = reader.stop
    yield reader.found("copy", 0, table=table, direction=direction)
