"""Telling "not given" from ``None``."""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal


class Unset(Enum):
    """The type of :data:`UNSET`."""

    UNSET = "UNSET"

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> Literal[False]:
        return False


UNSET: Final = Unset.UNSET
"""Stands for an option that was not given: passing it is the same as leaving the option out.

But for a tenant: one that is not given where it could be is refused, as ``None`` is.
"""
