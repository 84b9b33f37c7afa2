/**
 * What calls give back, and the one place where the core's names become JavaScript's.
 */

import type { Hit } from "./hits.js";
import { SearchResult } from "./search-result.js";
import type * as wire from "./wire.js";

/** A normalized query: what the backend was asked, after all options were merged and checked. */
export interface Query {
  readonly text: string;
  /** Pairs of field and condition, a tenant scope in front. */
  readonly filter: readonly (readonly [string, unknown])[];
  /** Pairs of direction and field. */
  readonly sort: readonly (readonly [wire.Direction, string])[];
  readonly page: { readonly number?: number; readonly size?: number };
  readonly facets: readonly string[];
  readonly facetFilter: readonly (readonly [string, unknown])[];
  readonly perQuery: {
    readonly rankingScoreThreshold?: number;
    readonly showRankingScore?: boolean;
    readonly showRankingScoreDetails?: boolean;
  };
}

/** Where in the hits a page lies. A member is absent where the server did not say. */
export interface Page {
  readonly number?: number;
  readonly size?: number;
  readonly totalPages?: number;
  readonly totalHits?: number;
  readonly estimatedTotalHits?: number;
  readonly offset?: number;
  readonly limit?: number;
  /** The number of the next page; absent on the last one, and where no pages were asked for. */
  readonly next?: number;
  /** The number of the page before; absent on the first one, and where no pages were asked for. */
  readonly previous?: number;
}

/** One value of a facet, and how many hits have it. */
export interface Bucket {
  readonly value: string;
  readonly count: number;
}

/** The requested facets. Buckets are ordered by value. */
export interface Facets {
  readonly distribution: Readonly<Record<string, readonly Bucket[]>>;
  readonly stats: Readonly<Record<string, { readonly min?: number | null; readonly max?: number | null }>>;
  /** The facets as they were requested. */
  readonly declaredOrder: readonly string[];
}

/** The values of a facet that begin like the query. */
export interface FacetValues {
  /** What was looked for, as the backend repeats it. */
  readonly facetQuery: string | null;
  /** In the backend's order. */
  readonly hits: readonly Bucket[];
  /** The whole reply of the server. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** A text of the index that begins like what was typed. */
export interface Suggestion {
  readonly text: string;
  /** The text in pieces, in order: for highlighting without markup. */
  readonly parts: readonly SuggestionPart[];
}

/** A piece of a suggestion, and whether it is what was typed. */
export interface SuggestionPart {
  readonly text: string;
  readonly matched: boolean;
}

/** What the server said about a merged list; `null` where it said nothing. */
export interface Federation {
  readonly estimatedTotalHits: number | null;
  /** In ms. */
  readonly processingTimeMs: number | null;
  readonly limit: number | null;
  readonly offset: number | null;
}

/** The state of a Meilisearch task. */
export type TaskStatus = wire.TaskStatus;

/** A Meilisearch task. */
export interface Task {
  readonly uid: number;
  readonly status: TaskStatus;
  readonly indexUid: string | null;
  readonly type: string | null;
  /** The last payload seen, as the server sent it. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/**
 * What a write returned under. `completed`: the backend task ended in success. `accepted`: the backend
 * (or the queue) is responsible for the work, which may not be searchable yet. `noop`: there was none.
 */
export type WriteStatus = wire.WriteStatus;

/** What a write did, and which promise the caller got. */
export interface WriteResult {
  readonly mode: wire.SyncMode;
  readonly status: WriteStatus;
  readonly documentIds: readonly (string | number)[];
  readonly documentCount: number;
  readonly index?: string;
  readonly task?: Task;
  /** In mode `oban`: the queue, and how often a job of it is attempted. */
  readonly oban?: { readonly queue: string; readonly maxAttempts: number };
  /** In mode `oban`: the job that was inserted. It is there for others once your transaction is committed. */
  readonly job?: Job;
}

/** A write as a row of `oban_jobs`. */
export interface Job {
  readonly id: number;
  /** What carries it out. */
  readonly worker: string;
  readonly queue: string;
  readonly state: string;
  /** How often it was attempted. */
  readonly attempt: number;
  readonly maxAttempts: number;
}

/** A document as a schema projects it. */
export interface Document {
  readonly id: string | number;
  readonly data: Readonly<Record<string, unknown>>;
  /** Whether `searchDocument` made it, or the declared fields did. */
  readonly source: wire.Source;
}

/** A search, and what decided the order of its hits. */
export interface Explanation {
  readonly query: Query;
  readonly request: { readonly method: string; readonly path: string; readonly body: unknown };
  /** Of each hit, in hit order; empty for a search that was not sent. */
  readonly ranking: readonly Ranking[];
}

/** Why one hit is where it is. */
export interface Ranking {
  /** From 0 to 1; `null` where the server did not say. */
  readonly score: number | null;
  /** In the order they were applied: each decides between hits that those before found equal. */
  readonly rules: readonly RankedBy[];
}

/** What one ranking rule saw in a hit. */
export interface RankedBy {
  /** The rule, as settings name it: `words`, `typo`, …, `year:desc`. */
  readonly rule: string;
  /** From 0 to 1; `null` for sorts. */
  readonly score: number | null;
  /** The same as a sentence. */
  readonly words: string;
}

/** What a program can look at in an error. Absent where it does not apply. */
export interface ErrorDetails {
  /** The name of the schema. */
  readonly schema?: string;
  /** The option, field or member the error is about. */
  readonly name?: string;
  /** For unknown options: every one of them. */
  readonly names?: readonly string[];
  /** The name as the caller gave it. */
  readonly given?: unknown;
  /** The HTTP status of a refused request. */
  readonly status?: number;
  /** The body of a refused request. */
  readonly body?: unknown;
  /** The server's own error code. */
  readonly code?: string;
  readonly task?: Task;
  readonly payload?: {
    readonly stage: wire.Stage;
    readonly taskUid: number | null;
    readonly problems: readonly (readonly [string, string])[];
    readonly payload: unknown;
  };
  /** Why criteria could not be composed: a tag, then what it is about. */
  readonly reason?: readonly unknown[];
  /** What is wrong with the parameters of a request; `ParamsError.issues`. */
  readonly issues?: readonly unknown[];
  /** The position, from 0, of the record in the list it came in. */
  readonly position?: number;
}

/** Declared faceting, with its defaults filled in. */
export interface Faceting {
  readonly attributes: readonly string[];
  readonly maxValuesPerFacet: number;
  readonly sortFacetValuesBy: Readonly<Record<string, "alpha" | "count">>;
  readonly nestedFacetPaths: boolean;
}

/** What a declaration says, as reflection shows it. */
export interface SchemaConfig {
  readonly fields: readonly string[];
  readonly filterable: readonly string[];
  /** `null` when faceting is off. */
  readonly faceting: Faceting | null;
  readonly sortable: readonly string[];
  /** Recognized settings by name, and all others, untouched, under `unrecognized`. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly documentId: string;
  readonly indexPrefix: string | null;
  readonly fanOuts: Readonly<Record<string, unknown>>;
  readonly backend: string | null;
  readonly tenantField: string | null;
  readonly documentSource: wire.Source;
}

/** Runtime options, resolved. Durations are in ms. */
export interface OptionsSummary {
  readonly indexPrefix: string | null;
  readonly syncMode: wire.SyncMode;
  readonly meilisearchUrl: string | null;
  /** Whether there is a key; the key itself is not shown. */
  readonly hasApiKey: boolean;
  readonly inlinePollInterval: number;
  readonly inlineTimeout: number;
  readonly settingsMerge: wire.SettingsMerge;
  readonly obanQueue: string | null;
  readonly obanMaxAttempts: number | null;
  readonly federationLimit: number;
  readonly federationOffset: number;
  readonly hydrationTimeout: number;
  readonly maxSchemas: number;
}

// ── From the core's shapes to ours ───────────────────────────────────────────────────────────────────

function query(core: wire.Query): Query {
  const { ranking_score_threshold, show_ranking_score, show_ranking_score_details } = core.per_query;
  return {
    text: core.text,
    filter: core.filter,
    sort: core.sort,
    page: core.page,
    facets: core.facets,
    facetFilter: core.facet_filter,
    perQuery: present({
      rankingScoreThreshold: ranking_score_threshold,
      showRankingScore: show_ranking_score,
      showRankingScoreDetails: show_ranking_score_details,
    }),
  };
}

export function searchResult<Row, Document>(
  core: wire.SearchReply | wire.EntryReply,
  records: readonly Row[],
  missingIds: readonly (string | number)[],
): SearchResult<Row, Document> {
  const { page, neighbours, facets, explained, raw } = core;
  const asked = query(core.query);
  return new SearchResult({
    query: asked,
    hits: (Array.isArray(raw.hits) ? raw.hits : []) as Hit<Document>[],
    records,
    missingIds,
    page: present({
      number: page.number,
      size: page.size,
      totalPages: page.total_pages,
      totalHits: page.total_hits,
      estimatedTotalHits: page.estimated_total_hits,
      offset: page.offset,
      limit: page.limit,
      next: neighbours.next ?? undefined,
      previous: neighbours.previous ?? undefined,
    }),
    facets: {
      distribution: facets.distribution,
      stats: facets.stats,
      declaredOrder: facets.declared_order,
    },
    explanation: explained === null ? undefined : { query: asked, ...explained },
    raw,
  });
}

function task(core: wire.TaskMap): Task {
  return { uid: core.uid, status: core.status, indexUid: core.index_uid, type: core.type, raw: core.raw };
}

export function facetValues(core: wire.FacetValues): FacetValues {
  return { facetQuery: core.facet_query, hits: core.hits, raw: core.raw };
}

export function federation(core: wire.Federation | null): Federation | null {
  return core && (camelKeys({ ...core }) as unknown as Federation);
}

export function writeResult(core: wire.WriteResult): WriteResult {
  return {
    mode: core.mode,
    status: core.status,
    documentIds: core.document_ids,
    documentCount: core.document_count,
    ...present({ index: core.index, task: core.task && task(core.task) }),
  };
}

/** `id` is that of the job, where one was inserted. */
export function enqueueResult({ oban, job, ...core }: wire.Enqueue, id: number | undefined): WriteResult {
  return {
    ...writeResult(core),
    ...present({ oban: oban && { queue: oban.queue, maxAttempts: oban.max_attempts } }),
    ...(job && id !== undefined && { job: insertedJob(job, id) }),
  };
}

function insertedJob(
  { max_attempts: maxAttempts, ...job }: NonNullable<wire.Enqueue["job"]>,
  id: number,
): Job {
  return { id, ...job, maxAttempts };
}

export function explanation(core: wire.Explanation): Explanation {
  return { query: query(core.query), request: core.request, ranking: [] };
}

export function optionsSummary(core: wire.Summary): OptionsSummary {
  return camelKeys({ ...core }) as unknown as OptionsSummary;
}

export function errorDetails(core: wire.ErrorDetails): ErrorDetails {
  const { task: failed, payload, ...rest } = core;
  return {
    ...rest,
    ...present({ task: failed && task(failed), payload: payload && invalidTask(payload) }),
  };
}

function invalidTask({ stage, task_uid, problems, payload }: wire.InvalidTask) {
  return { stage, taskUid: task_uid, problems, payload };
}

export function schemaConfig(
  core: wire.Reflected,
  hostOnly: Pick<SchemaConfig, "fanOuts" | "documentSource">,
): SchemaConfig {
  const { __unrecognized__: unrecognized, ...recognized } = core.settings;
  return {
    fields: core.fields,
    filterable: core.filterable,
    faceting: faceting(core.faceting),
    sortable: core.sortable,
    settings: { ...camelKeys(recognized), unrecognized },
    documentId: core.document_id,
    indexPrefix: core.index_prefix,
    fanOuts: hostOnly.fanOuts,
    backend: core.backend,
    tenantField: core.tenant_field,
    documentSource: hostOnly.documentSource,
  };
}

function faceting(pairs: wire.Reflected["faceting"]): Faceting | null {
  if (pairs.length === 0) return null;
  return camelKeys(Object.fromEntries(pairs)) as unknown as Faceting;
}

/** The names of options and settings, whose values are left alone. */
function camelKeys(members: Record<string, unknown>): Record<string, unknown> {
  const camel = (key: string) => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(members).map(([key, value]) => [camel(key), value]));
}

/** The members that have a value. */
function present<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(members)) if (value !== undefined) given[name] = value;
  return given as never;
}
