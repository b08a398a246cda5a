"""The way back from what is done to views, routines, triggers, policies, types and the like."""

from __future__ import annotations

import re

from migralint.model import replace
from migralint.rollback.grades import NOTHING, At, Undo, impossible, lossless, lossy
from migralint.rollback.inverse.indexes import create_index_sql
from migralint.rollback.signatures import signature

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from migralint.knowledge.schema.objects import View

_CREATE = re.compile(r"(?i)^\s*create\s+(?!or\s+replace\b)")
_UNKNOWN = "how it was defined is not known"
_GRANTS = "what was granted on it must be granted again"


def _word(at: At, kind: str) -> str:
    return f"MATERIALIZED {kind}" if at["materialized"] is True else kind


def create_view(at: At) -> Undo:
    if at["temporary"]:
        return NOTHING
    earlier = at.known.of("view", at["view"])
    drop = f"DROP {_word(at, 'VIEW')} {at['view']}"
    there = at.schema.has_relation(at["view"])
    if at["if_not_exists"] and there:
        return NOTHING
    if there and not earlier:
        return impossible(f"the view that it replaced: {_UNKNOWN}")
    if earlier:
        other = at.known.otherwise(at["view"])
        found = lossy(drop, reason=other) if other else lossless(drop, reason=_GRANTS)
        return replace(found, late=(earlier,))
    if at["or_replace"] and not at.schema.certain(None):
        return lossy(drop, reason="whether it replaced another view is not known")
    return lossless(drop)


def drop_view(at: At) -> Undo:
    """Made again at the end: a `*` in it means the columns of the moment, and views read views."""
    found = drops("view", "view")(at)
    if not found.sql:
        return found
    view = at.schema.views.get(at["view"])
    taken = _taken_along(at, view) if view and at["cascade"] else []
    texts = [at.known.of("view", other.name) for other in taken]
    if taken and all(texts) and at.schema.certain(None):
        found = lossless(*found.sql, reason=f"with what CASCADE took along; {_GRANTS}")
    views = [(view, found.sql[0]), *zip(taken, texts, strict=True)] if view else []
    made = [sql for one, text in views if text for sql in (text, *_indexes(at, one))]
    if not all(made):
        return lossy(*found.sql, reason="an index on it was made in a way that is not known")
    other = next(filter(None, (at.known.otherwise(one.name) for one, _ in views)), "")
    found = lossy(*found.sql, reason=other) if other else found
    return replace(found, sql=(), late=tuple(made) or found.sql)


def _indexes(at: At, view: View) -> list[str]:
    return [create_index_sql(at, index) for index in view.indexes.values()]


def _taken_along(at: At, view: View) -> list[View]:
    """The views that read it, or read those, in the order in which they were made; none where one
    of them may only have its name in it."""
    taken = [view]
    for one in taken:  # which grows
        for other in at.schema.views.values():
            if other not in taken and one.name.name in other.words:
                if not other.joins(one.name.name):
                    return []
                taken.append(other)
    return [other for other in at.schema.views.values() if other in taken[1:]]


def create_routine(at: At) -> Undo:
    """OR REPLACE keeps what was granted, so an earlier definition is put over it."""
    types = signature(at["statement"])
    earlier = at.known.routines.get(at["routine"], {}).get(types or "", "")
    if earlier and at["or_replace"]:
        return lossless(_CREATE.sub("CREATE OR REPLACE ", earlier))
    word = str(at["variety"] or "function").upper()
    named = (
        f"{at['routine']}"
        if types is None or at.dialect == "mysql"
        else (f"{at['routine']}({types})")
    )
    return lossless(f"DROP {word} {named}")


def drop_routine(at: At) -> Undo:
    known = at.known.routines.get(at["routine"], {})
    types = signature(at["statement"])
    text = known.get(types, "") if types is not None else ""
    if not text and types is None and len(known) == 1:
        text = next(iter(known.values()))
    if not text and at["if_exists"] and not known and at.schema.certain(None):
        return NOTHING
    if not text:
        return impossible(_UNKNOWN)
    if at["cascade"]:
        return lossy(text, reason="what CASCADE took along is not made again")
    return lossless(text, reason=_GRANTS)


def makes(family: str, drop: str, *names: str) -> Callable[[At], Undo]:
    """CREATE: dropped again, or put back to what it replaced."""

    def undo(at: At) -> Undo:
        earlier = at.known.of(family, *(at[name] for name in names))
        sql = drop.format_map(_Facts(at))
        if earlier and at.view.operation.facts.get("if_not_exists"):
            return NOTHING
        if at.view.operation.facts.get("if_not_exists") and not at.schema.certain(None):
            return impossible("IF NOT EXISTS: it is not known whether this migration made it")
        return lossless(sql, earlier) if earlier else lossless(sql)

    return undo


def drops(family: str, *names: str, lost: str = "") -> Callable[[At], Undo]:
    """DROP: made again as it was."""

    def undo(at: At) -> Undo:
        text = at.known.of(family, *(at[name] for name in names))
        if not text:
            absent = at.known.is_absent(family, *(at[name] for name in names))
            if at["if_exists"] and absent and at.schema.certain(None):
                return NOTHING
            return impossible(_UNKNOWN)
        if at.view.operation.facts.get("cascade"):
            return lossy(text, reason="what CASCADE took along is not made again")
        return lossy(text, reason=lost) if lost else lossless(text)

    return undo


def changes(family: str, drop: str, *names: str) -> Callable[[At], Undo]:
    """ALTER: dropped and made as it was before."""

    def undo(at: At) -> Undo:
        text = at.known.of(family, *(at[name] for name in names))
        return lossless(drop.format_map(_Facts(at)), text) if text else impossible(_UNKNOWN)

    return undo


class _Facts(dict[str, str]):
    def __init__(self, at: At) -> None:
        self.at = at

    def __missing__(self, fact: str) -> str:
        return str(self.at[fact])


def renames(kind: str, name: str) -> Callable[[At], Undo]:
    """RENAME TO goes back; another change of the object has no known way back."""

    def undo(at: At) -> Undo:
        new = at.view.operation.facts.get("new_name")
        if new is None or "rename to" not in str(at["action"] or "rename to").lower():
            return impossible("how it was set before is not known")
        old = at[name]
        now = f"{old.schema}.{new}" if old.schema and not new.schema else str(new)
        word = _word(at, kind) if kind == "VIEW" else kind
        return lossless(f"ALTER {word} {now} RENAME TO {old.sql.rpartition('.')[2]}")

    return undo


def rename_enum_value(at: At) -> Undo:
    value, new = (str(at[fact]).replace("'", "''") for fact in ("value", "new_value"))
    return lossless(f"ALTER TYPE {at['type_name']} RENAME VALUE '{new}' TO '{value}'")


def add_enum_value(at: At) -> Undo:
    return impossible(
        "PostgreSQL cannot take a value out of an enum: make the type anew without it"
    )


def add_attribute(at: At) -> Undo:
    return lossless(f"ALTER TYPE {at['type_name']} DROP ATTRIBUTE {at['column']}")


def add_domain_constraint(at: At) -> Undo:
    name = at["constraint"]
    if not name or not name.name:
        return impossible("the name of the constraint is not known")
    return lossless(f"ALTER DOMAIN {at['type_name']} DROP CONSTRAINT {name}")


def create_object(at: At) -> Undo:
    kind = str(at["object_type"])
    if kind not in ("statistics", "event trigger", "collation", "text search configuration"):
        return impossible(f"CREATE {kind.upper()}: the way back is not known")
    return lossless(f"DROP {kind.upper()} {at['object']}")


def _other(at: At) -> Undo:
    return impossible("how it was set before is not known")


_ON = "{trigger} ON {table}"
INVERSE: dict[str, Callable[[At], Undo]] = {
    "create_view": create_view,
    "drop_view": drop_view,
    "alter_view": renames("VIEW", "view"),
    "refresh_view": lambda at: NOTHING,
    "create_routine": create_routine,
    "drop_routine": drop_routine,
    "alter_routine": _other,
    "create_trigger": makes("trigger", f"DROP TRIGGER {_ON}", "table", "trigger"),
    "drop_trigger": drops("trigger", "table", "trigger"),
    "create_rule": makes("rule", "DROP RULE {rule} ON {table}", "table", "rule"),
    "drop_rule": drops("rule", "table", "rule"),
    "create_policy": makes("policy", "DROP POLICY {policy} ON {table}", "table", "policy"),
    "drop_policy": drops("policy", "table", "policy"),
    "alter_policy": changes("policy", "DROP POLICY {policy} ON {table}", "table", "policy"),
    "create_type": makes("type_name", "DROP TYPE {type_name}", "type_name"),
    "drop_type": drops("type_name", "type_name"),
    "rename_type": renames("TYPE", "type_name"),
    "add_enum_value": add_enum_value,
    "rename_enum_value": rename_enum_value,
    "add_attribute": add_attribute,
    "create_domain": makes("type_name", "DROP DOMAIN {type_name}", "type_name"),
    "drop_domain": drops("type_name", "type_name"),
    "add_domain_constraint": add_domain_constraint,
    "alter_domain": renames("DOMAIN", "type_name"),
    "create_sequence": makes("sequence", "DROP SEQUENCE {sequence}", "sequence"),
    "drop_sequence": drops("sequence", "sequence", lost="it starts anew: set it (setval)"),
    "alter_sequence": renames("SEQUENCE", "sequence"),
    "create_schema": makes("schema", "DROP SCHEMA {schema}", "schema"),
    "rename_schema": renames("SCHEMA", "schema"),
    "create_extension": makes("extension", "DROP EXTENSION {extension}", "extension"),
    "drop_extension": drops("extension", "extension"),
    "create_object": create_object,
    "drop_object": drops("object", "object_type", "object"),
    "create_publication": makes("object", "DROP PUBLICATION {publication}", "publication"),
}
