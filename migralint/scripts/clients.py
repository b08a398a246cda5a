"""SQL that a script gives to a database's client: psql -c, mysql -e, a here-document, a pipe."""

from __future__ import annotations

from migralint.model import Record
from migralint.scripts.text import Command, Source
from migralint.scripts.wrappers import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migralint.scripts.text import Word


class Client(Record):
    """How a program takes SQL: options for a text, for a file, and whether it reads its input."""

    dialect: str
    text: frozenset[str]
    file: frozenset[str]
    stdin: bool = True
    words: tuple[str, ...] = ()
    last: bool = False


PSQL = Client("postgres", frozenset({"-c", "--command"}), frozenset({"-f", "--file"}))
MYSQL = Client("mysql", frozenset({"-e", "--execute"}), frozenset())
CLIENTS: dict[str, Client] = {
    "psql": PSQL,
    "pgcli": PSQL,
    "cockroach": Client(
        "postgres", frozenset({"-e", "--execute"}), frozenset({"-f", "--file"}), words=("sql",)
    ),
    "heroku": Client(
        "postgres", frozenset({"-c", "--command"}), frozenset({"-f", "--file"}), words=("pg:psql",)
    ),
    "mysql": MYSQL,
    "mariadb": MYSQL,
    "mycli": MYSQL,
    "sqlite3": Client("sqlite", frozenset({"-cmd"}), frozenset(), last=True),
    "litecli": Client("sqlite", frozenset({"-e"}), frozenset()),
    "wrangler": Client(
        "sqlite", frozenset({"--command"}), frozenset({"--file"}), False, ("d1", "execute")
    ),
    "turso": Client("sqlite", frozenset(), frozenset(), True, ("db", "shell"), True),
    "prisma": Client("", frozenset(), frozenset({"--file"}), True, ("db", "execute")),
}


class Given(Record):
    """What a command gives to its database: texts with their places, and files."""

    dialect: str
    texts: tuple[Source, ...]
    paths: tuple[str, ...]


def given(command: Command) -> Given | None:
    """The SQL of this command, None where it is no client."""
    client = CLIENTS.get(program(command.words[0].text)) if command.words else None
    if client is None:
        return None
    plain = [word.text for word in command.words[1:] if not word.text.startswith("-")]
    if client.words and tuple(plain[: len(client.words)]) != client.words:
        return None
    words = command.words[1:]
    texts = list(_values(words, client.text))
    paths = [source.text for source in _values(words, client.file)]
    if client.last and len(plain) > len(client.words) + 1:
        texts.append(next(word.source for word in reversed(words) if word.text == plain[-1]))
    if client.stdin and not texts and not paths:
        texts += [command.stdin] if command.stdin is not None else []
        paths += [command.stdin_path] if command.stdin_path else []
    return Given(client.dialect, tuple(texts), tuple(path for path in paths if path != "-"))


def _values(words: Sequence[Word], options: frozenset[str]) -> Iterator[Source]:
    """The values of an option in all its spellings: `-c x`, `-cx`, `-tAc x`, `--command=x`."""
    for number, word in enumerate(words):
        text = word.text
        option, equals, _ = text.partition("=")
        following = words[number + 1].source if number + 1 < len(words) else None
        if text in options or _ends_with(text, options):
            if following is not None:
                yield following
        elif equals and option in options and option.startswith("--"):
            yield word.source.part(len(option) + 1, len(text))
        elif text[:2] in options and not text.startswith("--") and len(text) > 2:
            yield word.source.part(2, len(text))


def _ends_with(text: str, options: frozenset[str]) -> bool:
    """`-tAc` is -t, -A and -c."""
    bundled = (
        text.startswith("-")
        and not text.startswith("--")
        and 2 < len(text) <= 6
        and text[1:].isalpha()
    )
    return bundled and f"-{text[-1]}" in options and f"-{text[1]}" not in options
