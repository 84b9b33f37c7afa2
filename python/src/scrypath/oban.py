"""Scrypath's jobs, run by Oban for Python (the package ``oban``, Python 3.12 and newer).

Register the client that says where documents go, and let your Oban work the queue that your writes are put
into::

    import scrypath.oban
    from oban import Oban

    search = scrypath.Scrypath("http://search:7700", sync_mode="oban", oban_queue="search")
    scrypath.oban.register(search)

    async def main() -> None:
        pool = await Oban.create_pool("postgresql://app@db/app")
        async with Oban(pool=pool, queues={"search": 5}):
            ...

The process that runs jobs must have called :func:`register`: ``oban start`` imports the modules that
``--cron-modules`` names. The tables are made by ``scrypath queue install``, or by a migration
(:mod:`scrypath.migrations`, :mod:`scrypath.django`), before or after Oban's own ``oban install``, and in the
same schema of the database: an Oban's ``prefix`` is looked into first.

A job that Oban runs late never overwrites what a later one wrote. Where the backend takes nothing, a job is
snoozed, which counts no attempt; where it fails, :class:`NotDelivered` is raised and Oban tries again; a job
that never can be run is cancelled, with one of the words of the queue's documentation.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

from . import _connections, _related
from . import _wire as wire
from ._core import decide, request
from ._errors import ScrypathError
from ._options import sendable
from ._steps import Invoke, Steps, run_async

try:
    from oban import Cancel, Oban, Snooze, worker
    from psycopg import AsyncConnection, AsyncCursor, Error, errors
    from psycopg.rows import tuple_row
except ImportError as error:
    raise ImportError(
        "scrypath.oban needs the package oban, which needs Python 3.12: pip install 'scrypath[oban]'"
    ) from error

if TYPE_CHECKING:
    from ._client import AsyncScrypath, Scrypath

__all__ = ["NotDelivered", "register"]

_SEARCH_PATH = (
    "SELECT set_config('search_path', quote_ident(%s) || ', ' || current_setting('search_path'), true)"
)
_TARGET: dict[str, Any] = {"dialect": "postgres", "placeholders": "format"}


class NotDelivered(Exception):
    """A job failed in a way that counts; Oban tries it again. Holds no document and no key."""


def register(search: Scrypath | AsyncScrypath, *, oban: str = "Oban") -> None:
    """Make the workers of Scrypath's jobs known to the Oban of this process.

    They are ``Scrypath.Oban.UpsertWorker``, ``Scrypath.Oban.DeleteWorker`` and
    ``Scrypath.Sync.RelatedWorker``, as jobs of all languages name them. Registering again replaces the
    client.

    Resolvers of fan-outs get the ``psycopg.AsyncConnection`` that their job runs on, and may be coroutine
    functions; those of a :class:`scrypath.Scrypath` too.

    Args:
        search: the client whose defaults say where documents go, and with which key. A job's own
            ``meilisearch_url`` and index win.
        oban: the name of the Oban that runs the jobs (``"Oban"``, which is the name of one without a name).
            Its pool is used. One that is not there when a job runs is a ``RuntimeError`` of Oban's.

    Example::

        scrypath.oban.register(scrypath.Scrypath("http://search:7700", meilisearch_api_key=key))
    """
    defaults = search._defaults
    for module, name, base in (
        ("Scrypath.Oban", "UpsertWorker", _Delivery),
        ("Scrypath.Oban", "DeleteWorker", _Delivery),
        ("Scrypath.Sync", "RelatedWorker", _Related),
    ):
        # Oban names a worker after its class and its module.
        members = {"__module__": module, "__qualname__": name, "defaults": defaults, "oban": oban}
        worker(oban=oban, queue="scrypath", max_attempts=8)(type(name, (base,), members))


class _Worker:
    defaults: dict[str, Any]
    oban: str

    def connection(self) -> AbstractAsyncContextManager[AsyncConnection[Any]]:
        return Oban.get_instance(self.oban)._connection()  # type: ignore[no-any-return]

    @asynccontextmanager
    async def transaction(self, connection: AsyncConnection[Any]) -> AsyncIterator[None]:
        """A transaction of its own, in which the tables are those of Oban's prefix."""
        async with connection.transaction():
            if (prefix := Oban.get_instance(self.oban)._prefix) != "public":
                await connection.execute(_SEARCH_PATH, (prefix,))
            yield


class _Delivery(_Worker):
    """Writes documents, or deletes them."""

    async def process(self, job: Any) -> Any:
        own = _own(job)
        prepared = decide("prepare_job", job=own, **_TARGET)
        if (verdict := prepared.get("verdict")) is not None:
            return _said(verdict)
        try:
            rows = await self._carry_out(prepared["statements"])
            performed = await run_async(self._perform(own, prepared["ticket"], rows))
            await self._carry_out(performed["statements"])
        except (ScrypathError, Error) as error:
            raise NotDelivered(_reason(error)) from None
        return _said(performed["verdict"])

    def _perform(self, job: wire.OwnJob, ticket: str, rows: Any) -> Steps[wire.PerformedJob]:
        performed: wire.PerformedJob = yield Invoke(
            request(
                "perform_job",
                job=job,
                ticket=ticket,
                rows=rows,
                options={},
                defaults=sendable(self.defaults),
                **_TARGET,
            )
        )
        return performed

    async def _carry_out(self, statements: Sequence[wire.Statement]) -> list[list[list[Any]]]:
        """The rows of each statement. What one wrote is there for everybody before the next."""
        rows = []
        async with self.connection() as connection:
            for statement in statements:
                async with (
                    self.transaction(connection),
                    AsyncCursor(connection, row_factory=tuple_row) as cursor,
                ):
                    await cursor.execute(statement["sql"], statement["params"])
                    found = await cursor.fetchall() if cursor.description else []
                    rows.append([list(row) for row in found])
        return rows


class _Related(_Worker):
    """Asks the resolver of a fan-out, and enqueues what it gives, in one transaction."""

    async def process(self, job: Any) -> Any:
        try:
            async with self.connection() as connection, self.transaction(connection):
                to = _connections.of(connection)
                verdict = await run_async(_related.run(_own(job), connection, to, self.defaults))
        except Exception as error:
            raise NotDelivered(_reason(error)) from None
        return _said(verdict)


def _own(job: Any) -> wire.OwnJob:
    return {"id": job.id, "worker": job.worker, "queue": job.queue, "args": json.dumps(job.args)}


def _reason(error: Exception) -> str:
    if isinstance(error, errors.UndefinedTable):
        return "a table of the queue is missing: run `scrypath queue install`"
    if isinstance(error, Error):
        # Its message may show a row.
        return f"the database refused a statement: {type(error).__name__}"
    return _related.reason(error)


def _said(verdict: wire.JobVerdict) -> Any:
    """What Oban is told."""
    reason = verdict.get("reason") or verdict["outcome"]
    match verdict["outcome"]:
        case "completed":
            return None
        case "cancelled":
            return Cancel(reason)
        case "snooze":
            return Snooze(verdict.get("seconds") or 1)
        case _:
            raise NotDelivered(reason)
