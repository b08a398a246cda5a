"""Who may import whom, and what the hook's path does not load: read from the code itself."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "migralint"

EVERYBODY = {"amounts", "built", "jsons", "light", "model", "regex"}
# Room -> the rooms of ours that it may import, beside those and itself.
ALLOWED: dict[str, set[str]] = {
    "model": set(),
    "amounts": set(),
    "light": set(),
    "jsons": set(),
    "regex": set(),
    "built": set(),
    "nesting": set(),
    "sql": set(),
    "matching": set(),
    "config": {"cache", "nesting", "scripts"},  # cache.reads; the effects of `commands:`
    "git": {"cache"},  # cache.reads, as all that reads files
    "source": {"cache", "git"},
    "formats": set(),
    "scripts": {"nesting", "sql"},
    "layouts": {"config", "source", "sql"},
    "discover": {"config", "git", "layouts", "source", "scripts", "sql"},
    "knowledge": {"sql", "config"},
    "rulefile": {"cache", "matching", "nesting", "rules", "sql"},
    "rules": {"cache", "compiled", "matching", "rulefile", "sql"},
    "compiled": {"rules"},
    "suppressions": {"config"},
    "history": {"config"},
    "baseline": {"config", "history", "source"},
    "fixing": {"config", "git", "knowledge", "layouts", "rules", "runner", "sql"},
    "checking": {
        "baseline",
        "cache",
        "compiled",
        "config",
        "discover",
        "fixing",
        "git",
        "history",
        "judging",
        "knowledge",
        "lint",
        "rules",
        "runner",
        "source",
        "sql",
        "style",
        "suppressions",
        "workers",
    },
    "style": {"findings", "lint", "knowledge", "sql"},
    "trace": {"backup", "catalog", "config", "findings", "formats", "knowledge", "runner", "sql"},
    "findings": {"rules", "scripts", "suppressions"},
    "writer": {"config", "findings", "knowledge", "matching", "rules", "sql"},
    "judging": {
        *("config", "findings", "firing", "knowledge", "rules", "suppressions", "writer"),
    },
    "firing": {"knowledge", "matching", "rules"},
    "replay": {"knowledge", "sql"},
    "workers": set(),
    "sharing": {"replay"},
    "cache": {"config", "findings", "judging", "knowledge", "replay", "rules"},
    "lint": {
        *("cache", "config", "findings", "judging", "knowledge", "replay", "rules", "scripts"),
        *("sharing", "workers"),
    },
    "catalog": {"config", "findings", "knowledge", "runner"},
    "backup": {"catalog", "runner"},
    "guard": {"config", "discover", "runner", "scripts", "source", "sql"},  # runner.environment
    "runner": {
        "baseline",
        "formats",
        "config",
        "discover",
        "knowledge",
        "layouts",
        "findings",
        "lint",
        "rules",
        "scripts",  # the names of environments
        "source",
        "sql",
    },
    "rollback": {
        "config",
        "discover",
        "history",
        "knowledge",
        "layouts",
        "rules",
        "runner",
        "source",
        "sql",
    },
    "preflight": {"backup", "knowledge", "runner", "sql"},
    "deploy": {"backup", "catalog", "config", "preflight", "rollback", "runner", "scripts"},
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
    extra = imports(path) - ALLOWED.get(room, set()) - EVERYBODY - {room}
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


# What lint, explain, plan and apply may import at run time, beside `migralint.api`. Everything that
# they do goes through the API; the rest is words and their arguments.
BESIDE_API = {
    "migralint.model",  # records, and the exception
    "migralint.formats.characters",  # what may be shown
    "migralint.formats.text",
    "migralint.commands.outputs",  # where a report goes
    "migralint.commands.terminal",  # what is printed to
    "migralint.commands.project",  # arguments that commands share
    "migralint.commands.rules",  # how a rule is said
    "migralint.commands.operations",  # how an operation is said
    "migralint.commands.plan",  # apply --dry-run is plan
    "migralint.runner.target",  # the arguments that name a database
    "migralint.runner.plan_text",  # a plan in words and as JSON
    "migralint.runner.apply_json",  # what was applied as JSON
    "migralint.amounts",  # numbers in words
}
# Of these only so much.
ONLY = {
    "migralint.commands.project": {"add_config", "add_color", "given", "near"},
    "migralint.runner.target": {"add_arguments"},
    "migralint.runner.plan_text": {"text", "as_json"},
    "migralint.runner.apply_json": {"as_json"},
}


@pytest.mark.parametrize("name", ["lint", "explain", "plan", "apply"])
def test_the_commands_go_through_the_api(name: str) -> None:
    tree = ast.parse((PACKAGE / "commands" / f"{name}.py").read_text(encoding="utf-8"))
    found = imported(tree)
    assert found["api"] == "migralint.api"
    extra = {*found.values()} - BESIDE_API - {"migralint.api"}
    assert not extra, f"commands/{name}.py imports {extra}: let migralint.api have it"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = found.get(node.value.id, "")
            assert node.attr in ONLY.get(module, {node.attr}), f"{module}.{node.attr}"


def test_what_stands_below_the_api_does_not_know_the_command_line() -> None:
    """Only cli and commands/ read arguments, print and exit."""
    for path in MODULES:
        if rooms(path) not in ("cli", "__main__", "commands"):
            found = {*imported(ast.parse(path.read_text(encoding="utf-8"))).values()}
            above = {m for m in found if m.startswith(("migralint.commands", "migralint.cli"))}
            assert not above, f"{path} imports {above}"


def imported(tree: ast.AST) -> dict[str, str]:
    """The names of a module -> our modules that they are or come from, types aside."""
    for_types = {
        part
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for statement in node.body
        for part in ast.walk(statement)
    }
    return {
        name: module
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom) and node not in for_types
        for name, module in named(node)
        if module.startswith("migralint.")
    }


def named(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    for alias in node.names:
        whole = f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
        place = PACKAGE.parent.joinpath(*whole.split("."))
        is_module = place.with_suffix(".py").exists() or place.is_dir()
        yield alias.asname or alias.name, whole if is_module else whole.rpartition(".")[0]
