"""What one may send to a reader: characters made visible, and how wide they are.

Nothing outside the printable characters gets through: C0 and C1 controls (a terminal obeys them),
bidirectional marks and zero-width characters (they make a reviewer read another statement than the
one that runs, see https://trojansource.codes), lone surrogates (no encoding takes them).
"""

from __future__ import annotations

TAB = 4


def visible(text: str, encoding: str = "utf-8") -> str:
    """One line of text, with what does not print written as an escape such as \\x1b or \\u202e."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(cells(text, encoding))


def one_line(text: str, encoding: str = "utf-8") -> str:
    """Text of any number of lines as a single one."""
    return visible(" ".join(text.split()), encoding)


def lines(text: str, encoding: str = "utf-8") -> list[str]:
    """The lines of the text (only \\n ends one), each made visible."""
    return [visible(line.rstrip(), encoding) for line in text.split("\n")]


def cells(text: str, encoding: str = "utf-8") -> list[str]:
    """What stands for each code point of the line."""
    return [_cell(character, encoding) for character in text]


def _cell(character: str, encoding: str) -> str:
    if character == "\t":
        return " " * TAB
    if character.isprintable() and encodable(character, encoding):
        return character
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def encodable(text: str, encoding: str) -> bool:
    """Whether the stream that takes this encoding can print the text."""
    if text.isascii() or encoding.lower().replace("_", "-") in ("utf-8", "utf8"):
        return True
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def width(text: str) -> int:
    """How many columns of a terminal the visible text takes."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(
        0 if combining(character) else 2 if east_asian_width(character) in "WF" else 1
        for character in text
    )


def fold(text: str, room: int, taken: int = 0) -> list[str]:
    """Words of the text on lines of at most `room` columns, of which the first has some taken.

    A word that is longer keeps a line of its own: cutting it would break what people copy.
    """
    folded: list[str] = []
    line, used = "", taken
    for word in text.split():
        size = width(word)
        if line and used + 1 + size > room:
            folded.append(line)
            line, used = word, size
        else:
            line, used = (f"{line} {word}", used + 1 + size) if line else (word, used + size)
    return [*folded, line] if line else folded


def well_formed(text: str) -> str:
    """The text without lone surrogates (a path that is not UTF-8 has some): JSON has none."""
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")
