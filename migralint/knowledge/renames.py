"""A column that is dropped where another one is added: an ORM that was not told of a rename."""

from __future__ import annotations

from itertools import chain

from migralint.model import UNKNOWN, Name
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from migralint.knowledge.timeline import View

PART = pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def renamed_to(view: View) -> Name:
    """A column of the same type that this migration adds to the table that loses one.

    Where it drops or adds several of this type, one that shares a word of its name with this one.
    """
    old, own = view.fact("old_type"), view.operation.facts
    if old is UNKNOWN or not old:
        return Name("")
    added = _Added.of(view, old)
    others = added.but(own["column"])
    if not others:
        return Name("")
    dropped = (_others(view, "drop_column", old_type=value) for value in (old, UNKNOWN))
    if others.bit_count() == 1 and not any(True for _ in chain(*dropped)):
        return added.first(others)
    return added.first(added.nearest(_words(own["column"].name), others))


class _Added:
    """The columns of one type that a file adds to a table; a set of them is the bits of a number.

    So that each of very many columns that go need not be compared with each that comes.
    """

    def __init__(self, columns: Iterable[Name]) -> None:
        self.columns = list(columns)
        self.named: dict[str, int] = {}
        self.by_word: dict[str, int] = {}
        for number, column in enumerate(self.columns):
            self.named[column.name] = self.named.get(column.name, 0) | 1 << number
            for word in _words(column.name):
                self.by_word[word] = self.by_word.get(word, 0) | 1 << number

    @staticmethod
    def of(view: View, type_text: str) -> _Added:
        known: dict[object, _Added] = view.remembered.setdefault("added", {})
        table = view.operation.facts["table"]
        if (table, type_text) not in known:
            same = {"table": table, "type": type_text, "inline": False}
            adds = view.timeline.of_kinds(("add_column",), 0, same)
            columns = (v.fact("column") for v in adds if v.fact("table") == table)
            known[table, type_text] = _Added(columns)
        return known[table, type_text]

    def but(self, column: Name) -> int:
        """All without the columns of this name."""
        return ((1 << len(self.columns)) - 1) & ~self.named.get(column.name, 0)

    def nearest(self, words: Iterable[str], some: int) -> int:
        """Those of some that have the most of the words, 0 if none has one."""
        shared = [some]  # those that have at least so many
        for word in words:
            has = self.by_word.get(word, 0)
            more = [fewer & has for fewer in shared]
            shared = [a | b for a, b in zip([*shared, 0], [0, *more], strict=True)]
        return next((found for found in reversed(shared[1:]) if found), 0)

    def first(self, some: int) -> Name:
        return self.columns[(some & -some).bit_length() - 1] if some else Name("")


def _others(view: View, kind: str, **same: Any) -> Iterator[View]:
    """What is done to other columns of the table, with these facts."""
    table, column, kinds = view.fact("table"), view.fact("column"), (kind,)
    same["table"] = table
    for v in chain(view.earlier(kinds, **same), view.later(kinds, **same)):
        if v.fact("table") == table and v.fact("column") != column:
            yield v


def _words(name: str) -> set[str]:
    """userId, user_id and USER_ID -> {"user", "id"}; what every name may have says nothing."""
    parts = PART.findall(name)
    return {part.lower() for part in parts} - {"id", "at", "is", "by", "new", "old"}
