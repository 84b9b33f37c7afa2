"""Fetching the rows of hits, from whatever the application keeps its records in."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
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

    @property
    def concurrent(self) -> bool:
        """Whether several fetches may be under way at once."""

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


@dataclass(frozen=True, slots=True)
class Unfetched:
    """Rows that did not come: in time, or at all."""

    error: BaseException | str

    @property
    def word(self) -> str:
        """What is told of it: never the text of an exception, which may hold data."""
        return self.error if isinstance(self.error, str) else "hydration_failed"


@dataclass(frozen=True, slots=True)
class FetchAll:
    """The step that hydrates many searches: one query each.

    A database session does one thing at a time, so the queries of one follow each other; each has its
    own time limit. A query that cannot be interrupted counts as too late once it has come back.
    """

    source: Source
    wanted: Sequence[tuple[type, str, Sequence[Any] | None]]
    preload: Sequence[Any]
    limit: float

    def now(self, emitter: Emitter) -> list[list[Any] | Unfetched | None]:
        return [self._one(model, key, ids) for model, key, ids in self.wanted]

    def _one(self, model: type, key: str, ids: Sequence[Any] | None) -> list[Any] | Unfetched | None:
        if ids is None:
            return None
        started = monotonic()
        try:
            rows = self.source.fetch(model, key, ids, self.preload)
        except UsageError:
            raise
        except Exception as error:
            return Unfetched(error)
        return rows if monotonic() - started <= self.limit else Unfetched("hydration_timeout")

    async def later(self, emitter: Emitter) -> list[list[Any] | Unfetched | None]:
        waits = [self._one_later(model, key, ids) for model, key, ids in self.wanted]
        if self.source.concurrent:
            return list(await asyncio.gather(*waits))
        return [await wait for wait in waits]

    async def _one_later(
        self, model: type, key: str, ids: Sequence[Any] | None
    ) -> list[Any] | Unfetched | None:
        if ids is None:
            return None
        try:
            async with asyncio.timeout(self.limit):
                return await self.source.fetch_async(model, key, ids, self.preload)
        except TimeoutError:
            return Unfetched("hydration_timeout")
        except UsageError:
            raise
        except Exception as error:
            return Unfetched(error)


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
    concurrent: bool = True

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
