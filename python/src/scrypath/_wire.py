"""The core's own shapes: what crosses the door to the native library.

Written by `make generate` from the Rust types (`core/tests/wire`). Do not edit: change those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NotRequired, Protocol, TypedDict, overload

if TYPE_CHECKING:
    from ._native import Raw

Source = Literal["fields", "custom"]
"""Where a document's data came from."""


class Reflected(TypedDict):
    """What `schema_config` shows, in the specification's shape."""

    fields: list[str]
    filterable: list[str]
    faceting: list[list[Any]]
    sortable: list[str]
    settings: dict[str, Any]
    document_id: str
    index_prefix: str | None
    fan_outs: list[list[str | list[list[Any]]]]
    backend: str | None
    tenant_field: str | None
    document_source: Source


class Declaration(TypedDict):
    """A declaration that holds, with what its author should hear."""

    json: str
    """The JSON form, which every later call passes."""
    fingerprint: str
    config: Reflected
    """The reflected configuration, `schema_config` of the specification."""
    warnings: list[str]
    """Notices for standard error. They never change the result."""


DocumentId = int | str
"""A document id Meilisearch accepts: an integer, or 1 to 511 bytes of `a-z A-Z 0-9 - _`."""


class Document(TypedDict):
    """A projected document as data, for looking at."""

    id: DocumentId
    data: dict[str, Any]
    source: Source


Direction = Literal["asc", "desc"]


class Page(TypedDict):
    """A page as asked for. Both members count from 1; absent ones are the server's to choose."""

    number: NotRequired[int]
    size: NotRequired[int]


Threshold = int | float


class PerQuery(TypedDict):
    """Tuning of one query. Absent members are not sent."""

    ranking_score_threshold: NotRequired[Threshold]
    show_ranking_score: NotRequired[bool]
    show_ranking_score_details: NotRequired[bool]


class Query(TypedDict):
    """One normalized query: all that the backend sees of a call."""

    text: str
    filter: list[list[Any]]
    """As given, a tenant scope in front."""
    sort: list[list[Direction | str]]
    page: Page
    facets: list[str]
    facet_filter: list[list[Any]]
    per_query: PerQuery


class ExplainedRequest(TypedDict):
    method: str
    path: str
    body: dict[str, Any]


class Explanation(TypedDict):
    """A search, looked at before it is sent."""

    query: Query
    request: ExplainedRequest


class PageInfo(TypedDict):
    """Where in the results this is; only what the server said."""

    number: NotRequired[int]
    size: NotRequired[int]
    total_pages: NotRequired[int]
    total_hits: NotRequired[int]
    estimated_total_hits: NotRequired[int]
    offset: NotRequired[int]
    limit: NotRequired[int]


class Neighbours(TypedDict):
    """The pages beside this one, by number. None at an end, or where no pages were asked for."""

    next: int | None
    previous: int | None


class Bucket(TypedDict):
    """One value of a facet, and how many hits have it."""

    value: str
    count: int


class Facets(TypedDict):
    """The requested facets, in the requested order."""

    distribution: dict[str, list[Bucket]]
    """The buckets of each facet, by value, ascending as text."""
    stats: dict[str, dict[str, float | None]]
    declared_order: list[str]


class RankedBy(TypedDict):
    """What one ranking rule saw in a hit."""

    rule: str
    """The rule, as settings name it: `words`, `typo`, …, `year:desc`."""
    score: float | None
    """From 0 to 1; sorts have none."""
    words: str
    """The same as a sentence."""


class Ranking(TypedDict):
    """Why one hit is where it is."""

    score: float | None
    """From 0 to 1; `None` where the server did not say."""
    rules: list[RankedBy]
    """In the order they were applied."""


class Explained(TypedDict):
    """What was sent, and what decided the order of what came back."""

    request: ExplainedRequest
    ranking: list[Ranking]
    """Of each hit, in hit order."""


class Hydration(TypedDict):
    """What the host is to fetch."""

    ids: list[DocumentId]
    """The primary keys of the hits, in hit order, duplicates included."""
    pending: str
    """To be handed back as it is."""


class SearchReply(TypedDict):
    """What a search gives. Hits stay the bytes that came; only what the core needs was looked at."""

    query: Query
    raw: Raw
    page: PageInfo
    neighbours: Neighbours
    facets: Facets
    explained: Explained | None
    """Why the hits are in their order, where ranking details were asked for."""
    hydration: Hydration | None
    """What to fetch, when a repo was given and there are hits."""


class FacetValues(TypedDict):
    """The values of a facet that begin like the query."""

    facet_query: str | None
    hits: list[Bucket]
    """In the order of the reply."""
    raw: dict[str, Any]


class SuggestionPart(TypedDict):
    """A piece of a suggestion, and whether it is what was typed."""

    text: str
    matched: bool


class Suggestion(TypedDict):
    """A text of the index that begins like what was typed."""

    text: str
    parts: list[SuggestionPart]
    """The text in pieces, in order."""


class EntryReply(TypedDict):
    """The result of one entry."""

    schema: int
    """The host's number for the schema."""
    query: Query
    raw: dict[str, Any]
    page: PageInfo
    neighbours: Neighbours
    facets: Facets
    explained: Explained | None
    """Why the hits are in their order, where ranking details were asked for."""
    ids: list[Any] | None
    """The primary keys to fetch, in hit order, where there is a repo and there are hits."""


class Federation(TypedDict):
    """What the server said about the merged list. Members it did not send, or that are no counts, are
    absent.
    """

    estimated_total_hits: int | None
    processing_time_ms: int | None
    limit: int | None
    offset: int | None


ErrorKind = Literal[
    "unknown_options",
    "missing_option",
    "invalid_option",
    "invalid_schema",
    "filter_not_declared",
    "filter_invalid",
    "filter_operator_unknown",
    "filter_empty",
    "sort_not_declared",
    "sort_direction_unknown",
    "page_invalid",
    "unknown_facet",
    "invalid_facet_filter",
    "tenant_field_missing",
    "tenant_field_twice",
    "invalid_fragment",
    "invalid_defaults_field",
    "invalid_fixed_field",
    "invalid_criteria",
    "invalid_criteria_field",
    "composition_conflict",
    "invalid_shared_fragment",
    "invalid_shared_fixed",
    "invalid_shared_field",
    "invalid_many_entry",
    "params_invalid",
    "projection_field_missing",
    "projection_hook_invalid",
    "field_not_loaded",
    "record_invalid",
    "document_id_missing",
    "document_id_invalid",
    "hydration_id_missing",
    "value_not_finite",
    "value_integer_out_of_range",
    "value_invalid_utf8",
    "value_too_deep",
    "value_unencodable",
    "invalid_request",
    "embedded_unavailable",
    "empty_schema_list",
    "too_many_schemas",
    "malformed_entry",
    "all_expansion",
    "federation_weight",
    "federation_key_in_entry",
    "runtime_option_in_entry",
    "federation_page",
    "federation_unsupported",
    "page_size",
    "validation_failed",
    "transport_error",
    "request_timeout",
    "embedded_open",
    "http_error",
    "transport_failed",
    "all_failed",
    "federated_decode",
    "timeout",
    "task_failed",
    "cancelled",
    "invalid_task_payload",
    "queue_unavailable",
    "key_not_durable",
    "call_cancelled",
    "internal",
]
"""The stable name of a failure. Programs match on it; messages may change."""

ErrorClass = Literal["usage", "transport", "backend", "timeout", "task", "queue", "internal"]
"""What a caller can do about a failure."""

TaskStatus = Literal["enqueued", "processing", "succeeded", "failed", "cancelled"]


class TaskMap(TypedDict):
    """A Meilisearch task, as callers see it."""

    uid: int
    status: TaskStatus
    index_uid: str | None
    type: str | None
    raw: dict[str, Any]
    """The last payload seen, as the server sent it."""


Stage = Literal["initial", "poll"]
"""Whether a payload answered a write, or a look at a task."""


class InvalidTask(TypedDict):
    """A task payload that cannot be one."""

    stage: Stage
    task_uid: int | None
    problems: list[list[str]]
    """`(member, problem)` pairs."""
    payload: Any


class ErrorDetails(TypedDict):
    """What a program can look at. Absent details are left out."""

    schema: NotRequired[str]
    name: NotRequired[str]
    """The option, field or member the error is about, in the core's spelling."""
    names: NotRequired[list[str]]
    """For unknown options: every one of them."""
    given: NotRequired[Any]
    """The name as the caller gave it, symbol or text."""
    status: NotRequired[int]
    body: NotRequired[Any]
    """The body of a refused request, as the server sent it."""
    code: NotRequired[str]
    """The server's own error code."""
    task: NotRequired[TaskMap]
    payload: NotRequired[InvalidTask]
    count: NotRequired[int]
    """How many there were, and how many may be."""
    max: NotRequired[int]
    cause: NotRequired[ErrorReply]
    failures: NotRequired[list[Failure]]
    """Of a call with many parts: those that failed."""
    reason: NotRequired[list[Any]]
    """Why criteria could not be composed, as a tagged tuple."""
    issues: NotRequired[list[Any]]
    """What is wrong with the parameters of a request."""
    position: NotRequired[int]
    """The position, from 0, of the record in the list it came in."""


ErrorReply = TypedDict(
    "ErrorReply",
    {
        "kind": ErrorKind,
        "class": ErrorClass,
        "retryable": bool,
        "message": str,
        "details": ErrorDetails,
    },
)
"""A failure, as it crosses to the host."""


class Failure(TypedDict):
    """An entry that failed."""

    schema: int
    reason: Any


class ManyReply(TypedDict):
    """What many searches give."""

    entries: list[EntryReply]
    """In the order of the entries; those that failed are left out."""
    merged: list[list[Any]] | None
    """`[entry, hit, id]` of the merged list: positions in `entries` and in its hits."""
    federation: Federation | None
    failures: list[Failure]
    pending: str | None
    """To be handed to `finish_search_many` with what was fetched, when there is anything to fetch."""
    hydration_timeout: int
    """How long fetching the rows of one entry may take, in ms."""


class Hydrated(TypedDict):
    """Rows in hit order."""

    order: list[int]
    """For each hit that has a row: the row's index in `found`."""
    missing_ids: list[DocumentId]
    """The ids of hits that have none, in hit order."""


class Finished(TypedDict):
    """The entries that remain, and those that failed."""

    hydrated: list[Hydrated | None]
    """For each entry of the search: its rows in hit order, or nothing where there was nothing to fetch or
    fetching failed.
    """
    failed: list[int]
    """Positions of entries whose rows could not be fetched."""
    failures: list[Failure]


SyncMode = Literal["inline", "manual", "oban"]
"""The promise a write returns under."""

WriteStatus = Literal["accepted", "completed", "noop"]
"""How far a write has come when its call returns."""


class WriteResult(TypedDict):
    """What a write verb returns."""

    mode: SyncMode
    status: WriteStatus
    document_ids: list[DocumentId]
    document_count: int
    index: NotRequired[str]
    task: NotRequired[TaskMap]


class ObanOptions(TypedDict):
    """Where a job was put, and how often it may be attempted."""

    queue: str
    max_attempts: int


class NewJob(TypedDict):
    """A job as it is inserted."""

    worker: str
    queue: str
    state: str
    attempt: int
    max_attempts: int


class Insert(TypedDict):
    """One statement; it gives one row, whose first column is the id of the job. `args` is JSON text."""

    sql: str
    queue: str
    worker: str
    args: str
    max_attempts: int


class Enqueue(TypedDict):
    """What the host is to do, and what the caller is told once it has."""

    mode: SyncMode
    status: WriteStatus
    document_ids: list[DocumentId]
    document_count: int
    index: NotRequired[str]
    oban: NotRequired[ObanOptions]
    job: NotRequired[NewJob]
    insert: NotRequired[Insert]


class QueueTables(TypedDict):
    """What makes the tables of the queue, and what drops those that are ours. Each text is one statement
    without parameters; all of them may be carried out again and change nothing then.
    """

    install: list[str]
    uninstall: list[str]
    """Jobs are data: their table stays."""


JobOutcome = Literal["completed", "cancelled", "retry", "snooze"]


class JobVerdict(TypedDict):
    """What the host tells its Oban."""

    outcome: JobOutcome
    reason: NotRequired[str]
    seconds: NotRequired[int]
    """Of `snooze`: until when it is put back."""


Param = str | int


class Statement(TypedDict):
    """One statement, and the values of its places in their order. It may give rows."""

    sql: str
    params: list[Param]


class PreparedJob(TypedDict):
    """What is to be done before a job is performed. With a verdict, nothing is."""

    verdict: NotRequired[JobVerdict]
    statements: list[Statement]
    """Each committed by itself, before the job is performed. Their rows are texts."""
    ticket: str
    """To be handed on."""


class PerformedJob(TypedDict):
    """What became of a job."""

    verdict: JobVerdict
    statements: list[Statement]
    """Each committed by itself, before the verdict is passed on."""


class RelatedPlan(TypedDict):
    """What a call of related sync is to do."""

    fan_out: str
    sync_mode: SyncMode
    pending: NotRequired[str]
    """Where the resolver is called now: to be handed back once it has ended."""


class RelatedOptions(TypedDict):
    """With what the target's jobs are enqueued."""

    oban_queue: str
    index_prefix: NotRequired[str]
    meilisearch_url: NotRequired[str]


class RelatedJob(TypedDict):
    """A related job, read."""

    verdict: NotRequired[JobVerdict]
    schema: str
    fan_out: str
    document_ids: list[DocumentId]
    options: RelatedOptions
    statements: list[Statement]
    """First in the transaction in which the job is run."""


class Statements(TypedDict):
    """Statements to carry out, and nothing else."""

    statements: list[Statement]


SettingsMerge = Literal["replace", "deep"]


class Summary(TypedDict):
    """A resolved configuration, without its secrets, for looking at."""

    index_prefix: str | None
    sync_mode: SyncMode
    meilisearch_url: str | None
    has_api_key: bool
    inline_poll_interval: int
    inline_timeout: int
    settings_merge: SettingsMerge
    oban_queue: str | None
    oban_max_attempts: int | None
    federation_limit: int
    federation_offset: int
    hydration_timeout: int
    max_schemas: int


class SomeCriteria(TypedDict):
    """Some of the fields of criteria."""

    text: NotRequired[str]
    filter: NotRequired[list[list[Any]]]
    sort: NotRequired[list[list[Direction | str]]]
    page: NotRequired[Page]
    facets: NotRequired[list[str]]
    facet_filter: NotRequired[list[list[Any]]]
    per_query: NotRequired[PerQuery]


class Composed(TypedDict):
    """Composed criteria, and where they came from."""

    text: str
    filter: list[list[Any]]
    sort: list[list[Direction | str]]
    page: Page
    facets: list[str]
    facet_filter: list[list[Any]]
    per_query: PerQuery
    applied: SomeCriteria
    defaulted: SomeCriteria
    fixed: SomeCriteria
    sources: NotRequired[dict[str, Any]]
    warnings: NotRequired[dict[str, Any]]


class ComposedEntry(TypedDict):
    """One of several compositions: `schema` is what stands for it in the host."""

    schema: Any
    text: str
    filter: list[list[Any]]
    sort: list[list[Direction | str]]
    page: Page
    facets: list[str]
    facet_filter: list[list[Any]]
    per_query: PerQuery
    applied: SomeCriteria
    defaulted: SomeCriteria
    fixed: SomeCriteria
    sources: NotRequired[dict[str, Any]]
    warnings: NotRequired[dict[str, Any]]


class ComposedMany(TypedDict):
    """Several compositions, and what they share."""

    shared: Composed
    entries: list[ComposedEntry]


class AllOptions(TypedDict):
    """The options among criteria, every one of them."""

    filter: list[list[Any]]
    sort: list[list[Direction | str]]
    page: Page
    facets: list[str]
    facet_filter: list[list[Any]]
    per_query: PerQuery


class Supported(TypedDict):
    supported: bool
    fields: list[str]


class SupportedFacets(TypedDict):
    supported: bool
    fields: list[str]
    max_values_per_facet: int | None
    sort_facet_values_by: Any
    """An empty list where there is none."""


class Limits(TypedDict):
    per_query_keys: list[str]
    max_values_per_facet: int | None


class Capabilities(TypedDict):
    """What a schema lets a search do."""

    tenant: str | None
    filters: Supported
    sorts: Supported
    facets: SupportedFacets
    paging: Supported
    limits: Limits


class Resolved(TypedDict):
    applied: SomeCriteria
    defaulted: SomeCriteria
    fixed: SomeCriteria
    unsupported: SomeCriteria


class HostOwned(TypedDict):
    tenant_policy: str
    authorization: str
    related_data: str


class Reflection(TypedDict):
    """What of criteria a schema supports."""

    capabilities: Capabilities
    resolved: Resolved
    host_owned: HostOwned


class Deferred(TypedDict):
    """Which schemas `all` stands for is known only when the search runs."""

    status: str
    reason: str


Known = Capabilities | Deferred


class EntryName(TypedDict):
    schema: Any
    text: str


class EntryReflection(TypedDict):
    capabilities: Known
    resolved: Resolved
    host_owned: NotRequired[HostOwned]
    entry: EntryName


class ReflectionMany(TypedDict):
    """The same for several."""

    entries: list[EntryReflection]
    shared: dict[str, Any]
    """A composition's own, or what of options was `applied`."""
    host_owned: HostOwned


class AllCriteria(TypedDict):
    """Criteria with every field."""

    text: str
    filter: list[list[Any]]
    sort: list[list[Direction | str]]
    page: Page
    facets: list[str]
    facet_filter: list[list[Any]]
    per_query: PerQuery


class FormIssue(TypedDict):
    """One thing that is wrong with a form, as plain data."""

    field: NotRequired[str]
    code: str
    message: str
    path: list[str]
    meta: dict[str, Any]


class FormData(TypedDict):
    """What a form shows."""

    values: dict[str, Any]
    params: dict[str, Any]
    form_errors: list[FormIssue]
    field_errors: dict[str, list[FormIssue]]
    errors: list[FormIssue]


EdgeReply = (
    Composed
    | ComposedMany
    | list[str | AllOptions]
    | list[list[list[Any]] | SomeCriteria]
    | Capabilities
    | Reflection
    | ReflectionMany
    | AllCriteria
    | FormData
    | dict[str, Any]
)
"""What an operation of the request edge gives."""

Response = Any
"""What an operation gives. Hosts see the inner value; which one follows from the operation."""

EventName = Literal[
    "scrypath.search.start",
    "scrypath.search.stop",
    "scrypath.search_facet_values.start",
    "scrypath.search_facet_values.stop",
    "scrypath.search_many.start",
    "scrypath.search_many.stop",
    "scrypath.hydration.start",
    "scrypath.hydration.stop",
    "scrypath.sync.upsert.start",
    "scrypath.sync.upsert.stop",
    "scrypath.sync.delete.start",
    "scrypath.sync.delete.stop",
    "scrypath.sync.related.start",
    "scrypath.sync.related.stop",
    "scrypath.sync.related.resolve.start",
    "scrypath.sync.related.resolve.stop",
    "scrypath.meilisearch.request.start",
    "scrypath.meilisearch.request.stop",
    "scrypath.meilisearch.task_wait.start",
    "scrypath.meilisearch.task_wait.stop",
    "scrypath.search_many.partial",
    "scrypath.sync.related.resolve.exception",
]


class Measurements(TypedDict):
    """Nanoseconds: `system_time` of a start, `duration` of a stop or an exception. Of a partial failure, how
    many failed.
    """

    count: NotRequired[int]
    duration: NotRequired[int]
    monotonic_time: NotRequired[int]
    system_time: NotRequired[int]


class Event(TypedDict):
    """What happened during a call. Times are nanoseconds."""

    name: EventName
    measurements: Measurements
    metadata: dict[str, Any]


class Reply(TypedDict):
    """What a call gives back: its result or its error, and the telemetry events it produced, in order."""

    ok: NotRequired[Response]
    error: NotRequired[ErrorReply]
    events: NotRequired[list[Event]]


class RuntimeOptions(TypedDict):
    """The options that every verb accepts."""

    backend: NotRequired[Any]
    """the backend module"""
    repo: NotRequired[Any]
    """where hits are hydrated from"""
    otp_app: NotRequired[str | None]
    """the application that holds per-repo defaults"""
    index_prefix: NotRequired[str | None]
    """the prefix of index names"""
    sync_mode: NotRequired[Literal["inline", "manual", "oban"]]
    """the promise a write returns under"""
    oban: NotRequired[Any]
    """the Oban instance"""
    oban_queue: NotRequired[str | None]
    """the queue jobs are inserted into"""
    oban_max_attempts: NotRequired[int | None]
    """attempts of a queued job"""
    meilisearch_url: NotRequired[str | None]
    """http(s)://…, embedded:PATH, memory: or memory:NAME"""
    meilisearch_api_key: NotRequired[str | None]
    """sent as Authorization: Bearer"""
    meilisearch_client: NotRequired[Any]
    """replaces the HTTP client (test seam)"""
    req_options: NotRequired[Any]
    """headers, receive_timeout (the deadline of one request, ms, 15000), retry (of GETs, true)"""
    inline_poll_interval: NotRequired[int]
    """the longest pause between two looks at a task, in ms"""
    inline_timeout: NotRequired[int]
    """how long an inline write waits for its task, in ms"""
    preload: NotRequired[Any]
    """what hydration preloads"""
    settings_merge: NotRequired[Literal["replace", "deep"]]
    """how override settings combine with declared ones"""
    federation_limit: NotRequired[int]
    """hits of one search_many"""
    federation_offset: NotRequired[int]
    """hits of one search_many that are skipped"""
    federation_timeout: NotRequired[int]
    """reserved"""
    hydration_timeout: NotRequired[int]
    """time for one entry's hydration in search_many, in ms"""
    max_schemas: NotRequired[int]
    """entries of one search_many"""
    global_schemas: NotRequired[list[Any]]
    """what :all stands for in search_many"""
    fan_out: NotRequired[str | None]
    """the fan-out sync_related resolves"""


SearchOption = Literal[
    "tenant_scope",
    "facets",
    "facet_filter",
    "filter",
    "sort",
    "page",
    "per_query",
    "attributes_to_retrieve",
    "attributes_to_highlight",
    "highlight_pre_tag",
    "highlight_post_tag",
    "attributes_to_crop",
    "crop_length",
    "crop_marker",
    "show_matches_position",
    "matching_strategy",
]

SchemaOption = Literal[
    "fields",
    "filterable",
    "faceting",
    "sortable",
    "settings",
    "document_id",
    "index_prefix",
    "fan_outs",
    "backend",
    "tenant_field",
]


class ManySchema(TypedDict):
    """A schema that comes with a call, and the key its rows are fetched by where there is a repo."""

    schema: str
    primary_key: NotRequired[str | None]
    label: NotRequired[str | None]
    """What the host calls it, where that is not its name."""


class Outcome(TypedDict):
    """What became of the rows of one entry: their keys, or why there are none. Neither, where there was
    nothing to fetch.
    """

    found: NotRequired[list[Any] | None]
    failed: NotRequired[str | None]


Dialect = Literal["postgres", "sqlite"]
"""The database that the jobs are in."""

Placeholders = Literal["numbered", "format", "question"]
"""How a driver writes the places of values."""


class OwnJob(TypedDict):
    """A job as an Oban hands it over."""

    id: int
    worker: str
    queue: str
    args: str
    """JSON text."""


Operation = Literal[
    "declare",
    "load",
    "resolve_config",
    "index_name",
    "wire_settings",
    "documents",
    "document_ids",
    "explain_search",
    "search",
    "search_facet_values",
    "suggest",
    "tenant_token",
    "merge_distributions",
    "search_many",
    "finish_search_many",
    "hydrate",
    "hydration_failed",
    "enqueue_records",
    "enqueue_deletes",
    "enqueue_delete_documents",
    "queue_tables",
    "prepare_job",
    "perform_job",
    "plan_related",
    "resolved",
    "enqueue_related",
    "read_related",
    "claim_related",
    "settle_related",
    "sync_records",
    "delete_records",
    "delete_documents",
    "compose",
    "compose_many",
    "search_arguments",
    "many_arguments",
    "schema_capabilities",
    "reflect_search",
    "reflect_search_many",
    "param_names",
    "normalize_params",
    "cast_params",
    "to_query_params",
    "to_query_string",
    "to_form_data",
]


class Decide(Protocol):
    """Carries out an operation: its name, its records, its arguments."""

    @overload
    def __call__(
        self,
        op: Literal["declare"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        name: str,
        options: Any,
    ) -> Declaration:
        """Checks a declaration given as host options."""

    @overload
    def __call__(
        self,
        op: Literal["load"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        json: str,
    ) -> Declaration:
        """Checks a declaration given in the JSON form."""

    @overload
    def __call__(
        self,
        op: Literal["resolve_config"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        defaults: Any = ...,
        repo_defaults: Any = ...,
        options: Any = ...,
    ) -> Summary:
        """Resolves configuration, to check options without using them."""

    @overload
    def __call__(
        self,
        op: Literal["index_name"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        schema: str,
        defaults: Any = ...,
        repo_defaults: Any = ...,
        options: Any = ...,
    ) -> str:
        """The live index of a schema."""

    @overload
    def __call__(
        self,
        op: Literal["wire_settings"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        schema: str,
    ) -> dict[str, Any]:
        """The settings a schema's index needs, as they are sent."""

    @overload
    def __call__(
        self,
        op: Literal["documents"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        schema: str,
    ) -> list[Document]:
        """Projects records into documents, for looking at."""

    @overload
    def __call__(
        self,
        op: Literal["document_ids"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        schema: str,
    ) -> list[DocumentId]:
        """Reads the ids under which records would be deleted."""

    @overload
    def __call__(
        self,
        op: Literal["explain_search"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        schema: str,
        text: Any,
        defaults: Any = ...,
        repo_defaults: Any = ...,
        options: Any = ...,
        primary_key: str | None = ...,
        bucket: list[Any] | None = ...,
        disjunctive: bool | None = ...,
    ) -> Explanation:
        """A search's normalized query and exact request, without sending it."""

    @overload
    def __call__(
        self,
        op: Literal["search"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        schema: str,
        text: Any,
        defaults: Any = ...,
        repo_defaults: Any = ...,
        options: Any = ...,
        primary_key: str | None = ...,
        bucket: list[Any] | None = ...,
        disjunctive: bool | None = ...,
    ) -> SearchReply:
        """Searches; with a `primary_key`, the reply says which rows to fetch."""

    @overload
    def __call__(
        self,
        op: Literal["search_facet_values"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        schema: str,
        facet: str,
        text: Any,
        defaults: Any = ...,
        repo_defaults: Any = ...,
        options: Any = ...,
    ) -> FacetValues:
        """Searches the values of a facet."""

    @overload
    def __call__(
        self,
        op: Literal["suggest"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        schema: str,
        text: Any,
        defaults: Any = ...,
        repo_defaults: Any = ...,
        options: Any = ...,
    ) -> list[Suggestion]:
        """Texts of a field that begin like what was typed."""

    @overload
    def __call__(
        self,
        op: Literal["tenant_token"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        schemas: list[str],
        tenant: Any,
        defaults: Any = ...,
        repo_defaults: Any = ...,
        options: Any = ...,
    ) -> str:
        """A key that finds one tenant's documents, for a browser. Nothing is sent."""

    @overload
    def __call__(
        self,
        op: Literal["merge_distributions"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        main: Any,
        overrides: Any,
    ) -> dict[str, dict[str, int]]:
        """Merges facet distributions, as they are on the wire."""

    @overload
    def __call__(
        self,
        op: Literal["search_many"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        schemas: list[ManySchema],
        entries: list[Any],
        global_schemas: list[int] | None = ...,
        defaults: Any = ...,
        repo_defaults: Any = ...,
        options: Any = ...,
    ) -> ManyReply:
        """Searches many schemas in one request; the reply says which rows to fetch."""

    @overload
    def __call__(
        self,
        op: Literal["finish_search_many"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        pending: str,
        outcomes: list[Outcome],
    ) -> Finished:
        """Puts the rows of many searches in hit order."""

    @overload
    def __call__(
        self,
        op: Literal["hydrate"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        pending: str,
        found: Any,
    ) -> Hydrated:
        """Puts fetched rows in hit order: `found` are their keys, in the order the rows came."""

    @overload
    def __call__(
        self,
        op: Literal["hydration_failed"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        pending: str,
    ) -> dict[str, Any]:
        """Closes the search span after hydration failed in the host."""

    @overload
    def __call__(
        self,
        op: Literal["enqueue_records"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        schema: str,
        defaults: Any = ...,
        repo_defaults: Any = ...,
        options: Any = ...,
        dialect: Dialect,
        placeholders: Placeholders,
    ) -> Enqueue:
        """The job that upserts the pushed records, and the statement that inserts it."""

    @overload
    def __call__(
        self,
        op: Literal["enqueue_deletes"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        schema: str,
        defaults: Any = ...,
        repo_defaults: Any = ...,
        options: Any = ...,
        dialect: Dialect,
        placeholders: Placeholders,
    ) -> Enqueue:
        """The job that deletes the documents of the pushed records."""

    @overload
    def __call__(
        self,
        op: Literal["enqueue_delete_documents"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        schema: str,
        defaults: Any = ...,
        repo_defaults: Any = ...,
        options: Any = ...,
        dialect: Dialect,
        placeholders: Placeholders,
        ids: Any,
    ) -> Enqueue:
        """The job that deletes documents by their ids."""

    @overload
    def __call__(
        self,
        op: Literal["queue_tables"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        dialect: Dialect,
    ) -> QueueTables:
        """The statements that make the tables of the queue, and drop those that are ours."""

    @overload
    def __call__(
        self,
        op: Literal["prepare_job"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        job: OwnJob,
        dialect: Dialect,
        placeholders: Placeholders,
    ) -> PreparedJob:
        """Checks a job that an Oban runs, and says how the fences of its documents are taken."""

    @overload
    def __call__(
        self,
        op: Literal["perform_job"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        job: OwnJob,
        dialect: Dialect,
        placeholders: Placeholders,
        ticket: str,
        rows: list[list[list[str]]],
        defaults: Any = ...,
        repo_defaults: Any = ...,
        options: Any = ...,
    ) -> PerformedJob:
        """Sends what a prepared job is to send; `rows` are those of its statements."""

    @overload
    def __call__(
        self,
        op: Literal["plan_related"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        schema: str,
        declared: list[str],
        defaults: Any = ...,
        repo_defaults: Any = ...,
        options: Any = ...,
    ) -> RelatedPlan:
        """Checks a call of related sync against the fan-outs that its schema declares."""

    @overload
    def __call__(
        self,
        op: Literal["resolved"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        pending: str,
        document_count: int,
        found: int | None = ...,
    ) -> dict[str, Any]:
        """Tells the span of a resolver that was called now."""

    @overload
    def __call__(
        self,
        op: Literal["enqueue_related"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        schema: str,
        defaults: Any = ...,
        repo_defaults: Any = ...,
        options: Any = ...,
        dialect: Dialect,
        placeholders: Placeholders,
    ) -> Enqueue:
        """The job that syncs what is related to the pushed records."""

    @overload
    def __call__(
        self,
        op: Literal["read_related"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        job: OwnJob,
        dialect: Dialect,
        placeholders: Placeholders,
    ) -> RelatedJob:
        """Reads a related job."""

    @overload
    def __call__(
        self,
        op: Literal["claim_related"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        queue: str,
        limit: int,
        dialect: Dialect,
        placeholders: Placeholders,
    ) -> Statements:
        """The statement that gives and locks the related jobs that are due."""

    @overload
    def __call__(
        self,
        op: Literal["settle_related"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        id: int,
        outcome: JobOutcome,
        reason: str | None = ...,
        attempt: int,
        max_attempts: int,
        dialect: Dialect,
        placeholders: Placeholders,
    ) -> Statements:
        """The statement that writes down how a related job ended."""

    @overload
    def __call__(
        self,
        op: Literal["sync_records"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        schema: str,
        defaults: Any = ...,
        repo_defaults: Any = ...,
        options: Any = ...,
    ) -> WriteResult:
        """Upserts the pushed records."""

    @overload
    def __call__(
        self,
        op: Literal["delete_records"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        schema: str,
        defaults: Any = ...,
        repo_defaults: Any = ...,
        options: Any = ...,
    ) -> WriteResult:
        """Deletes the documents of the pushed records."""

    @overload
    def __call__(
        self,
        op: Literal["delete_documents"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        schema: str,
        defaults: Any = ...,
        repo_defaults: Any = ...,
        options: Any = ...,
        ids: Any,
    ) -> WriteResult:
        """Deletes documents by their ids."""

    @overload
    def __call__(
        self,
        op: Literal["compose"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        fragments: Any,
        criteria: Any,
    ) -> Composed:
        """Composes fragments with the caller's criteria."""

    @overload
    def __call__(
        self,
        op: Literal["compose_many"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        entries: Any,
        shared: Any,
    ) -> ComposedMany:
        """Composes the entries of a search over several schemas."""

    @overload
    def __call__(
        self,
        op: Literal["search_arguments"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        of: Any,
    ) -> list[str | AllOptions]:
        """From a composition, or from normalized params, to a search's text and options."""

    @overload
    def __call__(
        self,
        op: Literal["many_arguments"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        of: Any,
    ) -> list[list[list[Any]] | SomeCriteria]:
        """The same for several: entries, and the options they share."""

    @overload
    def __call__(
        self,
        op: Literal["schema_capabilities"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        schema: str,
    ) -> Capabilities:
        """What a schema lets a search do."""

    @overload
    def __call__(
        self,
        op: Literal["reflect_search"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        schema: str,
        of: Any,
    ) -> Reflection:
        """What of criteria, or of a composition, a schema supports."""

    @overload
    def __call__(
        self,
        op: Literal["reflect_search_many"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        schemas: list[list[Any]],
        of: Any,
        options: Any = ...,
    ) -> ReflectionMany:
        """The same for several: `schemas` are pairs of what stands for a schema, and the schema."""

    @overload
    def __call__(
        self,
        op: Literal["param_names"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        params: Any = ...,
        params_json: str | None = ...,
    ) -> list[str]:
        """The names that parameters speak of, for hosts that can tell which exist."""

    @overload
    def __call__(
        self,
        op: Literal["normalize_params"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        params: Any = ...,
        params_json: str | None = ...,
        known: list[str] | None = ...,
        schemas: list[str] | None = ...,
    ) -> AllCriteria:
        """Reads the parameters of a request. `known` are names that exist; else those of `schemas`; else
        those of every declared schema.
        """

    @overload
    def __call__(
        self,
        op: Literal["cast_params"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        params: Any,
    ) -> AllCriteria:
        """Takes values of the application's own making."""

    @overload
    def __call__(
        self,
        op: Literal["to_query_params"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        params: Any,
    ) -> dict[str, Any]:
        """Normalized parameters as texts."""

    @overload
    def __call__(
        self,
        op: Literal["to_query_string"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        params: Any,
    ) -> str:
        """The same as a query string."""

    @overload
    def __call__(
        self,
        op: Literal["to_form_data"],
        records: list[Any] | None = None,
        hooks: list[Any] | None = None,
        *,
        params: Any = ...,
        params_json: str | None = ...,
        errors: list[Any] | None = ...,
    ) -> FormData:
        """What a form shows: of normalized parameters or, with `errors`, of those that were refused."""
