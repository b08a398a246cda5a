"""List the rules: their severity, their preset, and what they say.

`migralint explain RULE` has the reasons, what to write instead, and examples.
"""

from __future__ import annotations

from migralint.commands import project, terminal
from migralint.formats.text import paint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from migralint.rules import Rule


def add_arguments(parser: ArgumentParser) -> None:
    choices = ("recommended", "strict", "optional")
    parser.add_argument("--preset", choices=choices, help="only what this preset adds")
    parser.add_argument("--output", choices=("text", "json"), default="text")
    project.add_config(parser)
    project.add_color(parser)


def run(args: Namespace) -> int:
    rules = project.rules_for(project.settings(args))
    found = [rule for rule in rules if args.preset in (None, rule.preset)]
    if args.output == "json":
        from migralint.formats.json_ import dump

        terminal.say(dump([summary(rule) for rule in found]))
        return 0
    options = terminal.options(args.color)
    size = max((len(rule.id) for rule in found), default=0)
    category = ""
    for rule in sorted(found, key=lambda rule: (rule.category, rule.id)):
        if rule.category != category:
            terminal.say(f"{chr(10) if category else ''}{paint(rule.category, 'bold', options)}")
            category = rule.category
        severity = paint(f"{rule.severity!s:<7}", str(rule.severity), options)
        terminal.say(
            f"  {rule.id:<{size}}  {severity}  {rule.preset:<11}  {in_words(rule.message)}"
        )
    return 0


_SENTENCES = {
    "leave_transaction": "(A finding says here how the layout's runner is told to use none.)",
    "how_to_edit": "",
}


def in_words(text: str) -> str:
    """The text of a rule with its placeholders in capitals: {new_name} is NEW NAME."""
    from migralint.rules import PLACEHOLDER

    return PLACEHOLDER.sub(
        lambda match: _SENTENCES.get(match[1], match[1].upper().replace("_", " ")), text
    )


def summary(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "category": rule.category,
        "severity": str(rule.severity),
        "preset": rule.preset,
        "message": rule.message,
        "why": rule.why,
        "instead": rule.instead,
        "references": list(rule.references),
    }
