"""How earlier migrations have defined what is there: the text of each CREATE, while it holds.

A definition that was changed since (ALTER, a rename of what it names) is forgotten: what is not
known is said to be unknown, never guessed.
"""

from __future__ import annotations

import re

from migralint.knowledge.schema import Schema
from migralint.knowledge.schema.constraints import OF_KEY
from migralint.model import Name, Record, replace
from migralint.rollback.signatures import signature

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from migralint.model import Operation

# Kind -> (family, the facts that name the object). "table" makes the name belong to a table.
MAKERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "create_table": ("table", ("table",)),
    "create_view": ("view", ("view",)),
    "create_trigger": ("trigger", ("table", "trigger")),
    "create_policy": ("policy", ("table", "policy")),
    "create_rule": ("rule", ("table", "rule")),
    "create_type": ("type_name", ("type_name",)),
    "create_domain": ("type_name", ("type_name",)),
    "create_sequence": ("sequence", ("sequence",)),
    "create_extension": ("extension", ("extension",)),
    "create_object": ("object", ("object_type", "object")),
    "create_publication": ("object", ("publication",)),
    "attach_partition": ("partition", ("partition",)),
    "comment": ("comment", ("object_type", "object")),
    "change_owner": ("owner", ("object_type", "object")),
}  # fmt: skip
# What makes a family's definition another one.
CHANGERS: Mapping[str, str] = {
    "alter_view": "view", "drop_view": "view", "drop_trigger": "trigger", "alter_policy": "policy",
    "drop_policy": "policy", "drop_rule": "rule", "drop_type": "type_name",
    "rename_type": "type_name", "alter_type": "type_name", "add_enum_value": "type_name",
    "rename_enum_value": "type_name", "add_attribute": "type_name", "drop_attribute": "type_name",
    "alter_attribute": "type_name", "drop_domain": "type_name", "alter_domain": "type_name",
    "add_domain_constraint": "type_name", "set_domain_not_null": "type_name",
    "alter_sequence": "sequence", "drop_sequence": "sequence", "alter_extension": "extension",
    "drop_extension": "extension", "alter_object": "object", "drop_object": "object",
    "drop_table": "table", "detach_partition": "partition",
}  # fmt: skip
_NAMES = {"view": ("view",), "trigger": ("table", "trigger"), "policy": ("table", "policy"),
          "rule": ("table", "rule"), "type_name": ("type_name",), "sequence": ("sequence",),
          "extension": ("extension",), "object": ("object_type", "object"), "table": ("table",),
          "partition": ("partition",)}  # fmt: skip

_STAR = re.compile(r"(?i)\bselect\s+(?:distinct\s+)?\*|[,\s]\w+\.\*|,\s*\*")
# PostgreSQL turns it into a timestamp when the view is made.
_MOMENT = re.compile(r"(?i)'\s*(?:now|today|tomorrow|yesterday)\s*'")


class Piece(Record):
    """The source of a column, constraint or index, and what the schema said of it then."""

    text: str
    facts: Mapping[str, Any]
    shape: tuple[Any, ...]


class Definitions:
    """`texts`: by family and name; `pieces`: by the schema's own objects, which survive renames."""

    def __init__(self) -> None:
        self.texts: dict[tuple[str, ...], str] = {}
        self.pieces: dict[object, Piece] = {}
        self.routines: dict[Name, dict[str, str]] = {}
        self.present: set[tuple[str, ...]] = set()
        self.renamed: set[str] = set()
        self.changes = 0  # of columns, so far
        self.begun = 0  # before the migration that is taken back
        self.made_at: dict[tuple[str, ...], int] = {}

    def otherwise(self, view: Name) -> str:
        """Why the same text may make another view now than it did, "" where it does not."""
        text = self.of("view", view)
        made = self.made_at.get(_key("view", [view]), 0)
        if _STAR.search(text) and made < self.begun:
            return "its * may stand for other columns now: write them out"
        return "the 'now' in it becomes the moment at which it is made" * bool(_MOMENT.search(text))

    def is_absent(self, family: str, *names: Any) -> bool:
        """No migration has made one of that name, and none was renamed to it."""
        key = _key(family, names)
        return family not in self.renamed and self._found(key) not in self.present

    def of(self, family: str, *names: Any) -> str:
        """The statement that made it, "" where that is not known."""
        return self.texts.get(self._found(_key(family, names)), "")

    def on_table(self, table: Name) -> list[str]:
        """What hangs on the table and goes with it: triggers, policies, rules."""
        wanted = _plain(table)
        return [
            text
            for key, text in self.texts.items()
            if key[0] in ("trigger", "policy", "rule") and key[1] == wanted
        ]

    def comments(self, table: Name, column: Name | None = None) -> dict[tuple[str, ...], str]:
        """COMMENT ON of the column; without one, of the table and all of its columns."""
        said = {key: text for key, text in self.texts.items() if key[0] == "comment"}
        if column is not None:
            key = ("comment", "column", f"{table.name}.{column.name}")
            return {key: said[key]} if key in said else {}
        own, place = f"{table.name}.", ("table", _plain(table))
        return {k: text for k, text in said.items()
                if k[1:] == place or (k[1] == "column" and k[2].startswith(own))}  # fmt: skip

    def _found(self, key: tuple[str, ...]) -> tuple[str, ...]:
        """SQLite and MySQL drop a trigger without naming its table."""
        if key[0] != "trigger" or key[1] not in ("", "."):
            return key
        same = (k for k in self.texts if k[0] == "trigger" and k[2] == key[2])
        return next(same, key)

    def piece(self, thing: object) -> Piece | None:
        """How a column, constraint or index was written, where that still holds."""
        found = self.pieces.get(thing)
        return found if found is not None and found.shape == shape(thing) else None

    def note(self, operation: Operation, schema: Schema) -> None:
        """After the operation took effect."""
        kind, facts = operation.kind, operation.facts
        if kind in ("add_column", "drop_column", "rename_column") and not facts.get("inline"):
            self.changes += 1
        if kind in ("drop_column", "drop_table"):
            for key in self.comments(facts["table"], facts.get("column")):
                del self.texts[key]
        if kind in CHANGERS:
            family = CHANGERS[kind]
            key = _key(family, [facts.get(n) for n in _NAMES[family]])
            self.texts.pop(self._found(key), None)
            self.present.discard(self._found(key))
            if facts.get("new_name") is not None:
                self.renamed.add(family)
        if kind.startswith("rename_") or kind == "set_schema":
            self.renamed |= {"trigger", "policy", "rule", "view", "sequence", "type_name"}
            kept = self._renamed(facts) if kind == "rename_table" else {}
            self._forget_mentions(facts)
            self.texts.update(kept)
        if kind in MAKERS and not operation.facts.get("in_do"):
            family, names = MAKERS[kind]
            key = _key(family, [facts.get(n) for n in names])
            self.texts[key] = operation.statement.text
            self.present.add(key)
            self.made_at[key] = self.changes
        if kind in ("create_routine", "drop_routine", "alter_routine"):
            self._routine(operation)
        if facts.get("cascade"):
            self._taken_along(schema)
        self._pieces(operation, schema)

    def _taken_along(self, schema: Schema) -> None:
        """CASCADE has dropped views: what the schema has no more is not defined either."""
        there = {_plain(name) for name in schema.views}
        for key in [k for k in self.present if k[0] == "view" and k[1] not in there]:
            self.texts.pop(key, None)
            self.present.discard(key)

    def _routine(self, operation: Operation) -> None:
        text = operation.statement.text
        known = self.routines.setdefault(operation.facts["routine"], {})
        types = signature(text)
        if operation.kind == "create_routine":
            known[types or ""] = text
        elif types is None:
            known.clear()
        else:
            known.pop(types, None)

    def _renamed(self, facts: Mapping[str, Any]) -> dict[tuple[str, ...], str]:
        """The text of a table under its new name."""
        old, new = facts["table"], facts["new_name"]
        text = self.of("table", old)
        head = re.match(r"(?is)create\s[^(]{0,200}?" + re.escape(old.sql) + r"(?=[\s(])", text)
        if head is None:
            return {}
        name = Name(new.name, new.schema or old.schema, new.sql)
        made = text[: head.end() - len(old.sql)] + new.sql + text[head.end() :]
        return {_key("table", [name]): made}

    def _forget_mentions(self, facts: Mapping[str, Any]) -> None:
        """What names the renamed thing reads differently from now on."""
        from migralint.knowledge.schema.objects import mentions

        old = next(
            (facts[f] for f in ("column", "type_name", "table", "object") if f in facts), None
        )
        if isinstance(old, Name) and old.name:
            stale = [key for key, text in self.texts.items() if mentions(text, old.name)]
            for key in stale:
                del self.texts[key]

    def _pieces(self, operation: Operation, schema: Schema) -> None:
        kind, facts = operation.kind, operation.facts
        if kind not in ("add_column", "modify_column", "create_index") and not _is_constraint(kind):
            return
        table = schema.tables.get(facts["table"])
        holder: Any = table if table is not None else schema.views.get(facts["table"])
        if holder is None or facts.get("in_do"):
            return
        family = (
            "indexes" if kind == "create_index" else
            "constraints" if _is_constraint(kind) else "columns"
        )  # fmt: skip
        if kind == "add_primary_key" and facts.get("inline"):
            self._not_null(holder, facts)
        for thing in getattr(holder, family, {}).values():
            if family == "indexes" and (thing.constraint is not None or thing.variety == OF_KEY):
                continue
            if thing not in self.pieces or (kind == "modify_column" and _is_named(thing, facts)):
                self.pieces[thing] = Piece(source(operation), facts, shape(thing))

    def _not_null(self, table: Any, facts: Mapping[str, Any]) -> None:
        """The key in CREATE TABLE made its columns NOT NULL: they were not changed since."""
        for name in facts.get("columns", ()):
            column = table.columns.get(name)
            if column in self.pieces:
                self.pieces[column] = replace(self.pieces[column], shape=shape(column))


def _is_constraint(kind: str) -> bool:
    return kind.startswith("add_") and kind[4:] in (
        "primary_key", "unique", "foreign_key", "check", "exclusion", "not_null_constraint"
    )  # fmt: skip


def _is_named(thing: Any, facts: Mapping[str, Any]) -> bool:
    return bool(thing.name == (facts.get("new_name") or facts.get("column")))


def source(operation: Operation) -> str:
    start = operation.statement.start
    return operation.statement.text[operation.start - start : operation.end - start]


def shape(thing: Any) -> tuple[Any, ...]:
    """What may be changed of a column, constraint or index while it stays what it is."""
    names = ("type", "default", "nullable", "generated", "columns", "expression", "keys", "where",
             "references", "references_columns")  # fmt: skip
    return tuple(str(getattr(thing, name, "")) for name in names)


def _key(family: str, names: Any) -> tuple[str, ...]:
    return (family, *(_plain(name) for name in names))


def _plain(name: Any) -> str:
    if isinstance(name, Name):
        return f"{name.schema}.{name.name}"
    return re.sub(r"\s+", " ", str(name or "").lower())
