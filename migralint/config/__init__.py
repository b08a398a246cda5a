"""`.migralint.yaml` -> frozen Config. Command line over MIGRALINT_* over file over default.

Nothing of YAML is imported while there is no configuration file.
"""

from __future__ import annotations

import os
import posixpath

from migralint.cache import reads
from migralint.model import MigralintError, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import Any

    from migralint.model import Sizes

NAMES = (".migralint.yaml", ".migralint.yml")
# Files beside the configuration: sizes of tables, and the migrations that were there at first.
SNAPSHOT = ".migralint/sizes.yaml"
BASELINE = ".migralint/baseline.json"


class Override(Record):
    """Other settings for the files that one of the globs matches."""

    files: tuple[str, ...]
    rules: Mapping[str, str]
    dialect: str = ""
    line: int = 0


class Allow(Record):
    """A finding that is accepted: by `path` (a path or a glob) or by `sha256`, with a reason."""

    rule: str
    path: str
    sha256: str
    reason: str
    until: str = ""
    line: int = 0


class Config(Record):
    """What the run is told. Paths are relative to `root`, with forward slashes.

    `path` is the configuration file ("" where there is none); `origin` says of every key where its
    value came from; `large_tables` maps a name to its rows (None: large, rows unknown) and is None
    where nothing is said of sizes. `dialect` is postgres, mysql, sqlite or "".
    """

    path: str = ""
    root: str = "."
    dialect: str = ""
    mariadb: bool = False
    server_version: int = 0
    layout: str = ""
    paths: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    prisma_version: str = ""
    preset: str = "recommended"
    rules: Mapping[str, str] = {}
    overrides: tuple[Override, ...] = ()
    allow: tuple[Allow, ...] = ()
    since: str = ""
    fail_on: str = "error"
    rules_dir: str = ""
    large_tables: Mapping[str, int | None] | None = None
    large_table_rows: int = 10_000
    assume_large: bool = False
    migration_name: str = ""
    sizes: Sizes | None = None
    commands: tuple[Mapping[str, str], ...] = ()
    guard: Mapping[str, str] = {}
    hosts: Mapping[str, str] = {}
    url: str = ""
    lock_timeout: str = ""
    statement_timeout: str = ""
    backup_folder: str = "backups"
    backup_keep: int = 10
    backup_keep_days: int = 30
    backup_max_age: str = "24h"
    no_staging: str = ""
    origin: Mapping[str, str] = {}


def beside(configuration: str, name: str) -> str:
    """The path of SNAPSHOT or BASELINE, for the path of the configuration ("": there is none)."""
    return posixpath.join(posixpath.dirname(configuration), name)


def find(start: str) -> str | None:
    """The configuration file of `start` or a folder above it, up to the git root."""
    folder = os.path.abspath(start)
    while True:
        found = [name for name in NAMES if _is_there(os.path.join(folder, name))]
        if len(found) > 1:
            raise MigralintError(
                f"both {NAMES[0]} and {NAMES[1]} are in {folder}", hint="Keep one of them."
            )
        if found:
            return os.path.join(folder, found[0])
        parent = os.path.dirname(folder)
        if parent == folder or reads.exists(os.path.join(folder, ".git")):
            return None
        folder = parent


def _is_there(path: str) -> bool:
    """Also where it is no file: a configuration that cannot be read is not one that is missing."""
    if reads.is_file(path):
        return True
    if not os.path.lexists(path):
        return False
    kind = "a link that leads nowhere" if not os.path.exists(path) else "not a file"
    hint = "The configuration is read from what is called so. Mend it, or take it away."
    raise MigralintError(f"is {kind}", path=path, hint=hint)


def root_of(start: str) -> str:
    """The git root; else the folder of the configuration; else here, or `start` where it is not
    below here."""
    folder = os.path.abspath(start)
    while not reads.exists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            found = find(start)
            return os.path.dirname(found) if found else _here(os.path.abspath(start))
        folder = parent
    return folder


def _here(start: str) -> str:
    here = os.getcwd()
    return here if os.path.commonpath([here, start]) == here else start


def load(
    path: str | None,
    root: str,
    *,
    environ: Mapping[str, str] | None = None,
    given: Mapping[str, str] | None = None,
    rule_ids: Callable[[str], Collection[str]] | None = None,
    cache: str = "",
) -> Config:
    """The configuration in force; everything that is wrong with it in one MigralintError.

    `given` are values from the command line by key (`server_version` for `--pg`); `rule_ids` tells
    the rules that exist, given `rules_dir`, and is asked only when a rule is named. `cache` is the
    root of a repository beside which a file that was read once, without complaint, is kept.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    problems: list[MigralintError] = []
    if path:
        from migralint.config.kept import read_file

        problems += read_file(path, root, values, origin, rule_ids, cache)
    if given or any(name.startswith("MIGRALINT_") for name in environ):
        _override(environ, given or {}, values, origin, problems)
    _settle(values, origin, problems)
    if problems:
        raise _together(problems)
    shown = _relative(path, root) if path else ""
    return Config(path=shown, root=root, origin=origin, **values)


def parse(text: str, path: str, root: str) -> Config:
    """What a text says that stood in the file at another time, without what is wrong with it."""
    from migralint.config.reading import read_file

    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    read_file(os.path.join(root, path), root, values, origin, data=text.encode())
    values.pop("server_version", None)
    return Config(path=path, root=root, origin=origin, **values)


def _override(
    environ: Mapping[str, str],
    given: Mapping[str, str],
    values: dict[str, Any],
    origin: dict[str, str],
    problems: list[MigralintError],
) -> None:
    """Scalars from MIGRALINT_<KEY>, then from the command line."""
    from migralint.config.keys import KEYS, SCALARS, misnamed

    ours = (name for name in sorted(environ) if name.startswith("MIGRALINT_") and environ[name])
    problems += map(MigralintError, misnamed(ours))
    for name, key in KEYS.items():
        option = "--pg" if name == "server_version" else "--" + name.replace("_", "-")
        variable = f"MIGRALINT_{name.upper()}"
        for source, text in ((variable, environ.get(variable)), (option, given.get(name))):
            if not text or key.form not in SCALARS:
                continue
            try:
                values[name] = SCALARS[key.form](text, key.choices)
                origin[name] = source
            except ValueError as error:
                problems.append(MigralintError(f"{source} {error}"))


def _settle(values: dict[str, Any], origin: dict[str, str], problems: list[MigralintError]) -> None:
    """MariaDB is a kind of MySQL; a version becomes the number that the facts use."""
    dialect = values.get("dialect", "")
    if dialect == "mariadb":
        values["dialect"], values["mariadb"] = "mysql", True
    if "server_version" in values:
        from migralint.config.keys import server_version

        try:
            values["server_version"] = server_version(values["server_version"], dialect)
        except ValueError as error:
            place, line = place_of("server_version", origin)
            named = "server_version" if place else origin["server_version"]
            problems.append(MigralintError(f"{named} {error}", path=place, line=line))


def place_of(key: str, origin: Mapping[str, str]) -> tuple[str, int]:
    """The file and line that the value of the key is from, ("", 0) where it is from elsewhere."""
    place, _, line = origin.get(key, "").rpartition(":")
    return (place, int(line)) if place else ("", 0)


def _together(problems: list[MigralintError]) -> MigralintError:
    if len(problems) == 1:
        return problems[0]
    return MigralintError("\n".join(str(problem) for problem in problems))


def _relative(path: str, root: str) -> str:
    return os.path.relpath(path, root).replace(os.sep, "/")
