"""Statements and what they were taken apart into -> steps, in an order that keeps what depends."""

from __future__ import annotations

from migralint.fixing.split.parts import WAYS
from migralint.fixing.split.touching import conflict
from migralint.model import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from migralint.fixing.split.parts import Piece
    from migralint.fixing.split.touching import Touch


class Node(Record):
    """A statement of the migration (`statement` is its number) or a piece of one. `lead` are the
    comments that stood above a statement of which nothing else is left."""

    number: int
    statement: int
    chain: int
    touch: Touch
    way: str = "together"
    piece: Piece | None = None
    lead: str = ""


class Step(Record):
    """What one file holds, in order."""

    way: str
    nodes: tuple[Node, ...]

    @property
    def word(self) -> str:
        """For its name."""
        kinds = {kind for node in self.nodes for kind in node.touch.kinds}
        rest = "constraint" if any(kind.startswith("add_") for kind in kinds) else "rest"
        return next((node.piece.word for node in self.nodes if node.piece), rest)


def needs(nodes: Sequence[Node]) -> dict[int, set[int]]:
    """For each node those that must come before it: its own chain, and what it would disturb."""
    found: dict[int, set[int]] = {}
    for node in nodes:
        found[node.number] = {
            other.number for other in nodes if other.number < node.number and _before(other, node)
        }
    return found


def _before(other: Node, node: Node) -> bool:
    if other.statement == node.statement and (other.chain == node.chain or other.piece is None):
        return True
    return conflict(other.touch, node.touch)


def steps(nodes: Sequence[Node]) -> list[Step]:
    """The fewest steps, nearly: of what is ready, those of one way at a time."""
    needed, made, done = needs(nodes), list[Step](), set[int]()
    while len(done) < len(nodes):
        # what need not stay in the first file is not waited for by what must stand alone
        for way in WAYS[1:3] + WAYS[:1] + WAYS[3:] if done else WAYS:
            ready = _ready(nodes, needed, done, way)
            if ready:
                new = _grouped(way, ready)
                made += new
                done |= {node.number for step in new for node in step.nodes}
                break
    return made


def _grouped(way: str, ready: list[Node]) -> list[Step]:
    """One file for all of them, one for each, or one for those that wait for the same."""
    if way in WAYS[1:3]:  # what is built comes before what is dropped: queries may need the one
        ready = sorted(ready, key=lambda node: bool(node.piece and node.piece.word == "drop_index"))
        return [Step(way, (node,)) for node in ready]
    if way == "contract":
        first = ready[0].piece
        word = first.word if first else ""
        ready = [node for node in ready if node.piece and node.piece.word == word]
    return [Step(way, tuple(ready))]


def _ready(
    nodes: Sequence[Node], needed: dict[int, set[int]], done: set[int], way: str
) -> list[Node]:
    """Nothing that is not done stands before them; together, what they need may be among them."""
    found: list[Node] = []
    here: set[int] = set()
    for node in nodes:
        if node.number in done or node.way != way:
            continue
        if needed[node.number] <= (done | here if way == "together" else done):
            found.append(node)
            here.add(node.number)
    return found
