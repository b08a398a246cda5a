"""Operations that exclude each other: they stand in different arms of one IF, of a DO block or of a
template, so that the one never meets what the other makes."""

from __future__ import annotations

from bisect import bisect_right

from migralint.model import UNKNOWN
from migralint.regex import pattern
from migralint.sql.quotes import DOLLAR
from migralint.sql.tokens import placed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from migralint.knowledge.timeline import Timeline
    from migralint.model import Operation

    Mark = tuple[int, int]  # +1 an IF opens, 0 its next arm, -1 its end; where
    Path = tuple[tuple[int, int], ...]  # the IFs around a place, each with the number of the arm
    Arms = tuple[list[int], list[Path]]  # where a path begins, and the path

_CONTROL = pattern(
    r"\{[{%]-?\s*(?:(if|unless|for|range|with|block|define)|(els\w+|elif)|(end\w*))\b"
)
_BEFORE_STATEMENT = frozenset((";", "then", "else", "begin", "loop"))
_NEXT = frozenset(("else", "elsif", "elseif"))
_DEEPEST = 50
# A fact that says that something is new, the kind of operation that makes it, and its names.
_MADE = (
    ("new_table", "create_table", ("table",)),
    ("new_column", "add_column", ("table", "column")),
)


def correct(timeline: Timeline) -> None:
    """Take back that a table or column is new to an operation, where another arm has made it."""
    arms = {-1: _paths(_in_text(timeline.migration.text))}
    made: dict[tuple[object, ...], Operation] = {}
    for view in timeline.views:
        operation, facts = view.operation, view.operation.facts
        for fact, kind, names in _MADE:
            key = (kind, *map(facts.get, names))
            if operation.kind == kind:
                made[key] = operation
            elif view.known.get(fact) is True and _exclude(arms, made.get(key), operation):
                view.known[fact] = view.known["new_object"] = UNKNOWN


def _exclude(arms: dict[int, Arms], one: Operation | None, other: Operation) -> bool:
    if one is None:
        return False
    start = -1
    if one.facts.get("in_do") and one.statement is other.statement:
        start = one.statement.start
        if start not in arms:
            arms[start] = _paths(_in_block(one.statement.text, start))
    offsets, paths = arms[start]
    both = (paths[bisect_right(offsets, operation.start) - 1] for operation in (one, other))
    return any(a != b and a[0] == b[0] for a, b in zip(*both, strict=False))


def _in_text(text: str) -> Iterator[Mark]:
    for found in _CONTROL.finditer(text):
        yield (1 if found[1] else 0 if found[2] else -1), found.start()


def _in_block(text: str, start: int) -> Iterator[Mark]:
    """CASE, LOOP and BEGIN have an END, too, so that they count; only IF has other arms."""
    opening = DOLLAR.search(text)
    body = opening.end() if opening else len(text)
    before, ended = ";", False
    for token, at, _ in placed(text[body:], "postgres"):
        word, place = token.word, start + body + at
        if word == "end":
            yield -1, place
        elif word in _NEXT:
            yield 0, place
        elif not ended and (
            word in ("case", "loop") or (word in ("if", "begin") and before in _BEFORE_STATEMENT)
        ):
            yield 1, place
        before, ended = token.text, word == "end"


def _paths(marks: Iterable[Mark]) -> Arms:
    offsets: list[int] = [0]
    paths: list[Path] = [()]
    path: Path = ()
    for number, (change, at) in enumerate(marks):
        if change > 0:
            path = (*path, (number, 0))
        elif path:
            first, arm = path[-1]
            path = path[:-1] if change < 0 else (*path[:-1], (first, arm + 1))
        if len(path) > _DEEPEST:
            return [0], [()]
        offsets.append(at)
        paths.append(path)
    return offsets, paths
