"""One rule file (YAML) -> Rule, or a sentence for each thing that is wrong with it.

The file is read by its nodes and not by its values, so that `off`, `010` and 2026-01-01 stay what
somebody wrote, and every mistake has its line. Imported only where rules are not in the cache.
"""

from __future__ import annotations

import os
import re

import yaml

from migralint.model import MigralintError, Severity
from migralint.rulefile.conditions import Condition, condition_of, fact_type, match_of, typed
from migralint.rulefile.nodes import File, choice, compose, items, mapping, text_of, value_of
from migralint.rules import PLACEHOLDER, Case, Example, Fix, Rule
from migralint.sql.vocabulary import KINDS

REQUIRED = ("id", "severity", "preset", "match", "message", "why", "instead", "examples")
KEYS = (*REQUIRED, "unless", "cases", "covers", "references", "fix", "per", "split")
CASE_KEYS = ("when", "message", "why", "instead", "severity")
EXAMPLE_KEYS = ("text", "given", "dialect", "fails", "runs")
GIVEN = (
    "table_rows", "server_version", "mariadb", "layout", "transaction", "earlier", "path",
    "prisma_version", "config", "files", "base", "foreign_keys",
)  # fmt: skip
SEVERITIES = {str(severity): severity for severity in Severity}
PER = {per: per for per in ("operation", "statement")}
# The recipes of fixing/split/recipes.py.
SPLITS = {
    name: name
    for name in (
        "concurrent-index", "concurrent-drop", "concurrent-reindex", "concurrent-unique",
        "concurrent-primary-key", "validate-later", "check-then-not-null", "required-later",
        "fill-later", "contract", "batches", "move-later", "expand-type", "expand-rename",
        "view-for-the-old-name",
    )
}  # fmt: skip
PRESETS = {preset: preset for preset in ("recommended", "strict", "optional")}
DIALECTS = {dialect: dialect for dialect in ("postgres", "mysql", "sqlite")}


def read(path: str, category: str, errors: list[MigralintError]) -> Rule | None:
    """The rule in this file; None where it has none, and then the errors have grown."""
    file, before = File(path, errors), len(errors)
    root = compose(file)
    rule = _rule(file, root, category) if root else None
    return rule if len(errors) == before else None


def _rule(file: File, root: yaml.Node, category: str) -> Rule | None:
    fields = mapping(file, root, KEYS, REQUIRED)
    if any(name not in fields for name in REQUIRED):
        return None
    kinds, match = match_of(file, fields["match"])
    kinds = kinds or tuple(KINDS)  # after a mistake: no complaint about facts on top of it
    examples = fields["examples"]
    return Rule(
        id=_id(file, fields["id"]),
        category=category,
        severity=choice(file, fields["severity"], SEVERITIES) or Severity.ERROR,
        preset=choice(file, fields["preset"], PRESETS) or "",
        kinds=kinds,
        match=match,
        unless=tuple(condition_of(file, node, kinds) for node in items(file, fields.get("unless"))),
        message=_words(file, fields["message"], kinds).replace("\n", " "),
        why=_words(file, fields["why"], kinds),
        instead=_words(file, fields["instead"], kinds),
        cases=tuple(_case(file, node, kinds) for node in items(file, fields.get("cases"))),
        covers=tuple(text_of(file, node) for node in items(file, fields.get("covers"))),
        per=(choice(file, fields["per"], PER) or "") if "per" in fields else "operation",
        references=tuple(text_of(file, node) for node in items(file, fields.get("references"))),
        examples=tuple(_examples(file, examples, match)),
        fix=_fix(file, fields["fix"], kinds) if "fix" in fields else None,
        path=file.path,
        split=(choice(file, fields["split"], SPLITS) or "") if "split" in fields else "",
    )


def _id(file: File, node: yaml.Node) -> str:
    text, stem = text_of(file, node), os.path.splitext(os.path.basename(file.path))[0]
    if text != stem:
        file.wrong(node, f"the id is {text} and the file is {stem}: they must be the same")
    elif not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", text):
        file.wrong(node, "an id is in small letters and hyphens")
    return text


def _words(file: File, node: yaml.Node, kinds: tuple[str, ...]) -> str:
    text = text_of(file, node).strip()
    if not text:
        file.wrong(node, "here belong some words")
    for name in dict.fromkeys(PLACEHOLDER.findall(text)):
        fact_type(file, node, name, kinds, f"the placeholder {{{name}}}")
    return text


def _case(file: File, node: yaml.Node, kinds: tuple[str, ...]) -> Case:
    fields = mapping(file, node, CASE_KEYS, ("when",))
    named, when = match_of(file, fields["when"], kinds) if "when" in fields else ((), ())
    texts = {
        name: _words(file, fields[name], named or kinds)
        for name in ("message", "why", "instead")
        if name in fields
    }
    chosen = choice(file, fields["severity"], SEVERITIES) if "severity" in fields else None
    return Case(when=when, severity=chosen, **texts)


def _fix(file: File, node: yaml.Node, kinds: tuple[str, ...]) -> Fix:
    fields = mapping(file, node, ("insert", "after"), ("insert", "after"))
    listed = mapping(file, fields["after"], kinds) if "after" in fields else {}
    after = {
        kind: tuple(_beginning(file, item) for item in items(file, found))
        for kind, found in listed.items()
    }
    return Fix(text_of(file, fields["insert"]) if "insert" in fields else "", after)


def _beginning(file: File, node: yaml.Node) -> str:
    """ "CREATE TABLE": words in capitals, or `name` where a name stands."""
    text = text_of(file, node)
    if not re.fullmatch(r"[A-Z]{1,40}(?: (?:[A-Z]{1,40}|name)){0,9}", text):
        file.wrong(node, "a beginning is words in capitals, and `name` where a name stands")
    return text


def _examples(file: File, node: yaml.Node, match: Condition) -> list[Example]:
    dialects = [operand[0] for fact, test, operand in match if (fact, test) == ("dialect", "is")]
    dialect = dialects[0] if dialects else "postgres"
    fields = mapping(file, node, ("bad", "good"))
    examples = [
        _example(file, item, name == "bad", dialect)
        for name in ("bad", "good")
        for item in items(file, fields.get(name))
    ]
    for name in ("bad", "good"):
        if not any(example.bad == (name == "bad") for example in examples):
            file.wrong(node, f"there is no {name} example")
    return examples


def _example(file: File, node: yaml.Node, bad: bool, dialect: str) -> Example:
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.MappingNode):
        return Example(text_of(file, node), bad, dialect, {}, "", line)
    fields = mapping(file, node, EXAMPLE_KEYS, ("text",))
    given = mapping(file, fields["given"], GIVEN) if "given" in fields else {}
    return Example(
        text=text_of(file, fields["text"]) if "text" in fields else "",
        bad=bad,
        dialect=choice(file, fields["dialect"], DIALECTS) if "dialect" in fields else dialect,
        given={name: value_of(file, item) for name, item in given.items()},
        fails=text_of(file, fields["fails"]) if "fails" in fields else "",
        line=line,
        runs=typed(file, fields["runs"], "bool") if "runs" in fields else True,
    )
