"""Where a command runs: the root, the configuration in force, the rules."""

from __future__ import annotations

import os
import posixpath
from functools import cache

from migralint import config as configuration
from migralint import rules as rule_files
from migralint.knowledge import sizes
from migralint.model import MigralintError, Migration, Report, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace, _ActionsContainer
    from collections.abc import Sequence

    from migralint.config import Config, Override
    from migralint.rules import Rule

LARGEST_SNAPSHOT = 5_000_000
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


def settings(args: Namespace, paths: Sequence[str] = ()) -> Config:
    """The configuration for these paths (or this folder); the command line comes first."""
    start = common_folder(paths) if paths else os.getcwd()
    path = args.config or configuration.find(start)
    if args.config and not os.path.isfile(args.config):
        raise MigralintError(f"there is no configuration file {args.config}")
    root = configuration.root_of(start)
    given = {key: getattr(args, name, None) for name, key in GIVEN.items()}
    found = configuration.load(
        os.path.abspath(path) if path else None,
        root,
        given={key: value for key, value in given.items() if value},
        rule_ids=lambda rules_dir: [rule.id for rule in rules_of(root, rules_dir)],
    )
    return with_sizes(found)


def with_sizes(config: Config) -> Config:
    """With the snapshot of table sizes beside the configuration, and the server that it is of."""
    place = posixpath.join(posixpath.dirname(config.path), sizes.SNAPSHOT)
    try:
        with open(os.path.join(config.root, place), "rb") as file:
            data = file.read(LARGEST_SNAPSHOT)
    except OSError:
        return config
    snapshot = sizes.read(data.decode("utf-8", "replace"), place)
    config = replace(config, sizes=snapshot)
    dialect = snapshot.dialect
    same = config.dialect in ("", dialect.replace("mariadb", "mysql"))
    if config.server_version or not same or dialect == "sqlite" or not snapshot.server_version:
        return config
    from migralint.config.keys import version_number

    try:
        number = version_number(snapshot.server_version, dialect)
    except ValueError as error:
        raise MigralintError(f"server_version {error}", path=place) from None
    origin = {**config.origin, "server_version": place}
    mariadb = config.mariadb or dialect == "mariadb"
    return replace(config, server_version=number, mariadb=mariadb, origin=origin)


def common_folder(paths: Sequence[str]) -> str:
    """The lowest existing folder that holds all of the paths."""
    folder = os.path.commonpath([os.path.abspath(path) for path in paths])
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return folder


@cache
def rules_of(root: str, rules_dir: str) -> tuple[Rule, ...]:
    """Our rules and those of the project."""
    own = [os.path.join(root, rules_dir)] if rules_dir else []
    return rule_files.load([rule_files.builtin_directory(), *own])


def rules_for(config: Config) -> tuple[Rule, ...]:
    return rules_of(config.root, config.rules_dir)


def select(rules: Sequence[Rule], config: Config, names: list[str], ignored: list[str]) -> Config:
    """The configuration with --select (every other rule is off) and --ignore in it."""
    known = {rule.id: rule for rule in rules}
    for name in (*names, *ignored):
        if name not in known:
            raise MigralintError(f"there is no rule {name!r}", hint=near(name, list(known)))
    levels = dict(config.rules)
    overrides = config.overrides
    if names:
        levels = {rule.id: levels.get(rule.id, "off") for rule in rules}
        levels = {rule: level if rule in names else "off" for rule, level in levels.items()}
        for name in names:
            levels[name] = str(known[name].severity) if levels[name] == "off" else levels[name]
        overrides = tuple(_only(override, names) for override in overrides)
    levels.update(dict.fromkeys(ignored, "off"))
    return replace(config, rules=levels, overrides=overrides)


def _only(override: Override, names: list[str]) -> Override:
    kept = {rule: level for rule, level in override.rules.items() if rule in names}
    return replace(override, rules=kept)


def near(word: str, ids: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(word, ids, 3)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    return "`migralint rules` lists them."


def lint_text(text: str, config: Config, rules: Sequence[Rule]) -> tuple[Report, str]:
    """The report on SQL that stands in no file, and the dialect that it was read as."""
    from migralint.lint import lint

    dialect = config.dialect or "postgres"
    migration = Migration("<sql>", text, "", "", "plain", dialect)
    return lint([migration], rules, config), dialect
