"""What libpg_query's tree says of a statement, in migralint's vocabulary: the grammar's oracle.

`expected(node)` gives one (kind, facts) for each operation that the grammar must find, in order,
with the facts that the tree states; expressions and types stay trees (`Tree`) and are compared by
parsing what the grammar cut out of the text. `differences` holds an outline against it.
"""

from __future__ import annotations

import json
from typing import Any

from pglast.parser import ParseError, parse_sql_json

from pg_oracle.trees import Tree, as_written

Expected = tuple[str, dict[str, Any]]


def statement_node(sql: str) -> dict[str, Any] | None:
    """The tree of the only statement of `sql`; None where libpg_query does not accept it."""
    try:
        parsed = json.loads(parse_sql_json(sql))
    except (ParseError, ValueError):
        return None
    statements = parsed.get("stmts", [])
    return statements[0]["stmt"] if len(statements) == 1 else None


def expected(node: dict[str, Any]) -> list[Expected]:
    from pg_oracle import data, objects, tables

    ((form, body),) = node.items()
    for module in (tables, objects, data):
        reader = module.FORMS.get(form)
        if reader is not None:
            return list(reader(body))
    raise KeyError(form)


def differences(found: list[Any], wanted: list[Expected]) -> list[str]:
    """What the operations found do not say as the tree has it."""
    kinds, wanted_kinds = [one.kind for one in found], [kind for kind, _ in wanted]
    if kinds != wanted_kinds:
        return [f"kinds {kinds} != {wanted_kinds}"]
    return [
        f"{kind}.{name}: {_shown(one.facts.get(name))} != {value}"
        for one, (kind, facts) in zip(found, wanted, strict=True)
        for name, value in facts.items()
        if not agrees(one.facts.get(name), value)
    ]


def agrees(actual: Any, value: Any) -> bool:
    if isinstance(value, Tree):
        return value.same_as(actual or "")
    return bool(as_written(actual, value) == value)


def _shown(actual: Any) -> Any:
    if isinstance(actual, tuple):
        return tuple(_shown(one) for one in actual)
    return (actual.name, actual.schema) if hasattr(actual, "schema") else actual
