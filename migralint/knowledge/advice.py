"""Facts for messages: names and definitions to paste, and what the layout's runner wants."""

from __future__ import annotations

from migralint.model import UNKNOWN, Name
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from migralint.knowledge.timeline import View

_BARE = pattern(r"[a-z_][a-z0-9_]*\Z")
_SUFFIX = {
    "add_foreign_key": "fkey", "add_unique": "key", "add_check": "check", "add_primary_key": "pkey",
    "add_exclusion": "excl", "add_not_null_constraint": "not_null",
}  # fmt: skip
_OBJECTS = (
    "column", "index", "constraint", "table", "view", "type_name", "routine", "trigger", "sequence",
    "schema", "database", "extension", "policy", "rule", "role", "object", "target", "publication",
    "subscription", "parameter",
)  # fmt: skip


def quoted(name: str, dialect: str) -> str:
    """A name as SQL: bare where the dialect folds it to itself."""
    if _BARE.match(name):
        return name
    mark = "`" if dialect == "mysql" else '"'
    return mark + name.replace(mark, mark * 2) + mark


def _made(view: View, *parts: str) -> str:
    text = "_".join(part for part in parts if part)
    limit = 64 if view.migration.dialect == "mysql" else 63
    return quoted(text[:limit], view.migration.dialect)


def _columns(view: View) -> list[str]:
    columns = view.fact("columns")
    return (
        []
        if columns is UNKNOWN
        else ["expr" if c.name == "(expression)" else c.name for c in columns]
    )


def constraint_name(view: View) -> str:
    """The constraint's own name, else the one that the server would give."""
    named = view.fact("constraint")
    if named is not UNKNOWN and named.name:
        return str(named)
    kind = view.operation.kind
    columns = [] if kind == "add_primary_key" else _columns(view)
    table = view.fact("table")
    return _made(
        view, table.name if table is not UNKNOWN else "", *columns, _SUFFIX.get(kind, "key")
    )


def index_name(view: View) -> str:
    named = view.fact("index")
    if named is not UNKNOWN and named.name:
        return str(named)
    suffix = "key" if view.operation.kind == "add_unique" else "idx"
    return _made(view, view.fact("table").name, *_columns(view), suffix)


def not_null_name(view: View) -> str:
    return _made(view, view.fact("table").name, view.fact("column").name, "not_null")


def new_column_name(view: View) -> str:
    return _made(view, view.fact("column").name, "new")


def definition(view: View) -> str:
    """What follows the table of an index, or a constraint in its table form; without NOT VALID."""
    writer = _DEFINITIONS.get(view.operation.kind)
    return writer(view) if writer else ""


def _index(view: View) -> str:
    method = view.fact("method")
    parts = [
        f"USING {method}" if method else "",
        f"({view.fact('keys') or _list(view, 'columns')})",
    ]
    if view.fact("include"):
        parts.append(f"INCLUDE ({_list(view, 'include')})")
    if view.fact("nulls_not_distinct"):
        parts.append("NULLS NOT DISTINCT")
    if view.fact("where"):
        parts.append(f"WHERE {view.fact('where')}")
    return " ".join(part for part in parts if part)


def _list(view: View, fact: str) -> str:
    return ", ".join(str(name) for name in view.fact(fact))


def _foreign_key(view: View) -> str:
    text = f"FOREIGN KEY ({_list(view, 'columns')}) REFERENCES {view.fact('references')}"
    if view.fact("references_columns"):
        text += f" ({_list(view, 'references_columns')})"
    for event in ("delete", "update"):
        if view.fact(f"on_{event}"):
            text += f" ON {event.upper()} {view.fact(f'on_{event}').upper()}"
    return text + (" DEFERRABLE" if view.fact("deferrable") else "")


def _unique(view: View) -> str:
    nulls = "NULLS NOT DISTINCT " if view.fact("nulls_not_distinct") else ""
    return f"UNIQUE {nulls}({_list(view, 'columns')})"


def _bounds(view: View) -> str:
    return "DEFAULT" if view.fact("is_default") else str(view.fact("bounds"))


_DEFINITIONS: dict[str, Callable[[View], str]] = {
    "create_index": _index,
    "add_foreign_key": _foreign_key,
    "add_unique": _unique,
    "add_primary_key": lambda view: f"PRIMARY KEY ({_list(view, 'columns')})",
    "add_check": lambda view: (
        f"CHECK ({view.fact('expression')})" + (" NO INHERIT" if view.fact("no_inherit") else "")
    ),
    "attach_partition": _bounds,
}


def column_definition(view: View) -> str:
    """The column of an inline constraint with its type and default: what to add first, alone."""
    column = view
    if view.operation.kind != "add_column":
        wanted = view.fact("columns")[:1]
        own = [
            v
            for v in view.earlier(("add_column",), column=next(iter(wanted), None))
            if v.operation.statement is view.operation.statement
        ]
        same = [v for v in own if (v.operation.facts["column"],) == tuple(wanted)]
        if not same:
            return ""
        column = same[-1]
    text = f"{column.fact('column')} {column.fact('type')}"
    if column.fact("has_default"):
        text += f" DEFAULT {column.fact('default')}"
        text += "" if column.fact("nullable") else " NOT NULL"
    return text


def object_text(view: View) -> str:
    """What the operation concerns: table.column, or the name of what it makes, changes or drops."""
    facts = view.operation.facts
    table = view.fact("table") if "table" in facts or "table" in view.known else UNKNOWN
    for fact in _OBJECTS:
        value = facts.get(fact)
        text = str(value) if value else ""
        if not text or (isinstance(value, Name) and not value.name):
            continue
        return f"{table}.{text}" if fact == "column" and table is not UNKNOWN else text
    return str(table) if table is not UNKNOWN and table.name else ""


def leave_transaction(view: View) -> str:
    """How the statement gets out of the runner's transaction."""
    migration = view.migration
    if migration.opt_out:
        return (
            migration.opt_out
            if migration.opt_out.endswith(".")
            else f"To have no transaction: {migration.opt_out}."
        )
    if migration.transaction == "statement":
        return "The runner sends each statement by itself, so it runs outside a transaction."
    if migration.transaction == "query":
        return (
            "The runner sends a file as one query, which is a transaction as soon as it holds two "
            "statements: put this statement into a migration of its own."
        )
    return (
        "Put it into a migration of its own, and see to it that your runner opens no transaction "
        "for that file."
    )


def how_to_edit(view: View) -> str:
    """How to change the migration without harm to a database that has applied it."""
    if view.migration.layout == "prisma":
        return (
            "Prisma asks for a reset when an applied migration was edited, and `prisma migrate "
            "dev` "
            "has applied it to your own database: make a new migration with `npx prisma migrate "
            "dev "
            "--create-only`, or edit this one only while no database has it."
        )
    return (
        "If a database has applied this migration already, leave it as it is and write a new one."
    )


def explained(view: View) -> bool:
    from migralint.knowledge.marks import explained as judge

    statements = {v.operation.statement.start: v.operation.statement for v in view.timeline.views}
    return judge(list(statements.values()))


DERIVE: dict[str, Callable[[View], Any]] = {
    "constraint_name": constraint_name,
    "index_name": index_name,
    "not_null_name": not_null_name,
    "new_column_name": new_column_name,
    "definition": definition,
    "column_definition": column_definition,
    "object": object_text,
    "leave_transaction": leave_transaction,
    "how_to_edit": how_to_edit,
    "explained": explained,
}
