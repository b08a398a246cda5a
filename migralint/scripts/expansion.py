"""The words of a shell command: quotes, escapes and known variables resolved, places kept."""

from __future__ import annotations

import re

from migralint.model import Record
from migralint.scripts.text import Place, Source, Word, joined, placed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node

EXPANSIONS = frozenset({"simple_expansion", "expansion"})
ESCAPED = re.compile(r"\\(\n|.)", re.DOTALL)
ESCAPED_IN_QUOTES = re.compile(r'\\(\n|["\\$`])')


class Program(Record):
    """One program while it is read: its text, its variables so far, and what it exports."""

    source: Source
    index: Sequence[int]
    place: Place
    variables: dict[str, list[str]]
    exported: dict[str, str]

    def part(self, node: Node) -> Source:
        return self.source.part(self.index[node.start_byte], self.index[node.end_byte])

    def span(self, node: Node) -> tuple[int, int]:
        start, end = self.index[node.start_byte], self.index[node.end_byte]
        return self.source.at[start], self.source.at[end]


def words_of_node(node: Node, program: Program) -> list[Word]:
    """The words that this node becomes: none, one, or several where a variable holds several."""
    if node.type == "command_name":
        return [word for child in node.children for word in words_of_node(child, program)]
    if node.type == "array":
        return [word for child in node.named_children for word in words_of_node(child, program)]
    start, end = program.span(node)
    several = _expanded(node, program)
    if several is not None:
        return [Word(placed(part, start, end), start, end) for part in several]
    source, known = value(node, program)
    return [Word(source, start, end, known)]


def _expanded(node: Node, program: Program) -> list[str] | None:
    """What an unquoted variable, or a quoted array, becomes; None where this is neither."""
    inner = node
    if node.type == "string" and len(node.named_children) == 1:
        inner = node.named_children[0]
        if "[@]" not in program.part(inner).text or inner.end_byte - inner.start_byte != (
            node.end_byte - node.start_byte - 2
        ):
            return None
    if inner.type not in EXPANSIONS:
        return None
    values = _looked_up(inner, program)
    if values is None:
        return None
    return list(values) if node is not inner else [part for text in values for part in text.split()]


def _looked_up(node: Node, program: Program) -> list[str] | None:
    """The value of `$NAME`, `${NAME}`, `${NAME[@]}` or the default of `${NAME:-default}`."""
    text = program.part(node).text
    matched = re.match(r"\$\{?(\w+)(?:\[[@*]\])?(?::?[-=]([^{}$`\"']*))?\}?\Z", text)
    if not matched:
        return None
    known = program.variables.get(matched[1])
    if known is None and matched[2] is not None:
        return [matched[2]]
    return known


def value(node: Node, program: Program) -> tuple[Source, bool]:
    """The value of one word, and whether all of it is known."""
    source = program.part(node)
    match node.type:
        case "raw_string":
            return source.part(1, len(source.text) - 1), True
        case "ansi_c_string":
            return source.part(2, len(source.text) - 1), True
        case "string" | "translated_string":
            return _quoted(node, program)
        case "concatenation":
            return _together(node, node.start_byte, node.end_byte, program, quoted=False)
        case kind if kind in EXPANSIONS:
            values = _looked_up(node, program)
            if values is None:
                return source, False
            return placed(" ".join(values), source.at[0], source.at[-1]), True
        case "command_substitution" | "process_substitution" | "arithmetic_expansion":
            return source, False
        case _:
            return _unescaped(source, ESCAPED), True


def _quoted(node: Node, program: Program) -> tuple[Source, bool]:
    dollar = 1 if node.type == "translated_string" else 0
    return _together(node, node.start_byte + 1 + dollar, node.end_byte - 1, program, quoted=True)


def _together(
    node: Node, start: int, end: int, program: Program, quoted: bool
) -> tuple[Source, bool]:
    """The parts of a word, with what lies between them (the grammar leaves spaces out)."""
    parts: list[Source] = []
    known = True
    position = start
    pattern = ESCAPED_IN_QUOTES if quoted else ESCAPED

    def literal(upto: int) -> None:
        if upto > position:
            raw = program.source.part(program.index[position], program.index[upto])
            parts.append(_unescaped(raw, pattern))

    for child in node.named_children:
        if child.type == "string_content" or child.start_byte < position:
            continue
        literal(child.start_byte)
        part, sure = value(child, program)
        parts.append(part)
        known = known and sure
        position = child.end_byte
    literal(end)
    empty = program.source.part(program.index[start], program.index[start])
    return (joined(parts) if parts else empty), known


def _unescaped(source: Source, pattern: re.Pattern[str]) -> Source:
    if "\\" not in source.text:
        return source
    parts: list[Source] = []
    position = 0
    for found in pattern.finditer(source.text):
        parts.append(source.part(position, found.start()))
        if found[1] != "\n":
            parts.append(source.part(found.start(1), found.end()))
        position = found.end()
    parts.append(source.part(position, len(source.text)))
    return joined(parts)
