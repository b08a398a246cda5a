"""Database URLs as Prisma and libpq write them -> keyword parameters; a password is never printed.

Prisma's parameters are unknown to libpq (it refuses `schema`), so the URL is read here.
https://www.prisma.io/docs/orm/overview/databases/postgresql#connection-details
https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
"""

from __future__ import annotations

import os
import re
from urllib.parse import parse_qsl, quote, unquote

from migralint.model import MigralintError, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMES = {
    "postgres": "postgres",
    "postgresql": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
    "file": "sqlite",
}
PORTS = {"postgres": 5432, "mysql": 3306}
ENCODE = (
    "Percent-encode what is special in the user name or password: / is %2F, ? %3F, # %23, @ %40."
)
# What libpq understands of a URL; the rest is Prisma's, or nobody's, and is left out.
LIBPQ = frozenset(
    [
        "sslmode",
        "sslrootcert",
        "sslkey",
        "sslcrl",
        "sslcertmode",
        "sslsni",
        "ssl_min_protocol_version",
        "gssencmode",
        "channel_binding",
        "options",
        "application_name",
        "target_session_attrs",
        "keepalives",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "tcp_user_timeout",
        "passfile",
        "require_auth",
    ]
)
LOCAL_HOSTS = frozenset(("", "localhost", "127.0.0.1", "::1", "0.0.0.0", "host.docker.internal"))


class UrlError(MigralintError):
    """The URL of the database is missing, cannot be read, or names what cannot be meant."""


class Url(Record):
    """Where a database is. `database` is the path of the file for SQLite; `port` 0: the default."""

    dialect: str
    database: str
    host: str = ""
    port: str = ""
    user: str = ""
    password: str = ""
    schema: str = ""
    parameters: Mapping[str, str] = {}

    @property
    def shown(self) -> str:
        """The URL for messages: without password and parameters."""
        if self.dialect == "sqlite":
            return f"sqlite:{self.database}"
        user = f"{quote(self.user)}@" if self.user else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = f":{self.port}" if self.port else ""
        scheme = "postgresql" if self.dialect == "postgres" else "mysql"
        place = f"?host={self.host}" if self.host.startswith("/") else ""
        where = "" if place else f"{host}{port}"
        return f"{scheme}://{user}{where}/{quote(self.database)}{place}"

    @property
    def is_local(self) -> bool:
        """On this machine, as far as the URL says: loopback, a socket, a file."""
        return self.dialect == "sqlite" or self.host in LOCAL_HOSTS or self.host.startswith("/")

    def __repr__(self) -> str:
        return f"Url({self.shown!r})"


def parse(text: str, source: str = "the URL", folder: str = "") -> Url:
    """`source` names where the URL stands; a relative file starts at `folder`."""
    given, text = text, text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`":
        text = text[1:-1].strip()
    if not text:
        empty = "holds no URL" if given else "is empty"
        raise UrlError(f"{source} {empty}", hint="Write postgresql://user:password@host/db.")
    if re.search(r"[\x00-\x20]", text) and not text.startswith(("file:", "sqlite:")):
        raise UrlError(f"{source} holds a space or a line end", hint=ENCODE)
    scheme, colon, rest = text.partition(":")
    dialect = SCHEMES.get(scheme.lower(), "")
    if not colon or not dialect:
        raise _unknown(scheme.lower() if colon else "", source)
    if dialect == "sqlite":
        return _file(scheme.lower(), rest, source, folder)
    if not rest.startswith("//"):
        raise UrlError(f"{source} has no // after {scheme.lower()}:")
    return _server(dialect, rest[2:], source)


def _unknown(scheme: str, source: str) -> UrlError:
    if scheme.startswith("prisma"):
        return UrlError(
            f"{source} is for Prisma's own proxy, which runs no migrations",
            hint="Set DIRECT_URL to the address of the database itself.",
        )
    # The scheme of something that is no URL may be a password, so it is not shown.
    return UrlError(
        f"{source} is no URL of PostgreSQL, MySQL or SQLite",
        hint="It begins with postgresql://, mysql://, sqlite: or file:.",
    )


def _file(scheme: str, rest: str, source: str, folder: str) -> Url:
    path, _, query = rest.partition("?")
    if path.startswith("///") and scheme == "sqlite":
        path = path[3:]  # as SQLAlchemy has it: three slashes are relative, four absolute
    elif path.startswith("//"):
        path = path[2:]
    path = unquote(path)
    if not path or path == ":memory:":
        raise UrlError(f"{source} names no file", hint="Write sqlite:///dev.db.")
    return Url("sqlite", os.path.join(folder, path), parameters=dict(parse_qsl(query)))


def _server(dialect: str, rest: str, source: str) -> Url:
    rest = rest.partition("#")[0] if "@" not in rest.partition("#")[2] else rest
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    tail = rest[len(authority) :]
    if "@" in tail.partition("?")[0] or "#" in tail:
        raise UrlError(f"{source} cannot be read", hint=ENCODE)
    userinfo, _, places = authority.rpartition("@")
    user, _, password = userinfo.partition(":")
    path, _, query = tail.partition("?")
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    host, port = _places(places, source)
    database = unquote(path.lstrip("/")) or parameters.get("dbname", "")
    if not database:
        raise UrlError(f"{source} names no database", hint="Write it behind the host: /name.")
    socket = parameters.get("socket", "").strip("()") if dialect == "mysql" else ""
    return Url(
        dialect,
        database,
        parameters.get("host") or socket or host,
        port or parameters.get("port", ""),
        unquote(user) or parameters.get("user", ""),
        unquote(password) or parameters.get("password", ""),
        parameters.get("schema", "") if dialect == "postgres" else "",
        parameters,
    )


def _places(text: str, source: str) -> tuple[str, str]:
    """Host and port; several hosts, as libpq allows, stay lists with commas."""
    hosts, ports = [], []
    for place in text.split(","):
        found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.%]+)\]|([^:\[\]]*))(?::(\d{0,5}))?", place)
        if found is None:
            raise UrlError(f"{source}: host and port cannot be read", hint=ENCODE)
        hosts.append(unquote(found[1] or found[2] or ""))
        ports.append(found[3] or "")
    return ",".join(hosts), ",".join(ports) if any(ports) else ""


def libpq(url: Url) -> dict[str, str]:
    """The keyword parameters for psycopg."""
    given = url.parameters
    keywords = {name: given[name] for name in given if name in LIBPQ and given[name]}
    keywords.setdefault("application_name", "migralint")
    keywords["connect_timeout"] = _seconds(given.get("connect_timeout", "5"))
    for name, value in (("host", url.host), ("port", url.port), ("user", url.user)):
        if value:
            keywords[name] = value
    if url.password:
        keywords["password"] = url.password
    if given.get("sslcert"):
        # libpq means the client's certificate, which has a key; Prisma means the server's root
        keywords["sslcert" if "sslkey" in given else "sslrootcert"] = given["sslcert"]
    if given.get("sslaccept") == "strict":
        keywords["sslmode"] = "verify-full"
        keywords.setdefault("sslrootcert", "system")
    if given.get("sslidentity"):
        raise MigralintError(
            "sslidentity (a PKCS 12 file) is not understood by libpq",
            hint="Give sslcert=FILE and sslkey=FILE in PEM form.",
        )
    return {**keywords, "dbname": url.database}


def _seconds(text: str) -> str:
    return text if text.isascii() and text.isdigit() else "5"


def pymysql(url: Url) -> dict[str, object]:
    """The keyword parameters for PyMySQL."""
    given = url.parameters
    keywords: dict[str, object] = {
        "user": url.user or None,
        "password": url.password,
        "database": url.database,
        "connect_timeout": min(max(int(_seconds(given.get("connect_timeout", "5"))), 1), 3600),
        "charset": "utf8mb4",
        "program_name": "migralint",
    }
    if url.host.startswith("/"):
        keywords["unix_socket"] = url.host
    else:
        keywords.update(host=url.host or "localhost", port=int(url.port or 3306))
    if given.get("sslcert"):
        keywords["ssl_ca"] = given["sslcert"]
    if given.get("sslaccept") == "strict":
        keywords.update(ssl_verify_cert=True, ssl_verify_identity=True)
    return keywords


def mask(text: str, url: Url | None) -> str:
    """The text without the URL's password, in whatever form a driver may have quoted it."""
    if url is None or not url.password:
        return text
    forms = {
        url.password,
        quote(url.password),
        quote(url.password, safe=""),
        repr(url.password)[1:-1],
    }
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, "***")
    return text
