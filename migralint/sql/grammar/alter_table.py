"""ALTER TABLE: one operation an action, each with its own span; an unread action hides no other."""

from __future__ import annotations

from migralint.sql import grammar
from migralint.sql.grammar.columns import column
from migralint.sql.grammar.constraints import CONSTRAINT_WORDS, drop_constraint, table_constraint
from migralint.sql.grammar.reader import NOWHERE, Found, Reader, Unread
from migralint.sql.tokens import NUMBER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from migralint.model import Name

_DANGEROUS = frozenset(("drop", "truncate", "rename", "discard"))


def alter_table(reader: Reader) -> Iterator[Found]:
    """Behind ALTER TABLE (or FOREIGN TABLE): the table, then its actions."""
    if reader.take_all("all", "in", "tablespace"):
        yield from _move_all(reader)
        return
    if_exists = reader.if_exists()
    table = reader.relation()
    if reader.dialect == "mysql" and reader.one_of(("wait", "nowait")):  # MariaDB
        reader.at += reader.peek().kind == NUMBER
    whole = reader.dialect == "mysql" and grammar.mysql.is_whole(reader)
    actions = [reader.within(reader.at, reader.stop)] if whole else reader.split_at_commas()
    if not actions:
        raise Unread("ALTER TABLE without an action")
    for action in actions:
        yield from _read(action, table, if_exists)
    reader.at = reader.stop


def _move_all(reader: Reader) -> Iterator[Found]:
    """ALL IN TABLESPACE a [OWNED BY b] SET TABLESPACE c"""
    reader.name()
    if reader.take_all("owned", "by"):
        reader.names()
    reader.expect("set", "tablespace")
    space = reader.name()
    reader.take("nowait")
    yield reader.found("set_tablespace", 0, table=NOWHERE, tablespace=space)


def _read(action: Reader, table: Name, if_exists: bool) -> list[Found]:
    start = action.at
    try:
        found = list(_action(action, table, if_exists))
        action.finish()
    except Unread as problem:
        action.at = action.stop
        words = {token.word for token in action.tokens[start : action.stop]}
        mentions = " ".join(sorted(words & _DANGEROUS))
        return [action.found("unparsed", start, problem=str(problem), mentions=mentions)]
    if not if_exists:
        return found
    return [
        Found(one.kind, {**one.facts, "if_table_exists": True}, one.start, one.end) for one in found
    ]


def _action(reader: Reader, table: Name, if_exists: bool) -> Iterator[Found]:
    start = reader.at
    verb = reader.word()
    reader.at += 1
    if reader.dialect == "mysql" and verb in grammar.mysql.MYSQL_ACTIONS:
        return grammar.mysql.MYSQL_ACTIONS[verb](reader, table, start)
    if verb in _ACTIONS:
        return _ACTIONS[verb](reader, table, start)
    if verb == "rename":
        return iter([_rename(reader, table, start, if_exists)])
    reader.at -= 1
    if reader.dialect == "mysql":
        return grammar.mysql.table_options(reader, table, start)
    raise Unread(f"ALTER TABLE: did not expect {reader.near()}")


def _add(reader: Reader, table: Name, start: int) -> Iterator[Found]:
    mysql = reader.dialect == "mysql"
    if mysql and reader.take("partition"):
        yield reader.found_rest("alter_partition", start, table=table, action="add")
        return
    is_column = reader.take("column")
    if not is_column and reader.word() in CONSTRAINT_WORDS and not _names_column(reader):
        yield table_constraint(reader, table, start, inline=False)
        return
    if_not_exists = reader.if_not_exists()
    if mysql and reader.opens():
        for item in reader.items():
            yield from column(item, table, item.at)
        return
    yield from column(reader, table, start, if_not_exists=if_not_exists)


def _names_column(reader: Reader) -> bool:
    """ADD key text: a column whose name is a word that may also begin a constraint."""
    word, following = reader.word(), reader.peek(1).text
    if word in ("key", "index", "period", "fulltext", "spatial") and reader.dialect != "mysql":
        return True
    return word == "exclude" and following not in ("using", "(")


def _drop(reader: Reader, table: Name, start: int) -> Iterator[Found]:
    if reader.take("constraint"):
        yield drop_constraint(reader, table, start, "")
        return
    found = grammar.mysql.mysql_drop(reader, table, start) if reader.dialect == "mysql" else None
    if found is None:
        reader.take("column")
        if_exists = reader.if_exists()
        name = reader.column()
        facts = {"column": name, "if_exists": if_exists, "cascade": reader.cascade()}
        found = reader.found("drop_column", start, table=table, **facts)
    yield found


def _redefine(reader: Reader, table: Name, name: Name, start: int) -> Iterator[Found]:
    """libSQL: ALTER COLUMN a TO a type ...; it leaves the rows as they are and does not rename.

    https://github.com/tursodatabase/libsql/blob/main/libsql-sqlite3/doc/libsql_extensions.md
    """
    defined = column(reader, table, start, typed=False)[0].facts
    facts = {"type": defined["type"], "using": "", "collation": ""}
    yield reader.found("alter_column_type", start, table=table, column=name, **facts)
    kind = "drop_not_null" if defined["nullable"] else "set_not_null"
    yield reader.found(kind, start, table=table, column=name)


def _alter(reader: Reader, table: Name, start: int) -> Iterator[Found]:
    if reader.take("constraint") or (reader.dialect == "mysql" and reader.take("check")):
        name = reader.name()
        yield reader.found_rest("alter_constraint", start, table=table, constraint=name)
    elif reader.dialect == "mysql" and reader.one_of(("index", "key")):
        reader.if_exists()
        yield reader.found_rest(
            "alter_index", start, table=table, index=reader.name(), action="visibility"
        )
    else:
        reader.take("column")
        reader.if_exists()
        name = reader.column()
        if reader.dialect == "sqlite" and reader.take("to"):
            yield from _redefine(reader, table, name, start)
        else:
            yield grammar.alter_column.alter_column(reader, table, name, start)


def _rename(reader: Reader, table: Name, start: int, if_exists: bool) -> Found:
    if reader.take("constraint"):
        old = reader.name()
        reader.expect("to")
        facts = {"constraint": old, "new_name": reader.name()}
        return reader.found("rename_constraint", start, table=table, **facts)
    found = grammar.mysql.mysql_rename(reader, table, start) if reader.dialect == "mysql" else None
    if found is not None:
        return found
    if reader.take("to"):
        new_name = reader.name()
        return reader.found(
            "rename_table", start, table=table, new_name=new_name, if_exists=if_exists
        )
    reader.take("column")
    reader.if_exists()
    old = reader.column()
    reader.expect("to")
    facts = {"column": old, "new_name": reader.column()}
    return reader.found("rename_column", start, table=table, **facts)


def _validate(reader: Reader, table: Name, start: int) -> Iterator[Found]:
    reader.expect("constraint")
    yield reader.found("validate_constraint", start, table=table, constraint=reader.name())


def _set(reader: Reader, table: Name, start: int) -> Iterator[Found]:
    def made(kind: str, **facts: object) -> Found:
        return reader.found(kind, start, table=table, **facts)

    if reader.take("schema"):
        yield made("set_schema", object_type="table", object=table, new_schema=reader.name())
    elif reader.take("tablespace"):
        space = reader.name()
        reader.take("nowait")
        yield made("set_tablespace", tablespace=space)
    elif reader.word() in ("logged", "unlogged"):
        logged = reader.next().text == "logged"
        yield made("set_logged", logged=logged)
    elif reader.take_all("access", "method"):
        yield made("set_access_method", method=reader.identifier())
    elif reader.opens():
        yield made("set_storage_parameters", parameters=_parameters(reader))
    elif reader.take_all("without", "cluster") or reader.take_all("without", "oids"):
        yield made("alter_table_option", option=reader.source(reader.at - 2, reader.at).lower())
    else:
        raise Unread(f"ALTER TABLE SET: did not expect {reader.near()}")


def _parameters(reader: Reader) -> tuple[Name, ...]:
    return tuple(item.name() for item in reader.items())


def _reset(reader: Reader, table: Name, start: int) -> Iterator[Found]:
    names = _parameters(reader)
    yield reader.found("set_storage_parameters", start, table=table, parameters=names)


def _owner(reader: Reader, table: Name, start: int) -> Iterator[Found]:
    reader.expect("to")
    facts = {"object_type": "table", "object": table, "owner": reader.name()}
    yield reader.found("change_owner", start, table=table, **facts)


def _switch(reader: Reader, table: Name, start: int) -> Iterator[Found]:
    """ENABLE and DISABLE: triggers, rules, row security, keys."""
    verb = reader.tokens[start].text
    if reader.take_all("row", "level", "security"):
        yield reader.found("row_security", start, table=table, action=verb)
        return
    if reader.take("keys"):
        yield reader.found("alter_table_option", start, table=table, option=f"{verb} keys")
        return
    if verb == "enable":
        reader.one_of(("replica", "always"))
    what = reader.one_of(("trigger", "rule"))
    if not what:
        raise Unread(f"{verb.upper()}: did not expect {reader.near()}")
    name = reader.name()
    if what == "rule":
        yield reader.found("alter_table_option", start, table=table, option=f"{verb} rule")
    else:
        yield reader.found(f"{verb}_trigger", start, table=table, trigger=name)


def _force(reader: Reader, table: Name, start: int) -> Iterator[Found]:
    reader.expect("row", "level", "security")
    yield reader.found("row_security", start, table=table, action="force")


def _no(reader: Reader, table: Name, start: int) -> Iterator[Found]:
    if reader.take("inherit"):
        facts = {"parent": reader.name(), "removed": True}
        yield reader.found("set_inheritance", start, table=table, **facts)
        return
    reader.expect("force", "row", "level", "security")
    yield reader.found("row_security", start, table=table, action="no force")


def _inherit(reader: Reader, table: Name, start: int) -> Iterator[Found]:
    yield reader.found("set_inheritance", start, table=table, parent=reader.name(), removed=False)


def _attach(reader: Reader, table: Name, start: int) -> Iterator[Found]:
    reader.expect("partition")
    partition = reader.name()
    is_default = reader.take("default")
    if not is_default:
        reader.expect("for", "values")
    facts = {"partition": partition, "is_default": is_default}
    yield reader.found_rest("attach_partition", start, table=table, **facts)


def _detach(reader: Reader, table: Name, start: int) -> Iterator[Found]:
    reader.expect("partition")
    partition = reader.name()
    mode = reader.one_of(("concurrently", "finalize"))
    yield reader.found(
        "detach_partition", start, table=table, partition=partition,
        concurrently=mode == "concurrently", finalize=mode == "finalize",
    )  # fmt: skip


def _replica(reader: Reader, table: Name, start: int) -> Iterator[Found]:
    reader.expect("identity")
    identity = reader.one_of(("default", "full", "nothing", "using"))
    if not identity:
        raise Unread(f"REPLICA IDENTITY: did not expect {reader.near()}")
    if identity == "using":
        reader.expect("index")
        reader.name()
    yield reader.found("set_replica_identity", start, table=table, identity=identity)


def _option(option: str, *words: str, named: bool = False) -> Handler:
    """An action that no fact tells more of than its name."""

    def handler(reader: Reader, table: Name, start: int) -> Iterator[Found]:
        if words:
            reader.expect(*words)
        if named:
            reader.name()
        elif not words:
            reader.skip_parens()
        yield reader.found("alter_table_option", start, table=table, option=option)

    return handler


if TYPE_CHECKING:
    from collections.abc import Callable

    Handler = Callable[[Reader, Name, int], Iterator[Found]]

_ACTIONS: dict[str, Handler] = {
    "add": _add, "drop": _drop, "alter": _alter, "validate": _validate, "set": _set,
    "reset": _reset, "owner": _owner, "enable": _switch, "disable": _switch, "force": _force,
    "no": _no, "inherit": _inherit, "attach": _attach, "detach": _detach, "replica": _replica,
    "cluster": _option("cluster on", "on", named=True), "of": _option("of", named=True),
    "not": _option("not of", "of"), "options": _option("options"),
}  # fmt: skip
