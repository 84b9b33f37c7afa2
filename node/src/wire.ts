/**
 * The core's own shapes, in its own spelling: what crosses the door to the native library.
 *
 * Written by `make generate` from the Rust types (`core/tests/wire`). Do not edit: change those.
 */

/** What a call gives back: its result or its error, and the telemetry events it produced, in order. */
export interface Reply {
  ok?: Response;
  error?: ErrorReply;
  events?: Event[];
}

/** What an operation gives. Hosts see the inner value; which one follows from the operation. */
export type Response =
  | Declaration
  | Document[]
  | DocumentId[]
  | string
  | Record<string, unknown>
  | Explanation
  | SearchReply
  | FacetValues
  | Suggestion[]
  | ManyReply
  | Finished
  | unknown
  | Hydrated
  | WriteResult
  | Enqueue
  | QueueTables
  | PreparedJob
  | PerformedJob
  | RelatedPlan
  | RelatedJob
  | Statements
  | Summary
  | EdgeReply
  | Record<string, never>;

/** A declaration that holds, with what its author should hear. */
export interface Declaration {
  /** The JSON form, which every later call passes. */
  json: string;
  fingerprint: string;
  /** The reflected configuration, `schema_config` of the specification. */
  config: Reflected;
  /** Notices for standard error. They never change the result. */
  warnings: string[];
}

/** What `schema_config` shows, in the specification's shape. */
export interface Reflected {
  fields: string[];
  filterable: string[];
  faceting: [string, unknown][];
  sortable: string[];
  settings: Record<string, unknown>;
  document_id: string;
  index_prefix: string | null;
  fan_outs: [string, [string, unknown][]][];
  backend: string | null;
  tenant_field: string | null;
  document_source: Source;
}

/** Where a document's data came from. */
export type Source = "fields" | "custom";

/** A projected document as data, for looking at. */
export interface Document {
  id: DocumentId;
  data: Record<string, unknown>;
  source: Source;
}

/** A document id Meilisearch accepts: an integer, or 1 to 511 bytes of `a-z A-Z 0-9 - _`. */
export type DocumentId = number | string;

/** A search, looked at before it is sent. */
export interface Explanation {
  query: Query;
  request: ExplainedRequest;
}

/** One normalized query: all that the backend sees of a call. */
export interface Query {
  text: string;
  /** As given, a tenant scope in front. */
  filter: [string, unknown][];
  sort: [Direction, string][];
  page: Page;
  facets: string[];
  facet_filter: [string, unknown][];
  per_query: PerQuery;
}

export type Direction = "asc" | "desc";

/** A page as asked for. Both members count from 1; absent ones are the server's to choose. */
export interface Page {
  number?: number;
  size?: number;
}

/** Tuning of one query. Absent members are not sent. */
export interface PerQuery {
  ranking_score_threshold?: Threshold;
  show_ranking_score?: boolean;
  show_ranking_score_details?: boolean;
}

export type Threshold = number;

export interface ExplainedRequest {
  method: string;
  path: string;
  body: Record<string, unknown>;
}

/** What a search gives. Hits stay the bytes that came; only what the core needs was looked at. */
export interface SearchReply {
  query: Query;
  raw: Record<string, unknown>;
  page: PageInfo;
  neighbours: Neighbours;
  facets: Facets;
  /** Why the hits are in their order, where ranking details were asked for. */
  explained: Explained | null;
  /** What to fetch, when a repo was given and there are hits. */
  hydration: Hydration | null;
}

/** Where in the results this is; only what the server said. */
export interface PageInfo {
  number?: number;
  size?: number;
  total_pages?: number;
  total_hits?: number;
  estimated_total_hits?: number;
  offset?: number;
  limit?: number;
}

/** The pages beside this one, by number. None at an end, or where no pages were asked for. */
export interface Neighbours {
  next: number | null;
  previous: number | null;
}

/** The requested facets, in the requested order. */
export interface Facets {
  /** The buckets of each facet, by value, ascending as text. */
  distribution: Record<string, Bucket[]>;
  stats: Record<string, Record<string, number | null>>;
  declared_order: string[];
}

/** One value of a facet, and how many hits have it. */
export interface Bucket {
  value: string;
  count: number;
}

/** What was sent, and what decided the order of what came back. */
export interface Explained {
  request: ExplainedRequest;
  /** Of each hit, in hit order. */
  ranking: Ranking[];
}

/** Why one hit is where it is. */
export interface Ranking {
  /** From 0 to 1; `None` where the server did not say. */
  score: number | null;
  /** In the order they were applied. */
  rules: RankedBy[];
}

/** What one ranking rule saw in a hit. */
export interface RankedBy {
  /** The rule, as settings name it: `words`, `typo`, …, `year:desc`. */
  rule: string;
  /** From 0 to 1; sorts have none. */
  score: number | null;
  /** The same as a sentence. */
  words: string;
}

/** What the host is to fetch. */
export interface Hydration {
  /** The primary keys of the hits, in hit order, duplicates included. */
  ids: DocumentId[];
  /** To be handed back as it is. */
  pending: string;
}

/** The values of a facet that begin like the query. */
export interface FacetValues {
  facet_query: string | null;
  /** In the order of the reply. */
  hits: Bucket[];
  raw: Record<string, unknown>;
}

/** A text of the index that begins like what was typed. */
export interface Suggestion {
  text: string;
  /** The text in pieces, in order. */
  parts: SuggestionPart[];
}

/** A piece of a suggestion, and whether it is what was typed. */
export interface SuggestionPart {
  text: string;
  matched: boolean;
}

/** What many searches give. */
export interface ManyReply {
  /** In the order of the entries; those that failed are left out. */
  entries: EntryReply[];
  /** `[entry, hit, id]` of the merged list: positions in `entries` and in its hits. */
  merged: [number, number, unknown][] | null;
  federation: Federation | null;
  failures: Failure[];
  /** To be handed to `finish_search_many` with what was fetched, when there is anything to fetch. */
  pending: string | null;
  /** How long fetching the rows of one entry may take, in ms. */
  hydration_timeout: number;
}

/** The result of one entry. */
export interface EntryReply {
  /** The host's number for the schema. */
  schema: number;
  query: Query;
  raw: Record<string, unknown>;
  page: PageInfo;
  neighbours: Neighbours;
  facets: Facets;
  /** Why the hits are in their order, where ranking details were asked for. */
  explained: Explained | null;
  /** The primary keys to fetch, in hit order, where there is a repo and there are hits. */
  ids: unknown[] | null;
}

/** What the server said about the merged list. Members it did not send, or that are no counts, are absent. */
export interface Federation {
  estimated_total_hits: number | null;
  processing_time_ms: number | null;
  limit: number | null;
  offset: number | null;
}

/** An entry that failed. */
export interface Failure {
  schema: number;
  reason: ErrorReply | unknown;
}

/** A failure, as it crosses to the host. */
export interface ErrorReply {
  kind: ErrorKind;
  class: ErrorClass;
  retryable: boolean;
  message: string;
  details: ErrorDetails;
}

/** The stable name of a failure. Programs match on it; messages may change. */
export type ErrorKind =
  | "unknown_options"
  | "missing_option"
  | "invalid_option"
  | "invalid_schema"
  | "filter_not_declared"
  | "filter_invalid"
  | "filter_operator_unknown"
  | "filter_empty"
  | "sort_not_declared"
  | "sort_direction_unknown"
  | "page_invalid"
  | "unknown_facet"
  | "invalid_facet_filter"
  | "tenant_field_missing"
  | "tenant_field_twice"
  | "invalid_fragment"
  | "invalid_defaults_field"
  | "invalid_fixed_field"
  | "invalid_criteria"
  | "invalid_criteria_field"
  | "composition_conflict"
  | "invalid_shared_fragment"
  | "invalid_shared_fixed"
  | "invalid_shared_field"
  | "invalid_many_entry"
  | "params_invalid"
  | "projection_field_missing"
  | "projection_hook_invalid"
  | "field_not_loaded"
  | "record_invalid"
  | "document_id_missing"
  | "document_id_invalid"
  | "hydration_id_missing"
  | "value_not_finite"
  | "value_integer_out_of_range"
  | "value_invalid_utf8"
  | "value_too_deep"
  | "value_unencodable"
  | "invalid_request"
  | "embedded_unavailable"
  | "empty_schema_list"
  | "too_many_schemas"
  | "malformed_entry"
  | "all_expansion"
  | "federation_weight"
  | "federation_key_in_entry"
  | "runtime_option_in_entry"
  | "federation_page"
  | "federation_unsupported"
  | "page_size"
  | "validation_failed"
  | "transport_error"
  | "request_timeout"
  | "embedded_open"
  | "http_error"
  | "transport_failed"
  | "all_failed"
  | "federated_decode"
  | "timeout"
  | "task_failed"
  | "cancelled"
  | "invalid_task_payload"
  | "queue_unavailable"
  | "key_not_durable"
  | "call_cancelled"
  | "internal";

/** What a caller can do about a failure. */
export type ErrorClass = "usage" | "transport" | "backend" | "timeout" | "task" | "queue" | "internal";

/** What a program can look at. Absent details are left out. */
export interface ErrorDetails {
  schema?: string;
  /** The option, field or member the error is about, in the core's spelling. */
  name?: string;
  /** For unknown options: every one of them. */
  names?: string[];
  /** The name as the caller gave it, symbol or text. */
  given?: unknown;
  status?: number;
  /** The body of a refused request, as the server sent it. */
  body?: unknown;
  /** The server's own error code. */
  code?: string;
  task?: TaskMap;
  payload?: InvalidTask;
  /** How many there were, and how many may be. */
  count?: number;
  max?: number;
  cause?: ErrorReply;
  /** Of a call with many parts: those that failed. */
  failures?: Failure[];
  /** Why criteria could not be composed, as a tagged tuple. */
  reason?: unknown[];
  /** What is wrong with the parameters of a request. */
  issues?: unknown[];
  /** The position, from 0, of the record in the list it came in. */
  position?: number;
}

/** A Meilisearch task, as callers see it. */
export interface TaskMap {
  uid: number;
  status: TaskStatus;
  index_uid: string | null;
  type: string | null;
  /** The last payload seen, as the server sent it. */
  raw: Record<string, unknown>;
}

export type TaskStatus = "enqueued" | "processing" | "succeeded" | "failed" | "cancelled";

/** A task payload that cannot be one. */
export interface InvalidTask {
  stage: Stage;
  task_uid: number | null;
  /** `(member, problem)` pairs. */
  problems: [string, string][];
  payload: unknown;
}

/** Whether a payload answered a write, or a look at a task. */
export type Stage = "initial" | "poll";

/** The entries that remain, and those that failed. */
export interface Finished {
  /** For each entry of the search: its rows in hit order, or nothing where there was nothing to fetch or fetching failed. */
  hydrated: (Hydrated | null)[];
  /** Positions of entries whose rows could not be fetched. */
  failed: number[];
  failures: Failure[];
}

/** Rows in hit order. */
export interface Hydrated {
  /** For each hit that has a row: the row's index in `found`. */
  order: number[];
  /** The ids of hits that have none, in hit order. */
  missing_ids: DocumentId[];
}

/** What a write verb returns. */
export interface WriteResult {
  mode: SyncMode;
  status: WriteStatus;
  document_ids: DocumentId[];
  document_count: number;
  index?: string;
  task?: TaskMap;
}

/** The promise a write returns under. */
export type SyncMode = "inline" | "manual" | "oban";

/** How far a write has come when its call returns. */
export type WriteStatus = "accepted" | "completed" | "noop";

/** What the host is to do, and what the caller is told once it has. */
export interface Enqueue {
  mode: SyncMode;
  status: WriteStatus;
  document_ids: DocumentId[];
  document_count: number;
  index?: string;
  oban?: ObanOptions;
  job?: NewJob;
  insert?: Insert;
}

/** Where a job was put, and how often it may be attempted. */
export interface ObanOptions {
  queue: string;
  max_attempts: number;
}

/** A job as it is inserted. */
export interface NewJob {
  worker: string;
  queue: string;
  state: string;
  attempt: number;
  max_attempts: number;
}

/** One statement; it gives one row, whose first column is the id of the job. `args` is JSON text. */
export interface Insert {
  sql: string;
  queue: string;
  worker: string;
  args: string;
  max_attempts: number;
}

/** What makes the tables of the queue, and what drops those that are ours. Each text is one statement without parameters; all of them may be carried out again and change nothing then. */
export interface QueueTables {
  install: string[];
  /** Jobs are data: their table stays. */
  uninstall: string[];
}

/** What is to be done before a job is performed. With a verdict, nothing is. */
export interface PreparedJob {
  verdict?: JobVerdict;
  /** Each committed by itself, before the job is performed. Their rows are texts. */
  statements: Statement[];
  /** To be handed on. */
  ticket: string;
}

/** What the host tells its Oban. */
export interface JobVerdict {
  outcome: JobOutcome;
  reason?: string;
  /** Of `snooze`: until when it is put back. */
  seconds?: number;
}

export type JobOutcome = "completed" | "cancelled" | "retry" | "snooze";

/** One statement, and the values of its places in their order. It may give rows. */
export interface Statement {
  sql: string;
  params: Param[];
}

export type Param = string | number;

/** What became of a job. */
export interface PerformedJob {
  verdict: JobVerdict;
  /** Each committed by itself, before the verdict is passed on. */
  statements: Statement[];
}

/** What a call of related sync is to do. */
export interface RelatedPlan {
  fan_out: string;
  sync_mode: SyncMode;
  /** Where the resolver is called now: to be handed back once it has ended. */
  pending?: string;
}

/** A related job, read. */
export interface RelatedJob {
  verdict?: JobVerdict;
  schema: string;
  fan_out: string;
  document_ids: DocumentId[];
  options: RelatedOptions;
  /** First in the transaction in which the job is run. */
  statements: Statement[];
}

/** With what the target's jobs are enqueued. */
export interface RelatedOptions {
  oban_queue: string;
  index_prefix?: string;
  meilisearch_url?: string;
}

/** Statements to carry out, and nothing else. */
export interface Statements {
  statements: Statement[];
}

/** A resolved configuration, without its secrets, for looking at. */
export interface Summary {
  index_prefix: string | null;
  sync_mode: SyncMode;
  meilisearch_url: string | null;
  has_api_key: boolean;
  inline_poll_interval: number;
  inline_timeout: number;
  settings_merge: SettingsMerge;
  oban_queue: string | null;
  oban_max_attempts: number | null;
  federation_limit: number;
  federation_offset: number;
  hydration_timeout: number;
  max_schemas: number;
}

export type SettingsMerge = "replace" | "deep";

/** What an operation of the request edge gives. */
export type EdgeReply =
  | Composed
  | ComposedMany
  | [string, AllOptions]
  | [unknown[][], SomeCriteria]
  | Capabilities
  | Reflection
  | ReflectionMany
  | AllCriteria
  | FormData
  | Record<string, unknown>;

/** Composed criteria, and where they came from. */
export interface Composed {
  text: string;
  filter: [string, unknown][];
  sort: [Direction, string][];
  page: Page;
  facets: string[];
  facet_filter: [string, unknown][];
  per_query: PerQuery;
  applied: SomeCriteria;
  defaulted: SomeCriteria;
  fixed: SomeCriteria;
  sources?: Record<string, unknown>;
  warnings?: Record<string, unknown>;
}

/** Some of the fields of criteria. */
export interface SomeCriteria {
  text?: string;
  filter?: [string, unknown][];
  sort?: [Direction, string][];
  page?: Page;
  facets?: string[];
  facet_filter?: [string, unknown][];
  per_query?: PerQuery;
}

/** Several compositions, and what they share. */
export interface ComposedMany {
  shared: Composed;
  entries: ComposedEntry[];
}

/** One of several compositions: `schema` is what stands for it in the host. */
export interface ComposedEntry {
  schema: unknown;
  text: string;
  filter: [string, unknown][];
  sort: [Direction, string][];
  page: Page;
  facets: string[];
  facet_filter: [string, unknown][];
  per_query: PerQuery;
  applied: SomeCriteria;
  defaulted: SomeCriteria;
  fixed: SomeCriteria;
  sources?: Record<string, unknown>;
  warnings?: Record<string, unknown>;
}

/** The options among criteria, every one of them. */
export interface AllOptions {
  filter: [string, unknown][];
  sort: [Direction, string][];
  page: Page;
  facets: string[];
  facet_filter: [string, unknown][];
  per_query: PerQuery;
}

/** What a schema lets a search do. */
export interface Capabilities {
  tenant: string | null;
  filters: Supported;
  sorts: Supported;
  facets: SupportedFacets;
  paging: Supported;
  limits: Limits;
}

export interface Supported {
  supported: boolean;
  fields: string[];
}

export interface SupportedFacets {
  supported: boolean;
  fields: string[];
  max_values_per_facet: number | null;
  /** An empty list where there is none. */
  sort_facet_values_by: unknown;
}

export interface Limits {
  per_query_keys: string[];
  max_values_per_facet: number | null;
}

/** What of criteria a schema supports. */
export interface Reflection {
  capabilities: Capabilities;
  resolved: Resolved;
  host_owned: HostOwned;
}

export interface Resolved {
  applied: SomeCriteria;
  defaulted: SomeCriteria;
  fixed: SomeCriteria;
  unsupported: SomeCriteria;
}

export interface HostOwned {
  tenant_policy: string;
  authorization: string;
  related_data: string;
}

/** The same for several. */
export interface ReflectionMany {
  entries: EntryReflection[];
  /** A composition's own, or what of options was `applied`. */
  shared: Record<string, unknown>;
  host_owned: HostOwned;
}

export interface EntryReflection {
  capabilities: Known;
  resolved: Resolved;
  host_owned?: HostOwned;
  entry: EntryName;
}

export type Known = Capabilities | Deferred;

/** Which schemas `all` stands for is known only when the search runs. */
export interface Deferred {
  status: string;
  reason: string;
}

export interface EntryName {
  schema: unknown;
  text: string;
}

/** Criteria with every field. */
export interface AllCriteria {
  text: string;
  filter: [string, unknown][];
  sort: [Direction, string][];
  page: Page;
  facets: string[];
  facet_filter: [string, unknown][];
  per_query: PerQuery;
}

/** What a form shows. */
export interface FormData {
  values: Record<string, unknown>;
  params: Record<string, unknown>;
  form_errors: FormIssue[];
  field_errors: Record<string, FormIssue[]>;
  errors: FormIssue[];
}

/** One thing that is wrong with a form, as plain data. */
export interface FormIssue {
  field?: string;
  code: string;
  message: string;
  path: string[];
  meta: Record<string, unknown>;
}

/** What happened during a call. Times are nanoseconds. */
export interface Event {
  name: EventName;
  measurements: Measurements;
  metadata: Record<string, unknown>;
}

export type EventName =
  | "scrypath.search.start"
  | "scrypath.search.stop"
  | "scrypath.search_facet_values.start"
  | "scrypath.search_facet_values.stop"
  | "scrypath.search_many.start"
  | "scrypath.search_many.stop"
  | "scrypath.hydration.start"
  | "scrypath.hydration.stop"
  | "scrypath.sync.upsert.start"
  | "scrypath.sync.upsert.stop"
  | "scrypath.sync.delete.start"
  | "scrypath.sync.delete.stop"
  | "scrypath.sync.related.start"
  | "scrypath.sync.related.stop"
  | "scrypath.sync.related.resolve.start"
  | "scrypath.sync.related.resolve.stop"
  | "scrypath.meilisearch.request.start"
  | "scrypath.meilisearch.request.stop"
  | "scrypath.meilisearch.task_wait.start"
  | "scrypath.meilisearch.task_wait.stop"
  | "scrypath.search_many.partial"
  | "scrypath.sync.related.resolve.exception";

/** Nanoseconds: `system_time` of a start, `duration` of a stop or an exception. Of a partial failure, how many failed. */
export interface Measurements {
  count?: number;
  duration?: number;
  monotonic_time?: number;
  system_time?: number;
}

/** The options that every verb accepts. */
export interface RuntimeOptions {
  /** the backend module */
  backend?: unknown;
  /** where hits are hydrated from */
  repo?: unknown;
  /** the application that holds per-repo defaults */
  otp_app?: string | null;
  /** the prefix of index names */
  index_prefix?: string | null;
  /** the promise a write returns under */
  sync_mode?: "inline" | "manual" | "oban";
  /** the Oban instance */
  oban?: unknown;
  /** the queue jobs are inserted into */
  oban_queue?: string | null;
  /** attempts of a queued job */
  oban_max_attempts?: number | null;
  /** http(s)://…, embedded:PATH, memory: or memory:NAME */
  meilisearch_url?: string | null;
  /** sent as Authorization: Bearer */
  meilisearch_api_key?: string | null;
  /** replaces the HTTP client (test seam) */
  meilisearch_client?: unknown;
  /** headers, receive_timeout (the deadline of one request, ms, 15000), retry (of GETs, true) */
  req_options?: unknown;
  /** the longest pause between two looks at a task, in ms */
  inline_poll_interval?: number;
  /** how long an inline write waits for its task, in ms */
  inline_timeout?: number;
  /** what hydration preloads */
  preload?: unknown;
  /** how override settings combine with declared ones */
  settings_merge?: "replace" | "deep";
  /** hits of one search_many */
  federation_limit?: number;
  /** hits of one search_many that are skipped */
  federation_offset?: number;
  /** reserved */
  federation_timeout?: number;
  /** time for one entry's hydration in search_many, in ms */
  hydration_timeout?: number;
  /** entries of one search_many */
  max_schemas?: number;
  /** what :all stands for in search_many */
  global_schemas?: unknown[];
  /** the fan-out sync_related resolves */
  fan_out?: string | null;
}

export type SearchOption =
  | "tenant_scope"
  | "facets"
  | "facet_filter"
  | "filter"
  | "sort"
  | "page"
  | "per_query"
  | "attributes_to_retrieve"
  | "attributes_to_highlight"
  | "highlight_pre_tag"
  | "highlight_post_tag"
  | "attributes_to_crop"
  | "crop_length"
  | "crop_marker"
  | "show_matches_position"
  | "matching_strategy";

export type SchemaOption =
  | "fields"
  | "filterable"
  | "faceting"
  | "sortable"
  | "settings"
  | "document_id"
  | "index_prefix"
  | "fan_outs"
  | "backend"
  | "tenant_field";

/** A schema that comes with a call, and the key its rows are fetched by where there is a repo. */
export interface ManySchema {
  schema: string;
  primary_key?: string | null;
  /** What the host calls it, where that is not its name. */
  label?: string | null;
}

/** What became of the rows of one entry: their keys, or why there are none. Neither, where there was nothing to fetch. */
export interface Outcome {
  found?: unknown[] | null;
  failed?: string | null;
}

/** The database that the jobs are in. */
export type Dialect = "postgres" | "sqlite";

/** How a driver writes the places of values. */
export type Placeholders = "numbered" | "format" | "question";

/** A job as an Oban hands it over. */
export interface OwnJob {
  id: number;
  worker: string;
  queue: string;
  /** JSON text. */
  args: string;
}

/** What each operation takes beside its records, and gives under `ok`. */
export interface Operations {
  /** Checks a declaration given as host options. */
  declare: {
    takes: {
      name: string;
      options: unknown;
    };
    gives: Declaration;
  };
  /** Checks a declaration given in the JSON form. */
  load: {
    takes: {
      json: string;
    };
    gives: Declaration;
  };
  /** Resolves configuration, to check options without using them. */
  resolve_config: {
    takes: {
      defaults?: unknown;
      repo_defaults?: unknown;
      options?: unknown;
    };
    gives: Summary;
  };
  /** The live index of a schema. */
  index_name: {
    takes: {
      schema: string;
      defaults?: unknown;
      repo_defaults?: unknown;
      options?: unknown;
    };
    gives: string;
  };
  /** The settings a schema's index needs, as they are sent. */
  wire_settings: {
    takes: {
      schema: string;
    };
    gives: Record<string, unknown>;
  };
  /** Projects records into documents, for looking at. */
  documents: {
    takes: {
      schema: string;
    };
    gives: Document[];
  };
  /** Reads the ids under which records would be deleted. */
  document_ids: {
    takes: {
      schema: string;
    };
    gives: DocumentId[];
  };
  /** A search's normalized query and exact request, without sending it. */
  explain_search: {
    takes: {
      schema: string;
      text: unknown;
      defaults?: unknown;
      repo_defaults?: unknown;
      options?: unknown;
      /** The key that rows are fetched by, where there is a repo. */
      primary_key?: string | null;
      /** The bucket of a search within a facet. */
      bucket?: unknown[] | null;
      /** Whether facets that are filtered by are counted as if they were not. */
      disjunctive?: boolean | null;
    };
    gives: Explanation;
  };
  /** Searches; with a `primary_key`, the reply says which rows to fetch. */
  search: {
    takes: {
      schema: string;
      text: unknown;
      defaults?: unknown;
      repo_defaults?: unknown;
      options?: unknown;
      /** The key that rows are fetched by, where there is a repo. */
      primary_key?: string | null;
      /** The bucket of a search within a facet. */
      bucket?: unknown[] | null;
      /** Whether facets that are filtered by are counted as if they were not. */
      disjunctive?: boolean | null;
    };
    gives: SearchReply;
  };
  /** Searches the values of a facet. */
  search_facet_values: {
    takes: {
      schema: string;
      facet: string;
      text: unknown;
      defaults?: unknown;
      repo_defaults?: unknown;
      options?: unknown;
    };
    gives: FacetValues;
  };
  /** Texts of a field that begin like what was typed. */
  suggest: {
    takes: {
      schema: string;
      text: unknown;
      defaults?: unknown;
      repo_defaults?: unknown;
      options?: unknown;
    };
    gives: Suggestion[];
  };
  /** A key that finds one tenant's documents, for a browser. Nothing is sent. */
  tenant_token: {
    takes: {
      schemas: string[];
      tenant: unknown;
      defaults?: unknown;
      repo_defaults?: unknown;
      options?: unknown;
    };
    gives: string;
  };
  /** Merges facet distributions, as they are on the wire. */
  merge_distributions: {
    takes: {
      main: unknown;
      overrides: unknown;
    };
    gives: Record<string, Record<string, number>>;
  };
  /** Searches many schemas in one request; the reply says which rows to fetch. */
  search_many: {
    takes: {
      schemas: ManySchema[];
      /** `{schema, text, options}`, the schema by its number, or none for all; anything else is refused. */
      entries: unknown[];
      /** The numbers of the schemas that all stands for. */
      global_schemas?: number[] | null;
      defaults?: unknown;
      repo_defaults?: unknown;
      options?: unknown;
    };
    gives: ManyReply;
  };
  /** Puts the rows of many searches in hit order. */
  finish_search_many: {
    takes: {
      pending: string;
      outcomes: Outcome[];
    };
    gives: Finished;
  };
  /** Puts fetched rows in hit order: `found` are their keys, in the order the rows came. */
  hydrate: {
    takes: {
      pending: string;
      found: unknown;
    };
    gives: Hydrated;
  };
  /** Closes the search span after hydration failed in the host. */
  hydration_failed: {
    takes: {
      pending: string;
    };
    gives: Record<string, never>;
  };
  /** The job that upserts the pushed records, and the statement that inserts it. */
  enqueue_records: {
    takes: {
      schema: string;
      defaults?: unknown;
      repo_defaults?: unknown;
      options?: unknown;
      dialect: Dialect;
      placeholders: Placeholders;
    };
    gives: Enqueue;
  };
  /** The job that deletes the documents of the pushed records. */
  enqueue_deletes: {
    takes: {
      schema: string;
      defaults?: unknown;
      repo_defaults?: unknown;
      options?: unknown;
      dialect: Dialect;
      placeholders: Placeholders;
    };
    gives: Enqueue;
  };
  /** The job that deletes documents by their ids. */
  enqueue_delete_documents: {
    takes: {
      schema: string;
      defaults?: unknown;
      repo_defaults?: unknown;
      options?: unknown;
      dialect: Dialect;
      placeholders: Placeholders;
      ids: unknown;
    };
    gives: Enqueue;
  };
  /** The statements that make the tables of the queue, and drop those that are ours. */
  queue_tables: {
    takes: {
      dialect: Dialect;
    };
    gives: QueueTables;
  };
  /** Checks a job that an Oban runs, and says how the fences of its documents are taken. */
  prepare_job: {
    takes: {
      job: OwnJob;
      dialect: Dialect;
      placeholders: Placeholders;
    };
    gives: PreparedJob;
  };
  /** Sends what a prepared job is to send; `rows` are those of its statements. */
  perform_job: {
    takes: {
      job: OwnJob;
      dialect: Dialect;
      placeholders: Placeholders;
      ticket: string;
      rows: string[][][];
      defaults?: unknown;
      repo_defaults?: unknown;
      options?: unknown;
    };
    gives: PerformedJob;
  };
  /** Checks a call of related sync against the fan-outs that its schema declares. */
  plan_related: {
    takes: {
      schema: string;
      declared: string[];
      defaults?: unknown;
      repo_defaults?: unknown;
      options?: unknown;
    };
    gives: RelatedPlan;
  };
  /** Tells the span of a resolver that was called now. */
  resolved: {
    takes: {
      pending: string;
      document_count: number;
      found?: number | null;
    };
    gives: Record<string, never>;
  };
  /** The job that syncs what is related to the pushed records. */
  enqueue_related: {
    takes: {
      schema: string;
      defaults?: unknown;
      repo_defaults?: unknown;
      options?: unknown;
      dialect: Dialect;
      placeholders: Placeholders;
    };
    gives: Enqueue;
  };
  /** Reads a related job. */
  read_related: {
    takes: {
      job: OwnJob;
      dialect: Dialect;
      placeholders: Placeholders;
    };
    gives: RelatedJob;
  };
  /** The statement that gives and locks the related jobs that are due. */
  claim_related: {
    takes: {
      queue: string;
      limit: number;
      dialect: Dialect;
      placeholders: Placeholders;
    };
    gives: Statements;
  };
  /** The statement that writes down how a related job ended. */
  settle_related: {
    takes: {
      id: number;
      outcome: JobOutcome;
      reason?: string | null;
      attempt: number;
      max_attempts: number;
      dialect: Dialect;
      placeholders: Placeholders;
    };
    gives: Statements;
  };
  /** Upserts the pushed records. */
  sync_records: {
    takes: {
      schema: string;
      defaults?: unknown;
      repo_defaults?: unknown;
      options?: unknown;
    };
    gives: WriteResult;
  };
  /** Deletes the documents of the pushed records. */
  delete_records: {
    takes: {
      schema: string;
      defaults?: unknown;
      repo_defaults?: unknown;
      options?: unknown;
    };
    gives: WriteResult;
  };
  /** Deletes documents by their ids. */
  delete_documents: {
    takes: {
      schema: string;
      defaults?: unknown;
      repo_defaults?: unknown;
      options?: unknown;
      ids: unknown;
    };
    gives: WriteResult;
  };
  /** Composes fragments with the caller's criteria. */
  compose: {
    takes: {
      fragments: unknown;
      criteria: unknown;
    };
    gives: Composed;
  };
  /** Composes the entries of a search over several schemas. */
  compose_many: {
    takes: {
      entries: unknown;
      shared: unknown;
    };
    gives: ComposedMany;
  };
  /** From a composition, or from normalized params, to a search's text and options. */
  search_arguments: {
    takes: {
      of: unknown;
    };
    gives: [string, AllOptions];
  };
  /** The same for several: entries, and the options they share. */
  many_arguments: {
    takes: {
      of: unknown;
    };
    gives: [unknown[][], SomeCriteria];
  };
  /** What a schema lets a search do. */
  schema_capabilities: {
    takes: {
      schema: string;
    };
    gives: Capabilities;
  };
  /** What of criteria, or of a composition, a schema supports. */
  reflect_search: {
    takes: {
      schema: string;
      of: unknown;
    };
    gives: Reflection;
  };
  /** The same for several: `schemas` are pairs of what stands for a schema, and the schema. */
  reflect_search_many: {
    takes: {
      schemas: [unknown, string][];
      of: unknown;
      options?: unknown;
    };
    gives: ReflectionMany;
  };
  /** The names that parameters speak of, for hosts that can tell which exist. */
  param_names: {
    takes: {
      params?: unknown;
      params_json?: string | null;
    };
    gives: string[];
  };
  /** Reads the parameters of a request. `known` are names that exist; else those of `schemas`; else those of every declared schema. */
  normalize_params: {
    takes: {
      params?: unknown;
      params_json?: string | null;
      known?: string[] | null;
      schemas?: string[] | null;
    };
    gives: AllCriteria;
  };
  /** Takes values of the application's own making. */
  cast_params: {
    takes: {
      params: unknown;
    };
    gives: AllCriteria;
  };
  /** Normalized parameters as texts. */
  to_query_params: {
    takes: {
      params: unknown;
    };
    gives: Record<string, unknown>;
  };
  /** The same as a query string. */
  to_query_string: {
    takes: {
      params: unknown;
    };
    gives: string;
  };
  /** What a form shows: of normalized parameters or, with `errors`, of those that were refused. */
  to_form_data: {
    takes: {
      params?: unknown;
      params_json?: string | null;
      errors?: unknown[] | null;
    };
    gives: FormData;
  };
}

/** Every kind of error, under the class it belongs to. */
export const ERROR_KINDS = {
  usage: [
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
    "key_not_durable",
  ],
  transport: ["transport_error", "request_timeout", "embedded_open"],
  backend: ["http_error", "transport_failed", "all_failed", "federated_decode", "invalid_task_payload"],
  timeout: ["timeout", "call_cancelled"],
  task: ["task_failed", "cancelled"],
  queue: ["queue_unavailable"],
  internal: ["internal"],
} as const satisfies Record<ErrorClass, readonly ErrorKind[]>;
