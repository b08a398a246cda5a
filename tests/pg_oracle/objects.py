"""Everything that is neither a table nor rows: types, views, routines, roles, privileges ..."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pg_oracle.trees import Node, Pair, dotted, one, pair, query, relation, role, strings, type_tree

Expected = tuple[str, dict[str, Any]]

_DROPPED = {
    "TABLE": ("drop_table", "table"),
    "FOREIGN_TABLE": ("drop_table", "table"),
    "INDEX": ("drop_index", "index"),
    "VIEW": ("drop_view", "view"),
    "MATVIEW": ("drop_view", "view"),
    "SEQUENCE": ("drop_sequence", "sequence"),
    "TYPE": ("drop_type", "type_name"),
    "DOMAIN": ("drop_domain", "type_name"),
    "SCHEMA": ("drop_schema", "schema"),
    "EXTENSION": ("drop_extension", "extension"),
    "FUNCTION": ("drop_routine", "routine"),
    "PROCEDURE": ("drop_routine", "routine"),
    "ROUTINE": ("drop_routine", "routine"),
    "AGGREGATE": ("drop_routine", "routine"),
    "TRIGGER": ("drop_trigger", "trigger"),
    "RULE": ("drop_rule", "rule"),
    "POLICY": ("drop_policy", "policy"),
}


def drop(node: Node) -> Iterator[Expected]:
    form = node["removeType"].removeprefix("OBJECT_")
    cascade = node.get("behavior") == "DROP_CASCADE"
    flags: dict[str, Any] = {"if_exists": node.get("missing_ok", False), "cascade": cascade}
    for thing in node["objects"]:
        if form not in _DROPPED:
            yield "drop_object", flags
            continue
        kind, fact = _DROPPED[form]
        if form in ("TRIGGER", "RULE", "POLICY"):
            parts = strings(thing["List"]["items"])
            yield kind, {**flags, fact: one(parts[-1]), "table": pair(parts[:-1])}
        elif form == "INDEX":
            yield (
                kind,
                {**flags, fact: dotted(thing), "concurrently": node.get("concurrent", False)},
            )
        elif form in ("VIEW", "MATVIEW"):
            yield kind, {**flags, fact: dotted(thing), "materialized": form == "MATVIEW"}
        else:
            yield kind, {**flags, fact: dotted(thing)}


# ALTER ... RENAME, OWNER TO, SET SCHEMA


def rename(node: Node) -> Iterator[Expected]:
    form = node["renameType"].removeprefix("OBJECT_")
    new, old = one(node["newname"]), one(node.get("subname"))
    table = relation(node["relation"]) if "relation" in node else ("", "")
    on = node.get("relationType", "").removeprefix("OBJECT_")
    if form in ("TABLE", "FOREIGN_TABLE"):
        yield (
            "rename_table",
            {"table": table, "new_name": new, "if_exists": node.get("missing_ok", False)},
        )
    elif form in ("COLUMN", "ATTRIBUTE") and on in ("TABLE", "FOREIGN_TABLE"):
        yield "rename_column", {"table": table, "column": old, "new_name": new}
    elif form == "COLUMN" or form in ("VIEW", "MATVIEW"):
        yield "alter_view", {"view": table}
    elif form == "TABCONSTRAINT":
        yield "rename_constraint", {"table": table, "constraint": old, "new_name": new}
    elif form == "INDEX":
        yield (
            "rename_index",
            {"index": table, "new_name": new, "if_exists": node.get("missing_ok", False)},
        )
    elif form == "SEQUENCE":
        yield "alter_sequence", {"sequence": table}
    elif form == "ATTRIBUTE":
        yield "alter_type", {"type_name": table}
    elif form == "POLICY":
        yield "alter_policy", {"policy": old, "table": table}
    elif form in ("TRIGGER", "RULE"):
        yield "alter_object", {"object": old, "object_type": form.lower()}
    elif form == "SCHEMA":
        yield "rename_schema", {"schema": old, "new_name": new}
    elif form == "DATABASE":
        yield "alter_database", {"database": old}
    elif form == "ROLE":
        yield "alter_role", {"role": old}
    else:
        yield from _renamed_object(node, form, new)


def _renamed_object(node: Node, form: str, new: Pair) -> Iterator[Expected]:
    name = dotted(node["object"]) if "object" in node else one(node.get("subname"))
    if form == "TYPE":
        yield "rename_type", {"type_name": name, "new_name": new}
    elif form in ("DOMAIN", "DOMCONSTRAINT"):
        yield "alter_domain", {"type_name": name}
    elif form in _ROUTINES:
        yield "alter_routine", {"routine": name}
    else:
        yield "alter_object", {}


_ROUTINES = ("FUNCTION", "PROCEDURE", "ROUTINE", "AGGREGATE")


def _object(node: Node) -> Pair:
    if "relation" in node:
        return relation(node["relation"])
    if node["objectType"] in ("OBJECT_OPCLASS", "OBJECT_OPFAMILY"):  # the access method comes first
        return pair(strings(node["object"]["List"]["items"])[1:])
    return dotted(node["object"])


def set_schema(node: Node) -> Iterator[Expected]:
    name = _object(node)
    facts: dict[str, Any] = {"object": name, "new_schema": one(node["newschema"])}
    if node["objectType"] in ("OBJECT_TABLE", "OBJECT_FOREIGN_TABLE"):
        facts["table"] = name
    yield "set_schema", facts


def change_owner(node: Node) -> Iterator[Expected]:
    yield "change_owner", {"object": _object(node), "owner": role(node["newowner"])}


def alter_relation(node: Node, name: Pair) -> Iterator[Expected]:
    """ALTER INDEX, VIEW, SEQUENCE, TYPE, which libpg_query gives as ALTER TABLE."""
    form = node["objtype"].removeprefix("OBJECT_")
    for entry in node["cmds"]:
        command = entry["AlterTableCmd"]
        if command["subtype"] == "AT_ChangeOwner":
            yield "change_owner", {"object": name, "owner": role(command["newowner"])}
        elif form == "TYPE":
            yield _attribute(command, name)
        elif form == "INDEX":
            yield "alter_index", {"index": name}
        elif form == "SEQUENCE":
            yield "alter_sequence", {"sequence": name}
        else:
            yield "alter_view", {"view": name, "materialized": form == "MATVIEW"}


def _attribute(command: Node, name: Pair) -> Expected:
    if command["subtype"] == "AT_DropColumn":
        facts = {"column": one(command["name"]), "cascade": command["behavior"] == "DROP_CASCADE"}
        return "drop_attribute", {"type_name": name, **facts}
    column = command["def"]["ColumnDef"]
    kind = {"AT_AddColumn": "add_attribute", "AT_AlterColumnType": "alter_attribute"}[
        command["subtype"]
    ]
    written = column.get("colname") or command.get("name")
    return kind, {"type_name": name, "column": one(written), "type": type_tree(column["typeName"])}


# types


def alter_enum(node: Node) -> Iterator[Expected]:
    name = pair(strings(node["typeName"]))
    if "oldVal" in node:
        yield (
            "rename_enum_value",
            {"type_name": name, "value": node["oldVal"], "new_value": node["newVal"]},
        )
    else:
        flag = node.get("skipIfNewValExists", False)
        yield (
            "add_enum_value",
            {"type_name": name, "value": node.get("newVal", ""), "if_not_exists": flag},
        )


def alter_domain(node: Node) -> Iterator[Expected]:
    name = pair(strings(node["typeName"]))
    if node["subtype"] == "C":
        body = node["def"]["Constraint"]
        yield (
            "add_domain_constraint",
            {
                "type_name": name,
                "constraint": one(body.get("conname")),
                "not_valid": body.get("skip_validation", False),
            },
        )
    elif node["subtype"] == "O":
        yield "set_domain_not_null", {"type_name": name}
    else:
        yield "alter_domain", {"type_name": name}


def create_domain(node: Node) -> Iterator[Expected]:
    kinds = [entry["Constraint"]["contype"] for entry in node.get("constraints", [])]
    yield (
        "create_domain",
        {
            "type_name": pair(strings(node["domainname"])),
            "type": type_tree(node["typeName"]),
            "check": "CONSTR_CHECK" in kinds,
            "nullable": "CONSTR_NOTNULL" not in kinds,
        },
    )


def define(node: Node) -> Iterator[Expected]:
    name = pair(strings(node["defnames"]))
    if node["kind"] == "OBJECT_TYPE":
        yield (
            "create_type",
            {"type_name": name, "variety": "base" if "definition" in node else "shell"},
        )
    else:
        yield "create_object", {"object": name}


# views, routines, triggers


def create_view(node: Node) -> Iterator[Expected]:
    rewritten = node["query"]["SelectStmt"].get("withClause", {}).get("recursive", False)
    yield (
        "create_view",
        {
            "view": relation(node["view"]),
            "or_replace": node.get("replace", False),
            "materialized": False,
            "temporary": node["view"].get("relpersistence") == "t",
            **({} if rewritten else {"query": query(node["query"])}),
        },
    )


def options(node: Node, key: str = "options") -> dict[str, Any]:
    return {
        entry["DefElem"]["defname"]: entry["DefElem"].get("arg", {}) for entry in node.get(key, [])
    }


def create_routine(node: Node) -> Iterator[Expected]:
    entries = [entry["DefElem"] for entry in node.get("options", [])]
    given = options(node)
    settings = [
        entry["arg"]["VariableSetStmt"].get("name")
        for entry in entries
        if entry["defname"] == "set"
    ]
    facts: dict[str, Any] = {
        "routine": pair(strings(node["funcname"])),
        "or_replace": node.get("replace", False),
        "language": given.get("language", {}).get("String", {}).get("sval", "").lower(),
        "security_definer": given.get("security", {}).get("Boolean", {}).get("boolval", False),
        "sets_search_path": "search_path" in settings,
        "variety": "procedure" if node.get("is_procedure") else "function",
    }
    if "as" in given:
        facts["body"] = strings(given["as"]["List"]["items"])[0]
    yield "create_routine", facts


def do_block(node: Node) -> Iterator[Expected]:
    given = options(node, "args")
    language = given.get("language", {"String": {"sval": "plpgsql"}})["String"]["sval"]
    yield "do_block", {"body": given["as"]["String"].get("sval", ""), "language": language.lower()}


def create_trigger(node: Node) -> Iterator[Expected]:
    yield (
        "create_trigger",
        {
            "trigger": one(node["trigname"]),
            "table": relation(node["relation"]),
            "or_replace": node.get("replace", False),
        },
    )


# roles and privileges


def role_options(node: Node) -> dict[str, Any]:
    given = options(node)
    return {
        "superuser": given.get("superuser", {}).get("Boolean", {}).get("boolval", False),
        "bypassrls": given.get("bypassrls", {}).get("Boolean", {}).get("boolval", False),
        "has_password": bool(given.get("password", {}).get("String", {}).get("sval")),
    }


def grant(node: Node) -> Iterator[Expected]:
    if not node.get("is_grant"):
        yield "revoke", {}
        return
    receivers = [entry["RoleSpec"] for entry in node["grantees"]]
    yield (
        "grant",
        {
            "to": tuple(role(one_) for one_ in receivers),
            "to_public": ("public", "") in map(role, receivers),
            "all_privileges": not node.get("privileges")
            or "priv_name" not in node["privileges"][0]["AccessPriv"],
            "role_grant": False,
        },
    )


def grant_role(node: Node) -> Iterator[Expected]:
    if not node.get("is_grant"):
        yield "revoke", {}
        return
    receivers = tuple(role(entry["RoleSpec"]) for entry in node["grantee_roles"])
    yield "grant", {"to": receivers, "all_privileges": False, "role_grant": True}


def default_privileges(node: Node) -> Iterator[Expected]:
    action = node["action"]
    receivers = [role(entry["RoleSpec"]) for entry in action["grantees"]]
    granted = action.get("is_grant", False)
    yield (
        "default_privileges",
        {
            "revoked": not granted,
            "all_privileges": not action.get("privileges"),
            **({"to_public": ("public", "") in receivers} if granted else {}),
        },
    )


def drop_roles(node: Node) -> Iterator[Expected]:
    for entry in node["roles"]:
        yield (
            "drop_role",
            {"role": role(entry["RoleSpec"]), "if_exists": node.get("missing_ok", False)},
        )


def comment(node: Node) -> Iterator[Expected]:
    form = node["objtype"].removeprefix("OBJECT_")
    facts: dict[str, Any] = {}
    if form in (
        "TABLE",
        "COLUMN",
        "INDEX",
        "VIEW",
        "SCHEMA",
        "FUNCTION",
        "TYPE",
        "EXTENSION",
        "SEQUENCE",
        "MATVIEW",
    ):
        facts["object"] = dotted(node["object"])
    yield "comment", facts


def _named(kind: str, fact: str, key: str, **more: str) -> Any:
    """A form of which a name, and flags of the tree by their own names, are compared."""

    def reader(node: Node) -> Iterator[Expected]:
        value = node.get(key)
        shaped = relation(value) if isinstance(value, dict) and "relname" in value else None
        if shaped is None:
            shaped = role(value) if isinstance(value, dict) else None
        if shaped is None:
            shaped = pair(strings(value)) if isinstance(value, list) else one(value)
        yield kind, {fact: shaped, **{name: node.get(flag, False) for name, flag in more.items()}}

    return reader


def _kind(kind: str, **facts: Any) -> Any:
    return lambda node: [(kind, facts)]


def _role(kind: str) -> Any:
    def reader(node: Node) -> Iterator[Expected]:
        name = one(node["role"]) if isinstance(node["role"], str) else role(node["role"])
        yield kind, {"role": name, **role_options(node)}

    return reader


def _on_table(kind: str, fact: str, key: str, table: str = "relation") -> Any:
    return lambda node: [(kind, {fact: one(node[key]), "table": relation(node[table])})]


FORMS: dict[str, Any] = {
    "DropStmt": drop,
    "RenameStmt": rename,
    "AlterObjectSchemaStmt": set_schema,
    "AlterOwnerStmt": change_owner,
    "AlterTableMoveAllStmt": lambda node: [
        (
            {"OBJECT_TABLE": "set_tablespace", "OBJECT_INDEX": "alter_index"}.get(
                node["objtype"], "alter_view"
            ),
            {},
        )
    ],
    "AlterEnumStmt": alter_enum,
    "AlterDomainStmt": alter_domain,
    "CreateDomainStmt": create_domain,
    "CreateEnumStmt": lambda node: [
        (
            "create_type",
            {
                "type_name": pair(strings(node["typeName"])),
                "variety": "enum",
                "values": "\n".join(strings(node.get("vals", []))),
            },
        )
    ],
    "CompositeTypeStmt": lambda node: [
        ("create_type", {"type_name": relation(node["typevar"]), "variety": "composite"})
    ],
    "CreateRangeStmt": lambda node: [
        ("create_type", {"type_name": pair(strings(node["typeName"])), "variety": "range"})
    ],
    "AlterTypeStmt": _named("alter_type", "type_name", "typeName"),
    "DefineStmt": define,
    "ViewStmt": create_view,
    "CreateFunctionStmt": create_routine,
    "DoStmt": do_block,
    "RefreshMatViewStmt": lambda node: [
        (
            "refresh_view",
            {
                "view": relation(node["relation"]),
                "concurrently": node.get("concurrent", False),
                "with_data": not node.get("skipData", False),
            },
        )
    ],
    "AlterFunctionStmt": lambda node: [
        ("alter_routine", {"routine": pair(strings(node["func"]["objname"]))})
    ],
    "CreateTrigStmt": create_trigger,
    "RuleStmt": _on_table("create_rule", "rule", "rulename"),
    "CreatePolicyStmt": _on_table("create_policy", "policy", "policy_name", "table"),
    "AlterPolicyStmt": _on_table("alter_policy", "policy", "policy_name", "table"),
    "CreateSeqStmt": lambda node: [
        (
            "create_sequence",
            {
                "sequence": relation(node["sequence"]),
                "if_not_exists": node.get("if_not_exists", False),
                "temporary": node["sequence"].get("relpersistence") == "t",
            },
        )
    ],
    "AlterSeqStmt": _named("alter_sequence", "sequence", "sequence"),
    "CreateSchemaStmt": _named(
        "create_schema", "schema", "schemaname", if_not_exists="if_not_exists"
    ),
    "CreatedbStmt": _named("create_database", "database", "dbname"),
    "DropdbStmt": _named("drop_database", "database", "dbname", if_exists="missing_ok"),
    "AlterDatabaseStmt": _named("alter_database", "database", "dbname"),
    "AlterDatabaseSetStmt": _named("alter_database", "database", "dbname"),
    "AlterDatabaseRefreshCollStmt": _named("alter_database", "database", "dbname"),
    "AlterSystemStmt": lambda node: [
        ("alter_system", {"parameter": node["setstmt"].get("name", "all")})
    ],
    "CreateTableSpaceStmt": _named("create_tablespace", "tablespace", "tablespacename"),
    "DropTableSpaceStmt": _named(
        "drop_tablespace", "tablespace", "tablespacename", if_exists="missing_ok"
    ),
    "AlterTableSpaceOptionsStmt": _named("alter_object", "object", "tablespacename"),
    "CreateExtensionStmt": lambda node: [
        (
            "create_extension",
            {
                "extension": one(node["extname"]),
                "if_not_exists": node.get("if_not_exists", False),
                "cascade": "cascade" in options(node),
            },
        )
    ],
    "AlterExtensionStmt": _named("alter_extension", "extension", "extname"),
    "AlterExtensionContentsStmt": _named("alter_extension", "extension", "extname"),
    "CreatePublicationStmt": _named("create_publication", "publication", "pubname"),
    "AlterPublicationStmt": _named("alter_object", "object", "pubname"),
    "CreateSubscriptionStmt": lambda node: [
        (
            "create_subscription",
            {
                "subscription": one(node["subname"]),
                "has_password": "password=" in node.get("conninfo", ""),
            },
        )
    ],
    "AlterSubscriptionStmt": _named("alter_object", "object", "subname"),
    "DropSubscriptionStmt": _named("drop_object", "object", "subname", if_exists="missing_ok"),
    "CommentStmt": comment,
    "GrantStmt": grant,
    "GrantRoleStmt": grant_role,
    "AlterDefaultPrivilegesStmt": default_privileges,
    "DropRoleStmt": drop_roles,
    "CreateRoleStmt": _role("create_role"),
    "AlterRoleStmt": _role("alter_role"),
    "AlterRoleSetStmt": lambda node: [
        ("alter_role", {"role": role(node["role"]) if "role" in node else ("all", "")})
    ],
    "ReassignOwnedStmt": lambda node: [
        ("reassign_owned", {"role": role(node["roles"][0]["RoleSpec"])})
    ],
    "DropOwnedStmt": lambda node: [
        (
            "drop_owned",
            {
                "role": role(node["roles"][0]["RoleSpec"]),
                "cascade": node.get("behavior") == "DROP_CASCADE",
            },
        )
    ],
    **{
        form: _kind("create_object")
        for form in (
            "CreateAmStmt",
            "CreateCastStmt",
            "CreateConversionStmt",
            "CreateEventTrigStmt",
            "CreateFdwStmt",
            "CreateForeignServerStmt",
            "CreateOpClassStmt",
            "CreateOpFamilyStmt",
            "CreatePLangStmt",
            "CreateStatsStmt",
            "CreateTransformStmt",
            "CreateUserMappingStmt",
        )
    },
    **{
        form: _kind("alter_object")
        for form in (
            "AlterCollationStmt",
            "AlterEventTrigStmt",
            "AlterFdwStmt",
            "AlterForeignServerStmt",
            "AlterOpFamilyStmt",
            "AlterOperatorStmt",
            "AlterStatsStmt",
            "AlterTSConfigurationStmt",
            "AlterTSDictionaryStmt",
            "AlterUserMappingStmt",
        )
    },
    "AlterObjectDependsStmt": lambda node: [
        (
            {
                "OBJECT_TRIGGER": "alter_object",
                "OBJECT_INDEX": "alter_index",
                "OBJECT_MATVIEW": "alter_view",
            }.get(node["objectType"], "alter_routine"),
            {},
        )
    ],
    "DropUserMappingStmt": _kind("drop_object"),
    "SecLabelStmt": _kind("other", verb="security"),
    "ImportForeignSchemaStmt": _kind("other", verb="import"),
}
