"""ALTER TABLE as MySQL and MariaDB alone have it: MODIFY, CHANGE, table options, partitions."""

from __future__ import annotations

from migralint.model import Name
from migralint.sql.grammar.columns import column_constraints, type_text
from migralint.sql.grammar.constraints import drop_constraint
from migralint.sql.grammar.reader import Found, Reader, Unread, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_PARTITION_WORK = words(
    "truncate exchange discard import coalesce reorganize rebuild analyze check optimize repair "
    "remove partition convert"
)


def is_whole(reader: Reader) -> bool:
    """Whether the commas of what follows ALTER TABLE t separate no actions but partitions, say."""
    if reader.peek(1).text == "partition":
        return reader.word() in _PARTITION_WORK or reader.word() == "drop"
    return reader.word() == "order"


def mysql_drop(reader: Reader, table: Name, start: int) -> Found | None:
    """Behind DROP: a key, an index, a check or a partition; None where it is a column."""
    if reader.take_all("primary", "key"):
        facts = {"constraint_type": "primary key", "constraint": Name("PRIMARY")}
        return reader.found("drop_constraint", start, table=table, **facts)
    if reader.take_all("foreign", "key"):
        return drop_constraint(reader, table, start, "foreign key")
    if reader.word() == "check" and reader.peek(1).text != "":
        reader.at += 1
        return drop_constraint(reader, table, start, "check")
    if reader.one_of(("index", "key")):
        if_exists = reader.if_exists()
        index = reader.name()
        return reader.found("drop_index", start, table=table, index=index, if_exists=if_exists)
    if reader.take("partition"):
        return reader.found_rest("alter_partition", start, table=table, action="drop")
    return None


def mysql_rename(reader: Reader, table: Name, start: int) -> Found | None:
    """Behind RENAME: an index, or the table itself with or without TO; None for a column."""
    if reader.word() in ("index", "key") and reader.peek(2).text == "to":
        reader.at += 1
        old = reader.name()
        reader.expect("to")
        facts = {"index": old, "new_name": reader.name()}
        return reader.found("rename_index", start, table=table, **facts)
    if reader.word() == "column" or reader.peek(1).text == "to":
        return None
    reader.one_of(("to", "as"))
    reader.symbol("=")
    return reader.found("rename_table", start, table=table, new_name=reader.name())


def _modify(reader: Reader, table: Name, start: int) -> Iterator[Found]:
    reader.take("column")
    reader.if_exists()
    name = reader.column()
    yield from _redefined(reader, table, name, name, start)


def _change(reader: Reader, table: Name, start: int) -> Iterator[Found]:
    reader.take("column")
    reader.if_exists()
    name = reader.column()
    yield from _redefined(reader, table, name, reader.column(), start)


def _redefined(
    reader: Reader, table: Name, name: Name, new_name: Name, start: int
) -> Iterator[Found]:
    facts: dict[str, Any] = {"table": table, "column": name, "new_name": new_name}
    facts["type"], facts["nullable"] = type_text(reader), True
    constraints = column_constraints(reader, table, new_name, facts)
    if new_name != name:
        renamed = {"column": name, "new_name": new_name}
        yield reader.found("rename_column", start, table=table, **renamed)
    yield reader.found("modify_column", start, **facts)
    yield from constraints


def _convert(reader: Reader, table: Name, start: int) -> Iterator[Found]:
    if reader.word() in ("partition", "table"):  # MariaDB: CONVERT PARTITION p TO TABLE t
        yield reader.found_rest("alter_partition", start, table=table, action="convert")
        return
    reader.expect("to")
    if not reader.take("charset"):
        reader.expect("character", "set")
    charset = reader.next().text.lower()
    yield reader.found_rest("convert_charset", start, table=table, charset=charset)


def _order(reader: Reader, table: Name, start: int) -> Iterator[Found]:
    reader.expect("by")
    yield reader.found_rest("alter_table_option", start, table=table, option="order by")


def _force(reader: Reader, table: Name, start: int) -> Iterator[Found]:
    yield reader.found("alter_table_option", start, table=table, option="force")


def table_options(reader: Reader, table: Name, start: int) -> Iterator[Found]:
    """ENGINE=, ALGORITHM=, LOCK= and the others, with spaces between; or work on partitions."""
    if reader.word() in _PARTITION_WORK:
        action = reader.next().text
        if action == "discard" or action == "import":
            reader.one_of(("tablespace",))
        elif not reader.one_of(("partition", "partitioning", "by")):
            raise Unread(f"{action.upper()}: did not expect {reader.near()}")
        yield reader.found_rest("alter_partition", start, table=table, action=action)
        return
    while not reader.done():
        yield _table_option(reader, table, reader.at)


def _table_option(reader: Reader, table: Name, start: int) -> Found:
    reader.take("default")
    option = reader.one_of(_OPTIONS)
    if not option:
        raise Unread(f"ALTER TABLE: did not expect {reader.near()}")
    if option in ("character", "data", "index", "partition", "with"):
        option += " " + reader.next().text
    reader.symbol("=")
    if reader.opens():
        reader.skip_parens()
        value = ""
    else:
        value = reader.next().text.lower()
    if option == "engine":
        return reader.found("set_engine", start, table=table, engine=value)
    if option in ("algorithm", "lock"):
        fact = "algorithm" if option == "algorithm" else "lock_clause"
        return reader.found("alter_online", start, table=table, **{fact: value})
    return reader.found("alter_table_option", start, table=table, option=option)


_OPTIONS = words(
    "algorithm lock engine auto_increment avg_row_length character charset checksum collate "
    "comment compression connection data delay_key_write encryption encrypted encryption_key_id "
    "engine_attribute index insert_method key_block_size max_rows min_rows pack_keys "
    "page_checksum page_compressed page_compression_level password row_format sequence "
    "stats_auto_recalc stats_persistent stats_sample_pages table_checksum tablespace "
    "transactional union autoextend_size secondary_engine secondary_load secondary_unload "
    "with without start"
)
MYSQL_ACTIONS = {
    "modify": _modify, "change": _change, "convert": _convert, "order": _order, "force": _force,
}  # fmt: skip
