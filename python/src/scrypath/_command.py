"""Where the ``scrypath`` command is, and ``scrypath`` itself where the package is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import _native
from ._errors import QueueError


def find() -> str:
    """The command: what ``SCRYPATH_COMMAND`` names, else the one that the package has, else on ``PATH``."""
    if named := os.environ.get("SCRYPATH_COMMAND"):
        if (found := shutil.which(named)) is None:
            raise _missing(f"SCRYPATH_COMMAND names {named!r}, which cannot be run")
        return found
    found = _shipped() or shutil.which("scrypath")
    if found is None:
        raise _missing("the command scrypath was not found in the package, nor on PATH")
    return found


def main() -> None:
    """Runs the command that the package has, as this process where the system can do that."""
    # Not one on PATH, which may be this again.
    if (command := _shipped()) is None:
        sys.exit("this package was built without the command; install it: cargo install scrypath-cli")
    if os.name == "nt":
        sys.exit(subprocess.call([command, *sys.argv[1:]]))
    os.execv(command, ["scrypath", *sys.argv[1:]])


def _shipped() -> str | None:
    assert _native.__file__ is not None
    name = "scrypath.exe" if os.name == "nt" else "scrypath"
    return shutil.which(Path(_native.__file__).with_name("bin") / name)


def _missing(what: str) -> QueueError:
    return QueueError(
        f"{what}; install it (cargo install scrypath-cli) or name it in SCRYPATH_COMMAND",
        "queue_unavailable",
        details={"name": "SCRYPATH_COMMAND"},
    )
