"""Which paths a glob of the configuration means.

`*` stays inside one folder, `**` does not; a pattern that matches a folder matches what is in it.
"""

from __future__ import annotations

from migralint import regex
from migralint.regex import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

WILD = {"*": "[^/]*", "?": "[^/]"}
_compiled: dict[str, re.Pattern[str]] = {}


def matches(pattern: str, path: str) -> bool:
    """Does the glob match the path (relative to the root, forward slashes)?"""
    if pattern == ".":
        return True
    compiled = _compiled.get(pattern)
    if compiled is None:
        compiled = _compiled[pattern] = regex.pattern(_expression(pattern))
    return compiled.match(path) is not None


class ByPath:
    """Which of many things a path is about: most name it, or a folder of it, and are looked up."""

    def __init__(self, globs: Iterable[Iterable[str]]) -> None:
        self.named: dict[str, list[int]] = {}
        self.wild: list[tuple[str, int]] = []
        for number, patterns in enumerate(globs):
            for pattern in patterns:
                if pattern == "." or any(c in pattern for c in WILD):
                    self.wild.append((pattern, number))
                else:
                    self.named.setdefault(pattern.strip("/"), []).append(number)

    def of(self, path: str) -> set[int]:
        """The numbers of those of which a glob matches the path."""
        found = {number for pattern, number in self.wild if matches(pattern, path)}
        steps = path.split("/")
        for count in range(1, len(steps) + 1):
            found.update(self.named.get("/".join(steps[:count]), ()))
        return found


def _expression(pattern: str) -> str:
    parts = []
    steps = pattern.strip("/").split("/")
    for number, part in enumerate(steps, 1):
        if part == "**":
            parts.append("(?:[^/]+/)*" if number < len(steps) else ".*")
        else:
            parts.append("".join(WILD.get(c) or escape(c) for c in part) + "/")
    return "".join(parts).removesuffix("/") + r"(?:/.*)?\Z"
