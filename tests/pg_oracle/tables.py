"""Tables, columns, constraints and indexes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pg_oracle.trees import (
    Node,
    Pair,
    columns,
    dotted,
    expression,
    one,
    query,
    relation,
    role,
    strings,
    type_tree,
)

Expected = tuple[str, dict[str, Any]]

_SERIALS = {
    f"{word}" for word in ("serial", "bigserial", "smallserial", "serial2", "serial4", "serial8")
}
_ATTRIBUTES = {
    "CONSTR_ATTR_DEFERRABLE": {"deferrable": True},
    "CONSTR_ATTR_DEFERRED": {"deferrable": True},
    "CONSTR_ATTR_NOT_ENFORCED": {"not_enforced": True, "not_valid": True},
    "CONSTR_ATTR_NOT_DEFERRABLE": {},
    "CONSTR_ATTR_IMMEDIATE": {},
    "CONSTR_ATTR_ENFORCED": {},
}
_REFERENTIAL = {"a": "", "r": "restrict", "c": "cascade", "n": "set null", "d": "set default"}


def create_table(node: Node) -> Iterator[Expected]:
    table = relation(node["relation"])
    parents = tuple(relation(parent["RangeVar"]) for parent in node.get("inhRelations", []))
    parts: list[Expected] = []
    facts: dict[str, Any] = {
        "table": table,
        "if_not_exists": node.get("if_not_exists", False),
        "temporary": node["relation"].get("relpersistence") == "t",
        "unlogged": node["relation"].get("relpersistence") == "u",
        "partitioned": "partspec" in node,
        "as_query": False,
        "partition_of": parents[0] if "partbound" in node else ("", ""),
        "inherits": () if "partbound" in node else parents,
        "of_type": dotted({"TypeName": node["ofTypename"]}) if "ofTypename" in node else ("", ""),
    }
    for element in node.get("tableElts", []):
        if "TableLikeClause" in element:
            facts["like"] = relation(element["TableLikeClause"]["relation"])
        elif "ColumnDef" in element:
            found = list(add_column(table, element["ColumnDef"], inline=True))
            parts += found if "typeName" in element["ColumnDef"] else found[1:]
        else:
            parts.append(constraint(table, element["Constraint"], inline=True))
    facts["columns"] = tuple(facts["column"] for kind, facts in parts if kind == "add_column")
    facts["has_primary_key"] = any(kind == "add_primary_key" for kind, _ in parts)
    yield "create_table", facts
    yield from parts


def create_table_as(node: Node) -> Iterator[Expected]:
    from pg_oracle.data import ctes

    into = node["into"]
    name = relation(into["rel"])
    if node["objtype"] == "OBJECT_MATVIEW":
        yield (
            "create_view",
            {
                "view": name,
                "materialized": True,
                "if_not_exists": node.get("if_not_exists", False),
                "query": query(node["query"]),
            },
        )
        return
    yield (
        "create_table",
        {
            "table": name,
            "as_query": True,
            "if_not_exists": node.get("if_not_exists", False),
            "temporary": into["rel"].get("relpersistence") == "t",
            "unlogged": into["rel"].get("relpersistence") == "u",
            "columns": columns(into.get("colNames")),
            "query": query(node["query"]),
        },
    )
    yield from ctes(node["query"].get("SelectStmt", {}))


def add_column(
    table: Pair, node: Node, inline: bool = False, if_not_exists: bool = False
) -> Iterator[Expected]:
    name = one(node["colname"])
    written = strings(node.get("typeName", {}).get("names", []))
    serial = len(written) == 1 and written[0] in _SERIALS
    facts: dict[str, Any] = {
        "table": table,
        "column": name,
        "type": type_tree(node.get("typeName")),
        "nullable": not serial,
        "has_default": False,
        "identity": False,
        "serial": serial,
        "if_not_exists": if_not_exists,
        "inline": inline,
        "primary_key": False,
        "unique": False,
        "references": ("", ""),
        "check": False,
        "default": "",
    }
    facts["generated"], facts["expression"] = "", ""
    if_collated = "collClause" in node
    parts: list[Expected] = []
    for entry in node.get("constraints", []):
        body = entry["Constraint"]
        kind = body["contype"]
        if kind in _ATTRIBUTES:
            if parts:
                parts[-1][1].update(_ATTRIBUTES[kind])
        elif kind == "CONSTR_NOTNULL":
            facts["nullable"] = False
        elif kind == "CONSTR_NULL":
            facts["nullable"] = True
        elif kind == "CONSTR_DEFAULT":
            facts["has_default"], facts["default"] = True, expression(body["raw_expr"])
        elif kind == "CONSTR_IDENTITY":
            facts["identity"], facts["nullable"] = True, False
        elif kind == "CONSTR_GENERATED":
            facts["generated"] = {"s": "stored", "v": "virtual"}[body["generated_kind"]]
            facts["expression"] = expression(body["raw_expr"])
        else:
            parts.append(constraint(table, body, inline=True, column=name))
            _inline_fact(parts[-1], facts)
    if not if_collated:
        facts["collation"] = ""
    yield "add_column", facts
    yield from parts


def _inline_fact(part: Expected, facts: dict[str, Any]) -> None:
    if part[0] == "add_primary_key":
        facts["primary_key"], facts["nullable"] = True, False
    elif part[0] == "add_unique":
        facts["unique"] = True
    elif part[0] == "add_check":
        facts["check"] = True
    elif part[0] == "add_foreign_key":
        facts["references"] = part[1]["references"]


def constraint(table: Pair, node: Node, inline: bool, column: Pair | None = None) -> Expected:
    own = (column,) if column else None
    facts: dict[str, Any] = {
        "table": table,
        "constraint": one(node.get("conname")),
        "inline": inline,
        "deferrable": node.get("deferrable", False) or node.get("initdeferred", False),
    }
    kind = node["contype"]
    if kind in ("CONSTR_CHECK", "CONSTR_FOREIGN", "CONSTR_NOTNULL"):
        facts["not_enforced"] = kind != "CONSTR_NOTNULL" and not node.get("is_enforced", False)
        facts["not_valid"] = facts["not_enforced"] or node.get("skip_validation", False)
    if kind in ("CONSTR_PRIMARY", "CONSTR_UNIQUE"):
        facts["columns"] = own or columns(node.get("keys"))
        facts["using_index"] = one(node.get("indexname"))
        if kind == "CONSTR_PRIMARY":
            return "add_primary_key", facts
        return "add_unique", {**facts, "nulls_not_distinct": node.get("nulls_not_distinct", False)}
    if kind == "CONSTR_FOREIGN":
        return "add_foreign_key", {
            **facts,
            "columns": own or columns(node.get("fk_attrs")),
            "references": relation(node["pktable"]),
            "references_columns": columns(node.get("pk_attrs")),
            "on_delete": _REFERENTIAL[node["fk_del_action"]],
            "on_update": _REFERENTIAL[node["fk_upd_action"]],
        }
    if kind == "CONSTR_CHECK":
        return "add_check", {
            **facts,
            "expression": expression(node["raw_expr"]),
            "no_inherit": node.get("is_no_inherit", False),
        }
    if kind == "CONSTR_NOTNULL":
        return "add_not_null_constraint", {**facts, "column": one(strings(node["keys"])[0])}
    elements = [entry["List"]["items"][0]["IndexElem"] for entry in node["exclusions"]]
    return "add_exclusion", {
        **facts,
        "columns": tuple(index_column(element) for element in elements),
        **(
            {}
            if node.get("access_method") == "btree"
            else {"method": node.get("access_method", "")}
        ),
    }


def index_column(element: Node) -> Pair:
    """The server takes a column in brackets, with a collation or without, for the column."""
    node = element.get("expr", {})
    fields = node.get("CollateClause", {}).get("arg", node).get("ColumnRef", {}).get("fields", [])
    plain = strings(fields)[0] if len(fields) == 1 else "(expression)"
    return one(element.get("name", plain))


def create_index(node: Node) -> Iterator[Expected]:
    elements = [parameter["IndexElem"] for parameter in node.get("indexParams", [])]
    including = [parameter["IndexElem"] for parameter in node.get("indexIncludingParams", [])]
    facts = {
        name: node.get(key, False)
        for name, key in (
            ("unique", "unique"),
            ("concurrently", "concurrent"),
            ("if_not_exists", "if_not_exists"),
            ("nulls_not_distinct", "nulls_not_distinct"),
        )
    }
    yield (
        "create_index",
        {
            **facts,
            "index": one(node.get("idxname")),
            "table": relation(node["relation"]),
            "only": not node["relation"].get("inh", False),
            "columns": tuple(map(index_column, elements)),
            "include": tuple(map(index_column, including)),
            "where": expression(node.get("whereClause")),
            "has_expression": ("(expression)", "") in map(index_column, elements),
            "inline": False,
            **(
                {}
                if node.get("accessMethod") == "btree"
                else {"method": node.get("accessMethod", "")}
            ),
        },
    )


# ALTER TABLE


def alter_table(node: Node) -> Iterator[Expected]:
    from pg_oracle.objects import alter_relation

    table = relation(node["relation"])
    if node["objtype"] not in ("OBJECT_TABLE", "OBJECT_FOREIGN_TABLE"):
        yield from alter_relation(node, table)
        return
    for command in node["cmds"]:
        yield from _command(table, command["AlterTableCmd"])


def _command(table: Pair, node: Node) -> Iterator[Expected]:
    form = node["subtype"].removeprefix("AT_")
    name = one(node.get("name"))
    exists, cascade = node.get("missing_ok", False), node["behavior"] == "DROP_CASCADE"
    if form == "AddColumn":
        yield from add_column(table, node["def"]["ColumnDef"], if_not_exists=exists)
    elif form == "AddConstraint":
        yield constraint(table, node["def"]["Constraint"], inline=False)
    elif form == "ChangeOwner":
        yield (
            "change_owner",
            {
                "table": table,
                "object": table,
                "object_type": "table",
                "owner": role(node["newowner"]),
            },
        )
    elif form in _ON_COLUMN:
        yield _ON_COLUMN[form], {"table": table, "column": name}
    elif form in _ON_TABLE:
        kind, facts = _ON_TABLE[form]
        yield kind, {"table": table, **facts}
    elif form in _TRIGGERS:
        kind, trigger = _TRIGGERS[form]
        yield kind, {"table": table, "trigger": one(trigger) if trigger else name}
    else:
        kind, facts = _SPECIAL[form](node, name, exists, cascade)
        yield kind, {"table": table, **facts}


_ON_COLUMN = {
    "SetNotNull": "set_not_null",
    "DropNotNull": "drop_not_null",
    "SetStatistics": "alter_column_option",
    "SetOptions": "alter_column_option",
    "ResetOptions": "alter_column_option",
    "SetStorage": "alter_column_option",
    "SetCompression": "alter_column_option",
    "AlterColumnGenericOptions": "alter_column_option",
    "AddIdentity": "add_identity",
    "SetIdentity": "set_identity",
}
_ON_TABLE: dict[str, Expected] = {
    "SetLogged": ("set_logged", {"logged": True}),
    "SetUnLogged": ("set_logged", {"logged": False}),
    "EnableRowSecurity": ("row_security", {"action": "enable"}),
    "DisableRowSecurity": ("row_security", {"action": "disable"}),
    "ForceRowSecurity": ("row_security", {"action": "force"}),
    "NoForceRowSecurity": ("row_security", {"action": "no force"}),
    "SetRelOptions": ("set_storage_parameters", {}),
    "ResetRelOptions": ("set_storage_parameters", {}),
    **{
        form: ("alter_table_option", {})
        for form in (
            "ClusterOn",
            "DropCluster",
            "DropOids",
            "AddOf",
            "DropOf",
            "GenericOptions",
            "EnableRule",
            "DisableRule",
            "EnableAlwaysRule",
            "EnableReplicaRule",
        )
    },
}
_TRIGGERS = {
    **{f"Enable{mode}Trig": ("enable_trigger", "") for mode in ("", "Always", "Replica")},
    "EnableTrigAll": ("enable_trigger", "all"),
    "EnableTrigUser": ("enable_trigger", "user"),
    "DisableTrig": ("disable_trigger", ""),
    "DisableTrigAll": ("disable_trigger", "all"),
    "DisableTrigUser": ("disable_trigger", "user"),
}


def _column_default(node: Node, name: Pair, exists: bool, cascade: bool) -> Expected:
    if "def" not in node:
        return "drop_default", {"column": name}
    return "set_default", {"column": name, "default": expression(node["def"])}


def _column_type(node: Node, name: Pair, exists: bool, cascade: bool) -> Expected:
    new = node["def"]["ColumnDef"]
    return "alter_column_type", {
        "column": name,
        "type": type_tree(new["typeName"]),
        "using": expression(new.get("raw_default")),
        **({} if "collClause" in new else {"collation": ""}),
    }


def _detach(node: Node, name: Pair, exists: bool, cascade: bool) -> Expected:
    command = node["def"]["PartitionCmd"]
    return "detach_partition", {
        "partition": relation(command["name"]),
        "concurrently": command.get("concurrent", False),
        "finalize": node["subtype"] == "AT_DetachPartitionFinalize",
    }


_IDENTITIES = {"d": "default", "f": "full", "n": "nothing", "i": "using"}
_SPECIAL: dict[str, Any] = {
    "DropColumn": lambda n, name, e, c: (
        "drop_column",
        {"column": name, "if_exists": e, "cascade": c},
    ),
    "DropConstraint": lambda n, name, e, c: (
        "drop_constraint",
        {"constraint": name, "if_exists": e, "cascade": c},
    ),
    "ValidateConstraint": lambda n, name, e, c: ("validate_constraint", {"constraint": name}),
    "AlterConstraint": lambda n, name, e, c: (
        "alter_constraint",
        {"constraint": one(n["def"]["ATAlterConstraint"]["conname"])},
    ),
    "ColumnDefault": _column_default,
    "AlterColumnType": _column_type,
    "DropIdentity": lambda n, name, e, c: ("drop_identity", {"column": name, "if_exists": e}),
    "DropExpression": lambda n, name, e, c: ("drop_expression", {"column": name, "if_exists": e}),
    "SetExpression": lambda n, name, e, c: (
        "set_expression",
        {"column": name, "expression": expression(n["def"])},
    ),
    "SetTableSpace": lambda n, name, e, c: ("set_tablespace", {"tablespace": name}),
    "SetAccessMethod": lambda n, name, e, c: (
        "set_access_method",
        {"method": name[0] or "default"},
    ),
    "AddInherit": lambda n, name, e, c: (
        "set_inheritance",
        {"parent": relation(n["def"]["RangeVar"]), "removed": False},
    ),
    "DropInherit": lambda n, name, e, c: (
        "set_inheritance",
        {"parent": relation(n["def"]["RangeVar"]), "removed": True},
    ),
    "AttachPartition": lambda n, name, e, c: (
        "attach_partition",
        {
            "partition": relation(n["def"]["PartitionCmd"]["name"]),
            "is_default": n["def"]["PartitionCmd"]["bound"].get("is_default", False),
        },
    ),
    "DetachPartition": _detach,
    "DetachPartitionFinalize": _detach,
    "ReplicaIdentity": lambda n, name, e, c: (
        "set_replica_identity",
        {"identity": _IDENTITIES[n["def"]["ReplicaIdentityStmt"]["identity_type"]]},
    ),
}

FORMS: dict[str, Any] = {
    "CreateStmt": create_table,
    "CreateTableAsStmt": create_table_as,
    "IndexStmt": create_index,
    "CreateForeignTableStmt": lambda node: create_table(node["base"]),
    "AlterTableStmt": alter_table,
}
