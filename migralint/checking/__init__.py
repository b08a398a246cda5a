"""One run of the linter from the outside: what is asked, the settings, the files, the report.

`migralint.api` is the door to it; nothing here prints or knows the command line.
"""

from __future__ import annotations

from migralint.model import MigralintError, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Request(Record):
    """What is to be checked, and how; the names are those of the options of `lint`.

    `given` are keys of the configuration that come before its own values. `data` is a text instead
    of files (None: files), and `filename` what it is to be. `steps` and `verbose` ask for more in
    the report. `cache` takes what .migralint_cache has and adds to it; `processes` may work at once
    (0: one for each processor).
    """

    paths: tuple[str, ...] = ()
    staged: bool = False
    changed: bool = False
    history: bool = False
    base: str = ""
    config: str = ""
    given: Mapping[str, str] = {}
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    force_exclude: bool = False
    style: bool = False
    steps: bool = False
    verbose: bool = False
    data: bytes | None = None
    filename: str = ""
    cache: bool = False
    processes: int = 1

    @property
    def way(self) -> str:
        """How the change set is found, "" where files are looked at."""
        return next((way for way in ("staged", "changed", "history") if getattr(self, way)), "")

    @property
    def named(self) -> tuple[str, ...]:
        """The paths from which the configuration is found."""
        if self.data is None:
            return self.paths
        return (self.filename,) if self.filename else ()


def check(request: Request, fixing: bool = False) -> None:
    """Refuse what contradicts itself; `fixing` is with a base of its own."""
    ways = [way for way in ("staged", "changed", "history") if getattr(request, way)]
    if len(ways) > 1:
        raise MigralintError(f"--{ways[0]} and --{ways[1]} exclude each other")
    if request.base and not ways and not fixing:
        raise MigralintError("--base goes with --changed")
    if request.data is not None and (request.paths or ways):
        raise MigralintError("standard input (-) cannot be combined with anything else")
    if request.filename and request.data is None:
        raise MigralintError("--stdin-filename goes with -", hint="migralint lint - < FILE")
