"""The options that calls take, as types. What a value may be is checked by the core, for every language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

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
    ``req_options``                   ``headers``, ``receive_timeout`` (the deadline of one request, ms,
                                      15000), ``retry`` (of reads, true)
    ``repo``                          where hits are hydrated from; see :class:`scrypath.Scrypath`
    ``preload``                       what hydration loads along with the records
    ================================  =========================================================
    """

    meilisearch_url: str | Unset | None


class SearchOptions(RuntimeOptions, total=False):
    """What a search asks for, beside how it runs.

    ================  =====================================================================
    ``filter``        declared filterable fields: ``{"status": "open", "year": {"gte": 1990}}``
    ``sort``          declared sortable fields: ``{"desc": "year"}``, or pairs for several
    ``page``          ``{"number": 2, "size": 25}``; both count from 1
    ``facets``        declared facets to count: ``["genre"]``
    ``facet_filter``  declared facets: a value, a list (any of them), or operators
    ``per_query``     ``ranking_score_threshold``, ``show_ranking_score``, ``show_ranking_score_details``
    ``tenant_scope``  the value of the schema's ``tenant_field`` that every hit must have
    ================  =====================================================================

    How hits are shown, all passed through to the server; what it makes of them is in a hit's ``_formatted``
    and ``_matchesPosition``: ``attributes_to_retrieve``, ``attributes_to_highlight``,
    ``highlight_pre_tag``, ``highlight_post_tag``, ``attributes_to_crop``, ``crop_length`` (words),
    ``crop_marker``, ``show_matches_position``, ``matching_strategy``.
    """

    filter: Pairs | Unset
    sort: Pairs | Unset
    page: Pairs | Unset
    facets: Sequence[str] | Unset
    facet_filter: Pairs | Unset
    per_query: Pairs | Unset | None
    tenant_scope: Any
    attributes_to_retrieve: Sequence[str]
    attributes_to_highlight: Sequence[str]
    highlight_pre_tag: str
    highlight_post_tag: str
    attributes_to_crop: Sequence[str]
    crop_length: int
    crop_marker: str
    show_matches_position: bool
    matching_strategy: Literal["last", "all", "frequency"]


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
    """The options that were given: those that are not :data:`UNSET`."""
    return {name: value for name, value in options.items() if value is not UNSET}


def sendable(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as the core sees them: a repo is its name there."""
    if options.get("repo") is None:
        return dict(options)
    return {**options, "repo": type(options["repo"]).__qualname__}
