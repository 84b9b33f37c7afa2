"""SQLAlchemy's sessions and connections, as the caller's own connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_scoped_session
from sqlalchemy.orm import Session, scoped_session

from .._connections import Awaited, Blocking, Rows, dialect_of
from .._wire import Placeholders


def of(connection: Any, cls: type | None) -> Blocking | Awaited | None:
    if isinstance(connection, Connection):
        return _blocking(connection, connection.dialect, lambda: connection)
    if isinstance(connection, AsyncConnection):
        return _awaited(connection, connection.dialect, lambda: _itself(connection))
    if not isinstance(connection, Session | scoped_session | AsyncSession | async_scoped_session):
        return None
    # A session may have several databases: the job belongs where the rows of the class are.
    bind: Any = {"mapper": cls} if hasattr(cls, "__mapper__") else {}
    dialect = connection.get_bind(**bind).dialect
    if isinstance(connection, Session | scoped_session):
        return _blocking(
            connection, dialect, lambda: connection.connection(bind_arguments=bind), connection.flush
        )
    return _awaited(connection, dialect, lambda: connection.connection(bind_arguments=bind), connection.flush)


def _blocking(given: Any, dialect: Any, connection: Any, flush: Any = None) -> Blocking:
    def rows(sql: str, values: Sequence[Any]) -> Rows:
        return _listed(connection().exec_driver_sql(sql, tuple(values)))

    def needs_transaction() -> bool:
        return _commits_by_itself(connection())

    return Blocking(
        dialect_of(dialect.name), _placeholders(dialect), rows, given.begin_nested, needs_transaction, flush
    )


def _awaited(given: Any, dialect: Any, connection: Any, flush: Any = None) -> Awaited:
    async def rows(sql: str, values: Sequence[Any]) -> Rows:
        return _listed(await (await connection()).exec_driver_sql(sql, tuple(values)))

    async def needs_transaction() -> bool:
        return bool(await (await connection()).run_sync(_commits_by_itself))

    return Awaited(
        dialect_of(dialect.name), _placeholders(dialect), rows, given.begin_nested, needs_transaction, flush
    )


def _commits_by_itself(connection: Connection) -> bool:
    if connection.dialect.name != "sqlite":
        return bool(connection.get_isolation_level() == "AUTOCOMMIT")
    driver: Any = connection.connection.driver_connection
    if not driver.in_transaction and driver.isolation_level is not None:
        # SQLAlchemy thinks there is one, but Python's driver begins it only before a write.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    return not driver.in_transaction


def _listed(result: Any) -> Rows:
    return [list(row) for row in result] if result.returns_rows else []


async def _itself(connection: AsyncConnection) -> AsyncConnection:
    return connection


def _placeholders(dialect: Any) -> Placeholders:
    """As the dialect's driver takes them, since its statements are not compiled."""
    if dialect.name == "sqlite":
        return "question"
    return "numbered" if dialect.paramstyle == "numeric_dollar" else "format"
