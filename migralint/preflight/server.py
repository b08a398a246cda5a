"""Checks of the server itself: which one it is, whether it takes writes, how much room is left."""

from __future__ import annotations

from migralint.model import MigralintError
from migralint.preflight.check import failed, passed, warned
from migralint.runner import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from migralint.preflight.asked import Asked
    from migralint.preflight.check import Check

# The day on which each major version gets its last fixes.
# https://www.postgresql.org/support/versioning/ https://mariadb.org/about/#maintenance-policy
# https://www.oracle.com/us/support/library/lifetime-support-technology-069183.pdf
END_OF_LIFE = {
    "postgres": {
        10: "2022-11-10", 11: "2023-11-09", 12: "2024-11-21", 13: "2025-11-13", 14: "2026-11-12",
        15: "2027-11-11", 16: "2028-11-09", 17: "2029-11-08", 18: "2030-11-14",
    },
    "mysql": {57: "2023-10-31", 80: "2026-04-30", 84: "2032-04-30"},
    "mariadb": {
        1003: "2023-05-25", 1004: "2024-06-18", 1005: "2025-06-24", 1006: "2026-07-06",
        1011: "2028-02-16", 1104: "2029-05-29", 1108: "2028-06-04",
    },
}  # fmt: skip
FULL = 0.9  # of max_connections


def url(asked: Asked) -> Iterable[Check]:
    found = asked.target.found
    yield passed("database URL", f"{found.url.shown}, from {found.source}")


def reachable(asked: Asked) -> Iterable[Check]:
    user = f" as {asked.session.server.user}" if asked.session.server.user else ""
    yield passed("reachable", f"{asked.session.server.shown} answers{user}")


def version(asked: Asked) -> Iterable[Check]:
    """Whether the version is supported, and whether the linter is told of the same one."""
    server, config = asked.session.server, asked.target.config
    product = "mariadb" if server.mariadb else asked.dialect
    ends = END_OF_LIFE.get(product, {})
    end, today = ends.get(server.version, ""), clock.today()
    name = "server version"
    if end and end < today:
        yield warned(name, f"{server.shown} gets no fixes since {end}")
    elif not end and ends and server.version < max(ends):
        yield warned(name, f"it is not known whether {server.shown} is still supported")
    else:
        yield passed(name, server.shown + (f", supported until {end}" if end else ""))
    told = config.server_version
    if told and told != server.version and asked.dialect != "sqlite":
        yield warned(
            "server_version",
            f"the configuration tells the linter of {_major(told)}, the server is "
            f"{_major(server.version)}",
            hint="Set `server_version:` to the oldest server that the migrations run on.",
        )


def _major(number: int) -> str:
    if number >= 1000:
        return f"{number // 100}.{number % 100}"
    return f"{number // 10}.{number % 10}" if number >= 50 else str(number)


def environment(asked: Asked) -> Iterable[Check]:
    found = asked.target.environment
    yield passed("environment", f"{found.name}: {found.why}")


def primary(asked: Asked) -> Iterable[Check]:
    """Connect as `apply` does, which refuses replicas and poolers that share by transaction."""
    if asked.dialect == "sqlite":
        return
    db = asked.target.db
    try:
        db.close(db.connect(asked.session.url, asked.session.timeouts, True))
    except MigralintError as error:
        yield failed("primary", error.message, hint=error.hint)
        return
    yield passed("primary", "it takes writes, and no pooler shares our connection")


_CONNECTIONS = {
    "postgres": """SELECT count(*) FILTER (WHERE backend_type = 'client backend'),
        current_setting('max_connections')::int FROM pg_stat_activity""",
    "mysql": """SELECT count(*), @@max_connections FROM information_schema.processlist""",
}


def connections(asked: Asked) -> Iterable[Check]:
    sql = _CONNECTIONS.get(asked.dialect)
    if sql is None:
        return
    used, most = map(int, asked.query(sql)[0])
    said = f"{used} of {most} connections are in use"
    if used >= most * FULL:
        yield warned("connections", said, hint="The application may find none left; look first.")
    else:
        yield passed("connections", said)


def timeouts(asked: Asked) -> Iterable[Check]:
    """What `apply` will set, and what the database has for everybody else."""
    if asked.dialect == "sqlite":
        return
    config = asked.target.config
    lock = config.lock_timeout or "5s"
    if lock.strip() in ("0", "0s", "0ms"):
        yield warned(
            "lock_timeout",
            "it is off: a statement that waits for a lock makes everybody else wait behind it",
            hint="Take `lock_timeout: 5s` in the configuration.",
        )
    else:
        most = config.statement_timeout
        runs = f"runs for {most} at most" if most else "may run without a limit"
        yield passed("lock_timeout", f"a statement waits {lock} for a lock, and {runs}")
