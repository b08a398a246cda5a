"""Rows, sessions, transactions and maintenance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pg_oracle.trees import Node, expression, one, pair, relation, strings

Expected = tuple[str, dict[str, Any]]

_CHANGES = ("InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt")
_MODES = (
    "",
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
)


def inner(node: Node, in_cte: bool = False) -> Iterator[Expected]:
    from pg_oracle import expected

    for kind, facts in expected(node):
        if in_cte and kind in ("update", "delete"):
            facts = {**facts, "in_cte": True}
        yield kind, facts


def ctes(node: Node) -> Iterator[Expected]:
    for entry in node.get("withClause", {}).get("ctes", []):
        body = entry["CommonTableExpr"]["ctequery"]
        ((form, inside),) = body.items()
        if form in _CHANGES:
            yield from inner(body, in_cte=True)
        else:
            yield from ctes(inside)


def select(node: Node) -> Iterator[Expected]:
    yield from ctes(node)
    into = node.get("intoClause") or node.get("larg", {}).get("intoClause")
    if into:
        yield (
            "create_table",
            {
                "table": relation(into["rel"]),
                "as_query": True,
                "temporary": into["rel"].get("relpersistence") == "t",
            },
        )
        return
    setting = _set_config(node)
    if setting:
        yield setting
        return
    yield "select", {}


def _set_config(node: Node) -> Expected | None:
    targets = node.get("targetList", [])
    call = targets[0]["ResTarget"]["val"].get("FuncCall") if len(targets) == 1 else None
    if call is None or strings(call["funcname"])[-1] != "set_config":
        return None
    arguments = [argument.get("A_Const", {}) for argument in call["args"]]
    if len(arguments) != 3 or any("sval" not in argument for argument in arguments[:2]):
        return None
    local = arguments[2].get("boolval", {}).get("boolval", False)
    name, value = (argument["sval"].get("sval", "") for argument in arguments[:2])
    return "set", {"parameter": name.lower(), "value": value, "local": local}


def insert(node: Node) -> Iterator[Expected]:
    yield from ctes(node)
    source = node.get("selectStmt", {}).get("SelectStmt")
    form = "default" if source is None else "values" if "valuesLists" in source else "select"
    written = tuple(one(entry["ResTarget"]["name"]) for entry in node.get("cols", []))
    yield (
        "insert",
        {
            "table": relation(node["relation"]),
            "columns": written,
            "has_columns": bool(written),
            "source": form,
            "on_conflict": "onConflictClause" in node,
        },
    )


def condition(node: Node) -> dict[str, Any]:
    where = node.get("whereClause")
    facts: dict[str, Any] = {"has_where": where is not None, "limited": False, "in_cte": False}
    if where is None or "CurrentOfExpr" not in where:
        facts["where"] = expression(where)
    return facts


def update(node: Node) -> Iterator[Expected]:
    yield from ctes(node)
    targets = tuple(one(entry["ResTarget"]["name"]) for entry in node["targetList"])
    yield (
        "update",
        {
            "table": relation(node["relation"]),
            "columns": targets,
            "joined": "fromClause" in node,
            **condition(node),
        },
    )


def delete(node: Node) -> Iterator[Expected]:
    yield from ctes(node)
    yield (
        "delete",
        {"table": relation(node["relation"]), "joined": "usingClause" in node, **condition(node)},
    )


def merge(node: Node) -> Iterator[Expected]:
    yield from ctes(node)
    yield "merge", {"table": relation(node["relation"])}


def copy(node: Node) -> Iterator[Expected]:
    if "relation" not in node:
        changed = [
            one_ for one_ in inner(node["query"]) if one_[0] not in ("select", "create_table")
        ]
        yield from changed
        yield "copy", {"table": ("", ""), "direction": "to"}
        return
    yield (
        "copy",
        {"table": relation(node["relation"]), "direction": "from" if node.get("is_from") else "to"},
    )


def explain(node: Node) -> Iterator[Expected]:
    given = {
        entry["DefElem"]["defname"]: entry["DefElem"].get("arg")
        for entry in node.get("options", [])
    }
    if "analyze" in given and not _is_off(given["analyze"]):
        yield from inner(node["query"])
    else:
        yield "other", {"verb": "explain"}


def _is_off(value: Node | None) -> bool:
    if value is None:
        return False
    text = value.get("String", value.get("Integer", {}))
    return text.get("sval", "") in ("off", "false") or ("Integer" in value and not text.get("ival"))


# maintenance


def vacuum(node: Node) -> Iterator[Expected]:
    kind = "vacuum" if node.get("is_vacuumcmd") else "analyze"
    given = {
        entry["DefElem"]["defname"]: entry["DefElem"].get("arg")
        for entry in node.get("options", [])
    }
    full = {"full": "full" in given and not _is_off(given["full"])} if kind == "vacuum" else {}
    for entry in node.get("rels", []):
        yield kind, {"table": relation(entry["VacuumRelation"]["relation"]), **full}
    if "rels" not in node:
        yield kind, {"table": ("", ""), **full}


def truncate(node: Node) -> Iterator[Expected]:
    for entry in node["relations"]:
        yield (
            "truncate",
            {
                "table": relation(entry["RangeVar"]),
                "cascade": node.get("behavior") == "DROP_CASCADE",
                "restart_identity": node.get("restart_seqs", False),
            },
        )


def lock(node: Node) -> Iterator[Expected]:
    for entry in node["relations"]:
        yield "lock_table", {"table": relation(entry["RangeVar"]), "mode": _MODES[node["mode"]]}


def reindex(node: Node) -> Iterator[Expected]:
    given = {
        entry["DefElem"]["defname"]: entry["DefElem"].get("arg") for entry in node.get("params", [])
    }
    yield (
        "reindex",
        {
            "target_type": node["kind"].removeprefix("REINDEX_OBJECT_").lower(),
            "target": relation(node["relation"]) if "relation" in node else one(node.get("name")),
            "concurrently": "concurrently" in given and not _is_off(given["concurrently"]),
        },
    )


def cluster(node: Node) -> Iterator[Expected]:
    table = relation(node["relation"]) if "relation" in node else ("", "")
    yield "cluster", {"table": table, "index": one(node.get("indexname"))}


# sessions


def set_parameter(node: Node) -> Iterator[Expected]:
    name = node.get("name", "").lower()
    if node["kind"] in ("VAR_RESET", "VAR_RESET_ALL"):
        yield "reset", {"parameter": name or "all"}
        return
    facts: dict[str, Any] = {
        "parameter": _SPELLED.get(name, name),
        "local": node.get("is_local", False),
    }
    arguments = node.get("args", [])
    if len(arguments) == 1 and "sval" in arguments[0].get("A_Const", {}) and "." not in name:
        facts["value"] = arguments[0]["A_Const"]["sval"].get("sval", "")
    if name in (
        "timezone",
        "transaction snapshot",
        "client_encoding",
        "xmloption",
        "search_path",
        "role",
    ):
        facts.pop("value", None)
    yield "set", facts


_SPELLED = {"transaction snapshot": "transaction", "session characteristics": "characteristics"}
_TRANSACTIONS = {
    "BEGIN": "begin",
    "START": "begin",
    "COMMIT": "commit",
    "ROLLBACK": "rollback",
    "SAVEPOINT": "savepoint",
    "RELEASE": "savepoint",
    "ROLLBACK_TO": "savepoint",
    "PREPARE": "session",
    "COMMIT_PREPARED": "session",
    "ROLLBACK_PREPARED": "session",
}


def transaction(node: Node) -> Iterator[Expected]:
    yield _TRANSACTIONS[node["kind"].removeprefix("TRANS_STMT_")], {}


def _session(verb: str) -> Any:
    return lambda node: [("session", {"verb": verb})]


FORMS: dict[str, Any] = {
    "SelectStmt": select,
    "InsertStmt": insert,
    "UpdateStmt": update,
    "DeleteStmt": delete,
    "MergeStmt": merge,
    "CopyStmt": copy,
    "ExplainStmt": explain,
    "VacuumStmt": vacuum,
    "TruncateStmt": truncate,
    "LockStmt": lock,
    "ReindexStmt": reindex,
    "ClusterStmt": cluster,
    "VariableSetStmt": set_parameter,
    "TransactionStmt": transaction,
    "ConstraintsSetStmt": lambda node: [("set", {"parameter": "constraints"})],
    "PrepareStmt": lambda node: inner(node["query"]),
    "ExecuteStmt": lambda node: [("dynamic_sql", {})],
    "CallStmt": lambda node: [("call", {"routine": pair(strings(node["funccall"]["funcname"]))})],
    "FetchStmt": lambda node: [("session", {})],
    "VariableShowStmt": _session("show"),
    "DeclareCursorStmt": _session("declare"),
    "ClosePortalStmt": _session("close"),
    "DeallocateStmt": _session("deallocate"),
    "DiscardStmt": _session("discard"),
    "CheckPointStmt": _session("checkpoint"),
    "ListenStmt": _session("listen"),
    "UnlistenStmt": _session("unlisten"),
    "NotifyStmt": _session("notify"),
    "LoadStmt": _session("load"),
}
