"""``Scrypath`` and ``AsyncScrypath``: the same verbs, called or awaited."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar, Unpack

from . import _many, _operations, _related, _worker
from ._core import decide
from ._many import Entry
from ._options import (
    ClientDefaults,
    RelatedOptions,
    RuntimeOptions,
    SearchManyOptions,
    SearchOptions,
    SuggestOptions,
    TenantTokenOptions,
    WriteOptions,
    given,
    sendable,
)
from ._results import Explanation, FacetValues, MultiSearchResult, SearchResult, Suggestion
from ._steps import run, run_async
from ._unset import UNSET, Unset
from ._worker import AsyncWorker, Worker
from ._writes import WriteResult

R = TypeVar("R")


def validate_options(**options: Unpack[RuntimeOptions]) -> dict[str, Any]:
    """Check runtime options without using them.

    Returns:
        The options with their defaults filled in; of a key only whether there is one.

    Raises:
        UsageError: an option is unknown, missing or of the wrong type.
    """
    return {**decide("resolve_config", options=sendable(given(options)))}


class _Client:
    """What needs no waiting, and is the same for both."""

    def __init__(
        self, meilisearch_url: str | Unset | None = UNSET, **defaults: Unpack[ClientDefaults]
    ) -> None:
        self._defaults = given({"meilisearch_url": meilisearch_url, **defaults})
        decide("resolve_config", options=sendable(self._defaults))

    def explain(self, schema: type, text: str, **options: Unpack[SearchOptions]) -> Explanation:
        """Show the normalized query and the exact request of a search, without sending it.

        Takes what :meth:`search` takes. Never waits, so it is not awaited either.
        """
        return _operations.explain(schema, text, options, self._defaults)

    def tenant_token(
        self, schema: type | Sequence[type], tenant: Any, **options: Unpack[TenantTokenOptions]
    ) -> str:
        """Make a key that finds one tenant's documents and no others, for a browser to search with.

        Whoever holds it passes it as ``meilisearch_api_key``; what they filter by can only narrow what it
        finds. Nothing is sent to make one, so it never waits, and is not awaited either. It cannot be taken
        back but by deleting the key it was made from, so it always expires.

        Args:
            schema: the declared class, or several; each needs a ``tenant_field``.
            tenant: what ``tenant_scope`` takes.
            **options: :class:`TenantTokenOptions`.

        Raises:
            UsageError: the tenant is none, the token would not expire later than now, or an option is
                missing or wrong.

        Example:
            >>> import scrypath
            >>> @scrypath.schema(fields=["title", "team"], tenant_field="team")
            ... class Plan: ...
            >>> search = scrypath.Scrypath("http://localhost:7700", meilisearch_api_key="a search key")
            >>> token = search.tenant_token(Plan, 7, api_key_uid="ac5cd97d-5a4b-4226-a868-2d0eb6d197ab")
            >>> token.count(".")
            2
        """
        return _operations.tenant_token(schema, tenant, options, self._defaults)

    def index_name(self, schema: type, **options: Unpack[RuntimeOptions]) -> str:
        """The name of the index that the schema's documents are in. Never waits."""
        return _operations.index_name(schema, options, self._defaults)


class Scrypath(_Client):
    """Search for the application's own records, and keep their documents in step.

    Holds nothing but default options: make one per application, use it from any thread, before and
    after a fork. Every verb takes the same options by keyword, and those win over the defaults.

    Args:
        meilisearch_url: ``http(s)://HOST`` for a Meilisearch; ``embedded:PATH``, ``memory:`` or
            ``memory:NAME`` for the index in this process.
        **defaults: any of :class:`RuntimeOptions`.

    Raises:
        UsageError: a default is unknown or has the wrong type.

    Example:
        >>> import scrypath
        >>> @scrypath.schema(fields=["title", "status"], filterable=["status"])
        ... class Boat:
        ...     def __init__(self, id, title, status):
        ...         self.id, self.title, self.status = id, title, status
        >>> search = scrypath.Scrypath("memory:doc-scrypath")
        >>> boats = [Boat(1, "Harbour tug", "open"), Boat(2, "Harbour ferry", "closed")]
        >>> search.sync_records(Boat, boats).status
        'completed'
        >>> [hit["title"] for hit in search.search(Boat, "harb").hits]
        ['Harbour tug', 'Harbour ferry']
    """

    def search(self, schema: type[R], text: str, **options: Unpack[SearchOptions]) -> SearchResult[R]:
        """Search the index of a schema.

        Args:
            schema: the declared class.
            text: what to look for; ``""`` finds everything.
            **options: :class:`SearchOptions`. With ``repo`` (a SQLAlchemy session, a Django manager or
                queryset, a :class:`Repo`, or a function like its ``fetch``) the hits come back as
                ``records`` too, by one query on the primary key; ``preload`` names what that query loads
                along. Nothing is hydrated without it.

        Raises:
            UsageError: an option is unknown, undeclared or malformed; nothing was sent.
            TransportError: the server was not reached.
            BackendError: the server refused.
        """
        return run(_operations.search(schema, text, options, self._defaults))

    def search_within_facet(
        self, schema: type[R], text: str, bucket: tuple[str, Any], **options: Unpack[SearchOptions]
    ) -> SearchResult[R]:
        """Search among the documents of one facet bucket.

        Args:
            bucket: the facet and its value; a list of values means any of them.

        The rest is as in :meth:`search`. A ``facet_filter`` on the same facet is refused.
        """
        return run(_operations.search(schema, text, options, self._defaults, bucket=[bucket]))

    def search_disjunctive(
        self, schema: type[R], text: str, **options: Unpack[SearchOptions]
    ) -> SearchResult[R]:
        """Search, with counts for facets whose values are alternatives.

        As :meth:`search`, but each of ``facets`` that ``facet_filter`` restricts is counted as if it were
        not: a visitor who chose one kind still sees how many hits the other kinds would have. It is one
        request, of one query more for each such facet.
        """
        return run(_operations.search(schema, text, options, self._defaults, disjunctive=True))

    def search_facet_values(
        self, schema: type, facet: str, text: str = "", **options: Unpack[SearchOptions]
    ) -> FacetValues:
        """Search the values of a facet: those that begin like ``text``.

        ``filter``, ``facet_filter`` and ``tenant_scope`` restrict which documents are counted. Errors are
        those of :meth:`search`.
        """
        return run(_operations.search_facet_values(schema, facet, text, options, self._defaults))

    def suggest(self, schema: type, text: str, **options: Unpack[SuggestOptions]) -> list[Suggestion]:
        """Suggest texts of the index that begin like ``text``, best first, each once, while somebody types.

        A blank text has no suggestions, and nothing is sent. Errors are those of :meth:`search`.

        Args:
            schema: the declared class.
            text: what was typed so far.
            **options: :class:`SuggestOptions`.

        Example:
            >>> import scrypath
            >>> @scrypath.schema(fields=["title"])
            ... class Quay: ...
            >>> search = scrypath.Scrypath("memory:doc-suggest")
            >>> _ = search.sync_record(Quay, {"id": 1, "title": "Harbour light"})
            >>> (suggestion,) = search.suggest(Quay, "harbour li")
            >>> suggestion.text
            'Harbour light'
            >>> "".join(f"<b>{part.text}</b>" if part.matched else part.text for part in suggestion.parts)
            '<b>Harbour</b> <b>li</b>ght'
        """
        return run(_operations.suggest(schema, text, options, self._defaults))

    def search_many(
        self, entries: Sequence[Entry], **options: Unpack[SearchManyOptions]
    ) -> MultiSearchResult:
        """Search several classes in one request.

        Args:
            entries: ``(schema, text)`` or ``(schema, text, options)``. ``"all"`` in the place of the
                schema stands for each of ``global_schemas``. An entry's options (:class:`EntryOptions`)
                win over the call's; it may hold ``federation_weight``, which raises or lowers its hits in
                the merged list.
            **options: :class:`SearchManyOptions`: what every entry starts from, and how the call runs.

        The hits are merged into one list (:meth:`MultiSearchResult.merged`) unless an entry has a ``page``:
        then results stand side by side, each with its own totals.

        Raises:
            UsageError: an entry is wrong (``kind`` says how, ``details["cause"]`` why); nothing was sent.
            BackendError: the search failed as a whole, or every entry did.
        """
        return run(_many.search_many(entries, options, self._defaults))

    def sync_record(self, schema: type, record: Any, **options: Unpack[WriteOptions]) -> WriteResult:
        """Write one record's document, replacing the one that is there. See :meth:`sync_records`."""
        return run(_operations.sync_records(schema, [record], options, self._defaults))

    def sync_records(
        self, schema: type, records: Iterable[Any], **options: Unpack[WriteOptions]
    ) -> WriteResult:
        """Write the documents of records, replacing those that are there.

        Call it after the commit; with ``sync_mode="oban"`` inside the transaction, once the rows are written.

        Args:
            schema: the declared class.
            records: instances or mappings. Nothing is ever loaded from the database: a field that is not
                loaded is an error, and then nothing is sent.
            **options: :class:`WriteOptions`. ``sync_mode`` is the promise: ``"inline"`` returns when the
                backend's task has succeeded, ``"manual"`` when the backend has accepted it. ``"oban"``
                contacts no backend: it puts a job into ``oban_queue``, a row that is inserted on
                ``connection`` and is committed or rolled back with what else its transaction holds.
                ``scrypath worker`` brings it into the index.

        Raises:
            UsageError: a record or an option is wrong; nothing was sent, and no job inserted. Of kind
                ``key_not_durable``: the call enqueues with a key that no worker would find.
            QueueError: ``sync_mode="oban"`` without a ``connection``. What the driver raises passes through.
            TransportError: the server was not reached.
            BackendError: the server refused.
            TaskError: the server accepted the work and then did not do it.
            ScrypathTimeout: the task was not done within ``inline_timeout``; it may still finish.

        Example:
            >>> import scrypath, sqlite3
            >>> @scrypath.schema(fields=["title"])
            ... class Mole: ...
            >>> search = scrypath.Scrypath(sync_mode="oban", oban_queue="search")
            >>> search.sync_records(Mole, [{"id": 1, "title": "North mole"}])
            Traceback (most recent call last):
                ...
            scrypath.QueueError: sync_mode oban inserts a row: pass connection, ...
            >>> database = sqlite3.connect(":memory:")
            >>> _ = database.execute("CREATE TABLE oban_jobs (id INTEGER PRIMARY KEY, queue, worker, args, "
            ...                      "max_attempts)")    # `scrypath queue install` makes all of it
            >>> with database:                           # commits, or rolls back
            ...     written = search.sync_record(Mole, {"id": 1, "title": "North mole"}, connection=database)
            >>> written.status, written.job.id, written.oban.queue
            ('accepted', 1, 'search')
            >>> database.close()
        """
        return run(_operations.sync_records(schema, records, options, self._defaults))

    def delete_record(self, schema: type, record: Any, **options: Unpack[WriteOptions]) -> WriteResult:
        """Delete the document of a record, by ``search_document_id`` or its document-id field."""
        return run(_operations.delete_record(schema, record, options, self._defaults))

    def delete_document(self, schema: type, id: int | str, **options: Unpack[WriteOptions]) -> WriteResult:
        """Delete the document with this id."""
        return run(_operations.delete_documents(schema, [id], options, self._defaults))

    def delete_documents(
        self, schema: type, ids: Sequence[int | str], **options: Unpack[WriteOptions]
    ) -> WriteResult:
        """Delete the documents with these ids. Modes and errors are those of :meth:`sync_records`."""
        return run(_operations.delete_documents(schema, ids, options, self._defaults))

    def sync_related(self, schema: type, records: Any, **options: Unpack[RelatedOptions]) -> WriteResult:
        """Write the documents of other records, which show something of these.

        Args:
            schema: the declared class that has the ``fan_outs``.
            records: the records that changed, or one; nothing is done for none.
            **options: :class:`RelatedOptions`; ``fan_out`` says which of the ``fan_outs``. Inline and manual,
                its resolver is called with the ids of the records' documents and ``None``, and what it
                gives is written as by :meth:`sync_records`, whose result this is. With ``sync_mode="oban"``
                a job with the ids is inserted on ``connection``; :meth:`work_related`, or an Oban
                (:mod:`scrypath.oban`), calls the resolver later. The result then has the ids of these
                records, and no index.

        Raises:
            UsageError: ``fan_out`` is missing, or the schema declares no such one. What the resolver raises
                passes through. The rest is as in :meth:`sync_records`.

        Example:
            >>> import scrypath
            >>> @scrypath.schema(fields=["title", "captain"])
            ... class Voyage: ...
            >>> voyages = [{"id": 1, "title": "Harbour round", "captain": "Ann", "captain_id": 7}]
            >>> def of_captains(ids, connection):
            ...     return [voyage for voyage in voyages if voyage["captain_id"] in ids]
            >>> @scrypath.schema(
            ...     fields=["name"], fan_outs={"voyages": {"target": Voyage, "resolver": of_captains}}
            ... )
            ... class Captain: ...
            >>> search = scrypath.Scrypath("memory:doc-related")
            >>> search.sync_related(Captain, {"id": 7, "name": "Ann"}, fan_out="voyages").document_ids
            [1]
        """
        return run(_related.sync_related(schema, records, options, self._defaults))

    def work_related(self, queue: str, connection: Any, *, limit: int = 100) -> int:
        """Run the related jobs of a queue that are due, where no Oban does, inside your transaction.

        For each job its resolver is called with the ids and ``connection``, and what it gives is enqueued in
        the same queue, on the same connection: `scrypath worker` brings that into the index. Read the records
        with a lock (``SELECT … FOR UPDATE``), so that they are not older than what others enqueue of them.

        A job that fails, by what its resolver raises or by a schema that this process does not declare, is
        tried again later and does not stop the others. The logger ``scrypath.related`` hears why.

        Args:
            queue: the queue, as ``oban_queue`` named it.
            connection: as in :class:`WriteOptions`, in a transaction. You commit it.
            limit: how many jobs at most (100).

        Returns:
            How many jobs there were. Call it, and commit, until there are none.

        Raises:
            UsageError: the connection is none that is accepted, or commits every statement by itself.

        Example:
            >>> import scrypath, sqlite3
            >>> database = sqlite3.connect(":memory:")
            >>> for statement in scrypath.queue_tables("sqlite")["install"]:
            ...     _ = database.execute(statement)
            >>> with database:
            ...     scrypath.Scrypath().work_related("search", database)
            0
            >>> database.close()
        """
        return run(_related.work(queue, connection, limit, self._defaults))

    def worker(
        self,
        *,
        database_url: str | None = None,
        queues: Sequence[str] | str | None = None,
        until_idle: bool = False,
        lease: int | None = None,
        request_timeout: int | None = None,
        settle_time: int | None = None,
        keep_completed: int | None = None,
    ) -> Worker:
        """Start a ``scrypath worker``, which brings what was enqueued into the index, as a child process.

        It works as this client does: to its ``meilisearch_url``, with its key. Neither the key nor
        ``database_url`` is on its command line. Start it in one process of the application's, or in several;
        it is there until :meth:`Worker.stop`, or until the application ends.

        Args:
            database_url: the queue's database, ``postgres://USER@HOST/DATABASE`` or ``sqlite:PATH``;
                default: ``DATABASE_URL`` of the environment.
            queues: the queues to work; default: the client's ``oban_queue``, else ``"scrypath"``.
            until_idle: end once there is nothing to do.
            lease: how long a queue stays with a worker that no longer says anything, in ms (60000). At
                least four times ``request_timeout``.
            request_timeout: how long a request may take, in ms (15000).
            settle_time: how long after that it may still land, in ms (15000).
            keep_completed: how long completed jobs stay in the table, in ms (86400000, a day). Those that
                were given up or called off stay.

        Raises:
            UsageError: an option is missing or wrong; nothing was started.
            QueueError: the command ``scrypath`` was not found, or could not be started. It is looked for
                under ``SCRYPATH_COMMAND``, beside the package's native library, and on ``PATH``.

        Example:
            >>> import scrypath
            >>> search = scrypath.Scrypath("http://localhost:7700", oban_queue="search")
            >>> search.worker(database_url="sqlite:jobs.db", lease="long")
            Traceback (most recent call last):
                ...
            scrypath.UsageError: invalid value for lease option: must be milliseconds, ...
            >>> def main():
            ...     with search.worker(database_url="postgres://app@db/app"):
            ...         serve()    # your application
        """
        options = _worker.Options(
            database_url, queues, until_idle, lease, request_timeout, settle_time, keep_completed
        )
        return Worker(_worker.Supervised(options, self._defaults))


class AsyncScrypath(_Client):
    """:class:`Scrypath`, awaited. No call takes a thread; cancelling a task cancels its call.

    ``repo`` may be an ``AsyncSession``, a Django manager or queryset, or fetch by a coroutine function.

    Example:
        >>> import asyncio, scrypath
        >>> @scrypath.schema(fields=["title"])
        ... class Lamp: ...
        >>> async def main():
        ...     search = scrypath.AsyncScrypath("memory:doc-async")
        ...     await search.sync_record(Lamp, {"id": 1, "title": "Harbour light"})
        ...     return await search.search(Lamp, "harbour")
        >>> asyncio.run(main()).page.estimated_total_hits
        1
    """

    async def search(self, schema: type[R], text: str, **options: Unpack[SearchOptions]) -> SearchResult[R]:
        """See :meth:`Scrypath.search`."""
        return await run_async(_operations.search(schema, text, options, self._defaults))

    async def search_within_facet(
        self, schema: type[R], text: str, bucket: tuple[str, Any], **options: Unpack[SearchOptions]
    ) -> SearchResult[R]:
        """See :meth:`Scrypath.search_within_facet`."""
        return await run_async(_operations.search(schema, text, options, self._defaults, bucket=[bucket]))

    async def search_disjunctive(
        self, schema: type[R], text: str, **options: Unpack[SearchOptions]
    ) -> SearchResult[R]:
        """See :meth:`Scrypath.search_disjunctive`."""
        return await run_async(_operations.search(schema, text, options, self._defaults, disjunctive=True))

    async def search_facet_values(
        self, schema: type, facet: str, text: str = "", **options: Unpack[SearchOptions]
    ) -> FacetValues:
        """See :meth:`Scrypath.search_facet_values`."""
        return await run_async(_operations.search_facet_values(schema, facet, text, options, self._defaults))

    async def suggest(self, schema: type, text: str, **options: Unpack[SuggestOptions]) -> list[Suggestion]:
        """See :meth:`Scrypath.suggest`."""
        return await run_async(_operations.suggest(schema, text, options, self._defaults))

    async def search_many(
        self, entries: Sequence[Entry], **options: Unpack[SearchManyOptions]
    ) -> MultiSearchResult:
        """See :meth:`Scrypath.search_many`. Rows of several entries are fetched at once, unless the repo is
        a database session, which does one thing at a time."""
        return await run_async(_many.search_many(entries, options, self._defaults))

    async def sync_record(self, schema: type, record: Any, **options: Unpack[WriteOptions]) -> WriteResult:
        """See :meth:`Scrypath.sync_record`."""
        return await run_async(_operations.sync_records(schema, [record], options, self._defaults))

    async def sync_records(
        self, schema: type, records: Iterable[Any], **options: Unpack[WriteOptions]
    ) -> WriteResult:
        """See :meth:`Scrypath.sync_records`."""
        return await run_async(_operations.sync_records(schema, records, options, self._defaults))

    async def delete_record(self, schema: type, record: Any, **options: Unpack[WriteOptions]) -> WriteResult:
        """See :meth:`Scrypath.delete_record`."""
        return await run_async(_operations.delete_record(schema, record, options, self._defaults))

    async def delete_document(
        self, schema: type, id: int | str, **options: Unpack[WriteOptions]
    ) -> WriteResult:
        """See :meth:`Scrypath.delete_document`."""
        return await run_async(_operations.delete_documents(schema, [id], options, self._defaults))

    async def delete_documents(
        self, schema: type, ids: Sequence[int | str], **options: Unpack[WriteOptions]
    ) -> WriteResult:
        """See :meth:`Scrypath.delete_documents`."""
        return await run_async(_operations.delete_documents(schema, ids, options, self._defaults))

    async def sync_related(
        self, schema: type, records: Any, **options: Unpack[RelatedOptions]
    ) -> WriteResult:
        """See :meth:`Scrypath.sync_related`. The resolver may be a coroutine function."""
        return await run_async(_related.sync_related(schema, records, options, self._defaults))

    async def work_related(self, queue: str, connection: Any, *, limit: int = 100) -> int:
        """See :meth:`Scrypath.work_related`. Resolvers may be coroutine functions."""
        return await run_async(_related.work(queue, connection, limit, self._defaults))

    def worker(
        self,
        *,
        database_url: str | None = None,
        queues: Sequence[str] | str | None = None,
        until_idle: bool = False,
        lease: int | None = None,
        request_timeout: int | None = None,
        settle_time: int | None = None,
        keep_completed: int | None = None,
    ) -> AsyncWorker:
        """See :meth:`Scrypath.worker`. Starting it is not awaited; ``async with`` stops it.

        Example:
            >>> import scrypath
            >>> search = scrypath.AsyncScrypath("http://localhost:7700", oban_queue="search")
            >>> async def main():
            ...     async with search.worker(database_url="postgres://app@db/app"):
            ...         await serve()    # your application
        """
        options = _worker.Options(
            database_url, queues, until_idle, lease, request_timeout, settle_time, keep_completed
        )
        return AsyncWorker(_worker.Supervised(options, self._defaults))
