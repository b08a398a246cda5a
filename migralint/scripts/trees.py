"""YAML and JSON as nodes, and the text of a scalar with the place of every character.

JSON is read by the YAML parser as well: it is YAML but for tabs, which are put as spaces (a JSON
string holds none), so that the offsets stay.
"""

from __future__ import annotations

from migralint.nesting import refuse_depth, refuse_growth
from migralint.scripts.text import Source, joined, placed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Protocol

    class Node(Protocol):
        """What PyYAML's stubs leave out of its nodes."""

        id: str
        value: Any
        style: str | None
        start_mark: Any
        end_mark: Any


LARGEST = 2_000_000
ESCAPES = dict(
    zip(
        '0abtnvfre "/\\N_LP',
        '\0\a\b\t\n\v\f\r\x1b "/\\\x85\xa0\u2028\u2029',
        strict=True,
    )
)
HEXADECIMAL = {"x": 2, "u": 4, "U": 8}


def documents(text: str) -> list[Node]:
    """The roots of the documents; what cannot be read (a template, say) is cut off there."""
    found: list[Node] = []
    try:
        found.extend(root for root in composed(text) if root is not None)
    except unreadable():
        pass
    return found


def composed(text: str) -> Iterator[Node | None]:
    """The roots of the documents, one after the other; raises one of `unreadable`."""
    import yaml

    if len(text) > LARGEST:
        raise ValueError("is larger than 2 MB")
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    refuse_depth(text, loader)
    for root in yaml.compose_all(text, loader):
        refuse_growth(text, root)
        yield root  # type: ignore[misc]


def unreadable() -> tuple[type[Exception], ...]:
    import yaml

    return yaml.YAMLError, RecursionError, ValueError


def of_json(text: str) -> Node | None:
    roots = documents(text.replace("\t", " "))
    return roots[0] if roots else None


def is_mapping(node: Node | None) -> bool:
    return node is not None and node.id == "mapping"


def pairs(node: Node | None) -> Iterator[tuple[str, Node, Node]]:
    """The entries of a mapping, merged (`<<`) ones included: key, its node, the value."""
    if node is None or node.id != "mapping":
        return
    for key, value in node.value:
        if key.id != "scalar":
            continue
        if key.value == "<<":
            for merged in [value] if value.id == "mapping" else value.value:
                yield from pairs(merged)
        else:
            yield key.value, key, value


def get(node: Node | None, *path: str) -> Node | None:
    """The value at the end of the path of keys, or None."""
    for step in path:
        node = next((value for key, _, value in pairs(node) if key == step), None)
    return node


def items(node: Node | None) -> list[Node]:
    return list(node.value) if node is not None and node.id == "sequence" else []


def scalar(node: Node | None) -> str:
    return str(node.value) if node is not None and node.id == "scalar" else ""


def mapping_of(node: Node | None) -> dict[str, str]:
    """Names and values, as `env:` has them; also from a list of NAME=value."""
    found = {key: scalar(value) for key, _, value in pairs(node) if value.id == "scalar"}
    for item in items(node):
        name, equals, value = scalar(item).partition("=")
        if equals:
            found[name] = value
    return found


def source(node: Node, text: str) -> Source:
    """The value of a scalar with its places in `text`, which the node was read from."""
    start, end = node.start_mark.index, node.end_mark.index
    raw = text[start:end]
    style = node.style
    if style == "|" or style == ">":
        built = _block(raw, start, style == ">")
    elif style == '"':
        built = _double_quoted(raw, start)
    else:
        built = _flow(raw, start, quoted=style == "'")
    if built.text.strip() != node.value.strip():
        return placed(node.value, start, end)
    return built


def _block(raw: str, start: int, folded: bool) -> Source:
    """A literal or folded block: its lines without their indentation."""
    lines = raw.splitlines(keepends=True)
    filled = [line for line in lines[1:] if line.strip()]
    indent = len(filled[0]) - len(filled[0].lstrip(" ")) if filled else 0
    parts: list[Source] = []
    at = start + len(lines[0]) if lines else start
    for number, line in enumerate(lines[1:], 1):
        cut = min(indent, len(line.rstrip("\r\n")))
        content = line[cut:]
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if (
            folded
            and line.strip()
            and following.strip()
            and not _deeper(line, indent)
            and not _deeper(following, indent)
        ):
            content = content.rstrip("\r\n") + " "
            parts.append(Source(content, range(at + cut, at + cut + len(content) + 1)))
        else:
            parts.append(Source(content, range(at + cut, at + cut + len(content) + 1)))
        at += len(line)
    return joined(parts) if parts else Source("", (start,))


def _deeper(line: str, indent: int) -> bool:
    return len(line) - len(line.lstrip(" ")) > indent


def _flow(raw: str, start: int, quoted: bool) -> Source:
    """A plain or single-quoted scalar: line ends become one space, `''` one quote."""
    text: list[str] = []
    at: list[int] = []
    position, end = (1, len(raw) - 1) if quoted else (0, len(raw))
    while position < end:
        character = raw[position]
        step = 1
        if character in "\r\n":
            while text and text[-1] == " ":
                text.pop()
                at.pop()
            blank = raw[position:end]
            step = len(blank) - len(blank.lstrip())
            breaks = blank[:step].count("\n")
            character = "\n" * (breaks - 1) or " "
        elif quoted and raw.startswith("''", position):
            step = 2
        text.extend(character)
        at.extend([start + position] * len(character))
        position += step
    return Source("".join(text), (*at, start + end))


def _double_quoted(raw: str, start: int) -> Source:
    text: list[str] = []
    at: list[int] = []
    position, end = 1, len(raw) - 1
    while position < end:
        character, step = raw[position], 1
        if character == "\\" and position + 1 < end:
            code = raw[position + 1]
            if code in HEXADECIMAL:
                step = 2 + HEXADECIMAL[code]
                character = chr(int(raw[position + 2 : position + step] or "0", 16))
            elif code in "\r\n":
                blank = raw[position + 1 : end]
                character, step = "", 1 + len(blank) - len(blank.lstrip())
            else:
                character, step = ESCAPES.get(code, code), 2
        elif character in "\r\n":
            blank = raw[position:end]
            step = len(blank) - len(blank.lstrip())
            character = "\n" * (blank[:step].count("\n") - 1) or " "
        text.extend(character)
        at.extend([start + position] * len(character))
        position += step
    return Source("".join(text), (*at, start + end))
