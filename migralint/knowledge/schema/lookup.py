"""What may be about a column or a table, of all that a long file has made.

Mostly there are a few indexes, constraints and views, which an answer is all of. Where there are
many they are listed by the words that they are about, as soon as somebody asks; the answers come in
the order in which the things were made.
"""

from __future__ import annotations

from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from typing import Any

    from migralint.knowledge.schema.objects import Constraint, Index, Table, View
    from migralint.knowledge.schema.state import State
    from migralint.model import Name

    Listed = dict[str, dict[Any, None]]

EXPRESSION = "(expression)"  # the name of a key that is no column; its text is as it was written
_WORDS = pattern(r"[\w$]+")
_FEW = 16


# indexes


def having(table: Table | View, columns: Iterable[Name]) -> Collection[Index]:
    """The indexes that may have all of these columns."""
    words: list[str] = []
    for column in columns:
        is_text = column.name == EXPRESSION
        words += _WORDS.findall(column.sql.lower()) if is_text else [_word(column.name)]
    found = [_indexes(table, word) for word in words]
    return min(found, key=len) if found else table.indexes.values()


def reading(table: Table, column: Name) -> list[Index]:
    """The indexes that go when the column does."""
    found = _indexes(table, _word(column.name))
    return [index for index in found if index.reads(column)]


def called(table: Table, name: str) -> Index | None:
    """The index of that name in any case."""
    low = name.lower()
    alike = (i for i in _indexes(table, f" {low}") if i.name.name.lower() == low)
    return next(alike, None)


def parts_of_index(index: Index) -> list[Index]:
    """What the children of its table have of it."""
    columns = [column for column in index.columns if column.name != EXPRESSION]
    children = index.table.children
    return [i for child in children for i in having(child, columns) if i.parent is index]


def _indexes(table: Table | View, word: str) -> Collection[Index]:
    if len(table.indexes) <= _FEW:
        return table.indexes.values()
    if table.indexes_by is None:
        table.indexes_by = _listed(table.indexes)
    return table.indexes_by.get(word, ())


# constraints


def involving(table: Table, *columns: Name) -> Collection[Constraint]:
    """The constraints that may have all of the columns, or a condition that mentions them."""
    found = [_constraints(table, _word(column.name)) for column in columns]
    return min(found, key=len) if found else ()


def of_kind(table: Table, kind: str) -> Iterable[Constraint]:
    return (one for one in _constraints(table, f" {kind}") if one.kind == kind)


def parts_of(constraint: Constraint) -> list[Constraint]:
    """What the children of its table have of it."""
    children, kind = constraint.table.children, constraint.kind
    return [c for child in children for c in of_kind(child, kind) if c.parent is constraint]


def _constraints(table: Table, word: str) -> Collection[Constraint]:
    if len(table.constraints) <= _FEW:
        return table.constraints.values()
    if table.constraints_by is None:
        table.constraints_by = _listed(table.constraints)
    return table.constraints_by.get(word, ())


# both: they have a method `about`


def _listed(things: Mapping[Name, Index | Constraint]) -> Listed:
    known: Listed = {}
    for thing in things.values():
        enlist(known, thing)
    return known


def enlist(known: Listed | None, thing: Index | Constraint) -> None:
    if known is not None:
        for word in _about(thing):
            known.setdefault(word, {})[thing] = None


def strike(known: Listed | None, thing: Index | Constraint) -> None:
    if known is not None:
        for word in _about(thing):
            known.get(word, {}).pop(thing, None)


def renamed_in(table: Table, old: Name, new: Name) -> None:
    """After a column has another name, in its indexes and constraints too."""
    if not _moved(table.indexes_by, old, new):
        table.indexes_by = None
    if not _moved(table.constraints_by, old, new):
        table.constraints_by = None


def _moved(known: Listed | None, old: Name, new: Name) -> bool:
    """Whether one word had to be changed and nothing else."""
    before, after = _word(old.name), _word(new.name)
    things = known.get(before) if known else None
    if known is None or not things:
        return True
    if known.get(after) or any(before in _about(thing) for thing in things):
        return False
    known[after] = known.pop(before)
    return True


def narrow(index: Index, columns: tuple[Name, ...]) -> None:
    """Leave it these of its columns."""
    before, known = _about(index), index.table.indexes_by or {}
    index.columns = columns
    for word in before - _about(index):
        known.get(word, {}).pop(index, None)


def _about(thing: Index | Constraint) -> set[str]:
    columns, condition, more = thing.about()
    return {*(_word(c.name) for c in columns), *_WORDS.findall(condition.lower()), f" {more}"}


def _word(name: str) -> str:
    """The first word of it, in lower case: a condition that mentions the name has that word."""
    low = name.lower()
    if low.replace("_", "").isalnum():
        return low
    found = _WORDS.search(low)
    return found[0] if found else low


# views


def naming(schema: State, name: Name, column: Name | None = None) -> list[View]:
    """The views whose query names the table (and the column, or takes all columns)."""
    views: Iterable[View] = schema.views.values()
    if len(schema.views) > _FEW:
        known = _views_by(schema)
        views = known.get(name.name, {})
        about = [] if column is None else [known.get(column.name, {}), known.get("*", {})]
        if about and sum(map(len, about)) < len(known.get(name.name, {})):
            numbers = {**about[0], **about[1]}
            views = sorted(numbers, key=numbers.__getitem__)
    found = [view for view in views if name.name in view.words]
    if column is None:
        return found
    return [v for v in found if column.name in v.words or "*" in v.query]


def _views_by(schema: State) -> dict[str, dict[View, int]]:
    if schema.views_by is None:
        schema.views_by = {}
        for view in schema.views.values():
            enlist_view(schema, view)
    return schema.views_by


def enlist_view(schema: State, view: View) -> None:
    """By the words of its query, with a number that is higher than those of the views before."""
    if schema.views_by is None:
        return
    every = schema.views_by.setdefault("", {})
    number = every[view] = next(reversed(every.values()), 0) + 1
    for word in (*view.words, *["*"] * ("*" in view.query)):
        schema.views_by.setdefault(word, {})[view] = number


def strike_view(schema: State, view: View) -> None:
    known = schema.views_by
    if known is not None:
        for word in ("", "*", *view.words):
            known.get(word, {}).pop(view, None)
