"""Commands in JavaScript and TypeScript: execSync("..."), spawn("npx", ["prisma", ...]), $`...`.

Strings, templates, comments and brackets are told apart; no grammar is needed to see a call by its
name. Constants of the same file are put in; what is computed stays unknown.
"""

from __future__ import annotations

import re

from migralint.model import replace
from migralint.scripts.context import file_place
from migralint.scripts.text import Piece, Source, Word, joined, placed, words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from migralint.model import Script
    from migralint.scripts.text import Place

SHELL_CALLS = words_of(
    "exec execSync execAsync execPromise execaCommand execaCommandSync execCommand runCommand "
    "shellExec shell sh run runSync $ asyncExec promisifiedExec"
)
WORD_CALLS = words_of(
    "spawn spawnSync execFile execFileSync execFileAsync execa execaSync fork xspawn spawnAsync"
)
AMBIGUOUS = frozenset(["exec", "run", "shell", "sh", "fork"])  # RegExp.exec, job.run: only of these
OWNERS = words_of("child_process childProcess cp shell shelljs sh proc execa process zx util")
TAGS = frozenset({"$", "sh", "execa", "shell", "zx"})
TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))|(?P<quote>[\"'`])"
    r"|(?P<name>[A-Za-z_$][\w$]*)|(?P<number>\d[\w.]*)|(?P<mark>.)",
    re.DOTALL,
)
REGEX = re.compile(r"/(?![*/])(?:[^\\/\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
BEFORE_REGEX = frozenset(
    [
        "(",
        ",",
        "=",
        ":",
        "[",
        "!",
        "&",
        "|",
        "?",
        "{",
        "}",
        ";",
        "+",
        "-",
        "*",
        "%",
        "<",
        ">",
        "~",
        "^",
        "return",
        "typeof",
        "case",
        "in",
        "of",
    ]
)
SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "v": "\v", "f": "\f"}
Token = tuple[str, str, int, int, "Source | None", bool]  # kind, text, start, end, value, known


def pieces(script: Script) -> list[Piece]:
    """Every call that runs a command, with its program."""
    tokens = list(_tokens(script.text))
    constants = _constants(tokens)
    texts = {name: source.text for name, source in constants.items()}
    place = replace(file_place(script.path), variables=texts)
    return list(_calls(tokens, constants, place))


def _tokens(text: str) -> Iterator[Token]:
    position, last = 0, "("
    while position < len(text):
        pattern = (
            REGEX.match(text, position) if text[position] == "/" and last in BEFORE_REGEX else None
        )
        if pattern:
            yield ("regex", "", position, pattern.end(), None, False)
            position, last = pattern.end(), "regex"
            continue
        found = TOKEN.match(text, position)
        assert found is not None
        kind = str(found.lastgroup)
        if kind == "quote":
            value, end, known = _string(text, position)
            yield (
                "string" if text[position] != "`" else "template",
                "",
                position,
                end,
                value,
                known,
            )
            position, last = end, "string"
            continue
        if kind not in ("space", "comment"):
            yield (kind, found[0], found.start(), found.end(), None, False)
            last = found[0]
        position = found.end()


def _string(text: str, start: int) -> tuple[Source, int, bool]:
    """The string that begins at `start`: its value, its end, and whether it holds no `${}`."""
    quote, position = text[start], start + 1
    parts: list[Source] = []
    known = True
    plain = position
    while position < len(text):
        character = text[position]
        if character == quote or (character == "\n" and quote != "`"):
            break
        if character == "\\" and position + 1 < len(text):
            parts.append(Source(text[plain:position], range(plain, position + 1)))
            code = text[position + 1]
            value = "" if code == "\n" else SIMPLE.get(code, code)
            parts.append(placed(value, position, position + 2))
            position += 2
            plain = position
        elif quote == "`" and text.startswith("${", position):
            parts.append(Source(text[plain:position], range(plain, position + 1)))
            end = _closing(text, position + 2)
            inner = text[position:end]
            name = re.fullmatch(r"\$\{\s*([\w.$]+)\s*\}", inner)
            parts.append(
                placed("${" + re.sub(r"\W", "_", name[1]) + "}" if name else "${_}", position, end)
            )
            known = False
            position = plain = end
        else:
            position += 1
    parts.append(Source(text[plain:position], range(plain, position + 1)))
    return joined(parts), min(position + 1, len(text)), known


def _closing(text: str, position: int) -> int:
    """After the brace that closes the one before `position`."""
    depth = 1
    while position < len(text) and depth:
        if text[position] in "\"'`":
            _, position, _ = _string(text, position)
            continue
        depth += (text[position] == "{") - (text[position] == "}")
        position += 1
    return position


def _constants(tokens: list[Token]) -> dict[str, Source]:
    """`const NAME = "text"` for every name that is given one text only."""
    found: dict[str, Source] = {}
    for before, name, equals, value in zip(
        tokens, tokens[1:], tokens[2:], tokens[3:], strict=False
    ):
        if (
            before[1] in ("const", "let", "var")
            and name[0] == "name"
            and equals[1] == "="
            and value[4] is not None
        ):
            found[name[1]] = value[4]
    return found


def _calls(tokens: list[Token], constants: dict[str, Source], place: Place) -> Iterator[Piece]:
    for number, token in enumerate(tokens):
        kind, name, *_ = token
        if kind != "name" or number + 1 >= len(tokens):
            continue
        following = tokens[number + 1]
        if following[0] == "template" and name in TAGS and following[4] is not None:
            yield Piece("shell", following[4], place)
        elif following[1] == "(" and (name in SHELL_CALLS or name in WORD_CALLS):
            before = tokens[number - 1][1] if number else ""
            owner = tokens[number - 2][1] if before == "." and number > 1 else ""
            if before in ("function", "class", "new") or (
                before == "." and name in AMBIGUOUS and owner not in OWNERS
            ):
                continue
            yield from _call(tokens, number + 2, name in WORD_CALLS, constants, place)


def _call(
    tokens: list[Token], at: int, words: bool, constants: dict[str, Source], place: Place
) -> Iterator[Piece]:
    listed = tokens[at][1] == "[" if at < len(tokens) else False
    if listed:
        found, _ = _list(tokens, at + 1, constants)
        yield from _words_piece(found, place)
        return
    first, at = _text(tokens, at, constants)
    if first is None:
        return
    if at + 1 < len(tokens) and tokens[at][1] == "," and tokens[at + 1][1] == "[" and words:
        rest, _ = _list(tokens, at + 2, constants)
        yield from _words_piece([Word(first, first.at[0], first.at[-1]), *rest], place)
    else:
        yield Piece("shell", first, place)


def _words_piece(words: list[Word], place: Place) -> Iterator[Piece]:
    if words:
        yield Piece("words", words[0].source, place, tuple(words))


def _text(tokens: list[Token], at: int, constants: dict[str, Source]) -> tuple[Source | None, int]:
    """A string, a constant, or several joined by `+`; and the token after it."""
    parts: list[Source] = []
    while at < len(tokens):
        kind, text, start, end, value, _ = tokens[at]
        if value is not None:
            parts.append(value)
        elif kind == "name" and text in constants:
            parts.append(placed(constants[text].text, start, end))
        elif kind == "name" and parts:
            parts.append(placed("${_}", start, end))
        else:
            break
        at += 1
        if at < len(tokens) and tokens[at][1] == "+":
            at += 1
            continue
        break
    return (joined(parts) if parts else None), at


def _list(tokens: list[Token], at: int, constants: dict[str, Source]) -> tuple[list[Word], int]:
    """The elements of a list up to its bracket; what is no text is a word that is not known."""
    found: list[Word] = []
    depth = 0
    while at < len(tokens):
        kind, text, start, end, _, _ = tokens[at]
        if text in ("]", ")", "}") and depth == 0:
            return found, at
        if depth == 0 and text != ",":
            source, after = _text(tokens, at, constants)
            if source is not None:
                known = tokens[at][5] or kind == "name"
                found.append(Word(source, source.at[0], source.at[-1], known))
                at = after
                continue
            found.append(Word(placed("${_}", start, end), start, end, False))
        depth += (text in "([{" and bool(text)) - (text in ")]}" and bool(text))
        at += 1
    return found, at
