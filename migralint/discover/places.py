"""What the name of a folder and of its files tell: migrations, those of tests, or other SQL."""

from __future__ import annotations

from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.layouts import Folder

CALLED_MIGRATIONS = pattern(r"(?i)(?:^|[._-])(?:migrations?|migrate|changesets?)(?:[._-]|$)")
# What stands in these is applied by tests alone.
TESTS = frozenset(("test", "tests", "testdata", "test-data", "test_data", "__tests__", "fixtures"))
NUMBERED = pattern(r"\d{3,40}")
MANY = 8  # so many files, each with a number of its own, are no queries


def holds_migrations(folder: Folder, layout: str) -> bool:
    """A folder of a tool's layout, or a plain one that its name or its files give away."""
    return bool(layout) and (layout != "plain" or _is_called(folder.path) or _is_numbered(folder))


def of_tests(path: str) -> bool:
    return not TESTS.isdisjoint(path.split("/"))


def _is_called(path: str) -> bool:
    """The folder, or one above it (a folder for each release), is called migrations."""
    return any(CALLED_MIGRATIONS.search(part) for part in path.split("/")[-3:])


def _is_numbered(folder: Folder) -> bool:
    names = folder.sql()
    numbers = {number[0] for name in names if (number := NUMBERED.match(name))}
    return len(names) == len(numbers) >= MANY
