"""ALTER TABLE ... ALTER [COLUMN]: what may be changed of one column."""

from __future__ import annotations

from migralint.sql.grammar.columns import type_text
from migralint.sql.grammar.reader import Found, Reader, Unread, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.model import Name

_AFTER_TYPE = frozenset(("using", "collate"))
_IDENTITY_SETTINGS = words(
    "generated sequence start increment minvalue maxvalue cache cycle no restart"
)
_OPTIONS = frozenset(("statistics", "storage", "compression", "visible", "invisible"))


def alter_column(reader: Reader, table: Name, name: Name, start: int) -> Found:
    """Behind ALTER [COLUMN] name."""

    def made(kind: str, **facts: object) -> Found:
        return reader.found(kind, start, table=table, column=name, **facts)

    if reader.take("type") or reader.take_all("set", "data", "type"):
        return _type(reader, table, name, start)
    if reader.take_all("set", "not", "null"):
        return made("set_not_null")
    if reader.take_all("drop", "not", "null"):
        return made("drop_not_null")
    if reader.take_all("set", "default"):
        return made("set_default", default=reader.rest())
    if reader.take_all("drop", "default"):
        return made("drop_default")
    if reader.take_all("drop", "identity"):
        return made("drop_identity", if_exists=reader.if_exists())
    if reader.take_all("drop", "expression"):
        return made("drop_expression", if_exists=reader.if_exists())
    if reader.take_all("set", "expression", "as"):
        inside = reader.skip_parens()
        return made("set_expression", expression=reader.source(*inside))
    if reader.take_all("add", "generated"):
        reader.skip_until(())
        return made("add_identity")
    if reader.word() == "restart" or _sets(reader, _IDENTITY_SETTINGS):
        reader.skip_until(())
        return made("set_identity")
    return made("alter_column_option", option=_option(reader))


def _sets(reader: Reader, settings: frozenset[str]) -> bool:
    return reader.word() == "set" and reader.peek(1).text in settings


def _option(reader: Reader) -> str:
    """STATISTICS, STORAGE, COMPRESSION, attribute and foreign options."""
    verb = reader.one_of(("set", "reset", "options"))
    if verb and reader.opens():
        reader.skip_parens()
        return "parameters" if verb != "options" else "options"
    if verb == "set" and reader.word() in _OPTIONS:
        option = reader.next().text
        reader.skip_until(())
        return option
    raise Unread(f"ALTER COLUMN: did not expect {reader.near()}")


def _type(reader: Reader, table: Name, name: Name, start: int) -> Found:
    kind = type_text(reader, _AFTER_TYPE)
    collation = using = ""
    if reader.take("collate"):
        at = reader.at
        reader.name()
        collation = reader.source(at, reader.at)
    if reader.take("using"):
        using = reader.rest()
    facts = {"type": kind, "using": using, "collation": collation}
    return reader.found("alter_column_type", start, table=table, column=name, **facts)
