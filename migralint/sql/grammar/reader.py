"""Reads the names in a statement, and says which operations it has found."""

from __future__ import annotations

from migralint.model import Name, Record, named
from migralint.sql.grammar.cursor import END, Cursor, Unread
from migralint.sql.tokens import NAME, NUMBER, PARAMETER, STRING, TEMPLATE, WORD, lexed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

NOWHERE = Name("")
_DEFAULT_SCHEMA = {"postgres": "public", "sqlite": "main", "mysql": ""}
_CONSTANTS = ("true", "false", "null")
_NAMES = (WORD, NAME, STRING)
__all__ = ["NOWHERE", "Found", "Reader", "Unread", "reader_of", "words"]


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


class Found(Record):
    """One operation in the making: [start, end) are offsets in the statement's text."""

    kind: str
    facts: Mapping[str, Any]
    start: int
    end: int


class Reader(Cursor):
    """A cursor that knows names as the dialect writes them."""

    __slots__ = ()

    def if_exists(self) -> bool:
        return self.take_all("if", "exists")

    def if_not_exists(self) -> bool:
        return self.take_all("if", "not", "exists")

    def cascade(self) -> bool:
        return self.one_of(("cascade", "restrict")) == "cascade"

    def identifier(self) -> str:
        """One part of a name, folded as the dialect folds it."""
        at, stop, tokens = self.at, self.stop, self.tokens
        token = tokens[at] if at < stop else END
        kind, following = token.kind, at + 1
        if following < stop and tokens[following].kind == TEMPLATE and self._is_glued(at):
            return self.templated()
        if kind == NAME or (kind == STRING and self.dialect != "postgres"):
            self.at = following
            return token.text.lower() if self.dialect == "sqlite" else token.text
        if kind == WORD:
            self.at = following
            return token.written if self.dialect == "mysql" else token.text
        if kind in (TEMPLATE, PARAMETER):
            return self.templated()
        if token.text == "{" and self.peek(2).text == "}":  # as in a format string
            self.at += 3
            return "{" + self.source(at, self.at) + "}"
        raise Unread(f"expected a name at {self.near()}")

    def templated(self) -> str:
        """A name that a template or a psql variable makes, with the word that it is glued to."""
        start = self.at
        self.at += 1
        glued = (WORD, TEMPLATE, NAME, STRING, NUMBER)
        while self.peek().kind in glued and self._is_glued(self.at - 1):
            self.at += 1
        return self.source(start, self.at)

    def _is_glued(self, index: int) -> bool:
        """Whether the token that follows this one begins where it ends."""
        return self.start(index + 1) == self.ends[index]

    def name(self) -> Name:
        """A name with up to three parts; the default schema counts as none."""
        first = self.at
        name, schema = self.identifier(), ""
        while self.symbol("."):
            name, schema = self.identifier(), name
        if schema and schema == _DEFAULT_SCHEMA[self.dialect]:
            schema = ""
        return named(name, schema, self.source(first, self.at))

    def relation(self) -> Name:
        """[ONLY] table [*], with brackets round the table or without."""
        self.take("only")
        if self.symbol("("):
            table = self.name()
            self.expect_symbol(")")
        else:
            table = self.name()
        self.symbol("*")
        return table

    def column(self) -> Name:
        """The name of a column: MySQL compares these without regard to case, unlike tables."""
        first = self.at
        part = self.identifier()
        written = self.source(first, self.at)
        return named(part.lower() if self.dialect == "mysql" else part, "", written)

    def names(self) -> list[Name]:
        """One or more names with commas between them."""
        found = [self.name()]
        while self.symbol(","):
            found.append(self.name())
        return found

    def columns(self) -> tuple[Name, ...]:
        """(a, b, lower(c)): the plain columns; an expression is named so, its text as written."""
        start, found = self.at, []
        if self.symbol("("):
            while self.peek().kind == NAME:  # ("a", "b"), as most generated SQL has it
                found.append(self.column())
                if self.symbol(")"):
                    return tuple(found)
                if not self.symbol(","):
                    break
            self.at = start
        items = self.items()
        if not items:
            raise Unread(f"expected a column at {self.near()}")
        return tuple(item.key_part() for item in items)

    def key_part(self) -> Name:
        """One of the columns or expressions of a list; (a) and (a COLLATE "C") are columns."""
        if self.opens() and (self.peek(2).text == ")" or self.peek(2).text == "collate"):
            inside = self.within(self.at + 1, self.stop)
            if inside.peek().kind in (WORD, NAME) and inside.word() not in _CONSTANTS:
                self.at = self.stop
                return inside.column()
        if self.word() == "period" and self.peek(1).kind in (WORD, NAME):
            self.at += 1  # FOREIGN KEY (id, PERIOD valid_at)
        ahead = 1
        while self.peek(ahead).text == "." and self.dialect != "mysql":
            ahead += 2
        following = self.peek(ahead).text
        called = following == "(" and self.dialect != "mysql"  # MySQL: a(10) is a column's prefix
        if self.peek().kind in _NAMES and not called and following != "::":
            return self.column()
        return Name("(expression)", "", self.rest())

    def found(self, kind: str, start: int, **facts: Any) -> Found:
        """An operation whose span is the tokens from index `start` to here."""
        tokens, ends = self.tokens, self.ends
        begin = ends[start] - len(tokens[start].written) if start < len(tokens) else 0
        return Found(kind, facts, begin, ends[self.at - 1] if self.at > start else begin)

    def found_rest(self, kind: str, start: int, **facts: Any) -> Found:
        """An operation of which whatever else the tokens say concerns no fact."""
        self.skip_until(())
        return self.found(kind, start, **facts)


def reader_of(text: str, dialect: str, limit: int = -1) -> Reader:
    """A reader over the tokens of the text; at most `limit` characters of it are read."""
    tokens, ends = lexed(text, dialect, limit)
    return Reader(text, tokens, ends, dialect, 0, len(tokens))
