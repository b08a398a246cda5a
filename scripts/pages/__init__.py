"""The pages of docs/ that are made from what the engine runs: one module a page or two."""

from __future__ import annotations

MADE = "Made by `scripts/docs` from what migralint runs; changes belong there."


def cell(text: str) -> str:
    """Text in a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return [*lines, *(f"| {' | '.join(map(cell, row))} |" for row in rows), ""]


def page(lines: list[str]) -> str:
    return "\n".join(lines).rstrip("\n") + "\n"
