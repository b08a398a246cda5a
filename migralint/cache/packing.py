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
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

_LONG = 30  # characters
_FEW, _MANY = 30, 1_000  # entries
_TAGS = {tuple: "(", list: "[", set: "s", frozenset: "f"}
_MADE: dict[str, Callable[[Any], Any]] = {tag: kind for kind, tag in _TAGS.items()}
_OURS = frozenset((*_TAGS, dict, str, Severity))  # JSON would write them otherwise
# What a table has many of: these hold plain values, objects, names and tuples of names, which the
# writer can be given as they are (their own name in three).
_PARTS = frozenset(("Column", "Constraint", "Index"))


def pack(value: Any) -> Iterator[bytes]:
    """The first line is the value, the others are the objects in it; a long one comes in pieces."""
    numbers: dict[Any, int] = {}
    waiting: list[Any] = []

    def number(thing: Any) -> int:
        key = id(thing) if thing.__class__ is dict else thing
        known = numbers.get(key)
        if known is None:
            waiting.append(thing)
            known = numbers[key] = len(waiting)
        return known

    def put(part: Any) -> Any:
        kind = part.__class__
        if kind is Name:
            return ["n", part.name, part.schema, part.sql]
        if kind is str and len(part) < _LONG:
            return part
        if kind is dict and len(part) < _MANY:
            if _is_by_name(part):
                return ["@", *map(number, part.values())]
            return ["{", *[half for pair in part.items() for half in held(pair)]]
        if kind in _TAGS:
            parts = sorted(part, key=repr) if kind in (set, frozenset) else part
            return [_TAGS[kind], *held(parts)]
        if kind is Severity:
            return ["!", int(part)]
        if part is UNKNOWN:
            return ["?"]
        return [number(part)]

    def held(parts: Iterable[Any]) -> list[Any]:
        """As the writer is to have them; it asks `put` by itself about what is not of JSON."""
        return [put(part) if part.__class__ in _OURS else part for part in parts]

    write = jsons.writer(put)
    yield write(held([value])[0]).encode() + b"\n"
    for thing in waiting:
        kind = thing.__class__.__name__
        if kind == "dict":
            halves = [half for pair in thing.items() for half in pair]
            yield b'["{"'
            for start in range(0, len(halves), _MANY):
                yield b"," + write(held(halves[start : start + _MANY]))[1:-1].encode()
            yield b"]\n"
            continue
        row = thing
        if kind in _PARTS:
            batch, *rest = _values(kind)(thing)
            row = [kind, *held([batch]), *rest]
        elif kind != "str":
            row = [getattr(thing, name) for name in _attributes(_classes()[kind])]
            row = [kind, *held(row)]
        yield write(row).encode() + b"\n"


def _is_by_name(value: dict[Any, Any]) -> bool:
    """Whether it has things by their names, and so few that all may be read at once."""
    if len(value) > _FEW or next(iter(value.values()), None).__class__.__name__ not in _PARTS:
        return False
    return all(key is thing.name for key, thing in value.items())


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
        tag = part[0] if part else "("
        if tag.__class__ is int:
            return self.at(tag)
        if tag == "n":
            return Name(part[1], part[2], part[3])
        if tag.__class__ is list:  # names, as a part holds them
            return tuple([self.value(name) for name in part])
        parts = part[1:]
        if tag == "{":
            halves = map(self.value, parts)
            return dict(zip(halves, halves, strict=True))
        if tag == "@":
            return {thing.name: thing for thing in map(self.at, parts)}
        if tag in _MADE:
            return _MADE[tag](map(self.value, parts))
        return Severity(parts[0]) if tag == "!" else UNKNOWN

    def at(self, number: int) -> Any:
        if number in self.made:
            return self.made[number]
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
        name, *parts = jsons.loads(self.lines[self.numbers.pop(ghost)])
        if name in _PARTS:
            parts[1:4] = [["n", *parts[1:4]]]
        object.__setattr__(ghost, "__class__", kind)
        for attribute, part in zip(_attributes(kind), parts, strict=True):
            setattr(ghost, attribute, part if part.__class__ is not list else self.value(part))
        for attribute in _derived(kind):
            setattr(ghost, attribute, None)


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
    names = _every(kind)
    if kind.__name__ in _PARTS:
        names = ("batch", "name", *(name for name in names if name not in ("batch", "name")))
    return tuple(name for name in names if not name.endswith("_by"))


@cache
def _derived(kind: Any) -> tuple[str, ...]:
    """Of what it holds that which follows from the rest: it is made when somebody looks there."""
    return tuple(name for name in _every(kind) if name.endswith("_by"))


def _every(kind: Any) -> Iterable[str]:
    names: Iterable[str] = kind.__slots__ if "__slots__" in kind.__dict__ else vars(kind())
    return names


@cache
def _values(kind: str) -> Callable[[Any], tuple[Any, ...]]:
    from operator import attrgetter

    batch, name, *others = _attributes(_classes()[kind])
    return attrgetter(batch, f"{name}.name", f"{name}.schema", f"{name}.sql", *others)


@cache
def _classes() -> dict[str, Any]:
    """By name, the classes that may stand in a cache; nothing else is ever made from one."""
    from migralint import config
    from migralint.knowledge.schema import Schema, objects

    records = (config.Allow, config.Override)
    schema = (Schema, objects.Column, objects.Constraint, objects.Index, objects.Table)
    others = (objects.Disabled, objects.Expanded, objects.View, objects.OwnType)
    return {kind.__name__: kind for kind in (*records, *schema, *others)}
