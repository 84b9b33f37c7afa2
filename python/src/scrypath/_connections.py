"""The caller's own connection: recognized without importing what is not there, and never committed."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from ._errors import UsageError
from ._telemetry import Emitter
from ._wire import Dialect, Placeholders

ACCEPTED = (
    "a SQLAlchemy Session or Connection, a Django connection, a sqlite3.Connection or a psycopg Connection; "
    "with AsyncScrypath an AsyncSession or AsyncConnection of SQLAlchemy, a psycopg AsyncConnection, an "
    "asyncpg Connection or a sqlite3.Connection"
)


Rows = list[list[Any]]


@dataclass(frozen=True, slots=True)
class Blocking:
    """A connection that holds up the calling thread.

    ``rows`` carries out a statement and gives its rows. ``nested`` is a part of the transaction that can be
    rolled back alone; where there is no transaction, ``needs_transaction`` says so, or begins the one that
    the connection would begin by itself. ``flush`` writes what the application has changed and its connection
    has not been told yet. ``is_local`` where it never waits for a network.
    """

    dialect: Dialect
    placeholders: Placeholders
    rows: Callable[[str, Sequence[Any]], Rows]
    nested: Callable[[], AbstractContextManager[Any]]
    needs_transaction: Callable[[], bool]
    flush: Callable[[], Any] | None = None
    is_local: bool = False


@dataclass(frozen=True, slots=True)
class Awaited:
    """The same, awaited."""

    dialect: Dialect
    placeholders: Placeholders
    rows: Callable[[str, Sequence[Any]], Awaitable[Rows]]
    nested: Callable[[], AbstractAsyncContextManager[Any]]
    needs_transaction: Callable[[], Awaitable[bool]]
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
class InTransaction:
    """The step that refuses a connection on which each statement would be committed by itself."""

    connection: Connection

    def now(self, emitter: Emitter) -> None:
        if self.connection.needs_transaction():
            raise self._refused()

    async def later(self, emitter: Emitter) -> None:
        needs = self.connection.needs_transaction()
        if needs if isinstance(needs, bool) else await needs:
            raise self._refused()

    def _refused(self) -> UsageError:
        return invalid("it is in no transaction, and commits every statement by itself; begin one")


@dataclass(frozen=True, slots=True)
class Execute:
    """The step that carries out a statement, and gives its rows."""

    connection: Connection
    sql: str
    values: Sequence[Any]

    def now(self, emitter: Emitter) -> Any:
        return self.connection.rows(self.sql, self.values)

    async def later(self, emitter: Emitter) -> Any:
        rows = self.connection.rows(self.sql, self.values)
        return rows if isinstance(self.connection, Blocking) else await rows  # type: ignore[misc]


@dataclass(frozen=True, slots=True)
class Enter:
    """The step that begins a part of the transaction."""

    part: Any

    def now(self, emitter: Emitter) -> None:
        self.part.__enter__()

    async def later(self, emitter: Emitter) -> None:
        if hasattr(self.part, "__aenter__"):
            await self.part.__aenter__()
        else:
            self.part.__enter__()


@dataclass(frozen=True, slots=True)
class Leave:
    """The step that ends a part of the transaction: with an error, it is rolled back."""

    part: Any
    error: BaseException | None = None

    def now(self, emitter: Emitter) -> None:
        self.part.__exit__(*self._raised())

    async def later(self, emitter: Emitter) -> None:
        if hasattr(self.part, "__aexit__"):
            await self.part.__aexit__(*self._raised())
        else:
            self.part.__exit__(*self._raised())

    def _raised(self) -> tuple[Any, Any, Any]:
        error = self.error
        return (None, None, None) if error is None else (type(error), error, error.__traceback__)


def of(connection: Any, cls: type | None = None) -> Connection:
    """The ``connection`` of a write of ``cls``, or of work on a queue."""
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
    def rows(sql: str, values: Sequence[Any]) -> Rows:
        cursor = connection.cursor()
        try:
            # Rows are shaped as the application likes; these are tuples.
            cursor.row_factory = None
            return [list(row) for row in cursor.execute(sql, values)]
        finally:
            cursor.close()

    def needs_transaction() -> bool:
        # Python 3.12 has `autocommit` beside the isolation level.
        begins = connection.isolation_level is not None and getattr(connection, "autocommit", -1) is not True
        if begins and not connection.in_transaction:
            # As it would before its next write.
            connection.execute("BEGIN IMMEDIATE")
        return not connection.in_transaction

    nested = partial(_savepoint, connection)
    return Blocking("sqlite", "question", rows, nested, needs_transaction, is_local=True)


@contextmanager
def _savepoint(connection: Any) -> Iterator[None]:
    connection.execute("SAVEPOINT scrypath")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK TO scrypath")
        raise
    finally:
        connection.execute("RELEASE scrypath")


def _psycopg(psycopg: Any, connection: Any) -> Blocking:
    def rows(sql: str, values: Sequence[Any]) -> Rows:
        # Not connection.cursor(): its factory decides about placeholders and rows.
        with psycopg.Cursor(connection, row_factory=psycopg.rows.tuple_row) as cursor:
            cursor.execute(sql, values)
            return [list(row) for row in cursor.fetchall()] if cursor.description else []

    return Blocking("postgres", "format", rows, connection.transaction, _psycopg_idles(psycopg, connection))


def _psycopg_async(psycopg: Any, connection: Any) -> Awaited:
    async def rows(sql: str, values: Sequence[Any]) -> Rows:
        async with psycopg.AsyncCursor(connection, row_factory=psycopg.rows.tuple_row) as cursor:
            await cursor.execute(sql, values)
            return [list(row) for row in await cursor.fetchall()] if cursor.description else []

    idles = _psycopg_idles(psycopg, connection)

    async def needs_transaction() -> bool:
        return idles()

    return Awaited("postgres", "format", rows, connection.transaction, needs_transaction)


def _psycopg_idles(psycopg: Any, connection: Any) -> Callable[[], bool]:
    idle = psycopg.pq.TransactionStatus.IDLE
    return lambda: connection.autocommit and connection.info.transaction_status == idle


def _asyncpg(connection: Any) -> Awaited:
    async def rows(sql: str, values: Sequence[Any]) -> Rows:
        return [list(row) for row in await connection.fetch(sql, *values)]

    async def needs_transaction() -> bool:
        return not connection.is_in_transaction()

    return Awaited("postgres", "numbered", rows, connection.transaction, needs_transaction)
