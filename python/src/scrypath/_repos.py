"""Fetching the rows of hits, from whatever the application keeps its records in."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, runtime_checkable

from . import _orm
from ._errors import UsageError
from ._schema import document_id_field
from ._telemetry import Emitter

M = TypeVar("M")


@runtime_checkable
class Repo(Protocol):
    """What ``repo`` may be, beside a SQLAlchemy session and a Django manager.

    ``fetch`` returns the rows of ``model`` whose ``key`` is in ``ids``, in any order, with ``preload`` loaded
    along; rows that are gone are left out. For :class:`AsyncScrypath` it may be a coroutine function.
    A plain function with these parameters does as well.
    """

    def fetch(self, model: type[M], key: str, ids: Sequence[Any], preload: Sequence[Any]) -> Any:
        """The rows that exist, as a sequence."""


class Source(Protocol):
    """A repo, brought to one form."""

    def fetch(self, model: type, key: str, ids: Sequence[Any], preload: Sequence[Any]) -> list[Any]:
        """Fetch on the calling thread."""

    async def fetch_async(
        self, model: type, key: str, ids: Sequence[Any], preload: Sequence[Any]
    ) -> list[Any]:
        """Fetch without holding up the event loop."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """The step that hydrates: one query for all hits."""

    source: Source
    model: type
    key: str
    ids: Sequence[Any]
    preload: Sequence[Any]

    def now(self, emitter: Emitter) -> list[Any]:
        return self.source.fetch(self.model, self.key, self.ids, self.preload)

    async def later(self, emitter: Emitter) -> list[Any]:
        return await self.source.fetch_async(self.model, self.key, self.ids, self.preload)


def source(repo: Any) -> Source:
    """The source behind a ``repo`` option."""
    found: Source | None = None
    if "sqlalchemy.orm" in sys.modules:
        from ._orm import sqlalchemy_source

        found = sqlalchemy_source.of(repo)
    if found is None and "django.db.models" in sys.modules:
        from ._orm import django_source

        found = django_source.of(repo)
    if found is not None:
        return found
    if isinstance(repo, Repo) or callable(repo):
        return _Custom(repo)
    raise UsageError(
        f"repo must be a SQLAlchemy session, a Django manager or queryset, an object with fetch(model, key, "
        f"ids, preload), or such a function, not a {type(repo).__qualname__}",
        "invalid_option",
        details={"name": "repo"},
    )


def primary_key(model: type) -> str:
    """The attribute that rows of ``model`` are fetched by."""
    orm = _orm.of(model)
    return document_id_field(model) if orm is None else orm.primary_key(model)


def key_of(row: Any, key: str) -> Any:
    return row[key] if isinstance(row, Mapping) else getattr(row, key)


def preloads(preload: Any) -> list[Any]:
    """The ``preload`` option as a list."""
    if preload is None:
        return []
    return list(preload) if isinstance(preload, list | tuple) else [preload]


@dataclass(frozen=True, slots=True)
class _Custom:
    repo: Any

    def fetch(self, model: type, key: str, ids: Sequence[Any], preload: Sequence[Any]) -> list[Any]:
        rows = self._call(model, key, ids, preload)
        if inspect.isawaitable(rows):
            if inspect.iscoroutine(rows):
                rows.close()
            raise UsageError(
                "repo fetches asynchronously; search with AsyncScrypath",
                "invalid_option",
                details={"name": "repo"},
            )
        return list(rows)

    async def fetch_async(
        self, model: type, key: str, ids: Sequence[Any], preload: Sequence[Any]
    ) -> list[Any]:
        rows = self._call(model, key, ids, preload)
        return list(await rows if inspect.isawaitable(rows) else rows)

    def _call(self, model: type, key: str, ids: Sequence[Any], preload: Sequence[Any]) -> Any:
        fetch = getattr(self.repo, "fetch", self.repo)
        return fetch(model, key, ids, preload)
