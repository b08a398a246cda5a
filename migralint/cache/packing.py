"""Values, names and the schema's objects as lines of JSON, and back: each object when it is asked.

An object is a line, `[class, attributes...]`, and stands elsewhere as `[its number]`; so does a
long text, which tends to be met again, and a dictionary with very many entries. Names, tuples,
lists, sets and other dictionaries stand where they are met. A migration touches a few tables of a
thousand, so that `unpack` makes ghosts: an object has a line read when somebody asks it anything.

JSON and not pickle, because a file that somebody else could write must not run code.
"""

from __future__ import annotations

from migralint import jsons
from migralint.light import cache
from migralint.model import UNKNOWN, Name, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

_PLAIN = frozenset((int, bool, float, type(None)))
_LONG = 30  # characters
_MANY = 1_000  # entries
_TAGS = {tuple: "(", list: "[", set: "s", frozenset: "f"}
_MADE: dict[str, Callable[[Any], Any]] = {tag: kind for kind, tag in _TAGS.items()}


def pack(value: Any) -> Iterator[bytes]:
    """The first line is the value, the others are the objects in it; a long one comes in pieces."""
    numbers: dict[Any, int] = {}
    waiting: list[Any] = []

    def put(part: Any) -> Any:
        kind = part.__class__
        if kind in _PLAIN or (kind is str and len(part) < _LONG):
            return part
        if kind is Name:
            return ["n", part.name, part.schema, part.sql]
        if kind is dict and len(part) < _MANY:
            return ["{", *[put(half) for pair in part.items() for half in pair]]
        if kind in _TAGS:
            parts = sorted(part, key=repr) if kind in (set, frozenset) else part
            return [_TAGS[kind], *map(put, parts)]
        if kind is Severity:
            return ["!", int(part)]
        if part is UNKNOWN:
            return ["?"]
        key = id(part) if kind is dict else part
        if key not in numbers:
            waiting.append(part)
            numbers[key] = len(waiting)
        return [numbers[key]]

    yield _json(put(value)) + b"\n"
    for thing in waiting:
        if thing.__class__ is str:
            yield _json(thing)
        elif thing.__class__ is dict:
            yield b'["{"'
            for key, item in thing.items():
                yield b",%b,%b" % (_json(put(key)), _json(put(item)))
            yield b"]"
        else:
            kind = _classes()[thing.__class__.__name__]
            parts = [getattr(thing, name) for name in _attributes(kind)]
            row = [part if part.__class__ in _PLAIN else put(part) for part in parts]
            yield _json([kind.__name__, *row])
        yield b"\n"


def _json(row: Any) -> bytes:
    return jsons.dumps(row).encode()


def unpack(lines: list[bytes]) -> Any:
    """What `pack` was given; KeyError, TypeError or IndexError where these are no such lines."""
    return _Rows(lines).value(jsons.loads(lines[0]))


class _Rows:
    """The lines, and what was made of them so far."""

    def __init__(self, lines: list[bytes]) -> None:
        self.lines = lines
        self.made: dict[int, Any] = {}
        self.numbers: dict[Any, int] = {}  # of the ghosts
        self.ghosts: dict[str, Any] = {}

    def value(self, part: Any) -> Any:
        if part.__class__ is not list:
            return part
        tag = part[0]
        if tag.__class__ is int:
            return self.made[tag] if tag in self.made else self.object(tag)
        if tag == "n":
            return Name(part[1], part[2], part[3])
        parts = part[1:]
        if tag == "{":
            halves = map(self.value, parts)
            return dict(zip(halves, halves, strict=True))
        if tag in _MADE:
            return _MADE[tag](map(self.value, parts))
        return Severity(parts[0]) if tag == "!" else UNKNOWN

    def object(self, number: int) -> Any:
        line = self.lines[number]
        if line.startswith((b'"', b'["{"')):
            made = self.value(jsons.loads(line))
        else:
            kind = line[2 : line.index(b'"', 2)].decode()
            if kind not in self.ghosts:
                self.ghosts[kind] = _ghost(_classes()[kind], self.fill)
            made = object.__new__(self.ghosts[kind])
            self.numbers[made] = number
        self.made[number] = made
        return made

    def fill(self, ghost: Any) -> None:
        """Make of it what it stands for."""
        kind = ghost.__class__.__base__
        _, *parts = jsons.loads(self.lines[self.numbers.pop(ghost)])
        object.__setattr__(ghost, "__class__", kind)
        for attribute, part in zip(_attributes(kind), parts, strict=True):
            setattr(ghost, attribute, part if part.__class__ is not list else self.value(part))


def _ghost(kind: Any, fill: Callable[[Any], None]) -> Any:
    """A class of objects that are filled when one of their attributes is read or set."""

    def read(self: Any, name: str) -> Any:
        fill(self)
        return getattr(self, name)

    def change(self: Any, name: str, value: Any) -> None:
        fill(self)
        setattr(self, name, value)

    body = {"__slots__": (), "__getattr__": read, "__setattr__": change}
    return type(kind.__name__, (kind,), body)


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
