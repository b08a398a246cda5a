"""Work on whole tables that changes none of their rows: VACUUM, ANALYZE, CLUSTER, LOCK ..."""

from __future__ import annotations

from migralint.sql.grammar.indexes import option_is_on
from migralint.sql.grammar.objects import each_name
from migralint.sql.grammar.reader import NOWHERE, Found, Reader, Unread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


def cluster(reader: Reader) -> Iterator[Found]:
    if reader.opens():
        reader.skip_parens()
    reader.take("verbose")
    table = index = NOWHERE
    if not reader.done():
        table = reader.name()
        if reader.take("using"):
            index = reader.name()
        elif reader.take("on"):  # the old form: CLUSTER index ON table
            index, table = table, reader.name()
    yield reader.found("cluster", 0, table=table, index=index)


def vacuum(reader: Reader) -> Iterator[Found]:
    """Behind VACUUM; SQLite's VACUUM INTO names a file."""
    full = False
    if reader.opens():
        full = option_is_on(reader, "full")
    while reader.word() in ("full", "freeze", "verbose", "analyze", "analyse"):
        full = reader.next().text == "full" or full
    if reader.take("into"):
        reader.skip_until(())
    yield from _each_table(reader, "vacuum", full=full)


def analyze(reader: Reader) -> Iterator[Found]:
    if reader.opens():
        reader.skip_parens()
    if reader.dialect == "mysql":
        reader.one_of(("local", "no_write_to_binlog"))
        reader.take("table")
    reader.take("verbose")
    yield from _each_table(reader, "analyze")


def _each_table(reader: Reader, kind: str, **facts: Any) -> Iterator[Found]:
    if reader.done():
        yield reader.found(kind, 0, table=NOWHERE, **facts)
    while not reader.done():
        start = reader.at
        table = reader.relation()
        if reader.opens():
            reader.skip_parens()
        yield reader.found(kind, start, table=table, **facts)
        if not reader.symbol(","):
            break
    if reader.dialect == "mysql":  # ANALYZE TABLE t UPDATE HISTOGRAM ...
        reader.skip_until(())


def optimize(reader: Reader) -> Iterator[Found]:
    reader.one_of(("no_write_to_binlog", "local"))
    reader.expect("table")
    for table in reader.names():
        yield reader.found("optimize_table", 0, table=table)
    reader.skip_until(())


def lock(reader: Reader) -> Iterator[Found]:
    """LOCK TABLE a, b IN ... MODE: one operation a table."""
    if reader.dialect == "mysql":
        yield from _mysql_lock(reader)
        return
    reader.take("table")

    def tail() -> dict[str, Any]:
        mode = "ACCESS EXCLUSIVE"
        if reader.take("in"):
            words = reader.skip_until(("mode",))
            mode = " ".join(token.text.upper() for token in reader.tokens[slice(*words)])
            reader.expect("mode")
        reader.take("nowait")
        return {"mode": mode}

    yield from each_name(reader, "lock_table", "table", {}, tail, Reader.relation)


def _mysql_lock(reader: Reader) -> Iterator[Found]:
    """LOCK TABLES a READ, b AS c WRITE; LOCK INSTANCE FOR BACKUP."""
    if not reader.one_of(("table", "tables")):
        reader.expect("instance", "for", "backup")
        yield reader.found("session", 0, verb="lock instance")
        return
    for item in reader.split_at_commas():
        start = item.at
        table = item.name()
        if item.take("as") or item.word() not in ("read", "write", "low_priority"):
            item.name()
        if item.done():
            raise Unread("LOCK TABLES without READ or WRITE")
        mode = item.rest().lower()
        yield item.found("lock_table", start, table=table, mode=mode)
    reader.at = reader.stop


def refresh(reader: Reader) -> Iterator[Found]:
    reader.expect("materialized", "view")
    concurrently = reader.take("concurrently")
    view = reader.name()
    with_data = not reader.take_all("with", "no", "data")
    reader.take_all("with", "data")
    facts = {"view": view, "concurrently": concurrently, "with_data": with_data}
    yield reader.found("refresh_view", 0, **facts)
