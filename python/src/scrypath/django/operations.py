"""What Scrypath's migrations do, for migrations of your own too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import router
from django.db.migrations.operations.base import Operation

from .._connections import dialect_of
from .._tables import queue_tables
from .._wire import QueueTables


class InstallQueue(Operation):  # type: ignore[misc]
    """Make the tables of the queue that are missing; back, drop those that are not jobs.

    Example::

        class Migration(migrations.Migration):
            operations = [InstallQueue()]
    """

    reversible = True
    reduces_to_sql = True

    def state_forwards(self, app_label: str, state: Any) -> None:
        """No model stands for the tables."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Make the tables.

        Raises:
            UsageError: the database is neither PostgreSQL nor SQLite.
        """
        self._carry_out(app_label, schema_editor, lambda tables: tables["install"])

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Drop the tables, but for the jobs."""
        self._carry_out(app_label, schema_editor, lambda tables: tables["uninstall"])

    def describe(self) -> str:
        """What ``migrate`` says of it."""
        return "Install Scrypath's queue"

    def _carry_out(
        self, app_label: str, schema_editor: Any, which: Callable[[QueueTables], list[str]]
    ) -> None:
        connection = schema_editor.connection
        if not router.allow_migrate(connection.alias, app_label):
            return
        for statement in which(queue_tables(dialect_of(connection.vendor))):
            # Without parameters a % is taken as it is.
            schema_editor.execute(statement, params=None)
