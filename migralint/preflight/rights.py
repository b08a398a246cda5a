"""Whether the user may do what the pending migrations do, by operation."""

from __future__ import annotations

from migralint.amounts import counted
from migralint.preflight.check import failed, passed, warned
from migralint.runner import gate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from migralint.model import Name
    from migralint.preflight.asked import Asked
    from migralint.preflight.check import Check

NAME = "rights"
# Beside gate.OWNED: only the owner may run these as well.
OWNED = frozenset(gate.OWNED) | frozenset((
    "add_exclusion", "add_not_null_constraint", "add_identity", "set_identity", "drop_identity",
    "drop_expression", "set_expression", "alter_column_option", "alter_constraint",
    "rename_constraint", "attach_partition", "detach_partition", "set_inheritance", "set_logged",
    "set_tablespace", "set_storage_parameters", "set_replica_identity", "cluster", "vacuum",
    "drop_trigger", "enable_trigger", "disable_trigger", "create_rule", "drop_policy",
    "alter_policy", "set_schema",
)) - {"truncate"}  # fmt: skip
# What a statement on rows needs.
ROWS = {"insert": "INSERT", "update": "UPDATE", "delete": "DELETE", "truncate": "TRUNCATE",
        "copy": "INSERT", "lock_table": "SELECT"}  # fmt: skip
MAKING = {
    "create_view": "view", "create_type": "type_name", "create_domain": "type_name",
    "create_sequence": "sequence", "create_routine": "routine", "create_table": "table",
}  # fmt: skip
SUPER = frozenset(("alter_system", "create_tablespace", "create_subscription"))


def rights(asked: Asked) -> Iterable[Check]:
    if not asked.planned or asked.dialect == "sqlite":
        lacking = _file(asked) if asked.dialect == "sqlite" else []
        if lacking:
            yield failed(NAME, "; ".join(lacking))
        return
    lacking, unknown = _lacking(asked)
    user = asked.session.server.user
    if lacking:
        hint = "Nothing would be applied. Grant it, or apply as the owner."
        yield failed(NAME, f"{user} lacks {counted(len(lacking), 'right')}", lacking, hint)
    elif unknown:
        yield warned(NAME, unknown)
    else:
        yield passed(NAME, f"{user} may do what the pending migrations do")


def _file(asked: Asked) -> list[str]:
    return asked.target.db.missing_rights(asked.session, "", [])


def _lacking(asked: Asked) -> tuple[list[str], str]:
    db, session = asked.target.db, asked.session
    place = db.table(session, asked.target.table)
    made, owned, rows = _wanted(asked)
    lacking = db.missing_rights(session, place, [str(name.sql) for name in owned])
    if asked.dialect == "mysql":
        unknown = "grants can be given in too many ways to be sure of each statement from a look"
        return lacking, "" if _has_all(asked) else unknown
    for ask in (_schemas, _references, _extensions, _roles, _types):
        lacking += ask(asked, made)
    lacking += _on_rows(asked, rows)
    return list(dict.fromkeys(lacking)), ""


def _has_all(asked: Asked) -> bool:
    granted = asked.maybe("SHOW GRANTS") or []
    names = ("*.*", f"`{asked.session.url.database}`.*")
    return any(
        "ALL PRIVILEGES" in str(row[0]) and any(f"ON {name}" in str(row[0]) for name in names)
        for row in granted
    )


def _wanted(asked: Asked) -> tuple[set[Name], list[Name], dict[Name, set[str]]]:
    """(tables made here, tables to be owned, tables and what is done to their rows)."""
    made: set[Name] = set()
    owned: dict[Name, None] = {}
    rows: dict[Name, set[str]] = {}
    for _, operation in asked.operations():
        table = operation.facts.get("table")
        if operation.kind == "create_table":
            made.add(operation.facts["table"])
        if table is None or not table.name or table in made or operation.facts.get("inline"):
            continue
        if operation.kind == "rename_table":
            made.add(operation.facts["new_name"])
        if operation.kind in OWNED:
            owned[table] = None
        elif operation.kind in ROWS and operation.facts.get("direction") != "to":
            rows.setdefault(table, set()).add(ROWS[operation.kind])
    return made, list(owned), rows


def _schemas(asked: Asked, made: set[Name]) -> Iterator[str]:
    """CREATE on every schema in which something is made; on the database for a new schema."""
    names, new = set(), set()
    for _, operation in asked.operations():
        fact = MAKING.get(operation.kind)
        if operation.kind == "create_schema":
            new.add(operation.facts["schema"].name)
        elif fact and operation.facts[fact].schema:
            names.add(operation.facts[fact].schema)
    user = asked.session.server.user
    sql = """SELECT nspname FROM pg_namespace
             WHERE nspname = ANY(?) AND NOT has_schema_privilege(oid, 'CREATE')"""
    for (name,) in asked.query(sql, (sorted(names - new),)):
        yield f"{user} may not create anything in the schema {name}: GRANT CREATE ON SCHEMA"
    may = "SELECT has_database_privilege(current_database(), 'CREATE')"
    if new and not asked.query(may)[0][0]:
        yield f"{user} may not create the schema {', '.join(sorted(new))}: GRANT CREATE ON DATABASE"


def _references(asked: Asked, made: set[Name]) -> Iterator[str]:
    names = [
        operation.facts["references"].sql
        for _, operation in asked.operations()
        if operation.kind == "add_foreign_key" and operation.facts.get("references")
        and operation.facts["references"] not in made
    ]  # fmt: skip
    yield from _privileges(asked, {name: {"REFERENCES"} for name in names})


def _on_rows(asked: Asked, rows: dict[Name, set[str]]) -> Iterator[str]:
    yield from _privileges(asked, {name.sql: wanted for name, wanted in rows.items()})


def _privileges(asked: Asked, wanted: dict[str, set[str]]) -> Iterator[str]:
    pairs = [(name, right) for name, rights_ in wanted.items() for right in sorted(rights_)]
    sql = """SELECT t.name, t.wanted FROM unnest(?::text[], ?::text[]) AS t(name, wanted)
             JOIN pg_class c ON c.oid = to_regclass(t.name)
             WHERE NOT has_table_privilege(c.oid, t.wanted)"""
    names, rights_ = [name for name, _ in pairs], [right for _, right in pairs]
    for name, right in asked.query(sql, (names, rights_)) if pairs else ():
        yield f"{asked.session.server.user} has no {right} on {name}"


def _extensions(asked: Asked, made: set[Name]) -> Iterator[str]:
    """Whether each is there to be installed, and whether this user may."""
    names = [
        operation.facts["extension"].name
        for _, operation in asked.operations()
        if operation.kind == "create_extension"
    ]
    sql = """SELECT w.name, e.oid IS NOT NULL, a.name IS NOT NULL, coalesce(bool_or(NOT v.superuser
             OR (to_jsonb(v) ->> 'trusted')::bool
                AND has_database_privilege(current_database(), 'CREATE')), false)
             OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
             FROM unnest(?::text[]) AS w(name) LEFT JOIN pg_extension e ON e.extname = w.name
             LEFT JOIN pg_available_extensions a ON a.name = w.name
             LEFT JOIN pg_available_extension_versions v
               ON v.name = a.name AND v.version = a.default_version GROUP BY 1, 2, 3"""
    for name, there, available, may in asked.query(sql, (names,)) if names else ():
        if there:
            continue
        if not available:
            yield f"the extension {name} is not on the server's machine"
        elif not may:
            yield f"{asked.session.server.user} may not install the extension {name}"


def _roles(asked: Asked, made: set[Name]) -> Iterator[str]:
    kinds = {operation.kind for _, operation in asked.operations()}
    found = asked.query(
        "SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    )
    is_super, roles, databases = found[0]
    user = asked.session.server.user
    if is_super:
        return
    if not roles and kinds & {"create_role", "alter_role", "drop_role"}:
        yield f"{user} may not create, change or drop roles (CREATEROLE)"
    if not databases and "create_database" in kinds:
        yield f"{user} may not create databases (CREATEDB)"
    for kind in sorted(kinds & SUPER):
        yield f"{user} is no superuser, which {kind.replace('_', ' ').upper()} needs"


def _types(asked: Asked, made: set[Name]) -> Iterator[str]:
    """Types and views that are changed or dropped have owners too."""
    kinds = ("drop_type", "rename_type", "add_enum_value", "rename_enum_value", "alter_type")
    types = [o.facts["type_name"].sql for _, o in asked.operations() if o.kind in kinds]
    views = [o.facts["view"].sql for _, o in asked.operations()
             if o.kind in ("drop_view", "alter_view", "refresh_view")]  # fmt: skip
    indexes = [o.facts["index"].sql for _, o in asked.operations()
               if o.kind in ("drop_index", "rename_index", "alter_index")]  # fmt: skip
    sql = """SELECT t.oid::regtype::text, pg_get_userbyid(t.typowner)
             FROM unnest(?::text[]) AS w(name)
             JOIN pg_type t ON t.oid = to_regtype(w.name) WHERE NOT pg_has_role(t.typowner, 'USAGE')
             UNION SELECT c.oid::regclass::text, pg_get_userbyid(c.relowner)
             FROM unnest(?::text[]) AS w(name) JOIN pg_class c ON c.oid = to_regclass(w.name)
             WHERE NOT pg_has_role(c.relowner, 'USAGE')"""
    for name, owner in (
        asked.query(sql, (types, views + indexes)) if types or views or indexes else ()
    ):
        yield f"{asked.session.server.user} does not own {name}; its owner is {owner}"
