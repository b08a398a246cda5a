"""How careful to be with a database: the strictest of what variables, address and marker say.

One judgement for the runner and for `migralint guard`. Nothing here asks a server, and a reason
holds no secret.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from migralint.model import Record
from migralint.scripts.context import VARIABLES, environment_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

STRICTNESS = ("development", "test", "staging", "production")
MACHINE = frozenset(
    {"", "localhost", "127.0.0.1", "::1", "[::1]", "0.0.0.0", "host.docker.internal", "."}
)
# What the words of a name do not tell; the rest is scripts.context's.
ALSO = {"live": "production", "stage": "staging", "preview": "staging"}
OURS = ("DATABASE_ENV", "NODE_ENV")
PRODUCTION = re.compile(r"(?i)(?:^|[._-])prod(?:uction)?(?:[._-]|$)")


class Judged(Record):
    """`environment` is one of STRICTNESS; `reasons` are those of the strictest who spoke."""

    environment: str
    reasons: tuple[str, ...]
    remote: bool


def judge(
    variables: Mapping[str, str],
    addresses: Iterable[tuple[str, str]],
    hosts: Mapping[str, str],
    marker: str = "",
    given: str = "",
) -> Judged:
    """`addresses` are (host, database); `hosts` those that the configuration names, globs too.

    A host elsewhere counts as production, unless the configuration names it or a variable says
    staging; a bare name (a container's) does where nothing else is said. `given` is `--env`.
    """
    said = [(_rank(given), "--env")] if given else []
    said += _of_variables(variables)
    named = max((rank for rank, _ in said), default=0)
    places = list(addresses)
    judged = [one for host, name in places for one in _of_address(host, name, hosts, said, named)]
    said += judged
    if marker:
        said.append((_rank(marker), f"the database says of itself that it is {_shown(marker)}"))
    strictest = max((rank for rank, _ in said), default=0)
    reasons = dict.fromkeys(reason for rank, reason in said if rank == strictest)
    remote = any(kind(host) == "remote" for host, _ in places)
    return Judged(STRICTNESS[strictest], tuple(reasons), remote)


def _shown(marker: str) -> str:
    return re.sub(r"[^\w .-]", "?", marker)[:40]


def known(name: str) -> str:
    """The environment that a value names, "" where it names none that is known."""
    return ALSO.get(name.strip().lower()) or environment_of(name)


def _rank(environment: str) -> int:
    """The strictness of a name; one that is not known counts as production."""
    return STRICTNESS.index(known(environment) or "production")


def _of_variables(variables: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    for name in VARIABLES:
        value = variables.get(name, "").strip()
        if value and known(value):
            yield _rank(value), f"{name} is {known(value)}"
        elif value and name in OURS:
            told = f"{name} is no environment that is known, so it counts as production"
            yield _rank(value), told


def kind(host: str) -> str:
    """machine, service (a name without a dot: of a container, most likely), or remote.

    Of several hosts, as libpq allows, the one that is farthest.
    """
    kinds = [_kind(each) for each in host.lower().split(",")]
    return next(name for name in ("remote", "service", "machine") if name in kinds)


def _kind(host: str) -> str:
    if host in MACHINE or host.startswith(("127.", "/", "%2f")) or host.endswith(".localhost"):
        return "machine"
    return "service" if re.fullmatch(r"[\w\-]+", host) else "remote"


def _of_address(
    host: str, database: str, hosts: Mapping[str, str], said: list[tuple[int, str]], named: int
) -> Iterator[tuple[int, str]]:
    """What host and database's name add; nothing where it is this machine."""
    host = host.lower()
    configured = next((hosts[glob] for glob in hosts if fnmatchcase(host, glob.lower())), "")
    if configured:
        yield _rank(configured), f"{host} is {configured} by the configuration"
    if PRODUCTION.search(database) or (PRODUCTION.search(host) and not configured):
        yield _rank("production"), "the name in the URL says production"
    where = kind(host)
    if configured or where == "machine" or (where == "service" and said):
        return
    if where == "remote" and STRICTNESS[named] == "staging":
        return
    what = (
        "another machine"
        if where == "remote"
        else "a name of the network, and no variable says which environment"
    )
    yield _rank("production"), f"the database is on {host} ({what}), which counts as production"
