"""A place in the tokens of one statement that moves on: words, symbols, brackets, the source."""

from __future__ import annotations

from migralint.sql.tokens import STRING, SYMBOL, Token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container
    from typing import Self

END = Token(SYMBOL, "", "")


class Unread(Exception):
    """The grammar does not know this form; the message says what was expected."""


class Cursor:
    """`at` is the index of the next token, `stop` the index behind the last one."""

    __slots__ = ("at", "dialect", "ends", "stop", "text", "tokens")

    def __init__(
        self, text: str, tokens: list[Token], ends: list[int], dialect: str, at: int, stop: int
    ) -> None:
        self.text = text
        self.tokens = tokens
        self.ends = ends
        self.dialect = dialect
        self.at = at
        self.stop = stop

    def within(self, at: int, stop: int) -> Self:
        """Another reader over a part of the same tokens."""
        return self.__class__(self.text, self.tokens, self.ends, self.dialect, at, stop)

    def apart(self, start: int, stop: int) -> Self:
        """A reader over a part whose first token has the index 0, as that of a statement has."""
        tokens, ends = self.tokens[start:stop], self.ends[start:stop]
        return self.__class__(self.text, tokens, ends, self.dialect, 0, len(tokens))

    def start(self, index: int) -> int:
        """The offset at which the token begins; it ends at `ends[index]`."""
        return self.ends[index] - len(self.tokens[index].written)

    def peek(self, ahead: int = 0) -> Token:
        index = self.at + ahead
        return self.tokens[index] if index < self.stop else END

    def word(self) -> str:
        """The next token where it is a bare word, else ""."""
        return self.tokens[self.at].word if self.at < self.stop else ""

    def opens(self) -> bool:
        """Whether a bracketed group comes next."""
        return self.at < self.stop and self.tokens[self.at].symbol == "("

    def done(self) -> bool:
        return self.at >= self.stop

    def next(self) -> Token:
        token = self.peek()
        if self.at < self.stop:
            self.at += 1
        return token

    def take(self, word: str) -> bool:
        """Take the word if it stands next."""
        if self.at < self.stop and self.tokens[self.at].word == word:
            self.at += 1
            return True
        return False

    def take_all(self, first: str, *more: str) -> bool:
        """Take these words if they all stand next, else nothing."""
        at = self.at
        if at >= self.stop or self.tokens[at].word != first:
            return False
        for word in more:
            at += 1
            if at >= self.stop or self.tokens[at].word != word:
                return False
        self.at = at + 1
        return True

    def one_of(self, words: Container[str]) -> str:
        """Take the next word if it is among these; the word, or ""."""
        if self.at < self.stop:
            word = self.tokens[self.at].word
            if word and word in words:
                self.at += 1
                return word
        return ""

    def symbol(self, text: str) -> bool:
        if self.at < self.stop and self.tokens[self.at].symbol == text:
            self.at += 1
            return True
        return False

    def expect(self, *words: str) -> None:
        if not self.take_all(*words):
            raise Unread(f"expected {' '.join(words).upper()} at {self.near()}")

    def expect_symbol(self, text: str) -> None:
        if not self.symbol(text):
            raise Unread(f"expected {text} at {self.near()}")

    def near(self) -> str:
        if self.done():
            return "the end"
        return repr(self.peek().written[:40])

    def skip_parens(self) -> tuple[int, int]:
        """Pass over a bracketed group; the token indexes of what is inside."""
        self.expect_symbol("(")
        start = self.at
        self._skip_group()
        return start, self.at - 1

    def _skip_group(self) -> None:
        """Pass over the rest of a group whose opening bracket has been taken."""
        depth, tokens = 1, self.tokens
        for index in range(self.at, self.stop):
            symbol = tokens[index].symbol
            if symbol:
                if symbol in "([":
                    depth += 1
                elif symbol in ")]":
                    depth -= 1
                    if depth == 0:
                        self.at = index + 1
                        return
        raise Unread("a bracket is never closed")

    def items(self) -> list[Self]:
        """The parts of a bracketed list, each as a reader of its own."""
        start, stop = self.skip_parens()
        return self.within(start, stop).split_at_commas()

    def split_at_commas(self) -> list[Self]:
        parts: list[Self] = []
        depth, start, tokens = 0, self.at, self.tokens
        for index in range(start, self.stop):
            symbol = tokens[index].symbol
            if symbol:
                if symbol == ",":
                    if depth == 0:
                        parts.append(self.within(start, index))
                        start = index + 1
                elif symbol in "([":
                    depth += 1
                elif symbol in ")]":
                    depth -= 1
        if start < self.stop:
            parts.append(self.within(start, self.stop))
        elif parts:
            raise Unread("nothing stands behind a comma")
        return parts

    def skip_until(self, words: Container[str], symbols: str = "") -> tuple[int, int]:
        """Pass over tokens up to one of `words` or `symbols` outside brackets; their indexes."""
        start, tokens, stop = self.at, self.tokens, self.stop
        at = start
        while at < stop:
            word, symbol = tokens[at].word, tokens[at].symbol
            if word:
                if word in words and (at == start or tokens[at - 1].text != "."):
                    break  # behind a dot every word is a name
            elif symbol:
                if symbol in ")]" or (symbols and symbol in symbols):
                    break
                if symbol in "([":
                    self.at = at + 1
                    self._skip_group()
                    at = self.at
                    continue
            at += 1
        self.at = at
        return start, at

    def find(self, word: str) -> int:
        """The index of `word` outside brackets from here on, -1 where it does not stand."""
        depth, tokens = 0, self.tokens
        if word not in [token.word for token in tokens[self.at : self.stop]]:
            return -1
        for index in range(self.at, self.stop):
            token = tokens[index]
            if token.symbol:
                if token.symbol == "(":
                    depth += 1
                elif token.symbol == ")":
                    depth -= 1
            elif (
                depth == 0
                and token.word == word
                and (index == self.at or tokens[index - 1].text != ".")
            ):
                return index
        return -1

    def source(self, start: int, stop: int) -> str:
        """The text as written of the tokens [start, stop)."""
        if start + 1 == stop:
            return self.tokens[start].written
        return self.text[self.start(start) : self.ends[stop - 1]] if start < stop else ""

    def rest(self) -> str:
        """The text as written of all that is left, which is taken."""
        text = self.source(self.at, self.stop)
        self.at = self.stop
        return text

    def literal(self) -> str:
        """The content of a string, which another one may go on with (PostgreSQL: on a new line)."""
        if self.peek().kind != STRING:
            raise Unread(f"expected a string at {self.near()}")
        text = self.next().text
        while self.peek().kind == STRING and self._goes_on():
            text += self.next().text
        return text

    def _goes_on(self) -> bool:
        between = self.text[self.ends[self.at - 1] : self.start(self.at)]
        return self.dialect == "mysql" or (self.dialect == "postgres" and "\n" in between)

    def finish(self) -> None:
        if self.at < self.stop:
            raise Unread(f"did not expect {self.near()}")
