"""A unified diff that `git apply` and `patch -p1` take."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

NO_NEWLINE = "\n\\ No newline at end of file\n"


def unified(path: str, before: str, after: str) -> str:
    """The diff of one file, "" where nothing differs. `path` is as the reader would type it."""
    return "".join(_lines(path, before, after))


def _lines(path: str, before: str, after: str) -> Iterator[str]:
    from difflib import unified_diff

    old, new = _split(before), _split(after)
    for line in unified_diff(old, new, _quoted(f"a/{path}"), _quoted(f"b/{path}")):
        yield line if line.endswith("\n") else line + NO_NEWLINE


def _split(text: str) -> list[str]:
    """Lines as diff counts them: only a line feed ends one."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _quoted(path: str) -> str:
    """As git writes a path that holds what would end the line; else as it is."""
    if path.isprintable() and '"' not in path and "\\" not in path:
        return f"{path}\t" if " " in path else path
    data = path.encode("utf-8", "surrogateescape")
    plain = range(0x20, 0x7F)
    shown = (chr(b) if b in plain and b not in b'"\\' else f"\\{b:03o}" for b in data)
    return '"' + "".join(shown) + '"'
