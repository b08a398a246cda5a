"""Which paths a glob of the configuration means.

`*` stays inside one folder, `**` does not; a pattern that matches a folder matches what is in it.
"""

from __future__ import annotations

from migralint import regex
from migralint.regex import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

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


def _expression(pattern: str) -> str:
    parts = []
    steps = pattern.strip("/").split("/")
    for number, part in enumerate(steps, 1):
        if part == "**":
            parts.append("(?:[^/]+/)*" if number < len(steps) else ".*")
        else:
            parts.append("".join(WILD.get(c) or escape(c) for c in part) + "/")
    return "".join(parts).removesuffix("/") + r"(?:/.*)?\Z"
