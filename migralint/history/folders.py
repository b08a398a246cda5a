"""What a folder says of its migrations: names, strays, the lock file, the way back."""

from __future__ import annotations

from migralint.history.order import DIGITS
from migralint.history.paths import git_mv, renamed, stem, unit
from migralint.light import cache
from migralint.model import UNKNOWN
from migralint.regex import escape, pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Collection, Iterator, Mapping
    from typing import Any

    from migralint.model import File, Listing, Migration

# What is generated, or checked by the tool itself, is not judged.
FORMS = {"prisma": "YYYYMMDD[HHMMSS]_snake_case", "supabase": "YYYYMMDDHHMMSS_name"}
WORD = pattern(r"(?s)YYYY|MM|DD|HH|SS|N+|snake_case|kebab-case|name|.")
MEANS = {
    "YYYY": r"\d{4}", "MM": r"\d\d", "DD": r"\d\d", "HH": r"\d\d", "SS": r"\d\d", "N": r"\d+",
    "snake_case": "[a-z0-9]+(?:_[a-z0-9]+)*", "kebab-case": "[a-z0-9]+(?:-[a-z0-9]+)*",
    "name": ".+", "[": "(?:", "]": ")?",
}  # fmt: skip
LONGEST = 250
PARTS = pattern(r"(?s)([\d-]*)(.*)")
HUMP = pattern(r"(?<=[a-z0-9])(?=[A-Z])")
SEPARATOR = pattern(r"[^a-z0-9]+")
KIND = pattern(r"\A[A-Z]")
COMMENT = pattern(r"--[^\n]*")
DATE = pattern(r"(?:19|20)\d\d(\d\d)(\d\d)(?:\d{6})?\Z")
# Prisma's manual calls the first migration of an old project 0_init; whoever is asked for a name by
# `prisma migrate dev` and gives none gets 20240101000000_.
OF_PRISMA = pattern(r"0+_\w|\d{14}_\Z")
_VERB = r"(?im)^[ \t]{0,20}(?:CREATE|ALTER|DROP|INSERT[ \t]+INTO|UPDATE)\b[^\n'\"`;]{0,80}"
MARKS = {
    "MySQL": pattern(rf"{_VERB}`\w|\bAUTO_INCREMENT\b[^\n]{{0,80}},?$"),
    "SQLite": pattern(r"(?im)^[ \t]{0,20}PRAGMA\b|\bPRIMARY KEY AUTOINCREMENT\b"),
    "SQL Server": pattern(rf"{_VERB}\[\w{{1,60}}\][. (]"),
    "PostgreSQL": pattern(r"(?im)^[ \t]{0,20}CREATE TYPE\b.{1,200}\bAS ENUM\b|\bSERIAL NOT NULL\b"),
}
# Without one of these, in any case, the text has no such mark.
SIGNS = {
    "MySQL": ("`", "AUTO_INCREMENT"), "SQLite": ("PRAGMA", "AUTOINCREMENT"), "SQL Server": ("[",),
    "PostgreSQL": ("ENUM", "SERIAL"),
}  # fmt: skip
PROVIDERS = {
    "postgresql": "PostgreSQL", "cockroachdb": "PostgreSQL", "mysql": "MySQL", "sqlite": "SQLite",
    "sqlserver": "SQL Server",
}  # fmt: skip
LOOKED_AT = 200_000


@cache
def form_of(template: str) -> re.Pattern[str]:
    """`YYYYMMDD[HHMMSS]_snake_case` -> the expression for the whole name."""
    words = WORD.findall(template)
    parts = (rf"\d{{{len(w)}}}" if len(w) > 1 and not w.strip("N") else MEANS.get(w) for w in words)
    return pattern("".join(p or escape(w) for p, w in zip(parts, words, strict=True)) + r"\Z")


def misnamed(
    listing: Listing, reported: Collection[str], template: str, today: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """New migrations that are not called as the layout, or the configuration, wants it."""
    wanted = template or FORMS.get(listing.layout, "")
    for file in listing.files:
        if file.path in reported:
            problem = _problem(listing, file, wanted, bool(template), today)
            if problem:
                facts: dict[str, Any] = {"misnamed": problem}
                name = _better(stem(file.path), wanted)
                if name and name != stem(file.path):
                    moved = git_mv(file.path, name, listing.names)
                    facts.update(git_mv=moved, new_path=unit(renamed(file.path, name)))
                yield file.path, facts


def _problem(listing: Listing, file: File, wanted: str, told: bool, today: str) -> str:
    name = stem(file.path)[:LONGEST]
    number = DIGITS.match(name)
    date = DATE.match(number[0]) if number else None
    if date and not (1 <= int(date[1]) <= 12 and 1 <= int(date[2]) <= 31):
        return f"begins with {date[0]}, and there is no such day"
    if date and today and date[0][:8] > today.replace("-", "") and date[0][:8] > _tomorrow(today):
        return "lies in the future, and all migrations that are made before that day sort before it"
    if not wanted or form_of(wanted).match(name) or (not told and OF_PRISMA.match(name)):
        return ""
    if not told and _as_the_others(listing, file, wanted.partition("_")[2]):
        return ""
    return f"is not of the form {wanted}"


def _as_the_others(listing: Listing, file: File, rest: str) -> bool:
    """Its number is as wide as those of most others here, and its name is in order."""
    widths = [len((DIGITS.match(stem(other.path)) or [""])[0]) for other in listing.files]
    own = DIGITS.match(stem(file.path))
    usual = widths.count(len(own[0])) * 2 > len(widths) > 1 if own else False
    return usual and bool(form_of(f"N_{rest}").match(stem(file.path)))


def _tomorrow(today: str) -> str:
    from datetime import date, timedelta

    return (date.fromisoformat(today) + timedelta(days=1)).strftime("%Y%m%d")


def _better(name: str, wanted: str) -> str:
    """The name in the form that is wanted, "" where its version is what is wrong."""
    version, rest = PARTS.match(name).groups()  # type: ignore[union-attr]
    words = HUMP.sub("_", rest)
    mark = "-" if wanted.endswith("kebab-case") else "_"
    plain = SEPARATOR.sub(mark, words.lower()).strip(mark)
    made = f"{version}_{plain}"
    return made if plain and wanted and form_of(wanted).match(made) else ""


def strays(
    listing: Listing, asked: Collection[str] | None
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What the layout's tool ignores or stumbles over; of `asked` paths only, None for all."""
    for path, why in listing.strays:
        if asked is None or path in asked or any(p.startswith(path + "/") for p in asked):
            yield path, {"stray": why}


def version_name(path: str) -> str:
    """The name that the files of one migration for several databases have in common."""
    return stem(path).partition(".")[0]


def told(
    migration: Migration, listing: Listing, named: Mapping[str, int]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What only text and folder together say of a migration; `named` counts the files of a name."""
    if named[version_name(migration.path)] > 1:
        yield migration.path, {"one_of_several": True}
    provider = PROVIDERS.get(listing.provider, "")
    written = written_for(migration.text, provider) if provider else ""
    if written:
        lock = f"{listing.folder}/migration_lock.toml"
        yield migration.path, {"provider": provider, "written_for": written, "lock_file": lock}
    back = way_back(migration, listing)
    yield migration.path, {"has_rollback": back, "rollback_path": rollback_path(migration, listing)}


def written_for(text: str, named: str) -> str:
    """The database, another than the `named` one, of which something stands in the text."""
    text = text[:LOOKED_AT]
    capitals = text.upper()
    signed = (word for word, signs in SIGNS.items() if any(sign in capitals for sign in signs))
    likely = [word for word in signed if word != named]
    if not likely:
        return ""
    text = COMMENT.sub("", text)
    found = (word for word in likely if MARKS[word].search(text))
    # MariaDB and MySQL know SERIAL too
    return next((word for word in found if (named, word) != ("MySQL", "PostgreSQL")), "")


def way_back(migration: Migration, listing: Listing) -> Any:
    """Whether there is a script that takes the migration back; UNKNOWN where nobody has looked."""
    if migration.forward is not None:
        return True
    if listing.downs is None:
        return UNKNOWN
    own = stem(migration.path)
    number = KIND.sub("", own.partition("__")[0]) if listing.layout == "flyway" else ""
    return own in listing.downs or bool(number and f"U{number}" in listing.downs)


def rollback_path(migration: Migration, listing: Listing) -> str:
    """Where the script belongs."""
    folder, _, name = migration.path.rpartition("/")
    if listing.layout == "prisma":
        above = listing.folder.rpartition("/")[0]
        return (
            f"{above}/rollbacks/{migration.version}.sql"
            if above
            else f"rollbacks/{migration.version}.sql"
        )
    if name == "up.sql":
        return f"{folder}/down.sql"
    return f"{folder}/{stem(migration.path)}.down.sql".lstrip("/")
