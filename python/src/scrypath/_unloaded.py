"""What a record says of a field it does not hold. Shared with the native library."""

from __future__ import annotations

from enum import Enum
from typing import Final

from ._errors import UsageError


class Absent(Enum):
    """Why there is no value."""

    MISSING = "the record has no such field"
    UNLOADED = "the field was never fetched from the database"


MISSING: Final = Absent.MISSING
UNLOADED: Final = Absent.UNLOADED


def not_loaded(name: str | None, model: str | None = None) -> UsageError:
    """The error for code (a property, a hook) that would have loaded something."""
    what = "something" if name is None else repr(name)
    of_model = "" if model is None else f" of {model}"
    return UsageError(
        f"{what}{of_model} was not loaded from the database, and projection never loads it; "
        "load it before syncing (preload, select or refresh)",
        "field_not_loaded",
        details={} if name is None else {"name": name},
    )
