"""Views, functions, triggers, rules and policies: what holds code of its own."""

from __future__ import annotations

from migralint.sql.grammar.objects import altered
from migralint.sql.grammar.reader import Found, Reader, Unread
from migralint.sql.grammar.tables import without_data
from migralint.sql.tokens import STRING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


def create_view(reader: Reader, **facts: Any) -> Iterator[Found]:
    facts["if_not_exists"] = reader.if_not_exists()
    facts["view"] = reader.name()
    reader.skip_until(("as",))
    reader.expect("as")
    if reader.done():
        raise Unread("CREATE VIEW without a query")
    query = _without_check_option(without_data(reader))
    facts["query"] = reader.source(query.at, query.stop)
    reader.at = reader.stop
    yield reader.found("create_view", 0, **facts)


def _without_check_option(query: Reader) -> Reader:
    """The query without WITH [LOCAL | CASCADED] CHECK OPTION behind it."""
    last = [token.text for token in query.tokens[query.stop - 4 : query.stop]]
    if last[2:] != ["check", "option"]:
        return query
    return query.within(query.at, query.stop - (3 if last[1] == "with" else 4))


def alter_view(reader: Reader, materialized: bool = False) -> Iterator[Found]:
    kind = "materialized view" if materialized else "view"
    if reader.take_all("all", "in", "tablespace"):
        facts = {"action": "set tablespace", "materialized": materialized}
        yield reader.found_rest("alter_view", 0, **facts)
        return
    reader.if_exists()
    name = reader.name()
    found = altered(reader, "alter_view", "view", kind, name)
    yield _with(found, "alter_view", materialized=materialized)


def _with(found: Found, kind: str, **facts: Any) -> Found:
    """The operation with more facts, where it is of this kind (not, say, of an OWNER TO)."""
    if found.kind != kind:
        return found
    return Found(kind, {**found.facts, **facts}, found.start, found.end)


def create_routine(reader: Reader, variety: str, or_replace: bool = False) -> Iterator[Found]:
    """Behind CREATE FUNCTION and PROCEDURE; the body is a string, or SQL behind BEGIN or RETURN."""
    reader.if_not_exists()
    routine = reader.name()
    facts: dict[str, Any] = {"routine": routine, "or_replace": or_replace, "variety": variety}
    if reader.opens():
        reader.skip_parens()
    elif reader.dialect == "postgres":
        raise Unread(f"CREATE {variety.upper()}: expected ( at {reader.near()}")
    while not reader.done():
        _routine_clause(reader, facts)
    yield reader.found("create_routine", 0, **facts)


def _routine_clause(reader: Reader, facts: dict[str, Any]) -> None:
    if reader.take("language"):
        facts["language"] = reader.next().text.lower()
    elif reader.take_all("security", "definer"):  # MySQL and the standard put a word before it
        facts["security_definer"] = True
    elif reader.take("set"):
        if not reader.done() and reader.next().text.lower() == "search_path":
            facts["sets_search_path"] = True
    elif reader.take("as"):
        if reader.peek().kind == STRING and reader.dialect == "postgres":
            facts["body_at"] = reader.start(reader.at)
            facts["body"] = reader.literal()
    elif reader.word() in ("begin", "return") and "body" not in facts:
        facts["body_at"] = reader.start(reader.at)
        facts["body"] = reader.rest()
    else:
        reader.at += 1


def alter_routine(reader: Reader, variety: str) -> Iterator[Found]:
    name = reader.name()
    if reader.opens():
        reader.skip_parens()
    found = altered(reader, "alter_routine", "routine", variety, name)
    yield _with(found, "alter_routine", variety=variety)


def create_trigger(reader: Reader, or_replace: bool = False) -> Iterator[Found]:
    reader.if_not_exists()
    trigger = reader.name()
    on = reader.find("on")
    if on < 0:
        raise Unread("a trigger without its table")
    reader.at = on + 1
    facts = {"trigger": trigger, "table": reader.name(), "or_replace": or_replace}
    if reader.dialect == "postgres" and reader.find("execute") < 0:
        raise Unread("a trigger without EXECUTE FUNCTION")
    reader.at = reader.stop
    yield reader.found("create_trigger", 0, **facts)


def create_rule(reader: Reader) -> Iterator[Found]:
    rule = reader.name()
    reader.expect("as", "on")
    to = reader.find("to")
    if to < 0:
        raise Unread("a rule without its table")
    reader.at = to + 1
    table = reader.name()
    reader.at = reader.stop
    yield reader.found("create_rule", 0, rule=rule, table=table)


def policy(reader: Reader, kind: str) -> Iterator[Found]:
    """Behind CREATE POLICY and ALTER POLICY."""
    name = reader.name()
    reader.expect("on")
    table = reader.name()
    reader.at = reader.stop
    yield reader.found(kind, 0, policy=name, table=table)
