"""A configuration file as it was read before: PyYAML costs half of a hook's time."""

from __future__ import annotations

from migralint.cache import files, reads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import Any

    from migralint.model import MigralintError


def read_file(
    path: str,
    root: str,
    values: dict[str, Any],
    origin: dict[str, str],
    rule_ids: Callable[[str], Collection[str]] | None,
    cache: str,
) -> list[MigralintError]:
    """What reading.read_file does; kept in the cache (of the repository at that root, "" for none)
    where nothing is wrong.

    Not with rules of the project's own: which there are decides whether a name is right.
    """
    try:
        data = reads.read(path) if cache else None
    except OSError:
        data = None
    if data is None:
        from migralint.config import reading

        return reading.read_file(path, root, values, origin, rule_ids)
    from migralint.cache.packing import pack, unpack
    from migralint.cache.runs import code

    depends = repr((path, root, files.digest(data), code()))
    name = f"settings-{files.digest(depends.encode('utf-8', 'surrogateescape'))[:16]}.json"
    known = files.lines(cache, name)
    if known:
        before, where = unpack(known)
        values.update(before)
        origin.update(where)
        return []
    from migralint.config import reading

    problems = reading.read_file(path, root, values, origin, rule_ids, data=data)
    if not problems and "rules_dir" not in values:
        files.save_lines(cache, name, pack((values, origin)))
    return problems
