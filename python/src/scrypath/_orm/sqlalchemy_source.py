"""Rows from a SQLAlchemy session: one select, with the preloads asked for and no others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session
from sqlalchemy.orm import Session, scoped_session, selectinload

from .._errors import UsageError


def of(repo: Any) -> _Sync | _Async | None:
    if isinstance(repo, Session | scoped_session):
        return _Sync(repo)
    if isinstance(repo, AsyncSession | async_scoped_session):
        return _Async(repo)
    return None


@dataclass(frozen=True, slots=True)
class _Sync:
    session: Session | scoped_session[Any]
    concurrent: bool = False

    def fetch(self, model: type, key: str, ids: Sequence[Any], preload: Sequence[Any]) -> list[Any]:
        return list(self.session.scalars(_rows(model, key, ids, preload)).unique())

    async def fetch_async(
        self, model: type, key: str, ids: Sequence[Any], preload: Sequence[Any]
    ) -> list[Any]:
        raise _mismatch("a Session would hold up the event loop; give AsyncScrypath an AsyncSession")


@dataclass(frozen=True, slots=True)
class _Async:
    session: AsyncSession | async_scoped_session[Any]
    concurrent: bool = False

    def fetch(self, model: type, key: str, ids: Sequence[Any], preload: Sequence[Any]) -> list[Any]:
        raise _mismatch("an AsyncSession is awaited; search with AsyncScrypath, or give a Session")

    async def fetch_async(
        self, model: type, key: str, ids: Sequence[Any], preload: Sequence[Any]
    ) -> list[Any]:
        return list((await self.session.scalars(_rows(model, key, ids, preload))).unique())


def _mismatch(what: str) -> UsageError:
    return UsageError(f"invalid value for repo option: {what}", "invalid_option", details={"name": "repo"})


def _rows(model: type, key: str, ids: Sequence[Any], preload: Sequence[Any]) -> Select[Any]:
    column = getattr(model, key)
    wanted = [found for id in ids if (found := _as_stored(id, column)) is not None]
    return select(model).where(column.in_(wanted)).options(*(_loader(model, each) for each in preload))


def _loader(model: Any, preload: Any) -> Any:
    """A relationship by name (dots go deeper), or a loader option as it is."""
    if not isinstance(preload, str):
        return preload
    option = None
    for name in preload.split("."):
        relationship = getattr(model, name, None)
        if relationship is None or not hasattr(relationship.property, "mapper"):
            raise UsageError(
                f"preload names {name!r}, which is not a relationship of {model.__name__}",
                "invalid_option",
                details={"name": "preload"},
            )
        option = selectinload(relationship) if option is None else option.selectinload(relationship)
        model = relationship.property.mapper.class_
    return option


_PARSE: dict[type, Any] = {
    int: int,
    UUID: UUID,
    Decimal: Decimal,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
    str: str,
}


def _as_stored(id: Any, column: Any) -> Any:
    """The id of a hit as its column holds it; ``None`` where no row can have it."""
    try:
        stored = column.type.python_type
    except NotImplementedError:
        return id
    if isinstance(id, stored):
        return id
    try:
        return _PARSE.get(stored, stored)(id)
    except (ValueError, TypeError, ArithmeticError):
        return None
