"""What an object-relational mapper knows about a class, found without importing the mapper.

A class that a mapper made cannot exist unless its mapper is imported already; so each mapper's module
here is loaded when, and only when, one of its classes shows up.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, Protocol

Reader = Callable[[Any], Any]


class Orm(Protocol):
    """One mapper."""

    def reader(self, cls: type, name: str) -> Reader | None:
        """How ``name`` is read from records that do not hold it yet; ``None``: it is not the mapper's."""

    def primary_key(self, cls: type) -> str:
        """The attribute that holds the first column of the primary key."""

    def refusing_queries(self, records: Iterable[Any]) -> AbstractContextManager[None]:
        """While open, code that would load something from the database fails instead."""


def of(cls: type) -> Orm | None:
    """The mapper that made ``cls``."""
    if "sqlalchemy.orm" in sys.modules and hasattr(cls, "__mapper__"):
        from . import sqlalchemy

        return sqlalchemy.ORM
    if "django.db.models" in sys.modules and hasattr(cls, "_meta"):
        from . import django

        return django.ORM if django.is_model(cls) else None
    return None
