"""JSON as the cache has it, compact and ASCII, without `json`, whose import costs most of a start.

The same code of CPython reads and writes it; where a Python has that otherwise, `json` does.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def loads(data: bytes | str) -> Any:
    text = data if isinstance(data, str) else data.decode()
    try:
        from _json import make_scanner

        value, end = make_scanner(_Plain)(text, 0)  # type: ignore[arg-type]
        if not text[end:].strip():
            return value
    except (ImportError, AttributeError, TypeError, StopIteration):
        pass
    import json

    return json.loads(text)


def dumps(value: Any) -> str:
    if not _writer:
        _writer.append(writer(_refuse))
    text: str = _writer[0](value)
    return text


_writer: list[Any] = []


def writer(put: Callable[[Any], Any]) -> Callable[[Any], str]:
    """`put` says in words of JSON what it has none for: what is no list, dict, text or number."""
    try:
        from _json import encode_basestring_ascii, make_encoder

        write = make_encoder(None, put, encode_basestring_ascii, None, ":", ",", False, False, True)
    except (ImportError, TypeError):
        import json

        return json.JSONEncoder(separators=(",", ":"), check_circular=False, default=put).encode
    return lambda value: "".join(write(value, 0))


def _refuse(value: object) -> Any:
    raise TypeError(f"{value!r} is not of JSON")


class _Plain:
    """What json's decoder asks for by default."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float, parse_int = float, int
    parse_constant = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": -float("inf")}.get
