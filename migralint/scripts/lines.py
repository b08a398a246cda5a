"""Commands of shells that have no kept grammar (fish, PowerShell, batch), and of broken lines.

A line is split at `;`, `|`, `||`, `&&`, `&` and into words; quotes and continuations are honoured,
comments are left out. That is less than a grammar, and enough for one command on a line.
"""

from __future__ import annotations

import re

from migralint.scripts.text import Command, Place, Source, Word, joined, placed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

STYLES = {  # continuation, escape character, quotes, what begins a comment
    "fish": ("\\", "\\", "\"'", ("#",)),
    "powershell": ("`", "`", "\"'", ("#",)),
    "batch": ("^", "^", '"', ("rem ", "::", "@rem ", "rem\t")),
    "broken": ("\\", "\\", "\"'", ("#",)),
}
OPERATORS = ";|&\n"
KEYWORDS = frozenset(
    {
        "if",
        "then",
        "else",
        "do",
        "while",
        "not",
        "and",
        "or",
        "begin",
        "time",
        "{",
        "}",
        "(",
        ")",
        "&",
    }
)
SET = {
    "fish": re.compile(r"set(?: -\w+)* (\w+) (.*)"),
    "powershell": re.compile(r"\$(?:env:)?(\w+)\s*=\s*(.*)", re.IGNORECASE),
    "batch": re.compile(r"@?set \"?(\w+)=([^\"]*)\"?", re.IGNORECASE),
}
VARIABLE = {
    "fish": re.compile(r"\$(\w+)"),
    "powershell": re.compile(r"\$(?:\{?env:)?(\w+)\}?", re.IGNORECASE),
    "batch": re.compile(r"%(\w+)%"),
}


def commands(source: Source, place: Place, style: str = "broken") -> list[Command]:
    """The commands of the text, in its order."""
    variables: dict[str, str] = dict(place.variables)
    found: list[Command] = []
    for words in _split(_without_comments(source, style), style):
        text = " ".join(word.text for word in words)
        assigned = SET[style].fullmatch(text) if style in SET else None
        if assigned:
            variables[assigned[1]] = assigned[2].strip().strip("\"'")
            continue
        while words and words[0].text.lower() in KEYWORDS:
            words = words[1:]
        words = [_expanded(word, variables, style) for word in words]
        if words:
            words[0] = _named(words[0])
            given = dict(variables)
            found.append(Command(tuple(words), words[0].start, words[-1].end, place, given))
    return found


def _named(word: Word) -> Word:
    """The program without batch's `@`, which only keeps the line from being shown."""
    if not word.text.startswith("@"):
        return word
    return Word(word.source.part(1, len(word.text)), word.start, word.end, word.known)


def _expanded(word: Word, variables: dict[str, str], style: str) -> Word:
    pattern = VARIABLE.get(style)
    if pattern is None or not pattern.search(word.text):
        return word
    known = all(found[1] in variables for found in pattern.finditer(word.text))
    value = pattern.sub(lambda found: variables.get(found[1], found[0]), word.text)
    return Word(placed(value, word.start, word.end), word.start, word.end, known)


def _without_comments(source: Source, style: str) -> Source:
    """The text with whole-line comments, PowerShell's blocks and continuations taken out."""
    text = source.text
    if style == "powershell":
        text = re.sub(
            r"<#.*?#>", lambda found: re.sub(r"[^\n]", " ", found[0]), text, flags=re.DOTALL
        )
    parts: list[Source] = []
    position = 0
    marks = STYLES[style][3]
    for line in text.splitlines(keepends=True):
        end = position + len(line)
        bare = line.rstrip()
        if line.lstrip().lower().startswith(marks):
            parts.append(
                source.part(end - 1, end) if line.endswith("\n") else source.part(end, end)
            )
        elif bare.endswith(STYLES[style][0]):
            parts.append(
                Source(
                    text[position : position + len(bare) - 1],
                    source.at[position : position + len(bare)],
                )
            )
        else:
            parts.append(Source(line, source.at[position : end + 1]))
        position = end
    return joined(parts) if parts else source


def _split(source: Source, style: str) -> Iterator[list[Word]]:
    words: list[Word] = []
    text, position = source.text, 0
    while position < len(text):
        character = text[position]
        if character in OPERATORS:
            yield words
            words, position = [], position + 1
        elif character.isspace():
            position += 1
        elif character == "#" and style != "batch":
            newline = text.find("\n", position)
            position = len(text) if newline < 0 else newline
        else:
            word, position = _word(source, position, style)
            words.append(word)
    yield words


def _word(source: Source, start: int, style: str) -> tuple[Word, int]:
    _, escape, quotes, _ = STYLES[style]
    text, position = source.text, start
    parts: list[Source] = []
    quote = ""
    while position < len(text):
        character = text[position]
        if quote:
            if character == quote:
                quote = ""
                position += 1
                continue
        elif character in quotes:
            quote = character
            position += 1
            continue
        elif character.isspace() or character in OPERATORS:
            break
        if character == escape and quote != "'" and position + 1 < len(text):
            position += 1
        parts.append(source.part(position, position + 1))
        position += 1
    value = joined(parts) if parts else source.part(start, start)
    return Word(value, source.at[start], source.at[position], "$" not in value.text), position
