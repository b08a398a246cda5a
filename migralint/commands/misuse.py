"""What is wrong with a command line: one sentence, and the way on, in the place of all options."""

from __future__ import annotations

from migralint.model import MigralintError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Sequence

TOO_MANY = "unrecognized arguments: "


def misuse(parser: ArgumentParser, arguments: Sequence[str], message: str) -> MigralintError:
    """The error for what argparse says. An option that does not exist comes first: argparse names
    what is required before that, and what is missing may be only misspelt."""
    way = f"`{parser.prog} --help` lists the options."
    own = arguments[: arguments.index("--")] if "--" in arguments else arguments
    known = [option for action in parser._actions for option in action.option_strings]
    for word in own:
        option = word.partition("=")[0]
        if option.startswith("--") and option not in known:
            return MigralintError(
                f"there is no option {option}", hint=f"{_near(option, known)}{way}"
            )
    if message.startswith(TOO_MANY):
        rest = message.removeprefix(TOO_MANY)
        message = f"there is no option {rest}" if rest.startswith("-") else f"too much: {rest}"
    return MigralintError(message, hint=way)


def _near(option: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    # the dashes are not what is alike
    names = [each.removeprefix("--") for each in known if each.startswith("--")]
    near = get_close_matches(option.removeprefix("--"), names, 1)
    return "".join(f"Did you mean --{each}? " for each in near)
