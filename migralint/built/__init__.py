"""What a wheel has read and compiled beforehand: hatch_build.py puts it beside this file.

A checkout and an editable install have nothing of it: there a changed rule counts at once.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MEASURED = os.path.join(os.path.dirname(os.path.dirname(__file__)), "knowledge", "data")
_loaded: dict[str, Any] = {}


def built(name: str) -> Any:
    """The data of that name; None where nothing was built."""
    try:
        return __import__(f"{__name__}.{name}", fromlist=["DATA"]).DATA
    except ModuleNotFoundError:
        return None


def measured(name: str) -> Any:
    """What was measured, or read from a server's catalogue: knowledge/data/`name`.json, read when
    it is first asked for. Each file says where it comes from."""
    if name not in _loaded:
        _loaded[name] = built(name.replace("-", "_")) or _read(name)
    return _loaded[name]


def _read(name: str) -> Any:
    import json

    with open(os.path.join(MEASURED, f"{name}.json"), encoding="utf-8") as file:
        return json.load(file)


def module(data: Any) -> str:
    """The text of a module that holds the data: Python reads it faster than JSON."""
    return f'"""Made by hatch_build.py."""\n\nDATA = {data!r}\n'
