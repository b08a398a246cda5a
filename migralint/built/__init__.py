"""What a wheel has read and compiled beforehand: hatch_build.py puts it beside this file.

A checkout and an editable install have nothing of it: there a changed rule counts at once.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def built(name: str) -> Any:
    """The data of that name; None where nothing was built."""
    try:
        return __import__(f"{__name__}.{name}", fromlist=["DATA"]).DATA
    except ModuleNotFoundError:
        return None


def module(data: Any) -> str:
    """The text of a module that holds the data: Python reads it faster than JSON."""
    return f'"""Made by hatch_build.py."""\n\nDATA = {data!r}\n'
