"""docs/commands.md and docs/exit-statuses.md: the parsers, and what the process ends with."""

from __future__ import annotations

from argparse import SUPPRESS, Action

from migralint import cli
from scripts.pages import MADE, page, table

GROUPS = {
    "Check": ("lint", "explain", "rules", "operations", "baseline", "sizes"),
    "Guard": ("guard",),
    "Run": ("status", "plan", "apply", "resolve", "new"),
    "Operate": (
        "preflight",
        "backup",
        "restore",
        "rollback",
        "verify",
        "deploy",
        "locks",
        "trace",
    ),
    "Set up": ("init", "install-hook", "config", "cache", "completions", "schema"),
}
STATUSES = (
    ("0", "nothing at or above `--fail-on` (default: error); applied; up to date"),
    ("1", "findings; pending migrations with `--exit-code`; a migration failed"),
    ("2", "usage or configuration error; nothing was looked at"),
    ("3", "a bug in migralint: please report it"),
    ("4", "the environment: git cannot say what has changed, a database or lock cannot be had"),
    ("5", "refused by a safety gate (`guard`, `apply`, and what writes to production)"),
    ("126, 127", "`guard`: the command cannot be run, is not there; what runs ends with its own"),
    ("130, 143", "interrupted (Ctrl-C), terminated"),
    ("141", "whoever read the output has gone"),
)


def commands_page() -> str:
    known = [name for names in GROUPS.values() for name in names]
    more = [name for name in cli.COMMANDS if name not in known]
    groups = {**GROUPS, **({"More": tuple(more)} if more else {})}
    lines = ["# Commands", "", f"{MADE} `migralint COMMAND --help` shows the same.", ""]
    for group, names in groups.items():
        rows = [
            (f"[{name}](#{name})", cli.COMMANDS[name][1]) for name in names if name in cli.COMMANDS
        ]
        lines += [f"**{group}**", "", *table(("command", "what it does"), rows)]
    for name in cli.COMMANDS:
        lines += command(name)
    return page(lines)


def command(name: str) -> list[str]:
    module, parser = cli.command(name)
    places = [action for action in parser._actions if not action.option_strings]
    options = [a for a in parser._actions if a.option_strings and a.dest != "help"]
    usage = " ".join([f"migralint {name}", *["[OPTIONS]"][: len(options)], *map(place, places)])
    lines = [f"## {name}", "", f"    {usage}", "", *paragraphs(module.__doc__ or ""), ""]
    said = [(f"`{place(a)}`", a.help or "") for a in places]
    said += [(flags(a), a.help or "") for a in options if a.help != SUPPRESS]
    return [*lines, *table(("argument", "means"), said)] if said else lines


def paragraphs(text: str) -> list[str]:
    """A docstring; its lines that are to be typed are code."""
    shown: list[str] = []
    for block in text.strip().split("\n\n"):
        rows = block.split("\n")
        if any(row.startswith(("migralint ", "bash:", "zsh:", "fish:")) for row in rows):
            rows = ["```text", *rows, "```"]
        shown += [*rows, ""]
    return shown[:-1]


def place(action: Action) -> str:
    name = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    if action.choices:
        name = "|".join(map(str, action.choices))
    if action.nargs == "*":
        return f"[{name} ...]"
    return f"[{name}]" if action.nargs == "?" else name


def flags(action: Action) -> str:
    value = ""
    if action.nargs != 0:
        choices = "|".join(map(str, action.choices)) if action.choices else ""
        value = f" {action.metavar or choices or action.dest.upper()}"
    return ", ".join(f"`{flag}{value}`" for flag in action.option_strings)


def statuses_page() -> str:
    lines = ["# Exit statuses", "", MADE, ""]
    lines += table(("status", "means"), list(STATUSES))
    lines += [
        "Silence is never success: where nothing could be looked at (no migration is found, a path",
        "is missing, git does not know the base) the status is 2 or 4 and not 0. A change set in",
        "which nothing of ours has changed is 0, and that is said.",
        "",
        "`--exit-zero` makes 1 a 0 and leaves the others alone, so that a broken configuration is",
        "not taken for a clean project.",
    ]
    return page(lines)
