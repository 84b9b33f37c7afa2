"""Django's models: what is loaded, and what must not be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NoReturn

from django.core.exceptions import FieldDoesNotExist
from django.db import connections
from django.db.models import Model

from .._unloaded import UNLOADED, not_loaded
from . import Reader


def is_model(cls: type) -> bool:
    return issubclass(cls, Model)


class _Django:
    def reader(self, cls: Any, name: str) -> Reader | None:
        field = _field(cls, name)
        if field is None:
            return None
        if not field.is_relation or name == getattr(field, "attname", None) != field.name:
            # The value of a column is in __dict__, unless it was deferred.
            return lambda record: UNLOADED
        if field.many_to_many or field.one_to_many:
            under = _prefetched_under(field)
            return lambda record: _prefetched(record, under)
        return lambda record: field.get_cached_value(record, default=UNLOADED)

    def primary_key(self, cls: Any) -> str:
        attname: str = cls._meta.pk.attname
        return attname

    @contextmanager
    def refusing_queries(self, records: Iterable[Any]) -> Iterator[None]:
        with ExitStack() as wrapped:
            for connection in connections.all(initialized_only=True):
                wrapped.enter_context(connection.execute_wrapper(_refuse))
            yield


def _field(cls: Any, name: str) -> Any:
    try:
        return cls._meta.get_field(name)
    except FieldDoesNotExist:
        # A reverse relation is read as ``comment_set`` but named ``comment``.
        for relation in cls._meta.related_objects:
            if relation.get_accessor_name() == name:
                return relation
        return None


def _prefetched_under(field: Any) -> str:
    """The name under which Django keeps the prefetched rows of a relation to many."""
    name: str
    if not field.many_to_many:
        # Django 5.1 made a property of the method.
        name = getattr(field, "cache_name", None) or field.get_cache_name()
    elif field.auto_created:
        name = field.field.related_query_name()
    else:
        name = field.name
    return name


def _prefetched(record: Any, under: str) -> Any:
    prefetched: dict[str, Any] = getattr(record, "_prefetched_objects_cache", {})
    return list(prefetched[under]) if under in prefetched else UNLOADED


def _refuse(execute: Callable[..., Any], *arguments: Any) -> NoReturn:
    raise not_loaded(None)


ORM = _Django()
