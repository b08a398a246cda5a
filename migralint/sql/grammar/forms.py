"""Which form a statement has: its first words -> the function that reads what follows them."""

from __future__ import annotations

from migralint.sql import grammar
from migralint.sql.grammar.objects import OTHER_OBJECTS
from migralint.sql.grammar.reader import Found, Reader, Unread, reader_of
from migralint.sql.tokens import STRING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    Form = Callable[[Reader], Iterator[Found]]

_LIFETIMES = ("temporary", "temp", "global", "local", "unlogged")
_LONGEST = 3  # words that lead to a form, behind CREATE, ALTER and DROP


def form_of(reader: Reader, forms: dict[str, Form], verb: str) -> Form:
    """Take the most words that lead to a form; the form."""
    words, found, behind = "", None, reader.at
    for index in range(reader.at, min(reader.at + _LONGEST, reader.stop)):
        text = reader.tokens[index].text
        words = f"{words} {text}" if words else text
        form = forms.get(words)
        if form is not None:
            found, behind = form, index + 1
            if words not in _LONGER:
                break
    if found is None:
        raise Unread(f"{verb}: did not expect {reader.near()}")
    reader.at = behind
    return found


def _create(reader: Reader) -> Iterator[Found]:
    or_replace = reader.take_all("or", "replace")
    _definer(reader)
    temporary = unlogged = False
    while reader.word() in _LIFETIMES:
        if reader.next().text == "unlogged":
            unlogged = True
        else:
            temporary = True
    if reader.take("table"):
        return grammar.tables.create_table(reader, temporary, unlogged, or_replace)
    if reader.word() in ("index", "unique", "type"):
        return form_of(reader, _CREATE, "CREATE")(reader)
    if reader.take("sequence"):
        return grammar.schemas.create_sequence(reader, temporary)
    if reader.take_all("materialized", "view"):
        return grammar.routines.create_view(reader, or_replace=or_replace, materialized=True)
    if reader.take("view") or reader.take_all("recursive", "view"):
        return grammar.routines.create_view(reader, or_replace=or_replace, temporary=temporary)
    if reader.word() in ("function", "procedure"):
        return grammar.routines.create_routine(reader, reader.next().text, or_replace)
    if reader.take("trigger") or reader.take_all("constraint", "trigger"):
        return grammar.routines.create_trigger(reader, or_replace)
    if reader.take("database") or (reader.dialect == "mysql" and reader.take("schema")):
        return grammar.schemas.create_database(reader, or_replace)
    return form_of(reader, _CREATE, "CREATE")(reader)


def _definer(reader: Reader) -> None:
    """MySQL: DEFINER=`a`@`b` SQL SECURITY ... and ALGORITHM=... before the kind of the object."""
    while reader.dialect == "mysql" and reader.word() in (
        "definer",
        "sql",
        "algorithm",
        "aggregate",
    ):
        if reader.take("aggregate"):
            continue
        if reader.take_all("sql", "security"):
            reader.next()
            continue
        reader.at += 1
        reader.expect_symbol("=")
        grammar.objects.role_name(reader)
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
        return grammar.tables.rename_tables(reader)
    if reader.take("user"):
        return grammar.objects.alter_other(reader, "user")
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
    reader.expect("from")
    end = reader.ends[reader.stop - 1]
    if reader.peek().kind != STRING:
        yield reader.found_rest("session", 0, verb="prepare")
        return
    text = reader.literal()
    inside = reader_of(text, reader.dialect)
    for found in dispatch(inside):
        yield Found(found.kind, found.facts, 0, end)
    inside.finish()


def _load(reader: Reader) -> Iterator[Found]:
    """PostgreSQL loads a library, MySQL rows: LOAD DATA INFILE 'f' INTO TABLE t."""
    if reader.dialect != "mysql":
        return grammar.session.session(reader, "load")
    reader.skip_until(("table",))
    reader.expect("table")
    table = reader.name()
    return iter([reader.found_rest("copy", 0, table=table, direction="from")])


def _explain(reader: Reader) -> Iterator[Found]:
    """EXPLAIN ANALYZE runs what it explains."""
    has_options = reader.opens() and reader.peek(1).text not in _QUERY_STARTS
    runs = has_options and grammar.indexes.option_is_on(reader, "analyze")
    while reader.word() in ("analyze", "analyse", "verbose", "extended", "query", "plan", "format"):
        runs = reader.next().text.startswith("analy") or runs
        if reader.symbol("="):
            reader.next()
    return dispatch(reader) if runs else grammar.session.other(reader, "explain")


def dispatch(reader: Reader) -> Iterator[Found]:
    """The operations of the statement that begins where the reader stands."""
    if reader.opens():
        return _bracketed(reader)
    verb = reader.word()
    form = _VERBS.get(verb)
    if form is None or reader.dialect not in _ONLY.get(verb, reader.dialect):
        if reader.text.startswith("--"):
            raise Unread("MySQL takes -- for a comment only with a space behind it")
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
    return grammar.queries.select(reader)


def _form(place: str, *given: str, **facts: Any) -> Form:
    """A function of the grammar's modules, which are imported when a statement has such a form."""

    def reads(reader: Reader) -> Iterator[Found]:
        return _function(place)(reader, *given, **facts)

    return reads


_functions: dict[str, Callable[..., Iterator[Found]]] = {}


def _function(place: str) -> Callable[..., Iterator[Found]]:
    if place not in _functions:
        module, _, name = place.partition(".")
        _functions[place] = getattr(getattr(grammar, module), name)
    return _functions[place]


def _others(place: str, *more: str) -> dict[str, Form]:
    return {words: _form(place, words) for words in (*OTHER_OBJECTS, *more)}


_QUERY_STARTS = ("select", "values", "with", "table", "(")
_ROUTINES = ("function", "procedure", "routine", "aggregate")
_ROLES = ("role", "user", "group")

_CREATE: dict[str, Form] = {
    **_others("objects.create_other"),
    "unique index": _form("indexes.create_index", unique=True),
    "index": _form("indexes.create_index"),
    "fulltext index": _form("indexes.create_index", variety="fulltext"),
    "spatial index": _form("indexes.create_index", variety="spatial"),
    "foreign table": _form("tables.create_table"),
    "type": _form("types.create_type"),
    "domain": _form("types.create_domain"),
    "rule": _form("routines.create_rule"),
    "policy": _form("routines.policy", kind="create_policy"),
    "extension": _form("schemas.create_extension"),
    "schema": _form("schemas.create_schema"),
    "tablespace": _form("objects.create_named", kind="create_tablespace", fact="tablespace"),
    "publication": _form("objects.create_named", kind="create_publication", fact="publication"),
    "subscription": _form("objects.create_named", kind="create_subscription", fact="subscription"),
    **{word: _form("privileges.role", kind="create_role") for word in _ROLES},
}
_DROP: dict[str, Form] = {
    **_others("objects.drop_other", "publication", "subscription"),
    "table": _form("tables.drop_tables"),
    "temporary table": _form("tables.drop_tables", temporary=True),
    "foreign table": _form("tables.drop_tables"),
    "index": _form("indexes.drop_index"),
    "type": _form("objects.drop_named", kind="drop_type", fact="type_name"),
    "domain": _form("objects.drop_named", kind="drop_domain", fact="type_name"),
    "view": _form("objects.drop_named", kind="drop_view", fact="view", materialized=False),
    "materialized view": _form(
        "objects.drop_named", kind="drop_view", fact="view", materialized=True
    ),
    **{
        word: _form("objects.drop_named", kind="drop_routine", fact="routine", variety=word)
        for word in _ROUTINES
    },
    "trigger": _form("objects.drop_on_table", kind="drop_trigger", fact="trigger"),
    "rule": _form("objects.drop_on_table", kind="drop_rule", fact="rule"),
    "policy": _form("objects.drop_on_table", kind="drop_policy", fact="policy"),
    "sequence": _form("objects.drop_named", kind="drop_sequence", fact="sequence"),
    "schema": _form("objects.drop_named", kind="drop_schema", fact="schema"),
    "database": _form("objects.drop_named", kind="drop_database", fact="database", cascades=False),
    "tablespace": _form(
        "objects.drop_named", kind="drop_tablespace", fact="tablespace", cascades=False
    ),
    "extension": _form("objects.drop_named", kind="drop_extension", fact="extension"),
    **{
        word: _form("objects.drop_named", kind="drop_role", fact="role", cascades=False)
        for word in _ROLES
    },
    "owned": _form("privileges.drop_owned"),
    "prepare": _form("session.session", verb="deallocate"),
}
_ALTER: dict[str, Form] = {
    **_others(
        "objects.alter_other", "publication", "subscription", "tablespace", "trigger", "rule"
    ),
    "table": _form("alter_table.alter_table"),
    "foreign table": _form("alter_table.alter_table"),
    "index": _form("indexes.alter_index"),
    "type": _form("types.alter_type"),
    "domain": _form("types.alter_domain"),
    "view": _form("routines.alter_view"),
    "materialized view": _form("routines.alter_view", materialized=True),
    **{word: _form("routines.alter_routine", variety=word) for word in _ROUTINES},
    "policy": _form("routines.policy", kind="alter_policy"),
    "sequence": _form("schemas.alter_sequence"),
    "schema": _form("schemas.alter_schema"),
    "database": _form("schemas.alter_database"),
    "system": _form("schemas.alter_system"),
    "extension": _form("schemas.alter_extension"),
    "default privileges": _form("privileges.default_privileges"),
    **{word: _form("privileges.role", kind="alter_role") for word in _ROLES},
}
# What some form begins with; another form ends where it has been read.
_LONGER = frozenset(
    beginning
    for words in (*_CREATE, *_DROP, *_ALTER)
    if " " in words
    for beginning in (words.partition(" ")[0], words.rpartition(" ")[0])
)
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
    "create": _create,
    "drop": _drop,
    "alter": _alter,
    "explain": _explain,
    "rename": _rename,
    "truncate": _form("tables.truncate"),
    "reindex": _form("indexes.reindex"),
    "cluster": _form("maintenance.cluster"),
    "vacuum": _form("maintenance.vacuum"),
    "analyze": _form("maintenance.analyze"),
    "analyse": _form("maintenance.analyze"),
    "lock": _form("maintenance.lock"),
    "optimize": _form("maintenance.optimize"),
    "refresh": _form("maintenance.refresh"),
    "comment": _form("objects.comment"),
    "grant": _form("privileges.grant"),
    "revoke": _form("privileges.revoke"),
    "reassign": _form("privileges.reassign"),
    "with": _form("data.with_query"),
    "copy": _form("data.copy"),
    **{verb: _again(_form("queries.select")) for verb in ("select", "values", "table")},
    **{
        verb: _again(_form("data.data_statement"))
        for verb in ("insert", "update", "delete", "merge", "replace")
    },
    "set": _form("session.set_parameter"),
    "reset": _form("session.reset"),
    "pragma": _form("session.pragma"),
    "do": _form("session.do_block"),
    "load": _load,
    "call": _form("session.call"),
    "execute": _form("session.execute"),
    "prepare": _prepare,
    **{verb: _form("session.transaction", kind="begin") for verb in ("begin", "start")},
    **{verb: _form("session.transaction", kind="commit") for verb in ("commit", "end")},
    **{verb: _form("session.transaction", kind="rollback") for verb in ("rollback", "abort")},
    "savepoint": _form("session.savepoint", action="savepoint"),
    "release": _form("session.savepoint", action="release"),
    **{verb: _form("session.session", verb=verb) for verb in _SESSION},
    **{verb: _form("session.other", verb=verb) for verb in _OTHER},
}
