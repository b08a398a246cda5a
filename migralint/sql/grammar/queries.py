"""SELECT, VALUES and TABLE: the functions called, and what makes a table or sets a parameter."""

from __future__ import annotations

from migralint.sql.grammar.reader import Found, Reader, Unread, words
from migralint.sql.tokens import NAME, STRING, WORD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_NOT_FUNCTIONS = words(
    "select in from where and or not values as on exists any all over filter using join "
    "lateral rows within group when then else case by with"
)
_ALONE = {"postgres": ("select",), "mysql": (), "sqlite": ()}
_TRUE = frozenset(("true", "t", "on", "1", "yes"))


def select(reader: Reader) -> Iterator[Found]:
    """A query from its first word on."""
    start = reader.at
    if reader.stop - start == 1 and reader.word() not in _ALONE[reader.dialect]:
        raise Unread(f"{reader.word().upper()} without anything behind it")
    into = reader.find("into") if reader.dialect == "postgres" else -1
    if into > 0:
        yield _select_into(reader, into)
        return
    functions = _functions(reader)
    setting = _set_config(reader) if functions == ["set_config"] else None
    reader.at = reader.stop
    yield setting or reader.found("select", start, functions=" ".join(functions))


def _functions(reader: Reader) -> list[str]:
    tokens, found = reader.tokens, []
    for index in range(reader.at + 1, reader.stop):
        if tokens[index].text == "(":
            token = tokens[index - 1]
            if token.kind in (WORD, NAME) and token.text not in _NOT_FUNCTIONS:
                found.append(token.written.strip('"').lower())
    return found


def _select_into(reader: Reader, into: int) -> Found:
    """SELECT ... INTO t, which makes a table."""
    reader.at = into + 1
    temporary = bool(reader.one_of(("temporary", "temp")))
    reader.one_of(("unlogged",))
    reader.take("table")
    table = reader.name()
    reader.at = reader.stop
    return reader.found("create_table", 0, table=table, temporary=temporary, as_query=True)


def _set_config(reader: Reader) -> Found | None:
    """SELECT set_config('lock_timeout', '5s', false) is SET lock_timeout."""
    if reader.find("from") >= 0 or reader.find("where") >= 0:
        return None
    while not reader.opens():
        reader.at += 1
    name, value, local = [*reader.items(), *[reader.within(0, 0)] * 3][:3]
    if name.peek().kind != STRING or value.peek().kind != STRING:
        return None
    reader.at = reader.stop
    facts = {"parameter": name.literal().lower(), "value": value.literal()}
    return reader.found("set", 0, local=local.peek().text.lower() in _TRUE, **facts)
