"""Text that stands inside a file, and the commands found in it, with the place of every character.

A command may lie several layers deep (a shell string in a YAML block in a heredoc). Each layer is a
`Source`: what the text says, and for every character where it stands in the file. Spans are exact
through any number of layers, because a slice of a Source knows its own places.
"""

from __future__ import annotations

from migralint.model import Record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


class Source(Record):
    """`at[i]` is the offset in the file of `text[i]`; one more entry than characters: the end."""

    text: str
    at: Sequence[int]

    def part(self, start: int, end: int) -> Source:
        return Source(self.text[start:end], self.at[start : end + 1])


def words_of(text: str) -> frozenset[str]:
    """A set of words, written as a text."""
    return frozenset(text.split())


def whole(text: str, start: int = 0) -> Source:
    """A text that stands in the file as it is, from offset `start` on."""
    return Source(text, range(start, start + len(text) + 1))


def placed(text: str, start: int, end: int) -> Source:
    """A text that the file spells otherwise: every character is put at `start`."""
    return Source(text, (*(start for _ in text), end))


def joined(parts: Iterable[Source], between: str = "") -> Source:
    """The sources one after the other; `between` is put at the place where the one before ends."""
    text: list[str] = []
    at: list[int] = []
    end = 0
    for number, part in enumerate(parts):
        if number and between:
            text.append(between)
            at.extend([end] * len(between))
        text.append(part.text)
        at.extend(part.at[:-1])
        end = part.at[-1]
    return Source("".join(text), (*at, end))


class Word(Record):
    """One word of a command: `source` is its value, [start, end) its spelling in the file.

    `known` is false where a part of it is decided only when the command runs; that part stands in
    the value as it was written (`$TARGET`).
    """

    source: Source
    start: int
    end: int
    known: bool = True

    @property
    def text(self) -> str:
        return self.source.text


NOTHING: Mapping[str, str] = {}


class Place(Record):
    """What is known of where a command runs, before the command itself is looked at.

    `script` is the name under which it is called (an npm script, a make target, a job), `lead` what
    runs it (deploy, ci, test, developer or ""), `environment` and `variables` what the file sets.
    """

    script: str = ""
    lead: str = ""
    environment: str = ""
    variables: Mapping[str, str] = NOTHING
    database: bool = False


class Command(Record):
    """One simple command as the shell would run it, quotes and known variables resolved.

    `variables` are those that the file shows it to run with, `own` the names of those that are set
    for it alone (`NAME=value command`, `export NAME=value`). `through` are the wrappers that were
    taken off. `calls` is not empty where the command runs a script that has a name: what kind of
    script (npm, make, file ...), its name, its package.
    `written` are the words with the wrappers in front of them.
    """

    words: tuple[Word, ...]
    start: int
    end: int
    place: Place
    variables: Mapping[str, str] = NOTHING
    own: frozenset[str] = frozenset()
    stdin: Source | None = None
    stdin_path: str = ""
    through: tuple[str, ...] = ()
    calls: tuple[str, str, str] = ("", "", "")
    written: tuple[Word, ...] = ()

    @property
    def texts(self) -> list[str]:
        return [word.text for word in self.words]


class Piece(Record):
    """A part of a file that is a program in `language`, or a list of words ("words")."""

    language: str
    source: Source
    place: Place
    words: tuple[Word, ...] = ()


def exported(variables: Mapping[str, str], place: Place, source: Source) -> Iterator[Piece]:
    """What a file sets in the environment (ENV, `env:`), as the shell would say it."""
    start, end = source.at[0], source.at[-1]
    for name, value in variables.items():
        texts = ("env", f"{name}={value}", "export")
        words = tuple(Word(placed(text, start, end), start, end) for text in texts)
        yield Piece("words", source, place, words)


def from_words(command: Command, start: int, through: str = "") -> Command:
    """The command that begins at the word `start` of this one."""
    words = command.words[start:]
    trail = (*command.through, through) if through else command.through
    return replace(command, words=words, through=trail, written=command.written or command.words)


def starts_of_lines(text: str) -> list[int]:
    """The offsets at which lines begin."""
    starts = [0]
    position = text.find("\n")
    while position >= 0:
        starts.append(position + 1)
        position = text.find("\n", position + 1)
    return starts


def line_and_column(starts: Sequence[int], offset: int) -> tuple[int, int]:
    """1-based, in code points."""
    low, high = 0, len(starts)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if starts[middle] <= offset else (low, middle)
    return low + 1, offset - starts[low] + 1
