"""Django's connections, as the caller's own connection."""

from __future__ import annotations

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db import connection as default
from django.db.backends.base.base import BaseDatabaseWrapper

from .._connections import Blocking, dialect_of


def of(connection: Any) -> Blocking | None:
    # django.db.connection stands for the default one of the calling thread.
    wrapper = connections[DEFAULT_DB_ALIAS] if connection is default else connection
    if not isinstance(wrapper, BaseDatabaseWrapper):
        return None

    def insert(sql: str, values: tuple[Any, ...]) -> Any:
        with wrapper.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchone()[0]

    # Django's cursors take %s for every database.
    return Blocking(dialect_of(wrapper.vendor), "format", insert)
