"""Which database is meant, and how careful to be with it.

The URL: `--url`, then the variables that Prisma's schema or configuration names (that for
migrations first), else DIRECT_URL and DATABASE_URL, with STAGING_ or TEST_ before them by
environment; then the configuration. The environment is the strictest of what variables, host and
database say.
"""

from __future__ import annotations

import os
import re

from migralint.model import MigralintError, Record
from migralint.runner import dotenv, strictness
from migralint.runner.url import Url, UrlError, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STRICTEST = tuple(reversed(strictness.STRICTNESS))
PREFIXES = {"staging": "STAGING_", "test": "TEST_"}
DIRECT = "DIRECT_URL"
GENERAL = "DATABASE_URL"
_BLOCK = re.compile(r"\bdatasource\b[^{]{0,200}\{([^}]{0,4000})\}")
_FIELD = re.compile(
    r"""\b(directUrl|url)\s{0,40}[=:]\s{0,40}(?:env\(\s{0,40}|process\.env\.)?(["'\w][^"'\s,)!]{0,2000})"""
)
_CONFIGS = tuple(f"prisma.config.{end}" for end in ("ts", "mts", "cts", "js", "mjs", "cjs"))


class Environment(Record):
    """`name` is one of STRICTEST; `why` says what decided."""

    name: str
    why: str

    @property
    def is_production(self) -> bool:
        return self.name == "production"


class NoUrl(UrlError):
    """Nobody has named a database."""


class Found(Record):
    """A URL, where it came from, and sentences that the person should read."""

    url: Url
    source: str
    notes: tuple[str, ...] = ()


def variables(root: str, folder: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment over the `.env` files: that of the project and that beside the schema.

    As Prisma does it, two files that disagree are an error.
    """
    values: dict[str, str] = {}
    source: dict[str, str] = {}
    for place in dict.fromkeys((os.getcwd(), root, os.path.join(root, os.path.dirname(folder)))):
        path = os.path.join(place, ".env")
        for name, value in _read_env(path, environ).items():
            if values.get(name, value) != value and name not in environ and _is_ours(name):
                raise MigralintError(
                    f"{name} differs between {source[name]} and {path}",
                    hint="Keep it in one of them.",
                )
            values.setdefault(name, value)
            source.setdefault(name, path)
    return {**values, **environ}


def _is_ours(name: str) -> bool:
    return name.endswith((DIRECT, GENERAL))


def _read_env(path: str, environ: Mapping[str, str]) -> dict[str, str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return dotenv.parse(file.read(), environ)
    except OSError:
        return {}


def find_url(
    given: str, configured: str, root: str, folder: str, layout: str, values: Mapping[str, str]
) -> Found:
    """`folder` is that of the migrations, relative to the root; `values` are all variables."""
    if given:
        url = parse(given, "--url")
        note = (
            "the URL on the command line holds a password that others on this machine can see (ps)"
        )
        return Found(url, "--url", (note,) if url.password else ())
    chosen = strictness.known(values.get("DATABASE_ENV", values.get("NODE_ENV", "")))
    prefix = PREFIXES.get(chosen, "")
    for start in dict.fromkeys((prefix, "")):
        found = _with_prefix(start, root, folder, layout, values)
        if found:
            return found
    if configured:
        return Found(parse(configured, "`url` of the configuration", root), "the configuration")
    wanted = f"{prefix}{DIRECT} or {prefix}{GENERAL}"
    raise NoUrl(
        "which database? There is no URL",
        hint=f"Set {wanted}, in .env too, give --url, or write `url:` in .migralint.yaml.",
    )


def _with_prefix(
    prefix: str, root: str, folder: str, layout: str, values: Mapping[str, str]
) -> Found | None:
    found = _from_prisma(root, folder, prefix, values) if layout == "prisma" else None
    return found or _from_names(((prefix + DIRECT, ""), (prefix + GENERAL, "")), values, root)


def find_staging(root: str, folder: str, layout: str, values: Mapping[str, str]) -> Found | None:
    """The URL of staging, wherever we are; None where nothing names one."""
    prefix = PREFIXES["staging"]
    named = {name: value for name, value in values.items() if name.startswith(prefix)}
    found = _with_prefix(prefix, root, folder, layout, named)
    if found is not None and not found.source.startswith(prefix):
        # a URL that stands in Prisma's schema as it is belongs to no environment
        return _with_prefix(prefix, root, folder, "", named)
    return found


def _from_prisma(root: str, folder: str, prefix: str, values: Mapping[str, str]) -> Found | None:
    """What the configuration of Prisma 7 or the schema's datasource names, directUrl first."""
    for path, text, base in _prisma_files(root, folder):
        fields = {name: value.strip("\"'") for name, value in _FIELD.findall(text)}
        named = [fields[name] for name in ("directUrl", "url") if fields.get(name)]
        literal = next((value for value in named if ":" in value), "")
        if literal:
            return Found(parse(literal, path, base), path, _relative(literal, root, folder, base))
        names = [(prefix + name, path) for name in named]
        if not [name for name, _ in names if values.get(name)]:
            continue
        return _from_names(tuple(names), values, base)
    return None


def _prisma_files(root: str, folder: str) -> Iterator[tuple[str, str, str]]:
    """(path, the text of the datasource, the folder where a relative file starts)."""
    above = os.path.dirname(folder)
    for place in dict.fromkeys((os.path.dirname(above), above, "")):
        for name in _CONFIGS:
            path = os.path.join(root, place, name)
            block = _BLOCK.search(
                _without_comments(_text(path)).replace("datasource:", "datasource ")
            )
            if block:
                yield os.path.relpath(path, root), block[1], os.path.dirname(path)
    for place in (above, os.path.join(above, "schema")):
        for name in sorted(_listed(os.path.join(root, place))):
            path = os.path.join(root, place, name)
            block = (
                _BLOCK.search(_without_comments(_text(path))) if name.endswith(".prisma") else None
            )
            if block:
                yield os.path.relpath(path, root), block[1], os.path.dirname(path)


def _without_comments(text: str) -> str:
    return re.sub(r"(?m)(?<!:)//[^\n]*", "", text)


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _listed(path: str) -> list[str]:
    try:
        return os.listdir(path)
    except OSError:
        return []


def _relative(text: str, root: str, folder: str, base: str) -> tuple[str, ...]:
    """Prisma 6 starts a relative file at the schema, Prisma 7 where its configuration is."""
    if not text.startswith("file:") or os.path.isabs(text[5:]):
        return ()
    other = root if base != root else os.path.join(root, os.path.dirname(folder))
    if os.path.exists(os.path.join(other, text[5:])) and other != base:
        return (f"{text} is read from {base}; there is such a file in {other} too",)
    return ()


def _from_names(
    names: tuple[tuple[str, str], ...], values: Mapping[str, str], base: str
) -> Found | None:
    """The first variable that is set; a second that names another database is refused."""
    set_ = [(name, path) for name, path in dict(names).items() if values.get(name, "").strip()]
    if not set_:
        return None
    urls = [(name, parse(values[name], name, base)) for name, _ in set_]
    first, url = urls[0]
    for name, other in urls[1:]:
        if (other.dialect, other.database) != (url.dialect, url.database):
            raise UrlError(
                f"{first} and {name} name different databases: {url.shown} and {other.shown}",
                hint="Mend one of them, or say with --url which is meant.",
                status=5,
            )
    return Found(url, f"{first} ({set_[0][1]})" if set_[0][1] else first)


def judge(
    given: str,
    values: Mapping[str, str],
    url: Url,
    marker: str = "",
    hosts: Mapping[str, str] | None = None,
) -> Environment:
    """The strictest of `--env`, the variables, the address and the database's own marker.

    `hosts` are those of the configuration. The marker is a setting in PostgreSQL (ALTER DATABASE
    name SET migralint.environment = 'production'), a view elsewhere (see databases/marker.py).
    """
    address = (url.host, url.database)
    if url.dialect == "sqlite":
        address = ("", os.path.basename(url.database))
    found = strictness.judge(values, (address,), hosts or {}, marker, given)
    why = "; ".join(found.reasons) or "a database on this machine"
    return Environment(found.environment, why)
