"""Show the settings in force and where each came from.

The command line comes first, then MIGRALINT_* variables, the configuration file, and the default.
"""

from __future__ import annotations

from migralint.commands import project, terminal
from migralint.formats.characters import visible, width
from migralint.formats.text import paint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any


def add_arguments(parser: ArgumentParser) -> None:
    project.add_config(parser)
    project.add_color(parser)


def run(args: Namespace) -> int:
    from migralint.config.keys import KEYS

    settings = project.settings(args)
    options = terminal.options(args.color)
    terminal.say(f"root: {visible(settings.root)}")
    terminal.say(f"file: {visible(settings.path) or 'none (migralint init writes one)'}\n")
    rows = [(f"{name}: {shown(getattr(settings, name))}", name) for name in KEYS]
    size = min(max(width(row) for row, _ in rows), 60)
    for row, name in rows:
        origin = visible(settings.origin.get(name, "default"))
        gap = " " * max(size - width(row), 0)
        terminal.say(f"{row}{gap}  {paint(f'# {origin}', 'dim', options)}")
    return 0


def shown(value: Any) -> str:
    """The value on one line, as it would stand in the file."""
    import json

    if value is None or value == 0 or value == "" or value == () or value == {}:
        return "false" if value is False else "(not set)"
    return json.dumps(_plain(value), ensure_ascii=True)


def _plain(value: Any) -> Any:
    if hasattr(value, "__slots__"):
        fields = {name: _plain(getattr(value, name)) for name in value.__slots__ if name != "line"}
        return {name: field for name, field in fields.items() if field not in ("", [], {})}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
