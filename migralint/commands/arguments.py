"""The arguments of `lint` without argparse: to import it and to make a parser of its kind costs as
much as an interpreter's start.

They are read from what the command declares. What is not plain (help, a mistake, a value that
begins with a dash) is left to argparse, which reads the same declarations.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Sequence
    from typing import Any


class _Declared:
    """Takes declarations as argparse's parser and its groups do."""

    def __init__(self) -> None:
        self.flags: dict[str, str] = {}
        self.options: dict[str, tuple[str, str, tuple[str, ...]]] = {}
        self.values: dict[str, Any] = {}
        self.rest = ""

    def add_argument_group(self, *_: object) -> _Declared:
        return self

    def add_argument(
        self,
        *names: str,
        action: str = "",
        choices: tuple[str, ...] = (),
        default: str | None = None,
        nargs: str = "",
        **_: str,
    ) -> None:
        name = names[-1].lstrip("-").replace("-", "_")
        self.values[name] = default
        if nargs:
            self.rest, self.values[name] = name, []
        elif action == "store_true":
            self.flags.update(dict.fromkeys(names, name))
            self.values[name] = False
        else:
            self.options.update(dict.fromkeys(names, (name, action, choices)))


def _is_option(argument: str) -> bool:
    return argument[:1] == "-" and argument != "-"


class _Values:
    """What argparse calls a namespace."""


def plain(declare: Callable[[Any], None], arguments: Sequence[str]) -> Namespace | None:
    """The values of the arguments; None where argparse is to say what they are."""
    declared = _Declared()
    declare(declared)
    made: Any = _Values()
    values = made.__dict__
    values.update(declared.values)
    rest: list[str] = []
    left, previous = iter(arguments), ""
    for argument in left:
        if argument in declared.flags:
            values[declared.flags[argument]] = True
        elif _is_option(argument):
            option, has_value, value = argument.partition("=")
            name, action, choices = declared.options.get(option, ("", "", ()))
            value = value if has_value else next(left, "-")
            if not name or (value[:1] == "-" and not has_value):
                return None
            if choices and value not in choices:
                return None
            values[name] = [*(values[name] or ()), value] if action == "append" else value
        elif rest and _is_option(previous):
            return None  # paths on both sides of an option
        else:
            rest.append(argument)
        previous = argument
    values[declared.rest] = rest
    return made  # type: ignore[no-any-return]
