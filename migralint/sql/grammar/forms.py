"""Which form a statement has: its first words -> the function that reads what follows them."""

from __future__ import annotations

from functools import partial

from migralint.sql.grammar import (
    data,
    indexes,
    maintenance,
    objects,
    privileges,
    routines,
    schemas,
    session,
    tables,
    types,
)
from migralint.sql.grammar.alter_table import alter_table
from migralint.sql.grammar.objects import OTHER_OBJECTS, create_named, drop_named, drop_on_table
from migralint.sql.grammar.queries import select
from migralint.sql.grammar.reader import Found, Reader, Unread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Form = Callable[[Reader], Iterator[Found]]

_LONGEST = 3  # words that lead to a form, behind CREATE, ALTER and DROP


def form_of(reader: Reader, forms: dict[str, Form], verb: str) -> Form:
    """Take the most words that lead to a form; the form."""
    tokens = reader.tokens[reader.at : min(reader.at + _LONGEST, reader.stop)]
    for length in range(len(tokens), 0, -1):
        form = forms.get(" ".join(token.text for token in tokens[:length]))
        if form is not None:
            reader.at += length
            return form
    raise Unread(f"{verb}: did not expect {reader.near()}")


def _create(reader: Reader) -> Iterator[Found]:
    or_replace = reader.take("or", "replace")
    _definer(reader)
    temporary = unlogged = False
    while True:
        if reader.one_of(("temporary", "temp", "global", "local")):
            temporary = True
        elif reader.take("unlogged"):
            unlogged = True
        else:
            break
    if reader.take("table"):
        return tables.create_table(reader, temporary, unlogged, or_replace)
    if reader.take("sequence"):
        return schemas.create_sequence(reader, temporary)
    if reader.take("materialized", "view"):
        return routines.create_view(reader, or_replace=or_replace, materialized=True)
    if reader.take("view") or reader.take("recursive", "view"):
        return routines.create_view(reader, or_replace=or_replace, temporary=temporary)
    if reader.word in ("function", "procedure"):
        return routines.create_routine(reader, reader.next().text, or_replace)
    if reader.take("trigger") or reader.take("constraint", "trigger"):
        return routines.create_trigger(reader, or_replace)
    if reader.take("database") or (reader.dialect == "mysql" and reader.take("schema")):
        return schemas.create_database(reader, or_replace)
    return form_of(reader, _CREATE, "CREATE")(reader)


def _definer(reader: Reader) -> None:
    """MySQL: DEFINER=`a`@`b` SQL SECURITY ... and ALGORITHM=... before the kind of the object."""
    while reader.dialect == "mysql" and reader.word in ("definer", "sql", "algorithm", "aggregate"):
        if reader.take("aggregate"):
            continue
        if reader.take("sql", "security"):
            reader.next()
            continue
        reader.at += 1
        reader.expect_symbol("=")
        objects.role_name(reader)
        if reader.opens():  # CURRENT_USER()
            reader.skip_parens()


def _alter(reader: Reader) -> Iterator[Found]:
    if reader.dialect == "mysql":
        reader.take("online")
        reader.take("ignore")
        _definer(reader)
    return form_of(reader, _ALTER, "ALTER")(reader)


def _drop(reader: Reader) -> Iterator[Found]:
    return form_of(reader, _DROP, "DROP")(reader)


def _rename(reader: Reader) -> Iterator[Found]:
    if reader.one_of(("table", "tables")):
        return tables.rename_tables(reader)
    if reader.take("user"):
        return objects.alter_other(reader, "user")
    raise Unread(f"RENAME: did not expect {reader.near()}")


def _again(form: Form) -> Form:
    """The form takes its own verb."""

    def reads(reader: Reader) -> Iterator[Found]:
        reader.at -= 1
        return form(reader)

    return reads


def _prepare(reader: Reader) -> Iterator[Found]:
    """PREPARE does nothing by itself, but what it carries is meant to run: it is read here."""
    if reader.take("transaction"):
        reader.literal()
        return iter([reader.found("session", 0, verb="prepare transaction")])
    reader.name()
    if reader.dialect == "mysql":
        return _prepare_from(reader)
    if reader.opens():
        reader.skip_parens()
    reader.expect("as")
    return dispatch(reader)


def _prepare_from(reader: Reader) -> Iterator[Found]:
    """MySQL: FROM 'statement' is read; FROM @variable is for EXECUTE to report."""
    from migralint.sql.tokens import STRING, tokens

    reader.expect("from")
    end = reader.tokens[reader.stop - 1].end
    if reader.peek().kind != STRING:
        yield reader.found_rest("session", 0, verb="prepare")
        return
    text = reader.literal()
    inside = Reader(text, tokens(text, reader.dialect), reader.dialect)
    for found in dispatch(inside):
        yield Found(found.kind, found.facts, 0, end)
    inside.finish()


def _load(reader: Reader) -> Iterator[Found]:
    """PostgreSQL loads a library, MySQL rows: LOAD DATA INFILE 'f' INTO TABLE t."""
    if reader.dialect != "mysql":
        return session.session(reader, "load")
    reader.skip_until(("table",))
    reader.expect("table")
    table = reader.name()
    return iter([reader.found_rest("copy", 0, table=table, direction="from")])


def _explain(reader: Reader) -> Iterator[Found]:
    """EXPLAIN ANALYZE runs what it explains."""
    has_options = reader.opens() and reader.peek(1).text not in _QUERY_STARTS
    runs = has_options and indexes.option_is_on(reader, "analyze")
    while reader.word in ("analyze", "analyse", "verbose", "extended", "query", "plan", "format"):
        runs = reader.next().text.startswith("analy") or runs
        if reader.symbol("="):
            reader.next()
    return dispatch(reader) if runs else session.other(reader, "explain")


def dispatch(reader: Reader) -> Iterator[Found]:
    """The operations of the statement that begins where the reader stands."""
    if reader.opens():
        return _bracketed(reader)
    verb = reader.word
    form = _VERBS.get(verb)
    if form is None or reader.dialect not in _ONLY.get(verb, reader.dialect):
        raise Unread(f"it begins with {reader.near()}, which is no statement of {reader.dialect}")
    reader.at += 1
    return form(reader)


def _bracketed(reader: Reader) -> Iterator[Found]:
    """(SELECT ...) UNION (SELECT ...)"""
    at = 0
    while reader.peek(at).text == "(":
        at += 1
    if reader.peek(at).text not in _QUERY_STARTS:
        raise Unread(f"did not expect {reader.near()}")
    return select(reader)


def _others(form: Callable[[Reader, str], Iterator[Found]], *more: str) -> dict[str, Form]:
    return {words: partial(_flipped, form, words) for words in (*OTHER_OBJECTS, *more)}


def _flipped(
    form: Callable[[Reader, str], Iterator[Found]], words: str, reader: Reader
) -> Iterator[Found]:
    return form(reader, words)


_QUERY_STARTS = ("select", "values", "with", "table", "(")
_ROUTINES = ("function", "procedure", "routine", "aggregate")
_ROLES = ("role", "user", "group")

_CREATE: dict[str, Form] = {
    **_others(objects.create_other),
    "unique index": partial(indexes.create_index, unique=True),
    "index": indexes.create_index,
    "fulltext index": partial(indexes.create_index, variety="fulltext"),
    "spatial index": partial(indexes.create_index, variety="spatial"),
    "foreign table": tables.create_table,
    "type": types.create_type,
    "domain": types.create_domain,
    "rule": routines.create_rule,
    "policy": partial(routines.policy, kind="create_policy"),
    "extension": schemas.create_extension,
    "schema": schemas.create_schema,
    "tablespace": partial(create_named, kind="create_tablespace", fact="tablespace"),
    "publication": partial(create_named, kind="create_publication", fact="publication"),
    "subscription": partial(create_named, kind="create_subscription", fact="subscription"),
    **{word: partial(privileges.role, kind="create_role") for word in _ROLES},
}
_DROP: dict[str, Form] = {
    **_others(objects.drop_other, "publication", "subscription"),
    "table": tables.drop_tables,
    "temporary table": partial(tables.drop_tables, temporary=True),
    "foreign table": tables.drop_tables,
    "index": indexes.drop_index,
    "type": partial(drop_named, kind="drop_type", fact="type_name"),
    "domain": partial(drop_named, kind="drop_domain", fact="type_name"),
    "view": partial(drop_named, kind="drop_view", fact="view", materialized=False),
    "materialized view": partial(drop_named, kind="drop_view", fact="view", materialized=True),
    **{
        word: partial(drop_named, kind="drop_routine", fact="routine", variety=word)
        for word in _ROUTINES
    },
    "trigger": partial(drop_on_table, kind="drop_trigger", fact="trigger"),
    "rule": partial(drop_on_table, kind="drop_rule", fact="rule"),
    "policy": partial(drop_on_table, kind="drop_policy", fact="policy"),
    "sequence": partial(drop_named, kind="drop_sequence", fact="sequence"),
    "schema": partial(drop_named, kind="drop_schema", fact="schema"),
    "database": partial(drop_named, kind="drop_database", fact="database", cascades=False),
    "tablespace": partial(drop_named, kind="drop_tablespace", fact="tablespace", cascades=False),
    "extension": partial(drop_named, kind="drop_extension", fact="extension"),
    **{word: partial(drop_named, kind="drop_role", fact="role", cascades=False) for word in _ROLES},
    "owned": privileges.drop_owned,
    "prepare": partial(session.session, verb="deallocate"),
}
_ALTER: dict[str, Form] = {
    **_others(objects.alter_other, "publication", "subscription", "tablespace", "trigger", "rule"),
    "table": alter_table,
    "foreign table": alter_table,
    "index": indexes.alter_index,
    "type": types.alter_type,
    "domain": types.alter_domain,
    "view": routines.alter_view,
    "materialized view": partial(routines.alter_view, materialized=True),
    **{word: partial(routines.alter_routine, variety=word) for word in _ROUTINES},
    "policy": partial(routines.policy, kind="alter_policy"),
    "sequence": schemas.alter_sequence,
    "schema": schemas.alter_schema,
    "database": schemas.alter_database,
    "system": schemas.alter_system,
    "extension": schemas.alter_extension,
    "default privileges": privileges.default_privileges,
    **{word: partial(privileges.role, kind="alter_role") for word in _ROLES},
}
_SESSION = (
    "deallocate", "discard", "checkpoint", "listen", "unlisten", "notify", "show", "close",
    "declare", "fetch", "move", "use", "flush", "unlock", "describe", "desc", "attach", "detach",
)  # fmt: skip
_OTHER = (
    "security", "import", "kill", "help", "check", "checksum", "repair", "handler", "install",
    "uninstall", "signal", "resignal", "purge", "change", "stop", "xa", "cache", "binlog", "clone",
)  # fmt: skip
# Verbs that one database alone knows.
_ONLY = {
    "pragma": ("sqlite",), "attach": ("sqlite",), "detach": ("sqlite",),
    "replace": ("mysql", "sqlite"),
    **dict.fromkeys((*_OTHER, "rename", "optimize", "use", "flush", "unlock"), ("mysql",)),
    **dict.fromkeys(("describe", "desc"), ("mysql",)),
    **dict.fromkeys(("security", "import"), ("postgres",)),
}  # fmt: skip
_VERBS: dict[str, Form] = {
    "create": _create, "drop": _drop, "alter": _alter, "explain": _explain, "rename": _rename,
    "truncate": tables.truncate, "reindex": indexes.reindex, "cluster": maintenance.cluster,
    "vacuum": maintenance.vacuum, "analyze": maintenance.analyze, "analyse": maintenance.analyze,
    "lock": maintenance.lock, "optimize": maintenance.optimize, "refresh": maintenance.refresh,
    "comment": objects.comment, "grant": privileges.grant, "revoke": privileges.revoke,
    "reassign": privileges.reassign, "with": data.with_query, "copy": data.copy,
    **{verb: _again(select) for verb in ("select", "values", "table")},
    **{
        verb: _again(data.data_statement)
        for verb in ("insert", "update", "delete", "merge", "replace")
    },
    "set": session.set_parameter, "reset": session.reset, "pragma": session.pragma,
    "do": session.do_block, "load": _load, "call": session.call, "execute": session.execute,
    "prepare": _prepare,
    **{verb: partial(session.transaction, kind="begin") for verb in ("begin", "start")},
    **{verb: partial(session.transaction, kind="commit") for verb in ("commit", "end")},
    **{verb: partial(session.transaction, kind="rollback") for verb in ("rollback", "abort")},
    "savepoint": partial(session.savepoint, action="savepoint"),
    "release": partial(session.savepoint, action="release"),
    **{verb: partial(session.session, verb=verb) for verb in _SESSION},
    **{verb: partial(session.other, verb=verb) for verb in _OTHER},
}  # fmt: skip
