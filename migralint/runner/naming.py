"""The name of a new migration: as the folder's layout has it, or as `migration_name` says."""

from __future__ import annotations

import re

from migralint.model import MigralintError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from migralint.runner.history import Local

FOLDERS = {"prisma": "migration.sql", "diesel": "up.sql", "hasura": "up.sql"}
# The words of `migration_name`, as the rule badly-named-migration reads them.
WORD = re.compile(r"YYYY|MM|DD|HH|SS|N+|snake_case|kebab-case|name|.", re.DOTALL)
STAMP = "%Y%m%d%H%M%S"


def slug(name: str) -> str:
    """`Add users' e-mail` -> add_users_e_mail."""
    found = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if not found:
        raise MigralintError(f"{name!r} gives no name for a file", hint="Use letters and digits.")
    return found[:100].strip("_")


def stamp() -> str:
    """The time in UTC, as Prisma and most others write it."""
    from datetime import UTC, datetime

    return datetime.now(UTC).strftime(STAMP)


def version(layout: str, locals_: Sequence[Local], now: str, step: int = 0) -> str:
    """A version after all others, in the form that the folder has: a time, or the next number."""
    numbers = _numbers(locals_)
    if layout == "hasura":
        return str(max([int(text) for text in numbers] + [int(now) * 1000]) + step)
    if numbers and max(map(len, numbers)) < 10:
        widest = max(len(text) for text in numbers)
        return str(max(map(int, numbers)) + 1 + step).zfill(widest)
    if layout == "flyway" and not numbers:
        return str(1 + step)
    last = max([now, *(text[:14] for text in numbers)])
    return last if last == now and not step else str(int(last) + (last != now) + step)


def _numbers(locals_: Sequence[Local]) -> list[str]:
    """The digits with which the versions begin."""
    found = (re.match(r"\d*", local.migration.version) for local in locals_)
    return [match[0] for match in found if match and match[0]]


def path_for(layout: str, stem: str, locals_: Sequence[Local]) -> str:
    """The path of the new file, relative to the folder of migrations."""
    if layout in FOLDERS:
        return f"{stem}/{FOLDERS[layout]}"
    if layout == "drizzle":
        raise MigralintError(
            "Drizzle keeps a journal of its migrations",
            hint=f"drizzle-kit generate --custom --name={stem.partition('_')[2] or stem}",
        )
    ends = {"golang-migrate": ".up.sql"}
    pairs = layout == "sqlx" and any(local.migration.path.endswith(".up.sql") for local in locals_)
    return f"{stem}{'.up.sql' if pairs else ends.get(layout, '.sql')}"


def stem_for(
    layout: str, form: str, name: str, locals_: Sequence[Local], now: str, step: int = 0
) -> str:
    """The name without its ending; `form` is `migration_name`, "" for the layout's own."""
    if form:
        return _filled(form, slug(name), locals_, now, step)
    number = version(layout, locals_, now, step)
    return f"V{number}__{slug(name)}" if layout == "flyway" else f"{number}_{slug(name)}"


def _filled(form: str, name: str, locals_: Sequence[Local], now: str, step: int) -> str:
    """What may be left out ([HHMMSS]) is written."""
    words = WORD.findall(form)
    time = _time(words, locals_, now, step)
    number = max((int(text) for text in _numbers(locals_)), default=0) + 1 + step
    made, minutes = [], False
    for word in words:
        if word in ("YYYY", "MM", "DD", "HH", "SS"):
            made.append(time.strftime("%M" if word == "MM" and minutes else PARTS[word]))
        elif not word.strip("N"):
            made.append(str(number).zfill(len(word)))
        elif word in ("snake_case", "name"):
            made.append(name)
        elif word == "kebab-case":
            made.append(name.replace("_", "-"))
        elif word not in "[]":
            made.append(word)
        minutes = minutes or word == "HH"
    return "".join(made)


PARTS = {"YYYY": "%Y", "MM": "%m", "DD": "%d", "HH": "%H", "SS": "%S"}


def _time(words: Sequence[str], locals_: Sequence[Local], now: str, step: int) -> datetime:
    """Now, or after the latest version; several at once are apart by what the form can show."""
    from datetime import datetime, timedelta

    unit = "seconds" if "SS" in words else "minutes" if "HH" in words else "days"
    time = datetime.strptime(now, STAMP)
    for text in _numbers(locals_):
        try:
            known = datetime.strptime(text[:14].ljust(14, "0"), STAMP)
        except ValueError:
            continue  # a number, or no time that there is
        if known >= time:
            time = known + timedelta(**{unit: 1})
    return time + timedelta(**{unit: step})
