"""How fields are read from records whose ``__dict__`` does not hold them.

The native library looks into ``__dict__`` first: values that a mapper loaded are there, and looking runs
no code. For any other name it asks here, once per class and name, and keeps the answer for the batch.
"""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from types import MemberDescriptorType
from typing import Any

from . import _orm
from ._errors import UsageError
from ._orm import Reader
from ._unloaded import MISSING, UNLOADED

__all__ = ["MISSING", "UNLOADED", "members", "reader"]


def reader(cls: type, name: str) -> Reader:
    """A function from a record of ``cls`` to its value of ``name``, ``MISSING`` or ``UNLOADED``."""
    attribute = _attribute(cls, name)
    if (orm := _orm.of(cls)) is None:
        return attribute
    if (mapped := orm.reader(cls, name)) is not None:
        return mapped

    def computed(record: Any) -> Any:
        try:
            with orm.refusing_queries([record]):
                return attribute(record)
        except UsageError as error:
            if error.kind != "field_not_loaded":
                raise
            return UNLOADED

    return computed


def _attribute(cls: type, name: str) -> Reader:
    declared = getattr(cls, name, None)
    may_be_absent = declared is None or isinstance(declared, MemberDescriptorType)

    def read(record: Any) -> Any:
        try:
            return getattr(record, name)
        except AttributeError:
            if may_be_absent:
                return MISSING
            raise

    return read


@lru_cache(maxsize=1024)
def members(cls: type) -> tuple[str, ...] | None:
    """The names of a nested value that is walked as a map: a dataclass or a Pydantic model."""
    if _orm.of(cls) is not None:
        # A record within a record would bring its whole neighbourhood along.
        return None
    if dataclasses.is_dataclass(cls):
        return tuple(field.name for field in dataclasses.fields(cls))
    pydantic_fields = getattr(cls, "__pydantic_fields__", None)
    return tuple(pydantic_fields) if isinstance(pydantic_fields, dict) else None
