/**
 * Many searches in one request.
 */

import { call, callNow } from "./door.js";
import { argumentJson } from "./encode.js";
import { type ScrypathError, toError } from "./errors.js";
import type { Hit } from "./hits.js";
import { callLayer } from "./layers.js";
import type { EntryOptions, SearchManyOptions } from "./options.js";
import type { Repo } from "./repo.js";
import { type Federation, federation, searchResult } from "./results.js";
import { type AnySchema, documentIdField, quoted } from "./schema.js";
import type { SearchResult } from "./search-result.js";
import { Emitter } from "./telemetry.js";
import type * as wire from "./wire.js";

/** A schema, or `"all"`, with a text and, if need be, options of its own. */
export type SearchEntry =
  | readonly [AnySchema | "all", string]
  // biome-ignore lint/suspicious/noExplicitAny: entries of one call have schemas of many types.
  | readonly [AnySchema | "all", string, EntryOptions<any>];

/** A search of many that failed. */
export interface SearchFailure {
  readonly schema: AnySchema;
  /** The error, or `hydration_timeout` where fetching its rows took too long. */
  readonly reason: unknown;
}

/** What many searches found. */
export interface MultiSearchResult {
  /** In the order of the entries; those that failed are left out. */
  readonly ordered: readonly (readonly [AnySchema, SearchResult<unknown, Record<string, unknown>>])[];
  /** The result of each schema; of one that came several times, the last. */
  readonly bySchema: ReadonlyMap<AnySchema, SearchResult<unknown, Record<string, unknown>>>;
  readonly failures: readonly SearchFailure[];
  /** What the server said about the merged list, where there is one. */
  readonly federation: Federation | null;
  /** Schema and id in the order of the merged list, where there is one. */
  readonly mergeHitOrder: readonly (readonly [AnySchema, string | number])[] | null;
  /** The hits of all schemas in the order of the merged list; empty where there is none. */
  readonly merged: readonly (readonly [AnySchema, Hit<Record<string, unknown>>])[];
}

/** The longest that a timer takes, in ms. */
const LONGEST_TIMER = 2 ** 31 - 1;

type RepoOf = (schema: AnySchema) => Repo<unknown> | null | undefined;

export async function searchMany(
  entries: readonly SearchEntry[],
  options: SearchManyOptions,
  defaults: { readonly json: string; readonly repo: Repo<unknown> | null | undefined },
): Promise<MultiSearchResult> {
  const { globalSchemas, ...rest } = options;
  const { json, signal, repo: named, preload } = callLayer(rest);
  const repo = (named === undefined ? defaults.repo : named) as Repo<unknown> | RepoOf | null | undefined;
  const repoOf: RepoOf = typeof repo === "function" ? repo : () => repo;
  const schemas = new Schemas(repoOf);
  const emitter = new Emitter();
  const found = await call(
    "search_many",
    {
      entries: argumentJson(list(entries).map((entry) => entryOf(entry, schemas))),
      global_schemas: globalSchemas && argumentJson(globalSchemas.map((schema) => schemas.number(schema))),
      schemas: schemas.json(),
      options: json,
      defaults: defaults.json,
      repo_defaults: undefined,
    },
    { signal, emitter },
  );
  const schemaOf = (entry: wire.EntryReply) => schemas.all[entry.schema] as AnySchema;
  const failures: SearchFailure[] = found.failures.map(({ schema, reason }) => ({
    schema: schemas.all[schema] as AnySchema,
    reason: failure(reason),
  }));
  let rows: readonly Fetched[] = [];
  let finished: wire.Finished | undefined;
  if (found.pending !== null) {
    const limit = found.hydration_timeout;
    const fetch = (entry: wire.EntryReply) => fetchRows(entry, schemaOf(entry), repoOf, preload, limit);
    rows = await Promise.all(found.entries.map(fetch));
    const finish = { pending: JSON.stringify(found.pending), outcomes: argumentJson(rows.map(outcome)) };
    try {
      finished = callNow("finish_search_many", finish, { emitter });
    } finally {
      // Only now, so that telemetry hears of the end of an aborted call, too.
      signal?.throwIfAborted();
    }
    for (const at of finished.failed) {
      const { reason } = rows[at] as { reason: unknown };
      failures.push({ schema: schemaOf(found.entries[at] as wire.EntryReply), reason });
    }
  }
  return result(found, finished, rows, failures, schemaOf);
}

function result(
  found: wire.ManyReply,
  finished: wire.Finished | undefined,
  rows: readonly Fetched[],
  failures: readonly SearchFailure[],
  schemaOf: (entry: wire.EntryReply) => AnySchema,
): MultiSearchResult {
  const results = found.entries.map((entry, at) => {
    const hydrated = finished?.hydrated[at];
    const own = rows[at];
    const records = hydrated && own && "rows" in own ? hydrated.order.map((row) => own.rows[row]) : [];
    const missing = (hydrated?.missing_ids ?? []) as (string | number)[];
    return [
      schemaOf(entry),
      searchResult<unknown, Record<string, unknown>>(entry, records, missing),
    ] as const;
  });
  const kept = (at: number) => !finished?.failed.includes(at);
  const ordered = results.filter((_, at) => kept(at));
  const merged = found.merged?.filter(([entry]) => kept(entry)) ?? null;
  const at = (entry: number) => results[entry] as (typeof results)[number];
  return {
    ordered,
    bySchema: new Map(ordered),
    failures,
    federation: federation(found.federation),
    mergeHitOrder: merged?.map(([entry, , id]) => [at(entry)[0], id as string | number] as const) ?? null,
    merged: (merged ?? []).map(
      ([entry, hit]) => [at(entry)[0], at(entry)[1].hits[hit] as Hit<never>] as const,
    ),
  };
}

/** The schemas of a call, each sent once and named by number. */
class Schemas {
  readonly all: AnySchema[] = [];
  readonly #repoOf: RepoOf;

  constructor(repoOf: RepoOf) {
    this.#repoOf = repoOf;
  }

  number(schema: AnySchema): number {
    const known = this.all.indexOf(schema);
    return known >= 0 ? known : this.all.push(schema) - 1;
  }

  json(): string {
    const one = (schema: AnySchema) => {
      const repo = this.#repoOf(schema);
      const key = repo && (repo.key ?? documentIdField(schema));
      return `{"schema":${quoted(schema)}${key ? `,"primary_key":${JSON.stringify(key)}` : ""}}`;
    };
    return `[${this.all.map(one).join(",")}]`;
  }
}

/** An entry as the core reads it; one of another shape is left for the core to refuse. */
function entryOf(entry: unknown, schemas: Schemas): unknown {
  if (!Array.isArray(entry) || entry.length < 2 || entry.length > 3) return null;
  const [target, text, options = {}] = entry;
  if (target !== "all" && (typeof target !== "object" || target === null)) return null;
  return { schema: target === "all" ? null : schemas.number(target), text, options };
}

type Fetched =
  | { readonly rows: readonly unknown[]; readonly keys: unknown[] }
  | { readonly reason: unknown }
  | null;

async function fetchRows(
  entry: wire.EntryReply,
  schema: AnySchema,
  repoOf: RepoOf,
  preload: unknown,
  limit: number,
): Promise<Fetched> {
  const repo = repoOf(schema);
  if (entry.ids === null || !repo) return null;
  const key = repo.key ?? documentIdField(schema);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Fetched>((resolve) => {
    timer = setTimeout(resolve, Math.min(limit, LONGEST_TIMER), { reason: "hydration_timeout" });
  });
  const fetched = async (): Promise<Fetched> => {
    const rows = await repo.fetch(schema, key, entry.ids as (string | number)[], preload);
    return { rows, keys: rows.map((row) => (row as Record<string, unknown>)[key]) };
  };
  try {
    return await Promise.race([fetched(), late]);
  } catch (reason) {
    return { reason };
  } finally {
    clearTimeout(timer);
  }
}

/** What the core is told: never the text of an error, which may hold data. */
function outcome(fetched: Fetched): unknown {
  if (fetched === null) return {};
  if ("keys" in fetched) return { found: fetched.keys };
  return { failed: typeof fetched.reason === "string" ? fetched.reason : "hydration_failed" };
}

function failure(reason: unknown): ScrypathError | unknown {
  return typeof reason === "object" && reason !== null ? toError(reason as wire.ErrorReply) : reason;
}

function list<Item>(items: readonly Item[]): readonly Item[] {
  if (Array.isArray(items)) return items;
  throw new TypeError("entries must be an array");
}
