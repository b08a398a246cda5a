"""What no program can answer: the questions for a pull request and for the person who deploys.

They are chosen by what the pending migrations do, so that nobody learns to skip them.
"""

from __future__ import annotations

from migralint.preflight.work import TAKING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from migralint.model import Operation
    from migralint.runner.plan import Plan

RENAMES = frozenset(("rename_table", "rename_column", "rename_type", "rename_enum_value",
                     "set_schema"))  # fmt: skip
MOVES = frozenset(("update", "insert", "delete", "merge", "copy"))
STRICTER = frozenset((
    "set_not_null", "add_unique", "add_check", "add_foreign_key", "add_exclusion",
    "alter_column_type", "modify_column", "drop_type",
))  # fmt: skip
ACCESS = frozenset((
    "grant", "revoke", "create_policy", "alter_policy", "drop_policy", "row_security",
    "create_role", "alter_role", "drop_role", "change_owner", "default_privileges",
))  # fmt: skip
FELT = 1.0  # seconds that somebody notices
SHOWN = 5


def checklist(plan: Plan) -> tuple[str, ...]:
    """The questions that belong to this plan, those about what cannot be taken back first."""
    if not plan.planned:
        return ()
    return tuple(_questions(plan))


def _questions(plan: Plan) -> Iterator[str]:
    made = {o.facts["table"] for o in _operations(plan) if o.kind == "create_table"}
    operations = [o for o in _operations(plan) if o.facts.get("table") not in made]
    kinds = {operation.kind for operation in operations}
    gone = _named(operations, TAKING)
    if gone:
        yield f"Is the data of {gone} really no longer needed, by nobody, reports and exports too?"
        yield "Has everything that must be kept been copied elsewhere, and has somebody looked?"
    dropped = _named(operations, ("drop_table", "drop_column", "drop_view", "drop_routine"))
    if dropped:
        yield f"Is the code that no longer uses {dropped} deployed everywhere, workers too?"
    renamed = _named([o for o in operations if not _taken_again(o, operations)], RENAMES)
    if renamed:
        yield f"Does the code that runs now survive the new name of {renamed}?"
    given = [o.facts["new_name"] for o in operations if o.kind == "rename_type"]
    stricter = _named([o for o in operations if o.facts.get("type_name") not in given], STRICTER)
    if stricter:
        yield f"Does the code that runs now write only what the new rule on {stricter} allows?"
    if kinds & MOVES:
        yield "Has the change of data been tried on a copy of production, and the result counted?"
    if kinds & ACCESS:
        yield "Has somebody who knows who may see what looked at the changed access?"
    if gone or renamed:
        yield "Has a second engineer reviewed the SQL itself, not only the schema file?"
        yield "Have those been told who depend on it: tenants, other teams, the data warehouse?"
    if _is_felt(plan):
        yield "Is there a maintenance window, and do the users know of it?"
    if gone or not _all_in_transactions(plan):
        yield "Is it clear what is done when it fails half way, and who does it?"
    yield "Who is on call while it runs and for the hour after it, and do they know?"
    if plan.environment.is_production:
        yield "Has the same set of migrations run on staging, with data of production's size?"


def _taken_again(operation: Operation, operations: list[Operation]) -> bool:
    """A type that is replaced by another one of its name keeps its name for the code."""
    if operation.kind != "rename_type":
        return False
    renames = [o.facts for o in operations if o.kind == "rename_type"]
    old = operation.facts["type_name"]
    made = [o.facts["type_name"] for o in operations if o.kind == "create_type"]
    return old in made or any(facts["new_name"].name == old.name for facts in renames)


def _operations(plan: Plan) -> Iterator[Operation]:
    for planned in plan.planned:
        for step in planned.mode.steps:
            yield from (o for o in step.operations if not o.facts.get("in_routine"))


def _named(operations: list[Operation], kinds: Container[str]) -> str:
    """`users.email, posts and 3 more`."""
    names: dict[str, None] = {}
    for operation in operations:
        if operation.kind in kinds:
            names[_object(operation)] = None
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(list(names)[:SHOWN]) + more


def _object(operation: Operation) -> str:
    facts = operation.facts
    for fact in ("table", "view", "routine", "type_name", "object", "schema", "database", "role"):
        name = facts.get(fact)
        if name is not None and str(name):
            return f"{name}.{facts['column']}" if "column" in facts else str(name)
    return operation.kind.replace("_", " ")


def _is_felt(plan: Plan) -> bool:
    return any(
        effect.lock and effect.blocks != "nothing" and (effect.held is None or effect.held >= FELT)
        for planned in plan.planned
        for effect in planned.effects
    )


def _all_in_transactions(plan: Plan) -> bool:
    return all(planned.mode.transaction for planned in plan.planned)
