"""The statements inside a DO block, with their own places in the file.

PL/pgSQL is read as far as a linter needs it: where each SQL statement begins and ends, under which
IF it stands, and which errors its block handles. EXECUTE of a literal, of format('...') and of a
concatenation is read with the unknown parts as template names (`{{expression}}`).
"""

from __future__ import annotations

import re

from migralint.model import Record
from migralint.regex import pattern
from migralint.sql.grammar.reader import Found, Reader, Unread, reader_of
from migralint.sql.outline import read
from migralint.sql.tokens import STRING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# Statements of PL/pgSQL that change nothing in the database.
_CONTROL = frozenset(
    "return raise null continue exit get assert open fetch close move".split()  # noqa: SIM905
)
_GUARD = pattern(
    r"(?i)\bexists\b|\bto_reg\w+|\binformation_schema\b|\bpg_(?:class|type|constraint|indexes|tables|attribute|"
    r"enum|namespace|proc|trigger|policies|policy|roles|extension|publication\w*|views|matviews)\b|\bnot\s+found\b",
)
_HANDLED = pattern(r"(?i)\b(duplicate_\w+|undefined_\w+|others|invalid_\w+|unique_violation)\b")
_SPECIFIER = pattern(r"%(?:\d+\$)?-?\d*([ILs%])")


class _Block:
    """What encloses a statement: `guard` once an IF asks first or the block handles the error."""

    def __init__(self, parent: _Block | None, kind: str, guard: bool = False) -> None:
        self.parent = parent
        self.kind = kind
        self.guard = guard
        self.handles = False
        self.loop = kind == "loop"

    @property
    def guards(self) -> bool:
        return any(block.guard or block.handles for block in self._outwards())

    @property
    def loops(self) -> bool:
        return any(block.loop for block in self._outwards())

    def _outwards(self) -> Iterator[_Block]:
        """This block and those around it: a program can nest them deeper than Python its calls."""
        block: _Block | None = self
        while block is not None:
            yield block
            block = block.parent


class Inner(Record):
    """An operation in a block; offsets count from the block's text."""

    found: Found
    block: Any


def statements(body: str) -> list[Found]:
    """The operations of the block `body`, each with the facts in_do, guarded and in_loop."""
    reader = reader_of(body, "postgres")
    inner: list[Inner] = []
    try:
        _walk(reader, inner)
    except Unread as problem:
        found = reader.found("unparsed", 0, problem=f"in the DO block: {problem}", mentions="")
        inner.append(Inner(found, _Block(None, "begin")))
    return [_with_place(entry) for entry in inner]


def _with_place(entry: Inner) -> Found:
    found = entry.found
    facts = {**found.facts, "in_do": True}
    if entry.block.guards:
        facts["guarded"] = True
    if entry.block.loops:
        facts["in_loop"] = True
    return Found(found.kind, facts, found.start, found.end)


def _walk(reader: Reader, inner: list[Inner]) -> None:
    block = _Block(None, "body")
    while not reader.done():
        if reader.symbol(";"):
            continue
        if reader.symbol("<<"):
            reader.skip_until((), ">")
            reader.at += 1
            continue
        block = _structure(reader, block) or _statement(reader, block, inner)


def _structure(reader: Reader, block: _Block) -> _Block | None:
    """Take a keyword that opens, divides or closes a block; the block from here on."""
    word = reader.word()
    if word == "declare":
        _declarations(reader)
        return block
    if word == "begin":
        reader.at += 1
        return _Block(block, "begin")
    if word in ("if", "elsif", "elseif", "case", "when"):
        return _branch(reader, block, word)
    if word == "else":
        reader.at += 1
        return block
    if word == "exception" and reader.peek(1).text == "when":
        reader.at += 1
        return block
    if word in ("loop", "while", "for", "foreach"):
        reader.skip_until(("loop",))
        reader.at += 1
        return _Block(block, "loop")
    if word == "end":
        _to_semicolon(reader)
        return block.parent or block
    return None


def _declarations(reader: Reader) -> None:
    """DECLARE ... up to the BEGIN that stands where a declaration could."""
    reader.at += 1
    while not reader.done() and reader.word() != "begin":
        _to_semicolon(reader)
        reader.symbol(";")


def _branch(reader: Reader, block: _Block, word: str) -> _Block:
    reader.at += 1
    start, stop = reader.skip_until(("then",) if word != "case" else ("when",))
    condition = reader.source(start, stop)
    if word == "case":
        return _Block(block, "case")
    reader.take("then")
    guard = bool(_GUARD.search(condition))
    if word == "if":
        return _Block(block, "if", guard)
    if word == "when" and block.kind == "begin":
        block.handles = block.handles or bool(_HANDLED.search(condition))
    elif guard:
        block.guard = True
    return block


def _to_semicolon(reader: Reader) -> tuple[int, int]:
    """The statement up to its `;` outside brackets; a closing bracket too many is passed over."""
    start = reader.at
    while True:
        reader.skip_until((), ";")
        if reader.done() or reader.peek().text == ";":
            return start, reader.at
        reader.at += 1


def _statement(reader: Reader, block: _Block, inner: list[Inner]) -> _Block:
    word, start = reader.word(), reader.at
    if word in _CONTROL or _is_assignment(reader):
        _to_semicolon(reader)
    elif word == "execute":
        reader.at += 1
        span = _to_semicolon(reader)
        inner.extend(Inner(found, block) for found in _execute(reader, *span))
    elif word == "perform":
        span = _to_semicolon(reader)
        inner.append(Inner(reader.found("select", start, functions=_called(reader, *span)), block))
    else:
        _, stop = _to_semicolon(reader)
        inner.extend(Inner(found, block) for found in _sql(reader, start, stop))
    if reader.at == start:
        reader.at += 1
    return block


def _is_assignment(reader: Reader) -> bool:
    at = 1
    while reader.peek(at).text in (".", "[") and at < 12:
        at += 3 if reader.peek(at).text == "[" else 2
    return reader.peek(at).text in (":=", "=")


def _called(reader: Reader, start: int, stop: int) -> str:
    found = reader.tokens[start:stop]
    calls = [i for i in range(len(found) - 1) if found[i + 1].text == "("]
    return " ".join(found[i].word for i in calls if found[i].word)


def _sql(reader: Reader, start: int, stop: int) -> Iterator[Found]:
    """A static SQL statement, by the grammar of top-level ones; its INTO fills variables."""
    part = reader.apart(start, stop)
    into = part.find("into")
    inserts = into > 0 and part.peek(into - 1).text in ("insert", "merge")
    if part.word() in ("select", "with") and into > 0 and not inserts:
        yield reader.found("select", start, functions="")
        return
    begin, end = reader.start(start), reader.ends[stop - 1]
    for found in read(part):
        if found.kind == "unparsed" and found.start == 0:
            found = Found(found.kind, found.facts, begin, end)
        yield found


def _execute(reader: Reader, start: int, stop: int) -> Iterator[Found]:
    """EXECUTE string-expression [INTO ...] [USING ...]"""
    part = reader.within(start, stop)
    _, end = part.skip_until(("into", "using"))
    text = _assembled(reader.within(start, end))
    begin = reader.start(start - 1)
    finish = reader.ends[stop - 1] if stop > start else begin
    inside = reader_of(text or "", "postgres")
    pieces = [found for piece in _split(inside) for found in read(piece)]
    if not pieces or any(found.kind == "unparsed" for found in pieces):
        yield Found("dynamic_sql", {"text": reader.source(start, stop)}, begin, finish)
    for found in pieces:
        if found.kind != "unparsed":
            yield Found(found.kind, {**found.facts, "dynamic": True}, begin, finish)


def _split(reader: Reader) -> Iterator[Reader]:
    """The statements of an assembled string, each as a reader whose tokens begin at 0."""
    while not reader.done():
        if reader.symbol(";"):
            continue
        start, stop = _to_semicolon(reader)
        if stop > start:
            yield reader.apart(start, stop)


def _assembled(reader: Reader) -> str | None:
    """The text that the expression makes, unknown parts as {{...}}; None where nothing is known."""
    if reader.word() == "format" and reader.peek(1).text == "(":
        reader.at += 1
        parts = reader.items()
        if not reader.done() or not parts or parts[0].peek().kind != STRING:
            return None
        return _formatted(parts[0].next().text, [part.rest() for part in parts[1:]])
    pieces: list[str] = []
    known = False
    while not reader.done():
        token = reader.peek()
        if token.kind == STRING:
            known = True
            pieces.append(reader.next().text)
        else:
            before = reader.at
            reader.skip_until((), "||")
            if reader.at == before:
                reader.at += 1
                continue
            inside = reader.source(before, reader.at)
            pieces.append(_unknown(inside))
        while reader.peek().symbol.startswith("|"):
            reader.at += 1
    return "".join(pieces) if known else None


def _formatted(template: str, arguments: list[str]) -> str:
    """What format() makes, with literal arguments put in and the others as {{...}}."""
    remaining = iter(arguments)

    def put(match: re.Match[str]) -> str:
        form = match.group(1)
        if form == "%":
            return "%"
        value = next(remaining, "?")
        literal = re.fullmatch(r"'([^']*)'", value)
        if literal:
            return (
                f'"{literal.group(1)}"'
                if form == "I"
                else (f"'{literal.group(1)}'" if form == "L" else literal.group(1))
            )
        return "'?'" if form == "L" else _unknown(value)

    return _SPECIFIER.sub(put, template)


def _unknown(expression: str) -> str:
    return "{{" + expression.replace("}", " ") + "}}"
