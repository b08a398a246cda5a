"""What was measured, or read from a server's catalogue; each file says where it comes from."""

from __future__ import annotations

import os

from migralint.built import built

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FOLDER = os.path.dirname(__file__)
_loaded: dict[str, Any] = {}


def load(name: str) -> Any:
    """The content of `name`.json, read when it is first asked for."""
    if name not in _loaded:
        _loaded[name] = built(name.replace("-", "_")) or _read(name)
    return _loaded[name]


def _read(name: str) -> Any:
    import json

    with open(os.path.join(FOLDER, f"{name}.json"), encoding="utf-8") as file:
        return json.load(file)
