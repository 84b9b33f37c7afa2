"""Where the ``scrypath`` command is."""

from __future__ import annotations

import os
import shutil
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


def _missing(what: str) -> QueueError:
    return QueueError(
        f"{what}; install it (cargo install scrypath-cli) or name it in SCRYPATH_COMMAND",
        "queue_unavailable",
        details={"name": "SCRYPATH_COMMAND"},
    )
