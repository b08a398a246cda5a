"""Shell programs (sh, bash, zsh) -> commands, by the grammar of tree-sitter-bash.

Nothing is executed. Of 343 shell files and 1,659 `run:` blocks of 31 public repositories this
grammar could not read 4 (bashlex, the other kept parser: 269); what it cannot read is looked at
line by line, so that one odd construct does not hide the rest of its file.
"""

from __future__ import annotations

import re

from migralint.scripts import lines
from migralint.scripts.expansion import Program, value, words_of_node
from migralint.scripts.text import Command, Place, Source, Word, joined, placed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tree_sitter import Node, Parser

# Finding a node's parent costs its depth, and at some ten thousand ends the process (measured):
# what lies deeper is read line by line, with brackets for the ends of commands.
DEEPEST = 500
BRACKETS = str.maketrans("(){}`", ";;;;;")
PRINTERS = frozenset({"echo", "printf"})
LONE_DOLLAR = re.compile(r"\$(?=[^\x00-\x7f])")  # the grammar stumbles over it in a here-document
TEMPLATE = re.compile(r"\$\{\{[^}]{0,500}\}\}")


def commands(source: Source, place: Place) -> list[Command]:
    """Every simple command of the program, in the order of the text."""
    masked = TEMPLATE.sub(lambda found: "${" + "_" * (len(found[0]) - 3) + "}", source.text)
    masked = LONE_DOLLAR.sub("_", masked)
    data, index = _encoded(masked)
    given = {name: [value] for name, value in place.variables.items() if "$" not in value}
    program = Program(source, index, place, given, dict(place.variables))
    found: list[Command] = []
    pending = [(_parser().parse(data).root_node, 0)]
    while pending:
        node, depth = pending.pop()
        if depth > DEEPEST:
            part = program.part(node)
            found.extend(lines.commands(Source(part.text.translate(BRACKETS), part.at), place))
            continue
        if node.type == "variable_assignment" and not _inside_command(node):
            _assign(node, program)
        elif node.type == "declaration_command" and (node.text or b"").startswith(b"export"):
            found.extend(_export(node, program))
        elif node.type == "command":
            found.extend(_command(node, program))
        elif node.type == "ERROR" and not any(child.type == "command" for child in node.children):
            found.extend(lines.commands(program.part(node), place))
        pending.extend((child, depth + 1) for child in reversed(node.children))
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


def _assign(node: Node, program: Program) -> None:
    name = node.child_by_field_name("name")
    value = node.child_by_field_name("value")
    if name is None:
        return
    key = program.part(name).text
    words = words_of_node(value, program) if value is not None else []
    if any(not word.known for word in words) or b"+=" in (node.text or b"")[: len(key) + 2]:
        program.variables.pop(key, None)
        program.exported.pop(key, None)
        return
    program.variables[key] = [word.text for word in words] or [""]
    program.exported[key] = " ".join(word.text for word in words)


def _command(node: Node, program: Program) -> Iterator[Command]:
    words: list[Word] = []
    own: dict[str, str] = {}
    for child in node.children:
        if child.type == "variable_assignment":
            name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
            if name is not None:
                given = words_of_node(value, program) if value is not None else []
                own[program.part(name).text] = " ".join(word.text for word in given)
        elif not child.type.endswith("_redirect"):
            words.extend(words_of_node(child, program))
    if words:
        start, end = program.span(node)
        stdin, path = _stdin(node, program)
        variables: Mapping[str, str] = {**program.exported, **own}
        yield Command(
            tuple(words), start, end, program.place, variables, frozenset(own), stdin, path
        )


def _export(node: Node, program: Program) -> Iterator[Command]:
    """`export NAME=value` is a command of its own, whose variable is what matters."""
    own: dict[str, str] = {}
    for child in node.named_children:
        if child.type == "variable_assignment":
            name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
            given = words_of_node(value, program) if value is not None else []
            own[program.part(name).text if name else ""] = " ".join(word.text for word in given)
    if own:
        start, end = program.span(node)
        word = Word(placed("export", start, end), start, end)
        yield Command((word,), start, end, program.place, own, frozenset(own))


def _stdin(node: Node, program: Program) -> tuple[Source | None, str]:
    """What the command reads: a here-document, a here-string, `< path`, or a pipe."""
    for child in node.children:
        if child.type == "herestring_redirect" and child.named_children:
            return value(child.named_children[-1], program)[0], ""
    holder = node.parent
    piped = holder is not None and holder.type == "pipeline"
    first = piped and holder is not None and holder.named_children[0] == node
    if piped and not first:
        return _piped(node, program)
    if first and holder is not None and holder.parent and holder.parent.type == "heredoc_redirect":
        return _heredoc(holder.parent, program), ""
    if holder is not None and holder.type == "redirected_statement":
        return _redirected(holder, program)
    return None, ""


def _redirected(holder: Node, program: Program) -> tuple[Source | None, str]:
    for child in holder.children:
        if child.type == "heredoc_redirect":
            return _heredoc(child, program), ""
        if child.type == "herestring_redirect" and child.named_children:
            return value(child.named_children[-1], program)[0], ""
        if child.type == "file_redirect" and (child.text or b"").startswith(b"<"):
            return None, value(child.named_children[-1], program)[0].text
    return None, ""


def _heredoc(redirect: Node, program: Program) -> Source | None:
    for child in redirect.children:
        if child.type == "heredoc_body":
            return program.part(child)
    return None


def _piped(node: Node, program: Program) -> tuple[Source | None, str]:
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
        given = _redirected(holder.parent, program)
        if given != (None, ""):
            return given
    if before is None:
        return None, ""
    if before.type == "redirected_statement":
        return _redirected(before, program)
    if before.type != "command":
        return None, ""
    words = [word for child in before.children for word in words_of_node(child, program)]
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
