"""A decision that is made once for all operations with the same facts.

The tables of locks are long, and most migrations do the same few things. What a function asks for
depends only on the answers so far, so that its calls make a tree: a node is the name of a fact, its
branches are the values, a leaf is what was decided.
"""

from __future__ import annotations

from migralint.model import Name, Unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    Fact = Callable[[str], Any]
    T = TypeVar("T")

_HASHED = (str, bool, int, Name, Unknown)
_MOST_BRANCHES = 500


def decided_once(decide: Callable[..., T]) -> Callable[..., T]:
    """`decide(kind, fact, *more)` by the facts that it asks for; the rest must be hashable."""
    trees: dict[object, dict[str, Any]] = {}

    def known(kind: str, fact: Fact, *more: object) -> T:
        tree = trees.setdefault((kind, *more), {})
        node: dict[str, Any] | None = tree
        while node and "leaf" not in node:
            value = fact(node["fact"])
            node = node["branches"].get(value) if value.__class__ in _HASHED else None
        if node:
            leaf: T = node["leaf"]
            return leaf
        asked: list[tuple[str, Any]] = []

        def noted(name: str) -> Any:
            value = fact(name)
            asked.append((name, value))
            return value

        found = decide(kind, noted, *more)
        _grow(tree, asked, found)
        return found

    return known


def _grow(node: dict[str, Any], asked: list[tuple[str, Any]], found: object) -> None:
    for name, value in asked:
        if not node:
            node.update(fact=name, branches={})
        branches = node["branches"]
        if value.__class__ not in _HASHED or len(branches) > _MOST_BRANCHES:
            return
        node = branches.setdefault(value, {})
    node["leaf"] = found
