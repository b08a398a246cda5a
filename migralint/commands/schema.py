"""Print a JSON Schema: of the configuration (config) or of `--output json` (report).

Editors complete and check .migralint.yaml with the first one. Save it, and begin the file with
`# yaml-language-server: $schema=` and its path.
"""

from __future__ import annotations

import os

from migralint.commands import terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", choices=("config", "report"), default="config")


def run(args: Namespace) -> int:
    if args.name == "config":
        from migralint.config import schema

        terminal.say(schema.text())
        return 0
    folder = os.path.join(os.path.dirname(__file__), os.pardir, "schemas")
    with open(os.path.join(folder, "report.schema.json"), encoding="utf-8") as file:
        terminal.say(file.read())
    return 0
