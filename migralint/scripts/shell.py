"""Shell programs (sh, bash, zsh) -> commands, by the grammar of tree-sitter-bash.

Nothing is executed. Of 343 shell files and 1,659 `run:` blocks of 31 public repositories this grammar
could not read 4 (bashlex, the other kept parser: 269); what it cannot read is looked at line by line,
so that one odd construct does not hide the rest of its file.
"""

from __future__ import annotations

import re

from migralint.model import record
from migralint.scripts import lines
from migralint.scripts.text import Command, Place, Source, Word, joined, placed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tree_sitter import Node, Parser

EXPANSIONS = frozenset({"simple_expansion", "expansion"})
PRINTERS = frozenset({"echo", "printf"})
ESCAPED = re.compile(r"\\(\n|.)", re.DOTALL)
ESCAPED_IN_QUOTES = re.compile(r'\\(\n|["\\$`])')
LONE_DOLLAR = re.compile(r"\$(?=[^\x00-\x7f])")  # the grammar stumbles over it in a here-document
TEMPLATE = re.compile(r"\$\{\{[^}]{0,500}\}\}")


@record
class _Reading:
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


def commands(source: Source, place: Place) -> list[Command]:
    """Every simple command of the program, in the order of the text."""
    masked = TEMPLATE.sub(lambda found: "${" + "_" * (len(found[0]) - 3) + "}", source.text)
    masked = LONE_DOLLAR.sub("_", masked)
    data, index = _encoded(masked)
    given = {name: [value] for name, value in place.variables.items() if "$" not in value}
    reading = _Reading(source, index, place, given, dict(place.variables))
    found: list[Command] = []
    pending = [_parser().parse(data).root_node]
    while pending:
        node = pending.pop()
        if node.type == "variable_assignment" and not _inside_command(node):
            _assign(node, reading)
        elif node.type == "declaration_command" and (node.text or b"").startswith(b"export"):
            found.extend(_export(node, reading))
        elif node.type == "command":
            found.extend(_command(node, reading))
        elif node.type == "ERROR" and not any(child.type == "command" for child in node.children):
            found.extend(lines.commands(reading.part(node), place))
        pending.extend(reversed(node.children))
    return found


_PARSERS: list[Parser] = []


def _parser() -> Parser:
    if not _PARSERS:
        import tree_sitter
        import tree_sitter_bash

        _PARSERS.append(tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language())))
    return _PARSERS[0]


def _encoded(text: str) -> tuple[bytes, Sequence[int]]:
    """The bytes for the parser, and for each byte the character that it belongs to."""
    if text.isascii():
        return text.encode("ascii"), range(len(text) + 1)
    data = bytearray()
    index: list[int] = []
    for number, character in enumerate(text):
        coded = character.encode("utf-8", "surrogatepass")
        data += coded
        index.extend([number] * len(coded))
    return bytes(data), (*index, len(text))


def _inside_command(node: Node) -> bool:
    return node.parent is not None and node.parent.type == "command"


def _assign(node: Node, reading: _Reading) -> None:
    name = node.child_by_field_name("name")
    value = node.child_by_field_name("value")
    if name is None:
        return
    key = reading.part(name).text
    words = _words(value, reading) if value is not None else []
    if any(not word.known for word in words) or b"+=" in (node.text or b"")[: len(key) + 2]:
        reading.variables.pop(key, None)
        reading.exported.pop(key, None)
        return
    reading.variables[key] = [word.text for word in words] or [""]
    reading.exported[key] = " ".join(word.text for word in words)


def _command(node: Node, reading: _Reading) -> Iterator[Command]:
    words: list[Word] = []
    own: dict[str, str] = {}
    for child in node.children:
        if child.type == "variable_assignment":
            name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
            if name is not None:
                given = _words(value, reading) if value is not None else []
                own[reading.part(name).text] = " ".join(word.text for word in given)
        elif not child.type.endswith("_redirect"):
            words.extend(_words(child, reading))
    if words:
        start, end = reading.span(node)
        stdin, path = _stdin(node, reading)
        variables: Mapping[str, str] = {**reading.exported, **own}
        yield Command(
            tuple(words), start, end, reading.place, variables, frozenset(own), stdin, path
        )


def _export(node: Node, reading: _Reading) -> Iterator[Command]:
    """`export NAME=value` is a command of its own, whose variable is what matters."""
    own: dict[str, str] = {}
    for child in node.named_children:
        if child.type == "variable_assignment":
            name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
            given = _words(value, reading) if value is not None else []
            own[reading.part(name).text if name else ""] = " ".join(word.text for word in given)
    if own:
        start, end = reading.span(node)
        word = Word(placed("export", start, end), start, end)
        yield Command((word,), start, end, reading.place, own, frozenset(own))


def _words(node: Node, reading: _Reading) -> list[Word]:
    """The words that this node becomes: none, one, or several where a variable holds several."""
    if node.type == "command_name":
        return [word for child in node.children for word in _words(child, reading)]
    if node.type == "array":
        return [word for child in node.named_children for word in _words(child, reading)]
    start, end = reading.span(node)
    several = _expanded(node, reading)
    if several is not None:
        return [Word(placed(value, start, end), start, end) for value in several]
    source, known = _value(node, reading)
    return [Word(source, start, end, known)]


def _expanded(node: Node, reading: _Reading) -> list[str] | None:
    """What an unquoted variable, or a quoted array, becomes; None where this is neither."""
    inner = node
    if node.type == "string" and len(node.named_children) == 1:
        inner = node.named_children[0]
        if "[@]" not in reading.part(inner).text or inner.end_byte - inner.start_byte != (
            node.end_byte - node.start_byte - 2
        ):
            return None
    if inner.type not in EXPANSIONS:
        return None
    values = _looked_up(inner, reading)
    if values is None:
        return None
    return (
        list(values) if node is not inner else [part for value in values for part in value.split()]
    )


def _looked_up(node: Node, reading: _Reading) -> list[str] | None:
    """The value of `$NAME`, `${NAME}`, `${NAME[@]}` or the default of `${NAME:-default}`."""
    text = reading.part(node).text
    matched = re.match(r"\$\{?(\w+)(?:\[[@*]\])?(?::?[-=]([^{}$`\"']*))?\}?\Z", text)
    if not matched:
        return None
    known = reading.variables.get(matched[1])
    if known is None and matched[2] is not None:
        return [matched[2]]
    return known


def _value(node: Node, reading: _Reading) -> tuple[Source, bool]:
    """The value of one word, and whether all of it is known."""
    source = reading.part(node)
    match node.type:
        case "raw_string":
            return source.part(1, len(source.text) - 1), True
        case "ansi_c_string":
            return source.part(2, len(source.text) - 1), True
        case "string" | "translated_string":
            return _quoted(node, reading)
        case "concatenation":
            return _together(node, node.start_byte, node.end_byte, reading, quoted=False)
        case kind if kind in EXPANSIONS:
            values = _looked_up(node, reading)
            if values is None:
                return source, False
            return placed(" ".join(values), source.at[0], source.at[-1]), True
        case "command_substitution" | "process_substitution" | "arithmetic_expansion":
            return source, False
        case _:
            return _unescaped(source, ESCAPED), True


def _quoted(node: Node, reading: _Reading) -> tuple[Source, bool]:
    dollar = 1 if node.type == "translated_string" else 0
    return _together(node, node.start_byte + 1 + dollar, node.end_byte - 1, reading, quoted=True)


def _together(
    node: Node, start: int, end: int, reading: _Reading, quoted: bool
) -> tuple[Source, bool]:
    """The parts of a word, with what lies between them (the grammar leaves spaces out)."""
    parts: list[Source] = []
    known = True
    position = start
    pattern = ESCAPED_IN_QUOTES if quoted else ESCAPED

    def literal(upto: int) -> None:
        if upto > position:
            raw = reading.source.part(reading.index[position], reading.index[upto])
            parts.append(_unescaped(raw, pattern))

    for child in node.named_children:
        if child.type == "string_content" or child.start_byte < position:
            continue
        literal(child.start_byte)
        value, sure = _value(child, reading)
        parts.append(value)
        known = known and sure
        position = child.end_byte
    literal(end)
    empty = reading.source.part(reading.index[start], reading.index[start])
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


def _stdin(node: Node, reading: _Reading) -> tuple[Source | None, str]:
    """What the command reads: a here-document, a here-string, `< path`, or what is piped into it."""
    for child in node.children:
        if child.type == "herestring_redirect" and child.named_children:
            return _value(child.named_children[-1], reading)[0], ""
    holder = node.parent
    piped = holder is not None and holder.type == "pipeline"
    first = piped and holder is not None and holder.named_children[0] == node
    if piped and not first:
        return _piped(node, reading)
    if first and holder is not None and holder.parent and holder.parent.type == "heredoc_redirect":
        return _heredoc(holder.parent, reading), ""
    if holder is not None and holder.type == "redirected_statement":
        return _redirected(holder, reading)
    return None, ""


def _redirected(holder: Node, reading: _Reading) -> tuple[Source | None, str]:
    for child in holder.children:
        if child.type == "heredoc_redirect":
            return _heredoc(child, reading), ""
        if child.type == "herestring_redirect" and child.named_children:
            return _value(child.named_children[-1], reading)[0], ""
        if child.type == "file_redirect" and (child.text or b"").startswith(b"<"):
            return None, _value(child.named_children[-1], reading)[0].text
    return None, ""


def _heredoc(redirect: Node, reading: _Reading) -> Source | None:
    for child in redirect.children:
        if child.type == "heredoc_body":
            return reading.part(child)
    return None


def _piped(node: Node, reading: _Reading) -> tuple[Source | None, str]:
    """What the command before the `|` prints, where that can be told."""
    holder = node.parent
    assert holder is not None
    before = None
    for child in holder.named_children:
        if child == node:
            break
        before = child
    if (
        holder.parent
        and holder.parent.type == "redirected_statement"
        and node == holder.named_children[-1]
    ):
        given = _redirected(holder.parent, reading)
        if given != (None, ""):
            return given
    if before is None:
        return None, ""
    if before.type == "redirected_statement":
        return _redirected(before, reading)
    if before.type != "command":
        return None, ""
    words = [word for child in before.children for word in _words(child, reading)]
    return _printed(words)


def _printed(words: list[Word]) -> tuple[Source | None, str]:
    if not words:
        return None, ""
    arguments = [word for word in words[1:] if not re.fullmatch(r"-[neE]+", word.text)]
    if words[0].text in PRINTERS and arguments:
        return joined((word.source for word in arguments), " "), ""
    if words[0].text == "cat" and len(arguments) == 1:
        return None, arguments[0].text
    return None, ""
