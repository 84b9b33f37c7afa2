"""The statements that make the queue's tables, for migrations of every kind."""

from __future__ import annotations

from typing import get_args

from ._core import decide
from ._errors import UsageError
from ._wire import Dialect, QueueTables


def queue_tables(dialect: Dialect) -> QueueTables:
    """The statements that make and drop the tables of the queue, for a migration tool of your own.

    ``scrypath queue install`` carries out the same ones. :mod:`scrypath.migrations` is for Alembic,
    :mod:`scrypath.django` for Django.

    Args:
        dialect: ``"postgres"`` (12 and newer) or ``"sqlite"``.

    Returns:
        ``install`` and ``uninstall``, each a list of statements without parameters. Installing what is there
        changes nothing; a table of jobs that an Oban made is left as it is. Uninstalling leaves the jobs.

    Raises:
        UsageError: there is no such dialect.

    Example:
        >>> import scrypath, sqlite3
        >>> database = sqlite3.connect(":memory:")
        >>> for statement in scrypath.queue_tables("sqlite")["install"]:
        ...     _ = database.execute(statement)
        >>> database.execute("SELECT count(*) FROM oban_jobs").fetchone()
        (0,)
        >>> database.close()
    """
    if dialect not in get_args(Dialect):
        raise UsageError(
            f"the queue is kept in postgres or sqlite, not in {dialect}",
            "invalid_option",
            details={"name": "dialect"},
        )
    return decide("queue_tables", dialect=dialect)
