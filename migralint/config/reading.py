"""A configuration file, read by YAML nodes: every key and value has its line and column.

Working on nodes leaves YAML 1.1's surprises out (`off`, `010`, dates, repeated keys).
"""

from __future__ import annotations

import os
import posixpath

from migralint.cache import reads
from migralint.config import Allow, Override
from migralint.config.keys import DIALECTS, KEYS, LEVELS, SCALARS, near
from migralint.model import MigralintError, Record
from migralint.nesting import refuse_depth, refuse_growth
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from typing import Any, Protocol

    class Node(Protocol):
        """What PyYAML's stubs leave out of its nodes."""

        id: str
        value: Any
        style: str | None
        start_mark: Any


LARGEST = 2_000_000
DATE = pattern(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\Z")
SHA256 = pattern(r"[0-9a-f]{64}\Z")


class Reading(Record):
    """Where the reader is: the file's shown path, what was wrong so far, which rules exist."""

    path: str
    prefix: str
    problems: list[MigralintError]
    rule_names: list[tuple[str, Any]]

    def rebase(self, text: str) -> str:
        """A path or glob of the file, relative to the root; as Windows writes it, too."""
        return posixpath.normpath(self.prefix + text.replace("\\", "/"))

    def wrong(self, node: Node, message: str) -> None:
        mark = node.start_mark
        self.problems.append(
            MigralintError(message, path=self.path, line=mark.line + 1, column=mark.column + 1)
        )


def read_file(
    path: str,
    root: str,
    values: dict[str, Any],
    origin: dict[str, str],
    rule_ids: Callable[[str], Collection[str]] | None = None,
    data: bytes | None = None,
) -> list[MigralintError]:
    """Put the values and their places into `values` and `origin`; what is wrong comes back.

    `data` are the bytes of the file, where it is not to be read.
    """
    shown = os.path.relpath(path, root).replace(os.sep, "/")
    folder = os.path.dirname(shown)
    reading = Reading(shown, folder + "/" if folder else "", [], [])
    node = _compose(_bytes(path, shown) if data is None else data, shown)
    for name, key_node, value in pairs(node, "the configuration", reading, tuple(KEYS)):
        if _is_empty(value):
            continue
        found = _value(name, value, reading)
        if found is not None:
            values[name] = found
            origin[name] = f"{shown}:{key_node.start_mark.line + 1}"
    if rule_ids is not None and reading.rule_names:
        known = tuple(rule_ids(values.get("rules_dir", "")))
        for rule, place in reading.rule_names:
            if rule not in known:
                reading.wrong(place, f"there is no rule {rule!r}{near(rule, known)}")
    return reading.problems


def _bytes(path: str, shown: str) -> bytes:
    try:
        return reads.read(path)
    except OSError as error:
        raise MigralintError(f"cannot be read: {error.strerror}", path=shown) from None


def _compose(data: bytes, shown: str) -> Node | None:
    import yaml

    if len(data) > LARGEST:
        raise MigralintError("is larger than a configuration can be (2 MB)", path=shown)
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = _decoded(data, shown)
    try:
        refuse_depth(text, loader)
        node: Any = yaml.compose(text, loader)
        refuse_growth(text, node)
        return node  # type: ignore[no-any-return]
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(error, text, shown) from None
    except yaml.YAMLError as error:
        raise MigralintError(f"is not YAML: {error}".splitlines()[0], path=shown) from None
    except ValueError as error:
        raise MigralintError(str(error), path=shown) from None


def _decoded(data: bytes, shown: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = len(data[data.rfind(b"\n", 0, error.start) + 1 : error.start].decode()) + 1
    hint = "Save the file in this encoding."
    raise MigralintError("is not UTF-8", path=shown, line=line, column=column, hint=hint)


def _not_yaml(error: Any, text: str, shown: str) -> MigralintError:
    """The parser's sentence, with what it was about where that began in another line."""
    mark, begun = error.problem_mark or error.context_mark, error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    problem = f"is not YAML: {error.problem or error.context or 'it cannot be read'}"
    here = text[mark.index : mark.index + 1] if mark else ""
    first = text[begun.index : begun.index + 1] if begun else here
    hint = ""
    if here == "\t":
        problem = "is not YAML: here is a tab, and YAML indents with blanks"
    elif first and first in "*&!@`%":
        hint = f"A text that begins with {first} is written in quotes."
    elif error.context and begun and begun.line + 1 < line:
        problem += f", {error.context} that begins in line {begun.line + 1}"
    return MigralintError(problem, path=shown, line=line, column=column, hint=hint)


def _is_empty(node: Node) -> bool:
    return node.id == "scalar" and not node.value and node.style in (None, "")


def pairs(
    node: Node | None, what: str, reading: Reading, allowed: tuple[str, ...]
) -> Iterator[tuple[str, Node, Node]]:
    """(key, its node, value node) of a mapping; unknown and repeated keys are reported."""
    if node is None or _is_empty(node):
        return
    if node.id != "mapping":
        reading.wrong(node, f"{what} is a mapping (key: value)")
        return
    seen: set[str] = set()
    for key, value in node.value:
        name = key.value if key.id == "scalar" else ""
        if not name:
            reading.wrong(key, f"a key of {what} is a word")
        elif name in seen:
            reading.wrong(key, f"{name!r} is there twice")
        elif allowed and name not in allowed:
            reading.wrong(key, f"{what} has no key {name!r}{near(name, allowed)}")
        else:
            seen.add(name)
            yield name, key, value


def _value(name: str, node: Node, reading: Reading) -> Any:
    """The value of a key, None where it is wrong (and reported)."""
    key = KEYS[name]
    if key.form in SCALARS:
        found = scalar(name, node, reading, key.form, key.choices)
        return reading.rebase(found) if key.rebased and found else found
    if key.form == "texts":
        return tuple(reading.rebase(text) for text in _texts(name, node, reading))
    if key.form == "rules":
        return _rules(node, reading)
    if key.form == "tables":
        return _tables(node, reading)
    if key.form in ("commands", "guard", "hosts"):
        from migralint.config import guarding

        return getattr(guarding, key.form)(node, reading)
    shape = _override if key.form == "overrides" else _allow
    made = [shape(item, reading) for item in items(name, node, reading)]
    return tuple(each for each in made if each is not None)


def scalar(
    name: str, node: Node, reading: Reading, form: str = "text", choices: tuple[str, ...] = ()
) -> Any:
    if node.id != "scalar":
        reading.wrong(node, f"{name} is a single value, not a {node.id}")
        return None
    try:
        return SCALARS[form](node.value, choices)
    except ValueError as error:
        reading.wrong(node, f"{name} {error}")
        return None


def items(name: str, node: Node, reading: Reading) -> list[Node]:
    if node.id != "sequence":
        reading.wrong(node, f"{name} is a list")
        return []
    found: list[Node] = node.value
    return found


def _texts(name: str, node: Node, reading: Reading) -> list[str]:
    nodes = [node] if node.id == "scalar" else items(name, node, reading)
    found = [scalar(f"an item of {name}", item, reading) for item in nodes]
    return [text for text in found if text]


def _rules(node: Node, reading: Reading) -> dict[str, str]:
    found: dict[str, str] = {}
    for rule, key, value in pairs(node, "rules", reading, ()):
        reading.rule_names.append((rule, key))
        level = scalar(rule, value, reading, "choice", LEVELS)
        if level:
            found[rule] = level
    return found


def _tables(node: Node, reading: Reading) -> dict[str, int | None] | None:
    if node.id == "sequence":
        names = [scalar("an item of large_tables", item, reading) for item in node.value]
        return {name: None for name in names if name}
    if node.id != "mapping":
        reading.wrong(node, "large_tables is a list of names, or rows by name")
        return None
    found: dict[str, int | None] = {}
    for name, _, value in pairs(node, "large_tables", reading, ()):
        found[name] = None if _is_empty(value) else scalar(name, value, reading, "count")
    return found


def _override(node: Node, reading: Reading) -> Override | None:
    files: tuple[str, ...] = ()
    rules: dict[str, str] = {}
    dialect = ""
    for name, _, value in pairs(node, "an override", reading, ("files", "rules", "dialect")):
        if name == "files":
            files = tuple(reading.rebase(text) for text in _texts("files", value, reading))
        elif name == "rules":
            rules = _rules(value, reading)
        else:
            dialect = scalar("dialect", value, reading, "choice", DIALECTS) or ""
    if not files:
        if node.id == "mapping":
            reading.wrong(node, "an override needs `files:` (globs)")
        return None
    dialect = "mysql" if dialect == "mariadb" else dialect
    return Override(files, rules, dialect, node.start_mark.line + 1)


def _allow(node: Node, reading: Reading) -> Allow | None:
    before = len(reading.problems)
    found: dict[str, str] = {}
    keys = ("rule", "path", "sha256", "reason", "until")
    for name, _, value in pairs(node, "an entry of allow", reading, keys):
        found[name] = scalar(name, value, reading) or ""
        if name == "rule" and found[name]:
            reading.rule_names.append((found[name], value))
        _check_allowed(name, found[name], value, reading)
    if node.id == "mapping" and len(reading.problems) == before:
        missing = [name for name in ("rule", "reason") if not found.get(name)]
        if missing:
            reading.wrong(node, f"an entry of allow needs {' and '.join(missing)}")
        elif not (found.get("path") or found.get("sha256")):
            reading.wrong(node, "an entry of allow needs path or sha256")
    if len(reading.problems) > before:
        return None
    path = found.get("path", "")
    return Allow(
        found["rule"],
        reading.rebase(path) if path else "",
        found.get("sha256", ""),
        found["reason"],
        found.get("until", ""),
        node.start_mark.line + 1,
    )


def _check_allowed(name: str, text: str, node: Node, reading: Reading) -> None:
    if name == "until" and text and not DATE.match(text):
        reading.wrong(node, f"until is a date such as 2027-01-31, not {text!r}")
    if name == "sha256" and text and not SHA256.match(text):
        reading.wrong(node, "sha256 is 64 lower-case hexadecimal digits")
