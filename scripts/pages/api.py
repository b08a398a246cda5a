"""docs/api.md: the public functions with their signatures and docstrings."""

from __future__ import annotations

import inspect

from migralint import api
from migralint.model import Finding, Fixes, Operation, Report
from scripts.pages import MADE, page


def api_page() -> str:
    start = inspect.cleandoc(api.__doc__ or "").split("\n")
    lines = ["# Python", "", MADE, "", *start, ""]
    functions = [name for name in api.__all__ if inspect.isfunction(getattr(api, name))]
    for name in functions:
        function = getattr(api, name)
        lines += [f"## {name}", "", "```python", signature(name), "```", ""]
        lines += [*inspect.cleandoc(function.__doc__ or "").split("\n"), ""]
    lines += ["## Records", ""]
    for record in (Report, Finding, Fixes, Operation):
        fields = ", ".join(f"`{field}`" for field in record.__slots__)
        lines += [
            f"**{record.__name__}**: {fields}",
            "",
            *inspect.cleandoc(record.__doc__ or "").split("\n"),
            "",
        ]
    return page(lines)


def signature(name: str) -> str:
    """With its annotations as they are written, one parameter a line where it is long."""
    found = inspect.signature(getattr(api, name))
    parts: list[str] = []
    for parameter in found.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in parts:
            parts.append("*")
        default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
        stars = "**" if parameter.kind is parameter.VAR_KEYWORD else ""
        parts.append(f"{stars}{parameter.name}: {parameter.annotation}{default}")
    one = f"{name}({', '.join(parts)}) -> {found.return_annotation}"
    if len(one) <= 90:
        return one
    rows = "".join(f"    {part},\n" for part in parts)
    return f"{name}(\n{rows}) -> {found.return_annotation}"
