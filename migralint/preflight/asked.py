"""What every check looks at: the target, its session, the history, the plan."""

from __future__ import annotations

from migralint.model import Record
from migralint.runner.databases import ServerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from migralint.model import Name, Operation
    from migralint.runner.databases import Session
    from migralint.runner.history import State
    from migralint.runner.plan import Plan, Planned
    from migralint.runner.target import Target

DATA_TIMEOUT = "10s"


class Options(Record):
    """`data_timeout` "": the data is not asked."""

    data_timeout: str = DATA_TIMEOUT


class Asked(Record):
    """`plan` None: it could not be made, and `problem` says why. `has_history`: is there a table
    of it."""

    target: Target
    session: Session
    plan: Plan | None
    states: tuple[State, ...]
    has_history: bool
    options: Options
    problem: str = ""

    @property
    def dialect(self) -> str:
        return self.session.url.dialect

    @property
    def planned(self) -> Sequence[Planned]:
        return self.plan.planned if self.plan else ()

    def operations(self) -> Iterator[tuple[Planned, Operation]]:
        """The pending operations in order, but for those of function bodies."""
        for planned in self.planned:
            for step in planned.mode.steps:
                for operation in step.operations:
                    if not operation.facts.get("in_routine"):
                        yield planned, operation

    def query(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        return self.target.db.query(self.session, sql, values)

    def maybe(self, sql: str, values: Sequence[object] = ()) -> list[Any] | None:
        """None where the server refuses to say."""
        try:
            return self.query(sql, values)
        except ServerError as error:
            if error.lost:
                raise
            return None


def tables(asked: Asked) -> list[Name]:
    """The tables that pending operations touch and that are not made by one of them."""
    made: set[Name] = set()
    found: dict[Name, None] = {}
    for _, operation in asked.operations():
        facts = operation.facts
        if operation.kind == "create_table":
            made.add(facts["table"])
        for fact in ("table", "references", "partition", "view"):
            name = facts.get(fact)
            if name and getattr(name, "name", "") and name not in made and not facts.get("inline"):
                found[name] = None
        if operation.kind == "rename_table":
            made.add(facts["new_name"])
    return [name for name in found if "{{" not in name.name]
