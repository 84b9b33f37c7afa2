"""Where the ``scrypath`` command is, and how it is started so that it ends with this process."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from . import _native
from ._errors import QueueError


def find() -> str:
    """The command: what ``SCRYPATH_COMMAND`` names, else beside the native library, else on ``PATH``."""
    if named := os.environ.get("SCRYPATH_COMMAND"):
        if (found := shutil.which(named)) is None:
            raise _missing(f"SCRYPATH_COMMAND names {named!r}, which cannot be run")
        return found
    assert _native.__file__ is not None
    beside = Path(_native.__file__).with_name("scrypath.exe" if os.name == "nt" else "scrypath")
    found = shutil.which(beside) or shutil.which("scrypath")
    if found is None:
        raise _missing("the command scrypath was not found beside the package, nor on PATH")
    return found


def tied() -> list[str]:
    """What stands before a command that is to end when the thread that started it does.

    Python cannot ask for that without running code between fork and exec, which threads make unsafe. On
    Linux ``setpriv`` can; elsewhere a worker outlives a process that is killed.
    """
    if (setpriv := _setpriv()) is None:
        return []
    # A parent that died before the kernel was asked is no parent any more.
    check = ["/bin/sh", "-c", 'test "$PPID" = "$0" && exec "$@"', str(os.getpid())]
    return [setpriv, *_TYING, *check]


_TYING = ["--pdeathsig", "TERM", "--"]


@cache
def _setpriv() -> str | None:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return None
    # Not every one knows it.
    tried = subprocess.run([setpriv, *_TYING, "true"], stdin=subprocess.DEVNULL, capture_output=True)
    return setpriv if tried.returncode == 0 else None


def _missing(what: str) -> QueueError:
    return QueueError(
        f"{what}; install it (cargo install scrypath-cli) or name it in SCRYPATH_COMMAND",
        "queue_unavailable",
        details={"name": "SCRYPATH_COMMAND"},
    )
