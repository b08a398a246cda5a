"""How deep a YAML text nests, and how much its aliases make of it.

Composing recurses on the C stack: ten thousand brackets end the process (measured). And an alias
may stand for what it is itself a part of, or a few of them for more than any memory holds.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DEEPEST = 100
LARGEST = 1_000_000  # nodes, aliases written out
# A level costs a bracket or a character of what leads a line, so most texts need no second look.
LEAD = re.compile(rf"^[ ?:-]{{{DEEPEST},}}", re.MULTILINE)
ALIAS = re.compile(r"(?:^|[\s\[{,:])\*[^\s*/]", re.MULTILINE)


def refuse_depth(text: str, loader: Any) -> None:
    """Raise a ValueError where the text nests too deeply to be composed."""
    import yaml

    if text.count("[") + text.count("{") < DEEPEST and not LEAD.search(text):
        return
    depth = 0
    for event in yaml.parse(text, loader):
        name = event.__class__.__name__
        depth += name.endswith("StartEvent") - name.endswith("EndEvent")
        if depth > DEEPEST:
            raise ValueError("is nested too deeply")


def refuse_growth(text: str, node: Any) -> None:
    """Raise a ValueError where aliases make too much of the node."""
    if ALIAS.search(text):
        _measured(node, {}, 0)


def _measured(node: Any, known: dict[int, tuple[int, int]], depth: int) -> tuple[int, int]:
    """How many nodes it is with its aliases written out, and how deeply they nest."""
    if node is None or node.id == "scalar":
        return 1, 0
    size, height = known.get(id(node), (1, 1))
    if depth + height > DEEPEST:
        raise ValueError("is nested too deeply: an alias in it leads to itself, or to too many")
    if id(node) not in known:
        flat = node.id == "sequence"
        for one in node.value if flat else [part for pair in node.value for part in pair]:
            more, lower = _measured(one, known, depth + 1)
            size, height = size + more, max(height, lower + 1)
        known[id(node)] = size, height
    if size > LARGEST:
        raise ValueError("is larger than can be read, with its aliases written out")
    return size, height
