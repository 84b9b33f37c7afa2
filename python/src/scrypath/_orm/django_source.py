"""Rows from a Django manager or queryset: one query, and one for each preload asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Manager, QuerySet


def of(repo: Any) -> _Rows | None:
    if isinstance(repo, Manager):
        return _Rows(repo.all())
    return _Rows(repo) if isinstance(repo, QuerySet) else None


@dataclass(frozen=True, slots=True)
class _Rows:
    queryset: Any
    concurrent: bool = False

    def fetch(self, model: type, key: str, ids: Sequence[Any], preload: Sequence[Any]) -> list[Any]:
        return list(self._rows(model, key, ids, preload))

    async def fetch_async(
        self, model: type, key: str, ids: Sequence[Any], preload: Sequence[Any]
    ) -> list[Any]:
        return [row async for row in self._rows(model, key, ids, preload)]

    def _rows(self, model: Any, key: str, ids: Sequence[Any], preload: Sequence[Any]) -> Any:
        queryset = self.queryset
        if not issubclass(model, queryset.model):
            # One of many searches, of another model than the queryset's: its own, in the same database.
            queryset = model._default_manager.using(queryset.db).all()
        column = queryset.model._meta.get_field(key)
        wanted = [found for id in ids if (found := _as_stored(id, column)) is not None]
        return queryset.filter(**{f"{key}__in": wanted}).prefetch_related(*preload)


def _as_stored(id: Any, column: Any) -> Any:
    """The id of a hit as its column holds it; ``None`` where no row can have it."""
    try:
        return column.to_python(id)
    except (ValidationError, ValueError, TypeError):
        return None
