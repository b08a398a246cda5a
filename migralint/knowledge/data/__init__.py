"""What was measured, or read from a server's catalogue; each file says where it comes from."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_loaded: dict[str, Any] = {}


def load(name: str) -> Any:
    """The content of `name`.json, read when it is first asked for."""
    if name not in _loaded:
        import json

        path = os.path.join(os.path.dirname(__file__), f"{name}.json")
        with open(path, encoding="utf-8") as file:
            _loaded[name] = json.load(file)
    return _loaded[name]
