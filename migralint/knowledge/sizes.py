"""How large a table is: the configuration's `large_tables`, else the snapshot that `sizes` took.

The snapshot is YAML, but read line by line in the one form that `migralint sizes` writes: the file
comes with a pull request, and no YAML reader has to be loaded for every commit.
"""

from __future__ import annotations

from migralint.config import SNAPSHOT as SNAPSHOT
from migralint.model import UNKNOWN, MigralintError, Sizes
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.knowledge.timeline import View
    from migralint.model import Name, Unknown

OLD = 90  # days after which the snapshot's note asks for a new one
_DAY = pattern(r"\d{4}-\d\d-\d\d\Z")
_PLAIN = pattern(r"[a-z_][a-z0-9_.]{0,200}\Z")
_HEAD = pattern(r"(taken|dialect|server_version): \"?([\w.-]{1,40})\"?\s*(?:#.*)?\Z")
_ENTRY = pattern(
    r"  (\"(?:[^\"\\]|\\.){1,400}\"|[^\s:\"'{}#][^\s:{}#]{0,400}):"
    r" \{rows: (\d{1,18}|unknown)(?:, bytes: (\d{1,18}|unknown))?\}\s*(?:#.*)?\Z"
)


def read(text: str, path: str) -> Sizes:
    """The snapshot; a line that is of no known form is an error with its number."""
    head: dict[str, str] = {}
    tables: dict[str, tuple[int | None, int | None]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#") or line.rstrip() in ("tables:", "tables: {}"):
            continue
        top, entry = _HEAD.match(line), _ENTRY.match(line)
        if top:
            head[top[1]] = top[2]
        elif entry:
            tables[_name(entry[1])] = (_count(entry[2]), _count(entry[3]))
        else:
            raise _wrong(path, number, f"{line.strip()[:60]!r} is no line of a snapshot of sizes")
    if not _DAY.match(head.get("taken", "")):
        raise _wrong(path, 1, "a snapshot of sizes says `taken:` and a day")
    return Sizes(
        head["taken"], head.get("dialect", ""), head.get("server_version", ""), tables, path
    )


def _wrong(path: str, line: int, message: str) -> MigralintError:
    hint = f"`migralint sizes --url URL > {SNAPSHOT}` writes it anew."
    return MigralintError(message, path=path, line=line, hint=hint)


def _name(text: str) -> str:
    if text[0] != '"':
        return text
    import json

    try:
        return str(json.loads(text))
    except ValueError:
        return text[1:-1]


def _count(text: str | None) -> int | None:
    return int(text) if text and text != "unknown" else None


def written(sizes: Sizes) -> str:
    """The text of a snapshot."""
    lines = [
        "# Estimated rows and bytes of the tables, taken by `migralint sizes`; no data is in here.",
        f'taken: "{sizes.taken}"',
        f"dialect: {sizes.dialect}",
        f'server_version: "{sizes.server_version}"',
        "tables:" if sizes.tables else "tables: {}",
    ]
    for name, (rows, size) in sorted(sizes.tables.items()):
        lines.append(f"  {_key(name)}: {{rows: {_shown(rows)}, bytes: {_shown(size)}}}")
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    import json

    return name if _PLAIN.match(name) else json.dumps(name)


def _shown(count: int | None) -> str:
    return "unknown" if count is None else str(count)


def note(sizes: Sizes, today: str) -> str:
    """Where the sizes come from and how old they are, for a person."""
    from datetime import date

    try:
        days = (date.fromisoformat(today) - date.fromisoformat(sizes.taken)).days
    except ValueError:
        return f"table sizes: {sizes.path} of {sizes.taken}"
    age = "today" if days < 1 else "yesterday" if days == 1 else f"{days} days ago"
    again = "; take them again: `migralint sizes --url URL`" if days > OLD else ""
    return f"table sizes: {sizes.path}, taken {age}{again}"


def _configured(view: View, name: Name) -> tuple[bool, int | None]:
    """Whether `large_tables` lists the table, and with how many rows (None: it does not say)."""
    listed = view.timeline.config.large_tables or {}
    wanted = _spellings(name)
    for key, rows in listed.items():
        if key.replace('"', "") in wanted:
            return True, rows
    return False, None


def _spellings(name: Name) -> tuple[str, ...]:
    if name.schema:
        return (f"{name.schema}.{name.name}",)
    return (name.name, f"public.{name.name}")


def _snapshot(view: View, name: Name, place: int) -> int | Unknown:
    """The rows (0) or bytes (1) of the snapshot, where it is of the migration's database."""
    sizes = view.timeline.config.sizes
    if sizes is None or sizes.dialect.replace("mariadb", "mysql") != view.migration.dialect:
        return UNKNOWN
    found = next((sizes.tables[key] for key in _spellings(name) if key in sizes.tables), None)
    known = None if found is None else found[place]
    return UNKNOWN if known is None else known


def table_rows(view: View) -> int | Unknown:
    if view.fact("new_table") is True:
        return 0
    name = view.fact("table")
    if name is UNKNOWN or not name.name:
        return UNKNOWN
    _, rows = _configured(view, name)
    return _snapshot(view, name, 0) if rows is None else rows


def known_empty(view: View) -> bool:
    """An estimate of no rows, weeks old, is no knowledge."""
    name = view.fact("table")
    if view.fact("table_rows") != 0 or name is UNKNOWN:
        return False
    return view.fact("new_table") is True or _configured(view, name)[1] == 0


def table_bytes(view: View) -> int | Unknown:
    if view.fact("new_table") is True:
        return 0
    name = view.fact("table")
    return UNKNOWN if name is UNKNOWN or not name.name else _snapshot(view, name, 1)


def large_table(view: View) -> bool | Unknown:
    """Once `large_tables` is set, a table that it does not list is small, snapshot or not."""
    if view.fact("new_table") is True:
        return False
    name, config = view.fact("table"), view.timeline.config
    if name is UNKNOWN or not name.name:
        return UNKNOWN
    if config.large_tables is not None:
        listed, rows = _configured(view, name)
        return listed and (rows is None or rows >= config.large_table_rows)
    counted = _snapshot(view, name, 0)
    return UNKNOWN if counted is UNKNOWN else counted >= config.large_table_rows
