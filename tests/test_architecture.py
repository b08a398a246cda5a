"""Who may import whom, and what the hook's path does not load: read from the code itself."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "migralint"

# Room -> the rooms of ours that it may import, beside `model` and itself.
ALLOWED: dict[str, set[str]] = {
    "model": set(),
    "sql": set(),
    "matching": set(),
    "config": {"scripts"},  # the names of effects, to check `commands:`
    "git": set(),
    "source": {"git"},
    "formats": set(),
    "scripts": {"sql"},
    "layouts": {"config", "source", "sql"},
    "discover": {"config", "git", "layouts", "source", "scripts", "sql"},
    "knowledge": {"sql", "config"},
    "rulefile": {"matching", "rules", "sql"},
    "rules": {"matching", "rulefile", "sql"},
    "suppressions": {"config"},
    "history": {"config"},
    "baseline": {"history", "source"},
    "style": {"findings", "lint", "knowledge", "sql"},
    "findings": {"config", "knowledge", "matching", "rules", "scripts", "sql", "suppressions"},
    "lint": {"findings", "config", "knowledge", "matching", "rules", "scripts", "sql", "suppressions"},
    "guard": {"config", "discover", "runner", "scripts", "source", "sql"},  # runner.environment
    "runner": {
        "formats",
        "config",
        "discover",
        "knowledge",
        "layouts",
        "findings",
        "lint",
        "rules",
        "source",
        "sql",
    },
}
FREE = {"cli", "__main__", "__init__", "commands", "api"}


def rooms(path: Path) -> str:
    part = path.relative_to(PACKAGE).parts[0]
    return part.removesuffix(".py")


def imports(path: Path) -> set[str]:
    """The rooms of ours that the module imports anywhere, inside functions too."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            own = node.module == "migralint"
            names += [f"migralint.{alias.name}" for alias in node.names] if own else [node.module]
    found = {name.split(".")[1] for name in names if name.startswith("migralint.")}
    return found - {"__version__"}


MODULES = sorted(path for path in PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_what_it_may(path: Path) -> None:
    room = rooms(path)
    if room in FREE:
        return
    extra = imports(path) - ALLOWED.get(room, set()) - {"model", room}
    assert room in ALLOWED, f"say in this test what {room} may import"
    assert not extra, f"{path.name} of {room} imports {extra}"


def test_only_sql_knows_sqlglot() -> None:
    for path in MODULES:
        if rooms(path) == "sql":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {
            alias.name.split(".")[0]
            for n in ast.walk(tree)
            if isinstance(n, ast.Import)
            for alias in n.names
        }
        names |= {
            n.module.split(".")[0]
            for n in ast.walk(tree)
            if isinstance(n, ast.ImportFrom) and n.module
        }
        assert "sqlglot" not in names, path


def test_nothing_catches_every_exception() -> None:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                caught = node.type.id if isinstance(node.type, ast.Name) else "..."
                if node.type is None or caught in ("Exception", "BaseException"):
                    assert path.name == "cli.py", f"{path}:{node.lineno}"


def loaded_by(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(*sorted(sys.modules))"
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(answer.stdout.split())


def test_linting_ddl_imports_neither_sqlglot_nor_heavy_modules() -> None:
    loaded = loaded_by(
        "from migralint.sql.statements import split\n"
        "from migralint.sql.operations import operations\n"
        "from migralint.knowledge.timeline import Timeline\n"
        "[operations(s, 'postgres') for s in split('ALTER TABLE t ADD COLUMN a int;', 'postgres')]"
    )
    assert not loaded & {
        "sqlglot",
        "yaml",
        "dataclasses",
        "typing",
        "pathlib",
        "logging",
        "subprocess",
    }


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["rules"], ["explain", "drop-table"]]
)
def test_help_and_rules_do_not_import_sqlglot(arguments: list[str]) -> None:
    loaded = loaded_by(
        "import contextlib, io\nfrom migralint.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        f"    main({arguments!r})"
    )
    assert "sqlglot" not in loaded
