"""SQLAlchemy's sessions and connections, as the caller's own connection."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_scoped_session
from sqlalchemy.orm import Session, scoped_session

from .._connections import Awaited, Blocking, dialect_of
from .._wire import Placeholders


def of(connection: Any, cls: type) -> Blocking | Awaited | None:
    if isinstance(connection, Connection):
        return _blocking(connection.dialect, lambda: connection)
    if isinstance(connection, AsyncConnection):
        return _awaited(connection.dialect, lambda: _itself(connection))
    if not isinstance(connection, Session | scoped_session | AsyncSession | async_scoped_session):
        return None
    # A session may have several databases: the job belongs where the rows of the class are.
    bind: Any = {"mapper": cls} if hasattr(cls, "__mapper__") else {}
    dialect = connection.get_bind(**bind).dialect
    if isinstance(connection, Session | scoped_session):
        return _blocking(dialect, lambda: connection.connection(bind_arguments=bind), connection.flush)
    return _awaited(dialect, lambda: connection.connection(bind_arguments=bind), connection.flush)


def _blocking(dialect: Any, connection: Any, flush: Any = None) -> Blocking:
    def insert(sql: str, values: tuple[Any, ...]) -> Any:
        return connection().exec_driver_sql(sql, values).scalar_one()

    return Blocking(dialect_of(dialect.name), _placeholders(dialect), insert, flush)


def _awaited(dialect: Any, connection: Any, flush: Any = None) -> Awaited:
    async def insert(sql: str, values: tuple[Any, ...]) -> Any:
        return (await (await connection()).exec_driver_sql(sql, values)).scalar_one()

    return Awaited(dialect_of(dialect.name), _placeholders(dialect), insert, flush)


async def _itself(connection: AsyncConnection) -> AsyncConnection:
    return connection


def _placeholders(dialect: Any) -> Placeholders:
    """As the dialect's driver takes them, since its statements are not compiled."""
    if dialect.name == "sqlite":
        return "question"
    return "numbered" if dialect.paramstyle == "numeric_dollar" else "format"
