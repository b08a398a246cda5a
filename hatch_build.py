"""Puts the rules into the wheel a second time, read and checked already, as JSON.

Reading a hundred YAML files costs more than linting a migration, and the hook pays it on every
commit. A checkout and an editable install have only the YAML: a changed rule counts at once.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledRules(BuildHookInterface):  # type: ignore[type-arg]
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable" or self.target_name != "wheel":
            return
        sys.path.insert(0, self.root)
        from migralint.compiled import to_data
        from migralint.rules import COMPILED, load

        directory = os.path.join(self.root, "rules")
        rules = load([directory])
        path = os.path.join(self.directory, COMPILED)
        os.makedirs(self.directory, exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(to_data(rules, directory), file, separators=(",", ":"))
        build_data["force_include"][path] = f"migralint/rules/{COMPILED}"
