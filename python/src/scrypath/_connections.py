"""The caller's own connection: recognized without importing what is not there, and never committed."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from ._errors import UsageError
from ._telemetry import Emitter
from ._wire import Dialect, Placeholders

ACCEPTED = (
    "a SQLAlchemy Session or Connection, a Django connection, a sqlite3.Connection or a psycopg Connection; "
    "with AsyncScrypath an AsyncSession or AsyncConnection of SQLAlchemy, a psycopg AsyncConnection, an "
    "asyncpg Connection or a sqlite3.Connection"
)


@dataclass(frozen=True, slots=True)
class Blocking:
    """A connection that holds up the calling thread.

    ``insert`` gives the first column of the statement's one row. ``flush`` writes what the application has
    changed and its connection has not been told yet. ``is_local`` where it never waits for a network.
    """

    dialect: Dialect
    placeholders: Placeholders
    insert: Callable[[str, tuple[Any, ...]], Any]
    flush: Callable[[], Any] | None = None
    is_local: bool = False


@dataclass(frozen=True, slots=True)
class Awaited:
    """The same, awaited."""

    dialect: Dialect
    placeholders: Placeholders
    insert: Callable[[str, tuple[Any, ...]], Awaitable[Any]]
    flush: Callable[[], Awaitable[Any]] | None = None


Connection = Blocking | Awaited


@dataclass(frozen=True, slots=True)
class Ready:
    """The step before all else: it waits as the client does, and what was changed on it is written.

    A job orders its record's states by the lock of the row, so the row is to be written before its job.
    """

    connection: Connection
    flush: bool

    def now(self, emitter: Emitter) -> None:
        if isinstance(self.connection, Awaited):
            raise invalid("it is awaited; write with AsyncScrypath, or give one that is not")
        if self.flush and self.connection.flush is not None:
            self.connection.flush()

    async def later(self, emitter: Emitter) -> None:
        if isinstance(self.connection, Blocking):
            if not self.connection.is_local:
                raise invalid("it would hold up the event loop; write with Scrypath, or give an awaited one")
        elif self.flush and self.connection.flush is not None:
            await self.connection.flush()


@dataclass(frozen=True, slots=True)
class Insert:
    """The step that inserts the job, and gives its id."""

    connection: Connection
    sql: str
    values: tuple[Any, ...]

    def now(self, emitter: Emitter) -> Any:
        return self.connection.insert(self.sql, self.values)

    async def later(self, emitter: Emitter) -> Any:
        id = self.connection.insert(self.sql, self.values)
        return id if isinstance(self.connection, Blocking) else await id


def of(connection: Any, cls: type) -> Connection:
    """The ``connection`` of a write of ``cls``."""
    found = _of_driver(connection)
    if found is None and "sqlalchemy" in sys.modules:
        from ._orm import sqlalchemy_connection

        found = sqlalchemy_connection.of(connection, cls)
    if found is None and "django.db" in sys.modules:
        from ._orm import django_connection

        found = django_connection.of(connection)
    if found is None:
        raise UsageError(
            f"connection must be {ACCEPTED}; not a {type(connection).__qualname__}",
            "invalid_option",
            details={"name": "connection"},
        )
    return found


def dialect_of(name: str) -> Dialect:
    """The core's word for a database."""
    if name == "sqlite":
        return "sqlite"
    if name == "postgresql":
        return "postgres"
    raise invalid(f"the queue is kept in PostgreSQL or SQLite, not in {name}")


def invalid(why: str) -> UsageError:
    return UsageError(
        f"invalid value for connection option: {why}", "invalid_option", details={"name": "connection"}
    )


def _of_driver(connection: Any) -> Connection | None:
    if (sqlite3 := sys.modules.get("sqlite3")) is not None and isinstance(connection, sqlite3.Connection):
        return _sqlite3(connection)
    if (psycopg := sys.modules.get("psycopg")) is not None:
        if isinstance(connection, psycopg.Connection):
            return _psycopg(psycopg, connection)
        if isinstance(connection, psycopg.AsyncConnection):
            return _psycopg_async(psycopg, connection)
    if (asyncpg := sys.modules.get("asyncpg")) is not None and isinstance(connection, asyncpg.Connection):
        return _asyncpg(connection)
    return None


def _sqlite3(connection: Any) -> Blocking:
    def insert(sql: str, values: tuple[Any, ...]) -> Any:
        cursor = connection.cursor()
        try:
            # Rows are shaped as the application likes; this one is a tuple.
            cursor.row_factory = None
            return cursor.execute(sql, values).fetchone()[0]
        finally:
            cursor.close()

    return Blocking("sqlite", "question", insert, is_local=True)


def _psycopg(psycopg: Any, connection: Any) -> Blocking:
    def insert(sql: str, values: tuple[Any, ...]) -> Any:
        # Not connection.cursor(): its factory decides about placeholders and rows.
        with psycopg.Cursor(connection, row_factory=psycopg.rows.tuple_row) as cursor:
            return cursor.execute(sql, values).fetchone()[0]

    return Blocking("postgres", "format", insert)


def _psycopg_async(psycopg: Any, connection: Any) -> Awaited:
    async def insert(sql: str, values: tuple[Any, ...]) -> Any:
        async with psycopg.AsyncCursor(connection, row_factory=psycopg.rows.tuple_row) as cursor:
            await cursor.execute(sql, values)
            return (await cursor.fetchone())[0]

    return Awaited("postgres", "format", insert)


def _asyncpg(connection: Any) -> Awaited:
    async def insert(sql: str, values: tuple[Any, ...]) -> Any:
        return await connection.fetchval(sql, *values)

    return Awaited("postgres", "numbered", insert)
