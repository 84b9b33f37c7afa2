/**
 * Search for the records of your own database.
 *
 * Declare what of a record type is searchable (`schema`), then use a backend through `Scrypath`: sync
 * records under an explicit promise, search, and get your own rows back.
 *
 * @module
 */

export {
  type Composition,
  type CompositionMany,
  compose,
  composeMany,
  type EntrySpec,
  type Fragment,
  searchArgs,
  searchManyArgs,
  type Target,
} from "./composition.js";
export type {
  DrizzleTransaction,
  KnexTransaction,
  PgConnection,
  PrismaTransaction,
  QueueAdapter,
  QueueConnection,
  QueueDialect,
  QueuePlaceholders,
  QueueRows,
  SqliteConnection,
} from "./connections.js";
export type { Criteria, PerQuery, SearchArguments, SearchParams } from "./criteria.js";
export {
  BackendError,
  type ErrorClass,
  type ErrorKind,
  InternalError,
  type ParamIssue,
  ParamsError,
  QueueError,
  ScrypathError,
  TaskError,
  TimeoutError,
  TransportError,
  UsageError,
} from "./errors.js";
export { mergeDistributions } from "./facets.js";
export type { Formatted, Hit, HitAdditions, MatchPosition } from "./hits.js";
export type { MultiSearchResult, SearchEntry, SearchFailure } from "./many.js";
export type {
  CallOptions,
  Decimal,
  EntryOptions,
  Filter,
  FilterCondition,
  FilterOperators,
  FilterValue,
  ManyOptions,
  PresentationOptions,
  RequestOptions,
  RuntimeOptions,
  ScrypathOptions,
  SearchManyOptions,
  SearchOptions,
  Sort,
  SuggestOptions,
  TenantScope,
  TenantTokenOptions,
  WriteOptions,
} from "./options.js";
export {
  type Capabilities,
  capabilities,
  type Reflection,
  type ReflectionMany,
  reflectSearch,
  reflectSearchMany,
} from "./reflection.js";
export type { RelatedFailure, RelatedOptions, WorkRelatedOptions } from "./related.js";
export type { Repo } from "./repo.js";
export {
  castParams,
  type FormData,
  type FormIssue,
  normalizeParams,
  type RequestParams,
  toFormData,
  toQueryParams,
  toQueryString,
} from "./request-params.js";
export type {
  Bucket,
  Document,
  ErrorDetails,
  Explanation,
  Faceting,
  Facets,
  FacetValues,
  Federation,
  Job,
  OptionsSummary,
  Page,
  Query,
  RankedBy,
  Ranking,
  SchemaConfig,
  Suggestion,
  SuggestionPart,
  Task,
  TaskStatus,
  WriteResult,
  WriteStatus,
} from "./results.js";
export {
  type AnySchema,
  documentId,
  documentIdField,
  documentSource,
  type FacetingOptions,
  type FanOut,
  type FieldOf,
  fingerprint,
  type PathOf,
  project,
  type Resolver,
  type Schema,
  type SchemaHooks,
  type SchemaOptions,
  schema,
  schemaConfig,
  schemaFaceting,
  schemaFields,
  schemaFromJson,
  schemaJson,
  schemaSettings,
  validateSchema,
} from "./schema.js";
export { Scrypath, validateOptions } from "./scrypath.js";
export type { HitReader, SearchResult } from "./search-result.js";
export { type KnexMigrating, type QueueTables, queueMigration, queueTables } from "./tables.js";
export type { TelemetryEvent } from "./telemetry.js";
export type { Tally, Worker, WorkerMessage } from "./worker.js";
export type { WorkerOptions } from "./worker-options.js";
