"""Records, enumerations and remembered results, without `dataclasses`, `enum` and `functools`.

To the type checker they are what those make. At run time these few lines make them, because the
imports cost as much as an interpreter's start, half of it, and a third, on every commit.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from enum import Enum, IntEnum
    from functools import cache
    from typing import Any, TypeVar, dataclass_transform

    T = TypeVar("T")

    @dataclass_transform(frozen_default=True)
    def record(cls: type[T]) -> type[T]: ...

else:

    def record(cls):
        """Give `cls` the slots, __init__, __eq__, __repr__ that its annotations call for.

        To compile an __init__ costs as much as to make some dozens of records without one.
        """
        names = tuple(cls.__annotations__)
        body = {k: v for k, v in cls.__dict__.items() if k not in ("__dict__", "__weakref__")}
        defaults = {name: body.pop(name) for name in names if name in body}
        whole, left = frozenset(names), _WITHOUT_INIT

        def without(self, *values, **named):
            nonlocal left
            left -= 1
            given = {**defaults, **dict(zip(names, values, strict=False)), **named}
            twice = named.keys() & set(names[: len(values)])
            if not left or twice or len(values) > len(names) or given.keys() != whole:
                made.__init__ = _initialiser(names, defaults)
                self.__init__(*values, **named)
                return
            for name, value in given.items():
                setattr(self, name, value)

        methods = {"__init__": without, "__eq__": _equal, "__repr__": _repr}
        body = {**methods, **body, "__slots__": names, "__match_args__": names}
        body.setdefault("__hash__", object.__hash__)
        made = type(cls.__name__, cls.__bases__, body)
        return made

    _WITHOUT_INIT = 8

    def _initialiser(names, defaults):
        parameters = ", ".join(f"{n}=defaults[{n!r}]" if n in defaults else n for n in names)
        lines = [f"def __init__(self, {parameters}):", *(f" self.{n} = {n}" for n in names)]
        space = {"defaults": defaults}
        exec("\n".join(lines), space)  # the names are those of a class body
        return space["__init__"]

    def _equal(self, other):
        if self.__class__ is not other.__class__:
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__match_args__)

    def _repr(self):
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
        return f"{self.__class__.__name__}({values})"

    def cache(function):
        """Remember every result; the arguments are positional."""
        known = {}

        def again(*given):
            if given not in known:
                known[given] = function(*given)
            return known[given]

        again.cache_clear = known.clear
        return again

    class _Members(type):
        """Makes one member of each value in capitals in the class's body."""

        def __init__(cls, name, bases, body):
            cls.members = {}
            for key in filter(str.isupper, body):
                made = cls.__new__(cls, body[key]) if int in cls.__mro__ else cls.__new__(cls)
                made.name, made.value = key, body[key]
                cls.members[key] = made
                setattr(cls, key, made)

        def __call__(cls, value):
            for made in cls.members.values():
                if made.value == value:
                    return made
            raise ValueError(f"{value!r} is not a valid {cls.__name__}")

        def __getitem__(cls, key):
            return cls.members[key]

        def __iter__(cls):
            return iter(cls.members.values())

        def __reversed__(cls):
            return reversed(cls.members.values())

    class Enum(metaclass=_Members):
        def __reduce__(self):
            return self.__class__, (self.value,)

        def __format__(self, form):
            return format(str(self), form)

        def __repr__(self):
            return f"<{self.__class__.__name__}.{self.name}: {self.value!r}>"

    class IntEnum(Enum, int):
        __hash__ = int.__hash__


def replace(value: T, **changes: Any) -> T:
    """A copy of the record with some fields changed."""
    names: Iterable[str] = value.__match_args__  # type: ignore[attr-defined]
    return value.__class__(
        *[changes[name] if name in changes else getattr(value, name) for name in names]
    )


__all__ = ["Enum", "IntEnum", "cache", "record", "replace"]
