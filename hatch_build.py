"""Puts into the wheel what every run would read or compile anew, as Python modules (built/).

Reading a hundred YAML files costs more than linting a migration, and the hook pays it on every
commit.
"""

from __future__ import annotations

import os
import sys
import tempfile
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MEASURED = ("postgres-locks", "mysql-online")  # what most migrations ask for
LINT = ("sql", "knowledge", "layouts", "discover", "history", "findings", "suppressions", "rules")


class Built(BuildHookInterface):  # type: ignore[type-arg]
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable" or self.target_name != "wheel":
            return
        sys.path.insert(0, self.root)
        self.folder = tempfile.TemporaryDirectory()
        for path in write(self.folder.name, self.root):
            build_data["force_include"][path] = f"migralint/built/{os.path.basename(path)}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()


def write(folder: str, root: str) -> list[str]:
    """The paths of the modules that are written into the folder."""
    from migralint.built import module

    paths = []
    for name, data in _data(os.path.join(root, "rules")).items():
        paths.append(os.path.join(folder, f"{name}.py"))
        with open(paths[-1], "w", encoding="utf-8") as file:
            file.write(module(data))
    return paths


def _data(directory: str) -> dict[str, Any]:
    """By the name that `built` knows it under."""
    from migralint import regex
    from migralint.built import measured
    from migralint.compiled import to_data
    from migralint.rules import load

    made = {name.replace("-", "_"): measured(name) for name in MEASURED}
    made["rules"] = to_data(load([directory]), directory)
    _use_expressions()
    return {**made, "patterns": regex.compiled(regex.known)}


def _use_expressions() -> None:
    """Import what has regular expressions, and have those made that are put together."""
    from importlib import import_module
    from pkgutil import walk_packages

    import migralint
    from migralint.history import folders
    from migralint.sql.statements import split
    from migralint.sql.tokens import tokens

    for module in walk_packages(migralint.__path__, "migralint."):
        if module.name.split(".")[1] in LINT:
            import_module(module.name)
    for dialect in ("postgres", "mysql", "sqlite"):
        split("SELECT 1;", dialect)
        tokens("SELECT 1", dialect)
    for form in folders.FORMS.values():
        folders.form_of(form)
