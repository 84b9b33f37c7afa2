"""The options that calls take, as types. What a value may be is checked by the core, for every language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Required, TypedDict
from uuid import UUID

from ._unset import UNSET, Unset
from ._wire import SettingsMerge, SyncMode

Pairs = Mapping[str, Any] | Sequence[tuple[str, Any]]
"""Names with values: a dict, or a list of pairs where order or repetition matters."""


class ClientDefaults(TypedDict, total=False):
    """Every runtime option but ``meilisearch_url``, which a client takes by position too."""

    meilisearch_api_key: str | Unset | None
    index_prefix: str | Unset | None
    sync_mode: SyncMode | Unset
    inline_timeout: int | Unset
    inline_poll_interval: int | Unset
    settings_merge: SettingsMerge | Unset
    req_options: Pairs | Unset
    repo: Any
    preload: Any
    backend: Any
    oban: Any
    oban_queue: str | Unset | None
    oban_max_attempts: int | Unset | None
    federation_limit: int | Unset
    federation_offset: int | Unset
    federation_timeout: int | Unset
    hydration_timeout: int | Unset
    max_schemas: int | Unset


class RuntimeOptions(ClientDefaults, total=False):
    """How a call runs. Each may be given to a call, or to the client as its default.

    ================================  =========================================================
    ``meilisearch_url``               ``http(s)://…``, ``embedded:PATH``, ``memory:``, ``memory:NAME``
    ``meilisearch_api_key``           sent as ``Authorization: Bearer``
    ``index_prefix``                  the prefix of index names; default: the schema's, else ``"scrypath"``
    ``sync_mode``                     ``"inline"`` (default), ``"manual"`` or ``"oban"``
    ``inline_timeout``                how long an inline write waits for its task, in ms (5000)
    ``inline_poll_interval``          the longest pause between two looks at a task, in ms (100)
    ``settings_merge``                ``"replace"`` (default) or ``"deep"``
    ``oban_queue``                    the queue that writes are put into; required with ``"oban"``
    ``oban_max_attempts``             how often such a write is tried (8)
    ``req_options``                   ``headers``, ``receive_timeout`` (the deadline of one request, ms,
                                      15000), ``retry`` (of reads, true)
    ``repo``                          where hits are hydrated from; see :class:`scrypath.Scrypath`
    ``preload``                       what hydration loads along with the records
    ================================  =========================================================
    """

    meilisearch_url: str | Unset | None


class WriteOptions(RuntimeOptions, total=False):
    """How a write runs.

    ``connection``, with ``sync_mode="oban"`` and only then, is the caller's own connection to the database
    that the queue is in. The write becomes a row there, in the transaction that the connection is in;
    nothing is committed or rolled back. It is one of:

    - a SQLAlchemy ``Session`` or ``Connection``; awaited, an ``AsyncSession`` or ``AsyncConnection``. A
      session is flushed first, so that what it holds is written before its job. Where it is flushing already
      (in an event of the flush), give its ``connection()``
    - a Django connection: ``django.db.connection`` or ``connections[alias]``
    - a ``sqlite3.Connection``, with :class:`AsyncScrypath` too
    - a psycopg 3 ``Connection``; awaited, an ``AsyncConnection``
    - an asyncpg ``Connection``; awaited only

    The database is PostgreSQL or SQLite.
    """

    connection: Any


class RelatedOptions(WriteOptions, total=False):
    """How related records are synced.

    ``fan_out`` is required: which of the schema's ``fan_outs``. The rest is as in :class:`WriteOptions`.
    """

    fan_out: Required[str]


class Restriction(TypedDict, total=False):
    """Which documents are looked at, and which come first."""

    filter: Pairs | Unset
    sort: Pairs | Sequence[str] | Unset
    facet_filter: Pairs | Unset
    tenant_scope: Any
    matching_strategy: Literal["last", "all", "frequency"]


class Asked(Restriction, total=False):
    """What one search asks for."""

    page: Pairs | Unset
    facets: Sequence[str] | Unset
    per_query: Pairs | Unset | None
    attributes_to_retrieve: Sequence[str]
    attributes_to_highlight: Sequence[str]
    highlight_pre_tag: str
    highlight_post_tag: str
    attributes_to_crop: Sequence[str]
    crop_length: int
    crop_marker: str
    show_matches_position: bool


class SearchOptions(RuntimeOptions, Asked, total=False):
    """What a search asks for, beside how it runs.

    ================  =====================================================================
    ``filter``        declared filterable fields: ``{"status": "open", "year": {"gte": 1990}}``
    ``sort``          declared sortable fields: ``{"year": "desc"}``, ``["year:desc"]``, or pairs
    ``page``          ``{"number": 2, "size": 25}``; both count from 1
    ``facets``        declared facets to count: ``["genre"]``
    ``facet_filter``  declared facets: a value, a list (any of them), or operators
    ``per_query``     ``ranking_score_threshold``, ``show_ranking_score``, ``show_ranking_score_details``
    ``tenant_scope``  the value of the schema's ``tenant_field`` that every hit must have. Leave it out to
                      search without: :data:`UNSET` and ``None`` are no tenant, and are refused
    ================  =====================================================================

    How hits are shown, all passed through to the server; what it makes of them is in a hit's ``_formatted``
    and ``_matchesPosition`` (:class:`Hit`): ``attributes_to_retrieve``, ``attributes_to_highlight``,
    ``highlight_pre_tag``, ``highlight_post_tag``, ``attributes_to_crop``, ``crop_length`` (words),
    ``crop_marker``, ``show_matches_position``, ``matching_strategy``.
    """


class SuggestOptions(RuntimeOptions, Restriction, total=False):
    """Which texts are suggested, beside how the call runs.

    ``filter``, ``facet_filter``, ``tenant_scope`` and ``sort`` are those of :class:`SearchOptions`.

    =====================  ================================================================
    ``field``              the declared field whose texts they are; default: the first that is not the
                           document id
    ``limit``              how many at most, from 1 to 100 (5)
    ``matching_strategy``  ``"all"`` (default): a text has every word that was typed
    =====================  ================================================================
    """

    field: str | Unset
    limit: int | Unset


class TenantTokenOptions(RuntimeOptions, total=False):
    """What a tenant token is made from, and how long it lives.

    ===============  ======================================================================
    ``api_key``      the search key it is made from; default: the call's ``meilisearch_api_key``. Not a
                     master key: no server takes a token of that
    ``api_key_uid``  required: that key's uid, as ``GET /keys`` shows it
    ``expires_in``   after how many seconds it ends (3600)
    ``expires_at``   or when: a ``datetime`` with a zone, or seconds since 1970
    ``filter``       what else every hit must have
    ===============  ======================================================================
    """

    api_key: str | Unset
    api_key_uid: Required[str | UUID]
    expires_in: int | Unset
    expires_at: datetime | int | str | Unset
    filter: Pairs | Unset


class SearchManyOptions(SearchOptions, total=False):
    """What every entry of a ``search_many`` starts from, and how the call runs.

    ====================  =================================================================
    ``global_schemas``    the classes that ``"all"`` stands for
    ``max_schemas``       how many entries a call may have (10)
    ``federation_limit``  how many hits the merged list has at most (200)
    ``federation_offset`` how many of its hits are left out at its beginning (0)
    ``hydration_timeout`` how long fetching the rows of one entry may take, in ms (5000)
    ====================  =================================================================
    """

    global_schemas: Sequence[type]


class EntryOptions(Asked, total=False):
    """What one entry of a ``search_many`` says of itself: what it searches for, and how much its hits weigh.

    ``federation_weight`` raises its hits in the merged list where it is above 1 (the default), and lowers
    them below. The rest is as in :class:`SearchOptions`.
    """

    federation_weight: float | None


class SchemaOptions(TypedDict, total=False):
    """What a declaration says; see :func:`scrypath.schema`."""

    fields: Sequence[str]
    filterable: Sequence[str]
    sortable: Sequence[str]
    faceting: Pairs
    settings: Mapping[str, Any]
    document_id: str
    index_prefix: str | None
    fan_outs: Pairs
    backend: Any
    tenant_field: str | None


def given(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that were given: those that are not :data:`UNSET`, and a tenant scope in any case."""
    named = {name: value for name, value in options.items() if value is not UNSET}
    if options.get("tenant_scope") is UNSET:
        # A scope that vanished would open the search to every tenant.
        named["tenant_scope"] = None
    return named


def sendable(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as the core sees them: a repo is its name there, and so is a connection that is misplaced."""
    named = {name: type(value).__qualname__ for name in _NAMED if (value := options.get(name)) is not None}
    return {**options, **named}


_NAMED = ("repo", "connection")
