"""The indexes of a table by the columns that they have: a long file may make very many."""

from __future__ import annotations

from migralint.knowledge.schema.objects import EXPRESSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from migralint.knowledge.schema.objects import Index, Table, View
    from migralint.model import Name


def enlist(index: Index) -> None:
    for word in _words(index):
        index.table.indexes_by.setdefault(word, {})[index] = None


def strike(index: Index) -> None:
    known = index.table.indexes_by
    for word in _words(index):
        if word in known:
            known[word].pop(index, None)
            if not known[word]:
                del known[word]


def relist(table: Table | View) -> None:
    """After columns of its indexes have changed."""
    table.indexes_by = {}
    for index in table.indexes.values():
        enlist(index)


def renamed_in(table: Table, old: Name, new: Name) -> None:
    """After a column of its indexes has another name."""
    known = table.indexes_by
    if EXPRESSION in known or new.name in known:
        relist(table)
    else:
        known[new.name] = known.pop(old.name)


def _words(index: Index) -> set[str]:
    """A condition may read any column, as an expression may."""
    names = {column.name for column in (*index.columns, *index.include)}
    return {*names, EXPRESSION} if index.where else names


def having(table: Table, columns: Iterable[Name]) -> Iterable[Index]:
    """The indexes that may have all of these columns, in the table's order."""
    found = [table.indexes_by.get(column.name, {}) for column in columns]
    fewest = min(found, key=len) if found else None
    return table.indexes.values() if fewest is None else fewest


def reading(table: Table, column: Name) -> list[Index]:
    """The indexes that go when the column does, in the table's order."""
    if EXPRESSION in table.indexes_by:
        return [index for index in table.indexes.values() if index.reads(column)]
    return list(table.indexes_by.get(column.name, ()))
