"""The types of a function's arguments, which tell it from others of its name."""

from __future__ import annotations

import re

# Type names of several words: their first word is no argument's name.
_LONG = ("double", "character", "timestamp", "time", "bit", "national", "interval")
_COMMENT = re.compile(r"--[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z)")
_LONGEST = 20_000  # the arguments stand at the beginning
_HEAD = re.compile(
    r"(?is)\b(?:function|procedure|aggregate)\s+(?:if\s+exists\s+)?[^\s(]{1,200}\s*(\()?"
)


def signature(text: str) -> str | None:
    """`int, text` of `CREATE FUNCTION f(a int, OUT b text, c text DEFAULT '')`; None without ()."""
    text = _COMMENT.sub(" ", text[:_LONGEST])
    head = _HEAD.search(text)
    if head is None or not head[1]:
        return None
    inside = _between(text, head.end() - 1)
    found = [_type(argument) for argument in _parts(inside) if argument.strip()]
    return ", ".join(part for part in found if part)


def _between(text: str, start: int) -> str:
    depth = 0
    for at in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if not depth:
            return text[start + 1 : at]
    return text[start + 1 :]


def _parts(text: str) -> list[str]:
    """Split at the commas outside of brackets and strings."""
    parts, depth, quoted = [""], 0, False
    for letter in text:
        if letter == "'":
            quoted = not quoted
        if not quoted:
            depth += {"(": 1, ")": -1, "[": 1, "]": -1}.get(letter, 0)
            if letter == "," and not depth:
                parts.append("")
                continue
        parts[-1] += letter
    return parts


def _type(argument: str) -> str:
    """Without mode, name and default; "" for an OUT argument, which is no part of the identity."""
    argument = re.split(r"(?i)\bdefault\b|:?=", argument, maxsplit=1)[0]
    words = argument.split()
    if words and words[0].lower() in ("out",):
        return ""
    if words and words[0].lower() in ("in", "inout", "variadic"):
        words = words[1:]
    if len(words) > 1 and words[0].lower() not in _LONG:
        words = words[1:]
    return "".join(
        part if part.startswith('"') else part.lower()
        for part in re.split(r'("[^"]*")', " ".join(words))
    )
