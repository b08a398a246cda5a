"""Records, names and the schema's objects as plain lists for JSON, and back.

A graph: what is met twice is written once, and what points at itself comes back so. Everything but
numbers, strings, booleans and None is a row of a list, `[tag, parts...]`, and stands elsewhere as
`[row]`. JSON and not pickle, because a file that somebody else could write must not run code.
"""

from __future__ import annotations

from functools import cache

from migralint.model import UNKNOWN, Name, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_PLAIN = (str, int, bool, float, type(None))
_BUILT: dict[str, Any] = {"(": tuple, "f": frozenset}
_FILLED: dict[str, Any] = {"[": list, "s": set, "{": dict}


def pack(value: Any, leave_out: Iterable[str] = ()) -> list[Any]:
    """The rows; the first is `value`. Attributes named in `leave_out` are None afterwards."""
    left_out = frozenset(leave_out)
    numbers: dict[object, int] = {}
    waiting: list[Any] = []
    rows: list[Any] = []

    def put(part: Any) -> Any:
        if part.__class__ in _PLAIN:
            return part
        key = (part.sql, part.name, part.schema) if part.__class__ is Name else id(part)
        number = numbers.get(key)
        if number is None:
            number = numbers[key] = len(waiting)
            waiting.append(part)
        return [number]

    put(value)
    while len(rows) < len(waiting):
        rows.append(_row(waiting[len(rows)], put, left_out))
    return rows


def _row(value: Any, put: Any, left_out: frozenset[str]) -> list[Any]:
    kind = value.__class__
    if kind is Name:
        return ["n", value.name, value.schema, value.sql]
    if kind is dict:
        return ["{", *(put(part) for pair in value.items() for part in pair)]
    if kind is tuple or kind is list:
        return ["(" if kind is tuple else "[", *map(put, value)]
    if kind is set or kind is frozenset:
        return ["s" if kind is set else "f", *map(put, sorted(value, key=repr))]
    if value is UNKNOWN:
        return ["?"]
    if kind is Severity:
        return ["!", int(value)]
    names = _attributes(_classes()[kind.__name__])
    values = (None if name in left_out else getattr(value, name) for name in names)
    return [kind.__name__, *map(put, values)]


def unpack(rows: list[Any]) -> Any:
    """What `pack` was given. KeyError, TypeError or IndexError where the rows are no such thing."""
    classes = _classes()
    made: list[Any] = [None] * len(rows)
    for number, row in enumerate(rows):
        tag = row[0]
        if tag == "n":
            made[number] = Name(*row[1:])
        elif tag in _FILLED:
            made[number] = _FILLED[tag]()
        elif tag == "?":
            made[number] = UNKNOWN
        elif tag == "!":
            made[number] = Severity(row[1])
        elif tag not in _BUILT:
            made[number] = object.__new__(classes[tag])

    def get(part: Any) -> Any:
        if part.__class__ is not list:
            return part
        number = part[0]
        row = rows[number]
        if row[0] in _BUILT and made[number] is None:  # their parts come first
            made[number] = _BUILT[row[0]](map(get, row[1:]))
        return made[number]

    for number, row in enumerate(rows):
        tag, value = row[0], made[number]
        if tag == "{":
            parts = list(map(get, row[1:]))
            value.update(zip(parts[::2], parts[1::2], strict=True))
        elif tag == "[":
            value.extend(map(get, row[1:]))
        elif tag == "s":
            value.update(map(get, row[1:]))
        elif tag in classes:
            for name, part in zip(_attributes(classes[tag]), row[1:], strict=True):
                setattr(value, name, part if part.__class__ is not list else get(part))
    return get([0])


@cache
def _attributes(kind: Any) -> tuple[str, ...]:
    """The names of what such an object holds, always in the same order."""
    return tuple(kind.__slots__) if "__slots__" in kind.__dict__ else tuple(vars(kind()))


@cache
def _classes() -> dict[str, Any]:
    """By name, the classes that may stand in a cache; nothing else is ever made from one."""
    from migralint import config
    from migralint.knowledge.schema import Schema, objects

    records = (config.Allow, config.Override)
    schema = (Schema, objects.Column, objects.Constraint, objects.Index, objects.Table)
    others = (objects.Disabled, objects.Expanded, objects.View, objects.OwnType)
    return {kind.__name__: kind for kind in (*records, *schema, *others)}
