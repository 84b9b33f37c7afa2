"""The queue's tables in a migration of SQLAlchemy's, such as one of Alembic's.

In the file that ``alembic revision`` wrote::

    from alembic import op
    from scrypath.migrations import install, uninstall

    def upgrade() -> None:
        install(op.get_bind())

    def downgrade() -> None:
        uninstall(op.get_bind())

Where Alembic only prints SQL (``--sql``) there is no connection: pass each statement of
:func:`scrypath.queue_tables` to ``op.execute``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._connections import dialect_of
from ._tables import queue_tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["install", "uninstall"]


def install(connection: Connection) -> None:
    """Make the tables of the queue that are missing.

    Installing twice changes nothing, and a table of jobs that an Oban made is left as it is.

    Args:
        connection: a SQLAlchemy ``Connection`` to PostgreSQL or SQLite. Nothing is committed.

    Raises:
        UsageError: the database is another one. What the driver raises passes through.

    Example:
        >>> import sqlalchemy
        >>> from scrypath.migrations import install
        >>> engine = sqlalchemy.create_engine("sqlite://")
        >>> with engine.begin() as connection:
        ...     install(connection)
        ...     sqlalchemy.inspect(connection).has_table("oban_jobs")
        True
        >>> engine.dispose()
    """
    _carry_out(connection, queue_tables(dialect_of(connection.dialect.name))["install"])


def uninstall(connection: Connection) -> None:
    """Drop what workers keep beside the jobs. Jobs are data, and their table stays.

    Args:
        connection: as for :func:`install`.

    Raises:
        UsageError: the database is neither PostgreSQL nor SQLite.
    """
    _carry_out(connection, queue_tables(dialect_of(connection.dialect.name))["uninstall"])


def _carry_out(connection: Connection, statements: list[str]) -> None:
    for statement in statements:
        # Without parameters a driver takes a % as it is.
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
