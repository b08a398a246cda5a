"""MySQL changes rows of tables that it joins: which of them, by name or alias, and on what."""

from __future__ import annotations

from migralint.sql.grammar.reader import Reader
from migralint.sql.tokens import NAME, WORD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.model import Name

_NO_ALIAS = frozenset(
    ("on", "using", "inner", "left", "right", "cross", "join", "natural", "straight_join", "where")
)


def deleted_from(reader: Reader) -> list[Name]:
    """The targets of DELETE a, b.* FROM ..."""
    targets = []
    for item in reader.within(*reader.skip_until(("from",))).split_at_commas():
        if item.tokens[item.stop - 1].text == "*":  # b.*
            item.stop -= 2
        targets.append(item.name())
    return targets


def joined_tables(reader: Reader) -> dict[str, Name]:
    """The tables of `a AS x JOIN b y ON ...` by the names that stand for them."""
    found: dict[str, Name] = {}
    expected = True
    while not reader.done():
        if expected and reader.peek().kind in (WORD, NAME):
            table = reader.name()
            reader.take("as")
            plain = reader.peek().kind in (WORD, NAME) and reader.word() not in _NO_ALIAS
            found[reader.identifier() if plain else table.name] = table
            expected = False
        elif reader.opens():
            reader.skip_parens()
        else:
            expected = reader.next().text in ("join", "straight_join", ",")
    return found


def updated_table(reader: Reader, at: int) -> Name | None:
    """The table whose column the first assignment of UPDATE a JOIN b SET b.c = 1 names."""
    tables = joined_tables(reader.within(at, reader.at))
    if reader.peek(2).text != ".":
        return None
    return tables.get(reader.within(reader.at + 1, reader.at + 2).identifier())


def partners(reader: Reader) -> str:
    """The first condition of `a JOIN b ON ...`: rows without a partner are left as they are.

    "" where nothing is asked of the pairs, or where an outer join keeps the rows without one.
    """
    outer = reader.find("left") >= 0 or reader.find("right") >= 0
    reader.skip_until(("on", "using"))
    if outer or not reader.one_of(("on", "using")):
        return ""
    return reader.source(*reader.skip_until(_NO_ALIAS, ","))
