"""Indexes: CREATE, ALTER, DROP and REINDEX."""

from __future__ import annotations

from migralint.sql.grammar.constraints import index_parameters
from migralint.sql.grammar.objects import altered, each_name
from migralint.sql.grammar.reader import NOWHERE, Found, Reader, Unread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


def create_index(reader: Reader, unique: bool = False, variety: str = "") -> Iterator[Found]:
    """Behind CREATE [UNIQUE] INDEX."""
    concurrently = reader.take("concurrently")
    if_not_exists = reader.if_not_exists()
    index = NOWHERE if reader.word() == "on" else reader.name()
    method = reader.identifier() if reader.take("using") else ""
    reader.expect("on")
    only = reader.take("only")
    table = reader.name()
    if reader.take("using"):
        method = reader.identifier()
    facts: dict[str, Any] = {
        "index": index, "table": table, "unique": unique, "concurrently": concurrently,
        "if_not_exists": if_not_exists, "variety": variety, "only": only, "method": method,
    }  # fmt: skip
    at = reader.at
    facts["columns"] = columns = reader.columns()
    facts["keys"] = reader.source(at + 1, reader.at - 1)
    facts["has_expression"] = any(column.name == "(expression)" for column in columns)
    _tail(reader, facts)
    yield reader.found("create_index", 0, **facts)


def _tail(reader: Reader, facts: dict[str, Any]) -> None:
    while not reader.done():
        if reader.take("include"):
            facts["include"] = reader.columns()
        elif reader.take_all("nulls", "not", "distinct"):
            facts["nulls_not_distinct"] = True
        elif reader.take_all("nulls", "distinct"):
            continue
        elif reader.take("where"):
            facts["where"] = reader.rest()
        elif reader.dialect == "mysql" and reader.word() in ("algorithm", "lock"):
            which = "algorithm" if reader.next().text == "algorithm" else "lock_clause"
            reader.symbol("=")
            facts[which] = reader.next().text.lower()
        elif reader.take("tablespace"):
            reader.name()
        else:
            at = reader.at
            index_parameters(reader)
            if reader.at == at:
                raise Unread(f"did not expect {reader.near()} in an index")


def drop_index(reader: Reader) -> Iterator[Found]:
    """Behind DROP INDEX: one operation a name; MySQL names one and its table."""
    facts: dict[str, Any] = {"concurrently": reader.take("concurrently")}
    facts["if_exists"] = reader.if_exists()
    if reader.dialect != "mysql":
        yield from each_name(reader, "drop_index", "index", facts)
        return
    index = reader.name()
    reader.expect("on")
    table = reader.name()
    _tail(reader, facts)
    yield reader.found("drop_index", 0, index=index, table=table, **facts)


def alter_index(reader: Reader) -> Iterator[Found]:
    if reader.take_all("all", "in", "tablespace"):
        yield reader.found_rest("alter_index", 0, index=NOWHERE, action="set tablespace")
        return
    if_exists = reader.if_exists()
    index = reader.name()
    if reader.take_all("rename", "to"):
        facts = {"index": index, "new_name": reader.name(), "if_exists": if_exists}
        yield reader.found("rename_index", 0, **facts)
        return
    yield altered(reader, "alter_index", "index", "index", index)


def reindex(reader: Reader) -> Iterator[Found]:
    concurrently = False
    if reader.opens():
        concurrently = option_is_on(reader, "concurrently")
    target_type = reader.one_of(("index", "table", "schema", "database", "system"))
    if not target_type and reader.dialect != "sqlite":
        raise Unread(f"REINDEX: did not expect {reader.near()}")
    concurrently = reader.take("concurrently") or concurrently
    target = NOWHERE if reader.done() else reader.name()
    yield reader.found(
        "reindex", 0, target_type=target_type, target=target, concurrently=concurrently
    )


def option_is_on(reader: Reader, name: str) -> bool:
    """Whether `(a, b off, ...)` at hand switches the option on."""
    on = False
    for item in reader.items():
        if item.take(name):
            on = item.done() or item.peek().text.lower() not in ("false", "off", "0", "no")
    return on
