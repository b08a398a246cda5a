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

_HASHED = frozenset((str, bool, int, Name, Unknown))
_MOST_BRANCHES = 500


class _Node:
    """The fact that is asked for next, or what was decided, once one of them is known."""

    __slots__ = ("branches", "decided", "fact")

    def __init__(self) -> None:
        self.fact = ""
        self.branches: dict[Any, _Node] = {}
        self.decided: tuple[Any, ...] = ()


def decided_once(decide: Callable[..., T]) -> Callable[..., T]:
    """`decide(kind, fact, *more)` by the facts that it asks for; the rest must be hashable."""
    trees: dict[object, _Node] = {}

    def known(kind: str, fact: Fact, *more: object) -> T:
        key = (kind, *more)
        node = trees.get(key)
        while node is not None and node.fact:
            value = fact(node.fact)
            node = node.branches.get(value) if value.__class__ in _HASHED else None
        if node is not None and node.decided:
            leaf: T = node.decided[0]
            return leaf
        asked: list[tuple[str, Any]] = []

        def noted(name: str) -> Any:
            value = fact(name)
            asked.append((name, value))
            return value

        found = decide(kind, noted, *more)
        _grow(trees.setdefault(key, _Node()), asked, found)
        return found

    return known


def _grow(node: _Node, asked: list[tuple[str, Any]], found: object) -> None:
    for name, value in asked:
        node.fact = name
        if value.__class__ not in _HASHED or len(node.branches) > _MOST_BRANCHES:
            return
        node = node.branches.setdefault(value, _Node())
    node.decided = (found,)
