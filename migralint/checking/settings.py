"""The root, the configuration in force, the rules."""

from __future__ import annotations

import os

from migralint import config as configuration
from migralint import rules as rule_files
from migralint.cache import reads
from migralint.light import cache
from migralint.model import MigralintError, Migration, Report, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migralint.cache.results import Memory
    from migralint.config import Config, Override
    from migralint.rules import Rule

LARGEST_SNAPSHOT = 5_000_000


def settings(
    file: str = "",
    given: Mapping[str, str] | None = None,
    paths: Sequence[str] = (),
    cache: bool = False,
) -> Config:
    """The configuration for these paths (or this folder); what is `given` comes first."""
    start = common_folder(paths) if paths else os.getcwd()
    path = file or configuration.find(start)
    if file and not os.path.isfile(file):
        raise MigralintError(f"there is no configuration file {file}")
    root = configuration.root_of(start)
    found = configuration.load(
        os.path.abspath(path) if path else None,
        root,
        given={key: str(value) for key, value in (given or {}).items() if value},
        rule_ids=lambda rules_dir: [rule.id for rule in rules_of(root, rules_dir, cache)],
        cache=root if cache else "",
    )
    return with_sizes(found)


def with_sizes(config: Config) -> Config:
    """With the snapshot of table sizes beside the configuration, and the server that it is of."""
    place = configuration.beside(config.path, configuration.SNAPSHOT)
    try:
        data = reads.read(os.path.join(config.root, place), config.root)[:LARGEST_SNAPSHOT]
    except (FileNotFoundError, NotADirectoryError):
        return config
    except OSError as error:
        raise MigralintError(f"cannot be read: {error.strerror or error}", path=place) from None
    from migralint.knowledge import sizes

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
def rules_of(root: str, rules_dir: str, cache: bool = False) -> tuple[Rule, ...]:
    """Our rules and those of the project; with `cache`, as they were read before."""
    own = [os.path.join(root, rules_dir)] if rules_dir else []
    return rule_files.load([rule_files.builtin_directory(), *own], root if cache else "")


def rules_for(config: Config, cache: bool = False) -> tuple[Rule, ...]:
    return rules_of(config.root, config.rules_dir, cache)


def memory(config: Config, today: str) -> Memory:
    """What earlier runs with these settings have found."""
    from migralint.cache.results import Memory
    from migralint.cache.runs import code
    from migralint.compiled import row

    ours = rule_files.builtin_directory()
    own = [row(rule) for rule in rules_for(config, True) if not rule.path.startswith(ours)]
    return Memory(config.root, repr((code(), own)), config, today)


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
