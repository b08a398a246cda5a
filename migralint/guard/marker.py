"""What a database says of itself: `ALTER DATABASE shop SET migralint.environment = 'production'`,
or the view `migralint_environment` in MySQL and SQLite.

Read as the runner reads it, where its driver is installed; nothing is written.
"""

from __future__ import annotations

from migralint.model import MigralintError, replace

SECONDS = "3"


def marker(text: str) -> str:
    """The environment that the database names, "" where it names none or cannot be asked."""
    from migralint.runner import databases
    from migralint.runner.url import parse

    try:
        url = parse(text)
        url = replace(url, parameters={**url.parameters, "connect_timeout": SECONDS})
        db = databases.of(url.dialect)
        session = db.connect(url, (f"{SECONDS}s", f"{SECONDS}s"), False)
    except (MigralintError, databases.ServerError):
        return ""
    db.close(session)
    return session.server.marker
