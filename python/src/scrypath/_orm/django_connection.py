"""Django's connections, as the caller's own connection."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db import connection as default
from django.db.backends.base.base import BaseDatabaseWrapper

from .._connections import Blocking, Rows, dialect_of


def of(connection: Any) -> Blocking | None:
    # django.db.connection stands for the default one of the calling thread.
    wrapper = connections[DEFAULT_DB_ALIAS] if connection is default else connection
    if not isinstance(wrapper, BaseDatabaseWrapper):
        return None

    def rows(sql: str, values: Sequence[Any]) -> Rows:
        with wrapper.cursor() as cursor:
            cursor.execute(sql, values)
            return [list(row) for row in cursor.fetchall()] if cursor.description else []

    def nested() -> AbstractContextManager[Any]:
        return transaction.atomic(using=wrapper.alias)  # type: ignore[no-any-return]

    # Django's cursors take %s for every database.
    return Blocking(dialect_of(wrapper.vendor), "format", rows, nested, wrapper.get_autocommit)
