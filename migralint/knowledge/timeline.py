"""The operations of one migration in order, each where it stands: what rules and facts ask.

`Timeline` replays the operations on the schema. What a later step may change (was the table new,
which type did the column have) is recorded as the replay passes; everything else is worked out by
knowledge/facts.py only when a rule asks, and once.
"""

from __future__ import annotations

from itertools import takewhile

from migralint.model import UNKNOWN, Name
from migralint.sql.vocabulary import facts_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence, Set
    from typing import Any

    from migralint.config import Config
    from migralint.knowledge.schema import Schema
    from migralint.model import Migration, Operation

_ABSENT: Mapping[str, Any] = {
    "bool": False,
    "text": "",
    "int": 0,
    "name": Name(""),
    "names": (),
    "words": (),
}
_defaults: dict[str, dict[str, Any]] = {}
_NOTHING: Mapping[str, Any] = {}


def absent(kind: str) -> dict[str, Any]:
    """The values of the facts that a statement of this kind leaves out, or that nobody recorded."""
    known = _defaults.get(kind)
    if known is None:
        from migralint.knowledge.facts import DERIVE
        from migralint.knowledge.recording import UNRECORDED

        stated = {name: _ABSENT[form] for name, form in facts_of(kind).items()}
        known = {name: value for name, value in stated.items() if name not in DERIVE}
        known = _defaults[kind] = {**known, **UNRECORDED}
    return known


class View:
    """One operation where it stands.

    `known` are the facts that the statement states, and those that were recorded or worked out;
    `absent` are the values of what it leaves out.
    """

    __slots__ = (
        "absent", "explicit", "index", "known", "migration", "operation", "timeline", "transaction",
    )  # fmt: skip

    def __init__(self, operation: Operation, timeline: Timeline, index: int) -> None:
        self.operation: Operation = operation
        self.timeline: Timeline = timeline
        self.migration: Migration = timeline.migration
        self.index = index
        self.known: dict[str, Any] = {**operation.facts}
        self.absent: Mapping[str, Any] = absent(operation.kind)
        self.explicit: bool = False  # between BEGIN and COMMIT
        self.transaction: int = 0  # equal for operations of one transaction

    def fact(self, name: str) -> Any:
        """The value of a fact, UNKNOWN where it could not be established."""
        known = self.known
        if name in known:
            return known[name]
        if name in self.absent:
            return self.absent[name]
        derive = self.timeline.derive.get(name)
        value = known[name] = UNKNOWN if derive is None else derive(self)
        return value

    @property
    def remembered(self) -> dict[Any, Any]:
        return self.timeline.cached

    def earlier(self, kinds: Iterable[str] = (), **same: Any) -> Iterable[View]:
        """The operations before this one, of these kinds where any are named.

        `fact=value` leaves out those that have another value there, or a name that is another
        one even without its schema: what is found in a long file need not be searched through.
        """
        views = self.timeline.views
        if not kinds:
            return (views[index] for index in range(self.index))
        found = self.timeline.of_kinds(kinds, 0, same)
        return takewhile(lambda view: view.index < self.index, found)

    def later(self, kinds: Iterable[str] = (), **same: Any) -> Iterable[View]:
        views = self.timeline.views
        if not kinds:
            return (views[index] for index in range(self.index + 1, len(views)))
        return self.timeline.of_kinds(kinds, self.index + 1, same)

    def others(self, kinds: Iterable[str]) -> Iterable[View]:
        """All operations of these kinds, this one too if it is of one."""
        return self.timeline.of_kinds(kinds)


class Timeline:
    """`fresh` are the batches that no deployed code has seen: this migration's and pending ones."""

    def __init__(
        self,
        migration: Migration,
        operations: Sequence[Operation],
        schema: Schema,
        config: Config,
        fresh: Set[str],
    ) -> None:
        from migralint.knowledge.facts import DERIVE
        from migralint.knowledge.recording import record

        self.migration: Migration = migration
        self.operations: Sequence[Operation] = operations
        self.config: Config = config
        self.fresh: Set[str] = fresh
        self.derive: Mapping[str, Callable[[View], Any]] = DERIVE
        self.schema: Schema = schema
        own = (o.statement.start for o in operations if o.kind != "migration")
        self.statements: int = len(set(own))
        self.made: dict[tuple[str, Name], int] = {}  # what kind of thing -> the first that makes it
        self.emptied: set[Name] = set()
        self.settings: dict[str, str] = {}
        self.views: list[View] = []
        self.cached: dict[str, Any] = {}  # what facts work out once for the whole migration
        self._by_kind: dict[str, list[View]] = {}
        self._by_value: dict[tuple[str, ...], tuple[dict[Any, list[View]], int]] = {}
        batch, explicit, transaction = migration.path, False, 0
        schema.begin(batch)
        for index, operation in enumerate(operations):
            view = View(operation, self, index)
            if operation.kind == "begin":
                explicit, transaction = True, transaction + 1
            view.explicit, view.transaction = explicit, transaction
            if operation.kind in ("commit", "rollback") and explicit:
                explicit, transaction = False, transaction + 1
            self.views.append(view)
            self._by_kind.setdefault(operation.kind, []).append(view)
            record(view, schema)
            schema.apply(operation, batch)
        text = migration.text
        if ("do_block" in self._by_kind or "{" in text) and ("els" in text or "ELS" in text):
            from migralint.knowledge import arms

            arms.correct(self)

    def end(self) -> None:
        """Let go of the operations, which know their timeline: nobody asks about them any more.

        Otherwise only a search for garbage would find them, a sixth of the work of a long run.
        """
        self.views.clear()
        self.cached.clear()
        self._by_kind.clear()
        self._by_value.clear()

    def of_kinds(
        self, kinds: Iterable[str], start: int = 0, same: Mapping[str, Any] = _NOTHING
    ) -> Iterable[View]:
        """The operations of these kinds in order, from `start` on; lazily, for most ask for one."""
        lists = [self._by_kind[kind] for kind in kinds if kind in self._by_kind]
        if same:
            lists = [self._alike(found, same) for found in lists]
        rest = [map(found.__getitem__, _from(found, start)) for found in lists]
        if len(rest) < 2:
            return rest[0] if rest else ()
        from heapq import merge

        return merge(*rest, key=_index)

    def _alike(self, every: list[View], same: Mapping[str, Any]) -> list[View]:
        """Those of one kind with these values; the list may have grown since the last question."""
        question = (every[0].operation.kind, *same)
        found, read = self._by_value.get(question, ({}, 0))
        for view in every[read:]:
            found.setdefault(tuple([_bare(view.fact(fact)) for fact in same]), []).append(view)
        self._by_value[question] = (found, len(every))
        return found.get(tuple([_bare(value) for value in same.values()]), [])


def _bare(value: Any) -> Any:
    return value.name if isinstance(value, Name) else value


def _index(view: View) -> int:
    return view.index


def _from(found: list[View], start: int) -> range:
    if found and found[0].index < start:
        from bisect import bisect_left

        return range(bisect_left(found, start, key=_index), len(found))
    return range(len(found))
