"""The nodes of a YAML file: reading them, and saying what is wrong with one and where."""

from __future__ import annotations

import difflib
import re
from typing import Any

import yaml

from migralint.cache import reads
from migralint.model import MigralintError, Record
from migralint.nesting import refuse_depth

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class File(Record):
    path: str
    errors: list[MigralintError]

    def wrong(self, node: yaml.Node | None, message: str, hint: str = "") -> None:
        line, column = (node.start_mark.line + 1, node.start_mark.column + 1) if node else (1, 1)
        error = MigralintError(message, path=self.path, line=line, column=column, hint=hint)
        self.errors.append(error)


def compose(file: File) -> yaml.Node | None:
    try:
        text = reads.read(file.path).decode()
        refuse_depth(text, LOADER)
        root = yaml.compose(text, LOADER)
    except UnicodeDecodeError:
        file.wrong(None, "is not UTF-8")
    except ValueError as error:
        file.wrong(None, str(error))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = getattr(error, "problem", None) or "cannot be read"
        wrong = MigralintError(f"is not YAML: {problem}", path=file.path, line=line, column=column)
        file.errors.append(wrong)
    else:
        if isinstance(root, yaml.MappingNode) and not _has_aliases(file, root, set()):
            return root
        if not isinstance(root, yaml.MappingNode):
            file.wrong(root, "a rule file is a mapping of keys to values")
    return None


def _has_aliases(file: File, node: yaml.Node, seen: set[int]) -> bool:
    """Aliases are refused: with a few of them a small file becomes endless."""
    if id(node) in seen:
        file.wrong(node, "anchors and aliases are not read in a rule file")
        return True
    seen.add(id(node))
    inner = node.value if isinstance(node, yaml.CollectionNode) else []
    flat = (item for entry in inner for item in (entry if isinstance(entry, tuple) else (entry,)))
    return any(_has_aliases(file, item, seen) for item in flat)


def mapping(
    file: File, node: yaml.Node, keys: tuple[str, ...] | None, required: tuple[str, ...] = ()
) -> dict[str, yaml.Node]:
    """The entries; with `keys`, any other key is a mistake."""
    if not isinstance(node, yaml.MappingNode):
        file.wrong(node, "here belongs a mapping of keys to values")
        return {}
    found: dict[str, yaml.Node] = {}
    for key_node, value in node.value:
        key = text_of(file, key_node)
        if key in found:
            file.wrong(key_node, f"{key} stands here twice")
        elif keys is not None and key not in keys:
            file.wrong(key_node, f"unknown key {key}", did_you_mean(key, keys))
        found[key] = value
    for name in required:
        if name not in found:
            file.wrong(node, f"the field {name} is missing")
    return found


def items(file: File, node: yaml.Node | None) -> list[yaml.Node]:
    if node is None or isinstance(node, yaml.SequenceNode):
        return list(node.value) if node else []
    file.wrong(node, "here belongs a list")
    return []


def text_of(file: File, node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    file.wrong(node, "here belongs a text")
    return ""


def value_of(file: File, node: yaml.Node) -> Any:
    """true, false and whole numbers are what they look like; everything else is its text."""
    if isinstance(node, yaml.MappingNode):
        return {key: value_of(file, item) for key, item in mapping(file, node, None).items()}
    if isinstance(node, yaml.SequenceNode):
        return [value_of(file, item) for item in node.value]
    if getattr(node, "style", None):  # in quotes; a plain scalar has None or "", by the loader
        return str(node.value)
    return {"true": True, "false": False}.get(node.value, _number(node.value))


def _number(text: str) -> int | str:
    return int(text) if re.fullmatch(r"-?(0|[1-9][0-9]{0,17})", text) else text


def choice(file: File, node: yaml.Node, choices: dict[str, Any]) -> Any:
    text = text_of(file, node)
    if text not in choices:
        hint = did_you_mean(text, choices)
        file.wrong(node, f"{text or 'nothing'} is none of {', '.join(choices)}", hint)
    return choices.get(text)


def did_you_mean(word: str, words: Any) -> str:
    near = difflib.get_close_matches(word, list(words), 1)
    return f"Did you mean {near[0]}?" if near else ""
