"""Regular expressions that are compiled when they are first used, or were when a wheel was built.

A short run uses a few of all that its modules have. Compiling one costs more than using it, and
importing `re` half as much as starting the interpreter.
"""

from __future__ import annotations

import sys

from migralint.built import built

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterable
    from typing import Any


class _Pattern:
    """Stands for `re.compile(text)`, whose attributes become its own one by one."""

    def __init__(self, text: str) -> None:
        self.pattern = text

    def __getattr__(self, name: str) -> Any:
        found = getattr(_compiled(self.pattern), name)
        setattr(self, name, found)
        return found


known: dict[str, re.Pattern[str]] = {}
_built: list[Any] = []


def pattern(text: str) -> re.Pattern[str]:
    """The expression; its flags stand at the beginning of the text."""
    if text not in known:
        known[text] = _Pattern(text)  # type: ignore[assignment]
    return known[text]


def escape(text: str) -> str:
    """An expression that matches this text."""
    return "".join(c if c.isalnum() or c == "_" else f"\\{c}" for c in text)


def compiled(texts: Iterable[str]) -> tuple[str, dict[str, Any]]:
    """What a wheel keeps of the expressions; it is of use to this version of Python only."""
    from re import _compiler, _parser  # type: ignore[attr-defined]

    found = {}
    for text in texts:
        parsed = _parser.parse(text)
        code = _compiler._code(parsed, 0)
        data = b"".join(part.to_bytes(4, sys.byteorder) for part in code)
        groups = parsed.state.groupdict
        named = {number: name for name, number in groups.items()}
        names = tuple(named.get(number) for number in range(parsed.state.groups))
        found[text] = (parsed.state.flags, data, tuple(groups.items()), names)
    return _this_python(), found


def _this_python() -> str:
    """What the code of an expression is for; MAGIC tells versions of the engine apart."""
    import _sre  # type: ignore[import-not-found]

    return f"{sys.implementation.cache_tag} {_sre.MAGIC} {sys.maxsize} {sys.byteorder}"


def _compiled(text: str) -> re.Pattern[str]:
    if not _built:
        python, kept = built("patterns") or ("", {})
        _built.append(kept if python == _this_python() else {})
    if text not in _built[0]:
        import re

        return re.compile(text)
    import _sre

    flags, data, groups, names = _built[0][text]
    code = memoryview(data).cast("I").tolist()
    return _sre.compile(  # type: ignore[no-any-return]
        text, flags, code, len(names) - 1, dict(groups), names
    )
