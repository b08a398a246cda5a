"""The conditions of a rule: each fact is one that the operation carries, each value of its type."""

from __future__ import annotations

from typing import Any

import yaml

from migralint.rulefile.nodes import File, did_you_mean, items, mapping, text_of, value_of
from migralint.rulefile.patterns import refusal
from migralint.sql.vocabulary import DERIVED, KINDS, facts_of

Condition = tuple[Any, ...]

NUMBERS = ("gt", "gte", "lt", "lte")
PATTERNS = ("like", "regex")
CONTEXT = ("dialect", "layout", "server_version", "mariadb", "in_do", "in_routine", "wrapped")
# Facts that have to be worked out from an expression or a type: asked last.
DEAR = (
    "type", "default", "generated", "using", "where", "expression", "query", "old_type", "widening",
    "narrowing", "default_is_volatile", "always_true", "compares_with_null", "duplicate_columns",
    "rewrites_table", "scans_table", "lock", "blocks_reads", "blocks_writes",
)  # fmt: skip


def match_of(
    file: File, node: yaml.Node, within: tuple[str, ...] = ()
) -> tuple[tuple[str, ...], Condition]:
    """The kinds that a condition names, and what else it asks, cheap facts first.

    A condition inside a rule is `within` its kinds, and asks for the operation as for any fact.
    """
    fields = mapping(file, node, None)
    named = fields.pop("operation", None)
    if named is None and not within:
        file.wrong(node, "the field operation is missing")
    kinds = tuple(_kind(file, item) for item in listed(named)) if named else ()
    kinds = tuple(kind for kind in kinds if kind)
    if within and any(kind not in within for kind in kinds):
        hint = f"It looks at {', '.join(within)}."
        file.wrong(named, "the rule does not look at this operation", hint)
    tests = [test for name in fields for test in _tests(file, name, fields[name], kinds or within)]
    if within and kinds:
        tests.append(("operation", "is", kinds))
    return kinds, tuple(sorted(tests, key=_cost))


def condition_of(file: File, node: yaml.Node, kinds: tuple[str, ...]) -> Condition:
    return match_of(file, node, kinds)[1]


def _cost(test: tuple[str, str, Any]) -> int:
    fact = test[0]
    if test[1] in ("after", "before"):
        return 3
    if fact in DEAR:
        return 4
    return 0 if fact in CONTEXT else 2 if fact in DERIVED and fact != "operation" else 1


def listed(node: yaml.Node) -> list[yaml.Node]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else [node]


def _kind(file: File, node: yaml.Node) -> str:
    kind = text_of(file, node)
    if kind in KINDS:
        return kind
    file.wrong(node, f"unknown operation {kind}", did_you_mean(kind, KINDS))
    return ""


def _tests(file: File, name: str, node: yaml.Node, kinds: tuple[str, ...]) -> list[Any]:
    if name in ("after", "before"):
        return [_neighbour(file, name, node, kinds)]
    form = fact_type(file, node, name, kinds, f"the fact {name}")
    if not form:
        return []
    if not isinstance(node, yaml.MappingNode):
        return [(name, "is", _operands(file, node, form))]
    tests = []
    for test, value in mapping(file, node, ("not", *NUMBERS, *PATTERNS)).items():
        tests.append((name, test, _operand(file, name, test, value, form)))
    return tests


def _operand(file: File, name: str, test: str, node: yaml.Node, form: str) -> Any:
    if test in NUMBERS:
        if form != "int":
            file.wrong(node, f"{test} compares numbers, and {name} is a {form}")
        return typed(file, node, "int")
    if test in PATTERNS:
        if form not in ("text", "name", "names", "words"):
            file.wrong(node, f"{test} looks at a text, and {name} is a {form}")
        wrong = refusal(text_of(file, node)) if test == "regex" else ""
        if wrong:
            file.wrong(
                node, wrong, "Repeat no group that has a repetition or an alternative inside."
            )
        return text_of(file, node)
    return _operands(file, node, form)


def _operands(file: File, node: yaml.Node, form: str) -> tuple[Any, ...]:
    return tuple(typed(file, item, form) for item in listed(node))


def typed(file: File, node: yaml.Node, form: str) -> Any:
    if form not in ("bool", "int"):
        return text_of(file, node)
    value = value_of(file, node)
    if type(value) is not {"bool": bool, "int": int}[form]:
        wanted = "true or false" if form == "bool" else "a number"
        file.wrong(node, f"here belongs {wanted}")
    return value


def fact_type(file: File, node: yaml.Node, name: str, kinds: tuple[str, ...], what: str) -> str:
    """The type of a fact; a mistake where one of the operations does not carry it."""
    stated = [facts_of(kind) for kind in kinds]
    without = [kind for kind, facts in zip(kinds, stated, strict=True) if name not in facts]
    if name in DERIVED or (kinds and not without):
        return next((facts[name] for facts in stated if name in facts), "") or DERIVED[name][0]
    carried = dict.fromkeys(fact for facts in stated for fact in facts) | dict.fromkeys(DERIVED)
    hint = did_you_mean(name, carried)
    if any(name in facts_of(kind) for kind in KINDS):
        file.wrong(node, f"{what}: {', '.join(without)} does not carry it", hint)
    else:
        file.wrong(node, f"{what}: there is no such fact", hint)
    return ""


def _neighbour(file: File, name: str, node: yaml.Node, kinds: tuple[str, ...]) -> Any:
    """`after: {condition, same: [table]}`; `same: {here: there}` where the names differ."""
    if not isinstance(node, yaml.MappingNode):
        file.wrong(node, f"{name} has a condition")
        return (name, name, ((), (), ()))
    same = [value for key, value in node.value if key.value == "same"]
    rest = [(key, value) for key, value in node.value if key.value != "same"]
    bare = yaml.MappingNode(node.tag, rest, node.start_mark, node.end_mark)
    others, condition = match_of(file, bare)
    pairs = [pair for item in same for pair in _pairs(file, item)]
    for here, there in pairs:
        fact_type(file, node, here, kinds, f"same: the fact {here}")
        fact_type(file, node, there, others, f"same: the fact {there}")
    return (name, name, (others, condition, tuple(pairs)))


def _pairs(file: File, node: yaml.Node) -> list[tuple[str, str]]:
    if isinstance(node, yaml.MappingNode):
        return [(key, text_of(file, item)) for key, item in mapping(file, node, None).items()]
    names = [text_of(file, item) for item in items(file, node)]
    return [(name, name) for name in names]
