"""Which environment a command would touch: the strictest that variables, address, marker say."""

from __future__ import annotations

import os
import re
from fnmatch import fnmatchcase

from migralint.model import record
from migralint.runner import dotenv
from migralint.scripts.context import ADDRESS, URL_VARIABLE, VARIABLES, environment_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

STRICTNESS = ("development", "test", "staging", "production")
MACHINE = frozenset(
    {"", "localhost", "127.0.0.1", "::1", "[::1]", "0.0.0.0", "host.docker.internal", "."}
)
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


@record
class Surroundings:
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
    said = list(_of_variables(variables))
    named = max((rank for rank, _ in said), default=0)
    addresses = list(_addresses(variables, texts))
    judged = [_of_host(host, hosts, said, named) for host, _ in addresses]
    said += [one for one in judged if one]
    if marker:
        said.append((_rank(marker), f"the database says of itself that it is {marker}"))
    strictest = max((rank for rank, _ in said), default=0)
    reasons = tuple(dict.fromkeys(reason for rank, reason in said if rank == strictest))
    if not said:
        reasons = ("no variable, address or marker says otherwise",)
    database = next((name for _, name in addresses if name), "")
    remote = any(_kind(host) == "remote" for host, _ in addresses)
    return Surroundings(
        STRICTNESS[strictest], reasons, database, remote, agent or is_agent(variables), terminal
    )


def is_agent(variables: Mapping[str, str]) -> bool:
    """Whether an AI agent runs the shell, as far as its variables tell."""
    if any(variables.get(name) for name in AGENTS):
        return True
    return any(name.startswith(AGENT_PREFIXES) for name in variables)


def _rank(environment: str) -> int:
    """The strictness of a name; one that is not known counts as production."""
    known = environment_of(environment)
    return STRICTNESS.index(known) if known else STRICTNESS.index("production")


def _of_variables(variables: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    for name in VARIABLES:
        value = variables.get(name, "").strip()
        if not value:
            continue
        if environment_of(value):
            yield _rank(value), f"{name} is {environment_of(value)}"
        elif name in ("DATABASE_ENV", "NODE_ENV"):
            yield (
                _rank(value),
                f"{name} is no environment that is known, so it counts as production",
            )


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
    for address in ADDRESS.finditer(text):
        named = DATABASE.match(text, text.index("://", address.start()))
        yield address[1].lower(), named[1] if named else ""


def _kind(host: str) -> str:
    """machine, service (a name without a dot: of a container, most likely), or remote."""
    if host in MACHINE or host.startswith(("127.", "/", "%2f")) or host.endswith(".localhost"):
        return "machine"
    return "service" if re.fullmatch(r"[\w\-]+", host) else "remote"


def _of_host(
    host: str, hosts: Mapping[str, str], said: list[tuple[int, str]], named: int
) -> tuple[int, str] | None:
    """What the host adds; nothing where it is this machine."""
    configured = next((hosts[glob] for glob in hosts if fnmatchcase(host, glob.lower())), "")
    if configured:
        return _rank(configured), f"{host} is {configured} by the configuration"
    kind = _kind(host)
    if kind == "machine" or (kind == "service" and said):
        return None
    if kind == "remote" and STRICTNESS[named] == "staging":
        return None
    where = (
        "another machine"
        if kind == "remote"
        else "a name of the network, and no variable says which environment"
    )
    return _rank("production"), f"the database is on {host} ({where}), which counts as production"


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
