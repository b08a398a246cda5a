"""The smoke test: a command of the project's own, run without a shell, stopped when it hangs."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress

from migralint.model import MigralintError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

PATIENCE = 5.0  # seconds between asking it to end and ending it


def run(command: Sequence[str], timeout: float, stream: TextIO) -> str:
    """Its output goes to `stream`. MigralintError with status 1 where it fails."""
    shown = said(command)
    try:
        process = subprocess.Popen(
            list(command), stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
            start_new_session=os.name != "nt",
        )  # fmt: skip
    except OSError as error:
        raise MigralintError(f"{shown}: {error.strerror or error}", status=1) from None
    try:
        status = process.wait(timeout)
    except subprocess.TimeoutExpired:
        raise MigralintError(f"{shown} did not end in {timeout:g} s", status=1) from None
    finally:
        _end(process)
    if status:
        what = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        raise MigralintError(f"{shown} {what}", status=1)
    return f"{shown} ended with status 0"


def said(command: Sequence[str]) -> str:
    """For the timeline, the log and the metrics: without the passwords and tokens in it."""
    from migralint.scripts.secrets import mask_words

    return " ".join(mask_words(os.path.basename(command[0]), list(command)))


def _end(process: subprocess.Popen[bytes]) -> None:
    """It and what it has started, if it still runs."""
    if process.poll() is not None:
        return
    _signal(process, signal.SIGTERM)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))
        process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    if os.name == "nt":
        process.send_signal(number)
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
