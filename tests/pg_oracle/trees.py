"""Reading libpg_query's JSON: names, types and expressions."""

from __future__ import annotations

import json
from typing import Any

from pglast.parser import ParseError, parse_sql_json

Node = dict[str, Any]
Pair = tuple[str, str]


class Tree:
    """A part of the tree; `frame` makes a statement of the source text that should stand for it."""

    def __init__(self, node: Node, frame: str) -> None:
        self.node = without_places(node)
        self.frame = frame

    def same_as(self, text: str) -> bool:
        try:
            parsed = json.loads(parse_sql_json(self.frame.replace("{}", text)))
        except ParseError:
            return False
        statement = parsed["stmts"][0]["stmt"]
        if self.frame == "{}":
            return bool(without_places(statement) == self.node)
        value = statement["SelectStmt"]["targetList"][0]["ResTarget"]["val"]
        value = value["TypeCast"]["typeName"] if "::" in self.frame else value
        return bool(without_places(value) == self.node)

    def __repr__(self) -> str:
        return f"Tree({json.dumps(self.node)[:200]})"


def expression(node: Node | None) -> Tree | str:
    return Tree(node, "SELECT ({}\n)") if node else ""


def type_tree(node: Node | None) -> Tree | str:
    return Tree(node, "SELECT NULL::{}") if node else ""


def query(node: Node) -> Tree:
    return Tree(node, "{}")


def without_places(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: without_places(value)
            for key, value in node.items()
            if not key.endswith(("location", "list_start", "list_end"))
        }
    return [without_places(one) for one in node] if isinstance(node, list) else node


def as_written(actual: Any, value: Any) -> Any:
    """The grammar's value in the oracle's shape: names as pairs, what is missing as its default."""
    if isinstance(value, bool):
        return bool(actual)
    if isinstance(value, str):
        return "" if actual == "no action" else actual or ""
    if isinstance(value, tuple) and value and isinstance(value[0], str):
        return _cut(actual) if actual is not None else ("", "")
    return tuple(_cut(name) for name in actual or ())


def _cut(name: Any) -> Pair:
    """libpg_query cuts names to 63 bytes as the server does; the grammar leaves them as written."""
    short = name.name.encode()[:63].decode(errors="ignore")
    return short, name.schema


def pair(parts: list[str]) -> Pair:
    schema = parts[-2] if len(parts) > 1 else ""
    return parts[-1], "" if schema == "public" else schema


def relation(node: Node) -> Pair:
    return pair([*([node["schemaname"]] if "schemaname" in node else []), node["relname"]])


def one(name: str | None) -> Pair:
    return name or "", ""


def strings(nodes: list[Node]) -> list[str]:
    return [node["String"].get("sval", "") for node in nodes if "String" in node]


def dotted(node: Any) -> Pair:
    """A name in any of the shapes that DROP, COMMENT and ALTER give it."""
    if isinstance(node, list):
        return pair(strings(node))
    ((form, body),) = node.items()
    if form in ("String", "Integer", "Float"):
        return one(str(body.get("sval") or body.get("ival") or body.get("fval") or ""))
    if form == "List":
        return pair(strings(body["items"]))
    if form == "TypeName":
        return pair(strings(body["names"]))
    if form == "ObjectWithArgs":
        return pair(strings(body["objname"]))
    if form == "RangeVar":
        return relation(body)
    raise KeyError(form)


def columns(nodes: list[Node] | None) -> tuple[Pair, ...]:
    return tuple(one(name) for name in strings(nodes or []))


def role(node: Node) -> Pair:
    kind = node["roletype"]
    return one(
        node["rolename"] if kind == "ROLESPEC_CSTRING" else kind.removeprefix("ROLESPEC_").lower()
    )
