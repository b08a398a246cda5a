"""Records, enumerations, remembered results and hashes of our own: for what a hook has to import.

To the type checker they are what `dataclasses`, `enum`, `functools` and `hashlib` make. At run time
these lines make them, for those imports cost more than an interpreter's start, on every commit.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from enum import Enum, IntEnum
    from functools import cache
    from hashlib import blake2b, sha256
    from typing import Any, TypeVar, dataclass_transform

    T = TypeVar("T")

    @dataclass_transform(frozen_default=True)
    class Record: ...

    def later(path: str) -> Any: ...

else:

    class _Records(type):
        """Makes records of classes: the slots and the __init__ that their annotations call for."""

        def __new__(cls, name, bases, body):
            if "__slots__" not in body:
                names = tuple(body.get("__annotations__", ()))
                defaults = {n: body.pop(n) for n in names if n in body}
                body["__slots__"] = body["__match_args__"] = names
                body["__init__"] = _initialiser(names, defaults)
            return type.__new__(cls, name, bases, body)

    class Record(metaclass=_Records):
        __slots__ = ()

        def __eq__(self, other):
            if self.__class__ is not other.__class__:
                return NotImplemented
            return all(getattr(self, name) == getattr(other, name) for name in self.__match_args__)

        __hash__ = object.__hash__

        def __repr__(self):
            values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
            return f"{self.__class__.__name__}({values})"

    _MANY = 30  # to compile an __init__ costs as much as to make so many records

    def _initialiser(names, defaults):
        """An __init__ that is compiled when it has been called so often that it is worth it."""
        size, left = len(names), _MANY

        def initialise(self, *values, **named):
            nonlocal left
            left -= 1
            pairs = zip(names, values, strict=False)
            fits = len(values) == size and not named
            if not fits:
                given = {**defaults, **dict(pairs), **named}
                once = named.keys().isdisjoint(names[: len(values)])
                fits = once and len(values) <= size and given.keys() == {*names}
                pairs = given.items()
            if left < 0 or not fits:
                self.__class__.__init__ = _compiled(names, defaults)
                self.__init__(*values, **named)
                return
            for name, value in pairs:
                setattr(self, name, value)

        return initialise

    def _compiled(names, defaults):
        parameters = ", ".join(f"{n}=defaults[{n!r}]" if n in defaults else n for n in names)
        lines = [f"def __init__(self, {parameters}):", *(f" self.{n} = {n}" for n in names)]
        space = {"defaults": defaults}
        exec("\n".join(lines), space)  # the names are those of a class body
        return space["__init__"]

    def cache(function):
        """Remember every result; the arguments are positional."""
        known = {}

        def again(*given):
            if given not in known:
                known[given] = function(*given)
            return known[given]

        again.cache_clear = known.clear
        return again

    class later:
        """A module that is imported when one of its functions is called: most runs need few.

        For the type checker the name stands for the module; it has to import that beside this.
        """

        def __init__(self, path):
            self._path, self._module = path, None

        def __getattr__(self, name):
            def call(*given, **named):
                if self._module is None:
                    self._module = __import__(self._path, fromlist=["__name__"])
                return getattr(self._module, name)(*given, **named)

            return call

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

    @cache
    def _hash(name, *holders):
        """Imported when it is asked for; hashlib itself would load OpenSSL."""
        for holder in (*holders, "hashlib"):
            try:
                return getattr(__import__(holder), name)
            except ImportError:
                continue
        raise AttributeError(name)

    def blake2b(*given, **named):
        return _hash("blake2b", "_blake2")(*given, **named)

    def sha256(*given):
        return _hash("sha256", "_sha2", "_sha256")(*given)  # the first from Python 3.12 on


def replace(value: T, **changes: Any) -> T:
    """A copy of the record with some fields changed."""
    names: Iterable[str] = value.__match_args__  # type: ignore[attr-defined]
    return value.__class__(
        *[changes[name] if name in changes else getattr(value, name) for name in names]
    )


__all__ = [
    "Enum",
    "IntEnum",
    "Record",
    "blake2b",
    "cache",
    "later",
    "replace",
    "sha256",
]
