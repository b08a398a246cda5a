"""How long a server needs to read, write or index so many bytes, and what that assumes.

An estimate tells seconds from minutes and minutes from hours, no more. The rates are those of an
ordinary cloud disk on a server that has other work to do: a warm cache or a fast disk is several
times faster, a burst limit that is used up several times slower.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Bytes of the table a second.
RATES = {"scan": 100_000_000, "rewrite": 20_000_000, "index": 15_000_000}
_MEANS = {
    "scan": "reading {rate} MB a second",
    "rewrite": "writing {rate} MB a second, its indexes built again included",
    "index": "reading, sorting and writing {rate} MB of the table a second",
}


def seconds(work: str, size: int) -> float:
    """How long `scan`, `rewrite` or `index` takes for a table of so many bytes."""
    return size / RATES[work]


def assumption(work: str) -> str:
    """The sentence that belongs beside the figure."""
    return "assumed: " + _MEANS[work].format(rate=RATES[work] // 1_000_000)


def work_of(kind: str, rewrites: Any, scans: Any) -> str:
    """Which work an operation is, "" for none (of a catalog only)."""
    if rewrites is True:
        return "rewrite"
    if kind in ("create_index", "reindex", "add_unique", "add_primary_key", "add_exclusion"):
        return "index"
    return "scan" if scans is True else ""


def shown(duration: float) -> str:
    """`3 s`, `4 min`, `2 h`: in steps that do not pretend to know more."""
    if duration < 1:
        return "less than a second"
    if duration < 100:
        return f"{duration:.0f} s"
    if duration < 6000:
        return f"{duration / 60:.0f} min"
    return f"{duration / 3600:.0f} h"
