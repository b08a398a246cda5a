"""Derived facts: one function each, from an operation where it stands to a value or UNKNOWN.

recording.py writes down what only the moment of the replay knows; `DERIVE` maps the other facts to
their functions, which run when a rule asks and never twice for one operation.
"""

from __future__ import annotations

from migralint.knowledge import (
    advice,
    rebuild,
    shapes,
    transactions,
    uniqueness,
)
from migralint.knowledge.recording import MADE, new_object
from migralint.light import cache, later
from migralint.model import UNKNOWN, Name
from migralint.regex import pattern
from migralint.sql.vocabulary import facts_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from migralint.knowledge import sizes
    from migralint.knowledge.timeline import View
    from migralint.model import Unknown
else:
    sizes = later("migralint.knowledge.sizes")

OLDEST_SUPPORTED = {"postgres": 14, "mysql": 80, "sqlite": 3}
_IDENTIFIERS = frozenset((
    "table", "column", "constraint", "index", "view", "type_name", "routine", "trigger", "policy",
    "sequence", "schema", "new_name",
))  # fmt: skip
_NAMING = ("create_", "add_", "rename_")
_PASSWORD = pattern(r"\w://[^\s:/@']+:[^\s@/']+@")
_LONG = 15  # characters, of four bytes at most
_LONGEST = {"postgres": 63, "mysql": 64}


def server_version(view: View) -> int:
    """The configured major version, else the oldest that its project still supports."""
    return view.timeline.config.server_version or OLDEST_SUPPORTED[view.migration.dialect]


def new_table(view: View) -> bool | Unknown:
    """Recorded for operations that name a table; for others nothing is new."""
    facts = view.operation.facts
    return UNKNOWN if "table" in facts and "{{" in facts["table"].name else False


def guarded(view: View) -> bool:
    facts = view.operation.facts
    return bool(facts.get("if_exists") or facts.get("if_not_exists") or facts.get("or_replace"))


_ADD_CONSTRAINT = (
    "add_foreign_key", "add_unique", "add_check", "add_primary_key", "add_exclusion",
    "create_index",
)  # fmt: skip
_TAKING = {
    "drop_table": "table", "drop_column": "table", "truncate": "table", "delete": "table",
    "drop_schema": "", "drop_database": "", "drop_owned": "",
}  # fmt: skip


def destructive(view: View) -> bool:
    """Whether data that was there before is taken away; for a migration: by a statement of it."""
    if view.operation.kind == "migration":
        return any(destructive(other) for other in view.earlier(_TAKING))
    return view.operation.kind in _TAKING and view.fact("new_table") is not True


def generated_sql(view: View) -> bool:
    """Whether a mark of the layout's tool stands before the statement."""
    timeline = view.timeline
    starts = timeline.cached.get("generated")
    if starts is None:
        from migralint.knowledge.marks import generated_statements

        written = [v.operation.statement for v in timeline.views if v.operation.kind != "migration"]
        statements = {statement.start: statement for statement in written}
        starts = generated_statements(view.migration, list(statements.values()))
        timeline.cached["generated"] = starts
    return view.operation.statement.start in starts


def recreated(view: View) -> bool:
    """Whether the dropped object is made again later in the file."""
    kind, facts = view.operation.kind, view.operation.facts
    makers: tuple[str, ...]
    same = {"table": facts.get("table")}
    if kind == "drop_constraint":
        return any(v.fact("table") == facts["table"] for v in view.later(_ADD_CONSTRAINT, **same))
    if kind == "drop_column":
        column = (facts["table"], facts["column"])
        added = view.later(("add_column",), **same, column=facts["column"])
        return any((v.fact("table"), v.fact("column")) == column for v in added)
    if kind == "disable_trigger":
        return any(
            v.fact("table") == facts["table"] for v in view.later(("enable_trigger",), **same)
        )
    makers = (kind.replace("drop_", "create_"),)
    fact = {"create_table": "table", **MADE}.get(makers[0])
    if fact is None or fact not in facts:
        return False
    renamed = kind.replace("drop_", "rename_")
    again = any(v.fact(fact) == facts[fact] for v in view.later(makers, **{fact: facts[fact]}))
    return again or any(True for _ in view.later((renamed,), new_name=facts[fact]))


def replaced(view: View) -> bool:
    """SQLite's rebuild: a table made here takes this one's rows, then its name.

    Elsewhere ALTER TABLE does the work, and a table that is swapped for another one is lost.
    """
    facts = view.operation.facts
    if "table" not in facts or view.migration.dialect != "sqlite":
        return False
    dropped = facts["table"]
    taken = {v.fact("table") for v in view.later(("rename_table",), new_name=dropped)}
    # Or the other way round: the old table was renamed first, and a new one made under its name.
    for renamed in view.earlier(("rename_table",), new_name=dropped):
        given = renamed.fact("table")
        if any(v.fact("table") == given for v in view.earlier(("create_table",), table=given)):
            taken.add(given)
    return rebuild.copies(view) is not None or any(
        insert.fact("table") == table and insert.fact("source") == "select"
        for table in taken
        for insert in view.earlier(("insert",), table=table)
    )


def effect(view: View) -> Any:
    """What PostgreSQL does while the operation runs (see knowledge/locks.py)."""
    if view.migration.dialect != "postgres":
        return UNKNOWN
    from migralint.knowledge import locks

    return locks.effect(view.operation.kind, view.fact, server_version(view))


def online(view: View) -> Any:
    """How MySQL or MariaDB carries out an action of ALTER TABLE (see knowledge/online_ddl.py)."""
    if view.migration.dialect != "mysql":
        return UNKNOWN
    from migralint.knowledge import online_ddl

    config = view.timeline.config
    return online_ddl.online(view.operation.kind, view.fact, config.server_version, config.mariadb)


def _of_effect(name: str, name_online: str = "") -> Callable[[View], Any]:
    def derive(view: View) -> Any:
        known = view.fact("effect")
        if known is not UNKNOWN:
            return getattr(known, name)
        known = view.fact("online") if name_online else UNKNOWN
        return UNKNOWN if known is UNKNOWN else getattr(known, name_online)

    return derive


def online_algorithm(view: View) -> str | Unknown:
    """The algorithm; UNKNOWN where what is not known decides between COPY and a better one."""
    known = view.fact("online")
    if known is UNKNOWN:
        return ""
    return UNKNOWN if known.algorithm == "COPY" != known.at_best else str(known.algorithm)


def default_is_volatile(view: View) -> bool | Unknown:
    from migralint.knowledge.volatility import is_volatile

    default = view.fact("default")
    return is_volatile(default) if default else False


def _type_fact(name: str) -> Callable[[View], Any]:
    def derive(view: View) -> Any:
        old, new = view.fact("old_type"), view.fact("type")
        if UNKNOWN in (old, new) or not old or not new:
            # Narrowing is said only of a known type; rewriting-type-change speaks of the others.
            return False if name == "narrowing" else UNKNOWN
        from migralint.knowledge import type_changes

        dialect = view.migration.dialect
        if name == "narrowing" and new == "bytea" and view.fact("using"):
            return False  # it holds whatever the expression makes bytes of
        if name == "narrowing":
            # What a type of the project's own holds, an enum above all, is another rule's question.
            return type_changes.narrowing(old, new, dialect) is True
        if dialect != "postgres":
            return UNKNOWN
        if view.fact("rewrites_table") is True:  # it knows the types of the project's own, too
            return False
        zone = view.fact("session_timezone")
        return type_changes.widening(
            old,
            new,
            server_version(view),
            "" if zone is UNKNOWN else zone,
            view.fact("using"),
            str(view.fact("column")),
        )

    return derive


def always_true(view: View) -> bool | Unknown:
    from migralint.sql.conditions import always_true as judge

    return judge(view.fact("where"), view.migration.dialect) if view.fact("has_where") else True


def compares_with_null(view: View) -> bool:
    from migralint.sql.conditions import compares_with_null as judge

    operation = view.operation
    start = operation.statement.start
    text = operation.statement.text[operation.start - start : operation.end - start]
    if operation.kind == "create_index":
        text = f"where {view.fact('where')}"
    elif operation.kind == "add_check":
        text = f"check {view.fact('expression')}"
    return judge(text, view.migration.dialect)


def whole_table(view: View) -> bool:
    """True unless the statement is shown to touch few rows."""
    if view.operation.kind == "insert":
        from migralint.sql.conditions import selects_rows

        return view.fact("source") == "select" and selects_rows(
            view.operation.statement.text, view.migration.dialect
        )
    if view.operation.kind not in ("update", "delete"):
        return view.operation.kind == "merge"
    if not view.fact("has_where"):
        return not view.fact("limited")
    if view.fact("limited"):
        return False
    from migralint.sql.conditions import bounded

    table = view.timeline.schema.tables.get(view.operation.facts["table"])
    unique = uniqueness.alone(view, table) if table is not None and table.whole else None
    return not bounded(view.fact("where"), view.migration.dialect, unique)


def duplicate_columns(view: View) -> bool:
    columns = view.fact("columns")
    return columns is not UNKNOWN and len(set(columns)) < len(columns)


@cache
def _identifiers(kind: str) -> tuple[str, ...]:
    return tuple(fact for fact in facts_of(kind) if fact in _IDENTIFIERS)


def long_identifier(view: View) -> bool:
    """Whether a name that the operation gives is longer than the server keeps."""
    longest = _LONGEST.get(view.migration.dialect)
    if longest is None or not view.operation.kind.startswith(_NAMING):
        return False
    facts = view.operation.facts
    for fact in _identifiers(view.operation.kind):
        value = facts.get(fact)
        if value.__class__ is not Name or len(value.name) <= _LONG:
            continue
        if len(value.name.encode() if longest == 63 else value.name) > longest:
            return True
    return False


def column_count(view: View) -> int:
    return len(view.fact("columns"))


def holds_password(view: View) -> bool:
    if view.operation.facts.get("has_password"):
        return True
    statement = view.operation.statement
    known: dict[int, bool] = view.remembered.setdefault("passwords", {})
    if statement.start not in known:
        known[statement.start] = _PASSWORD.search(statement.text[:100_000]) is not None
    return known[statement.start]


DERIVE: dict[str, Callable[[View], Any]] = {
    "operation": lambda view: view.operation.kind,
    "dialect": lambda view: view.migration.dialect,
    "layout": lambda view: view.migration.layout,
    "server_version": server_version,
    "mariadb": lambda view: view.timeline.config.mariadb,
    "destructive": destructive,
    "guarded": guarded,
    "generated_sql": generated_sql,
    "statements_in_file": lambda view: view.timeline.statements,
    "new_table": new_table,
    "new_object": new_object,
    "recreated": recreated,
    "replaced": replaced,
    "effect": effect,
    "online": online,
    "online_algorithm": online_algorithm,
    "lock": _of_effect("lock", "lock"),
    "blocks_reads": _of_effect("blocks_reads", "blocks_reads"),
    "blocks_writes": _of_effect("blocks_writes", "blocks_writes"),
    "rewrites_table": _of_effect("rewrites", "rebuilds"),
    "scans_table": _of_effect("scans"),
    "default_is_volatile": default_is_volatile,
    "widening": _type_fact("widening"),
    "narrowing": _type_fact("narrowing"),
    "always_true": always_true,
    "compares_with_null": compares_with_null,
    "whole_table": whole_table,
    "duplicate_columns": duplicate_columns,
    "long_identifier": long_identifier,
    "column_count": column_count,
    "holds_password": holds_password,
    "statement": lambda view: view.operation.statement.text,
    "refers_to_itself": lambda view: view.fact("references") == view.fact("table"),
    **rebuild.DERIVE,
    **shapes.DERIVE,
    "table_rows": sizes.table_rows,
    "known_empty": sizes.known_empty,
    "table_bytes": sizes.table_bytes,
    "large_table": sizes.large_table,
    **transactions.DERIVE,
    **uniqueness.DERIVE,
    **advice.DERIVE,
}
