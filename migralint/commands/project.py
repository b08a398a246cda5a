"""The arguments that many commands share, and what they lead to."""

from __future__ import annotations

from migralint.checking.settings import near, rules_for
from migralint.checking.settings import settings as find_settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace, _ActionsContainer
    from collections.abc import Sequence

    from migralint.config import Config

__all__ = ["GIVEN", "add_color", "add_config", "given", "near", "rules_for", "settings"]

# the options that say the same as a key of the configuration: the argument's name -> the key
GIVEN = {
    "dialect": "dialect",
    "layout": "layout",
    "pg": "server_version",
    "since": "since",
    "preset": "preset",
    "fail_on": "fail_on",
}


def add_config(parser: _ActionsContainer) -> None:
    parser.add_argument("--config", metavar="FILE", help="the configuration (found upwards)")


def add_color(parser: _ActionsContainer) -> None:
    choices = ("auto", "always", "never")
    parser.add_argument("--color", choices=choices, default="auto", help="default: auto")


def given(args: Namespace) -> dict[str, str]:
    """Keys of the configuration that the command line has values for."""
    return {key: getattr(args, name, None) or "" for name, key in GIVEN.items()}


def settings(args: Namespace, paths: Sequence[str] = ()) -> Config:
    """The configuration for these paths (or this folder); the command line comes first."""
    return find_settings(args.config or "", given(args), paths)
