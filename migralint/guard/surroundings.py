"""Which environment a command would touch: the strictest that variables, address, marker say."""

from __future__ import annotations

import os
import re

from migralint.model import Record
from migralint.runner import dotenv, strictness
from migralint.scripts.context import ADDRESS, URL_VARIABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

AGENTS = (
    "CLAUDECODE",
    "CLAUDE_CODE",
    "GEMINI_CLI",
    "CURSOR_AGENT",
    "AI_AGENT",
    "OPENCODE",
    "COPILOT_AGENT",
    "CLINE_ACTIVE",
)
AGENT_PREFIXES = ("CODEX_",)
LARGEST = 1_000_000
DATABASE = re.compile(r"://[^/\s]*/([^?#\s'\"]+)")


class Surroundings(Record):
    """What is known of where a command would run. `reasons` are sentences, without secrets."""

    environment: str
    reasons: tuple[str, ...]
    database: str
    remote: bool
    agent: bool
    terminal: bool


def find(
    variables: Mapping[str, str],
    texts: Iterable[str],
    hosts: Mapping[str, str],
    marker: str,
    terminal: bool,
    agent: bool = False,
) -> Surroundings:
    """`variables` include those of `.env` files; `hosts` are those of the configuration."""
    addresses = list(_addresses(variables, texts))
    found = strictness.judge(variables, addresses, hosts, marker)
    reasons = found.reasons or ("no variable, address or marker says otherwise",)
    database = next((name for _, name in addresses if name), "")
    return Surroundings(
        found.environment,
        reasons,
        database,
        found.remote,
        agent or is_agent(variables),
        terminal,
    )


def is_agent(variables: Mapping[str, str]) -> bool:
    """Whether an AI agent runs the shell, as far as its variables tell."""
    if any(variables.get(name) for name in AGENTS):
        return True
    return any(name.startswith(AGENT_PREFIXES) for name in variables)


def _addresses(variables: Mapping[str, str], texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(host, database) of every address in the command; of the variables where it has none."""
    found = [pair for text in texts for pair in _in_text(text)]
    if not found:
        found = [
            pair
            for name, value in variables.items()
            if URL_VARIABLE.search(name)
            for pair in _in_text(value)
        ]
        found += [
            (variables[name], "")
            for name in ("PGHOST", "MYSQL_HOST", "DB_HOST")
            if variables.get(name)
        ]
    yield from dict.fromkeys(found)


def _in_text(text: str) -> Iterator[tuple[str, str]]:
    if text.startswith(("prisma://", "libsql://")):
        yield text.split("//")[1].split("/")[0].split("?")[0], ""
    if text.startswith(("file:", "sqlite:")):
        yield "", os.path.basename(text.partition("?")[0])
    for address in ADDRESS.finditer(text):
        named = DATABASE.match(text, text.index("://", address.start()))
        yield address[1].lower(), named[1] if named else ""


def env_file(path: str) -> dict[str, str]:
    """The variables of a `.env` file; none where it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return dotenv.parse(file.read(LARGEST), os.environ)
    except OSError:
        return {}


def env_files(named: str, folder: str) -> dict[str, str]:
    """The variables of `.env` and of the files that the command names, the later ones first."""
    variables: dict[str, str] = {}
    for name in (".env", *(word for word in named.split() if ".env" in word)):
        variables.update(env_file(os.path.join(folder, name)))
    return variables
