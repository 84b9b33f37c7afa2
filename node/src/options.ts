/**
 * What calls can be told.
 *
 * Options are checked by the core, which also has their defaults. A call's option that is present but
 * `undefined` is refused: a condition that silently disappears would widen a search.
 */

import type { QueueConnection } from "./connections.js";
import type { Repo } from "./repo.js";
import type { AnySchema, FieldOf, PathOf } from "./schema.js";

/** A decimal of decimal.js or bignumber.js. */
export interface Decimal {
  toFixed(digits?: number): string;
}

/** A value that filters compare with. Dates are compared as ISO 8601 text, decimals as their digits. */
export type FilterValue = string | number | bigint | boolean | Date | Decimal | null;

/** Conditions on one field; all must hold. */
export interface FilterOperators {
  readonly eq?: FilterValue;
  readonly gt?: FilterValue;
  readonly gte?: FilterValue;
  readonly lt?: FilterValue;
  readonly lte?: FilterValue;
  readonly in?: readonly FilterValue[];
  readonly not?: FilterValue | readonly FilterValue[];
  readonly exists?: boolean;
  readonly isNull?: boolean;
  readonly isEmpty?: boolean;
}

/** A value to equal (`null`: the field is null), a list of which one must be equalled, or operators. */
export type FilterCondition = FilterValue | readonly FilterValue[] | FilterOperators;

/**
 * Conditions by field; all must hold. As an object, or as pairs where a field comes up twice.
 *
 * @example
 * ```ts
 * await search.search(Note, "", { filter: { status: "open", year: { gte: 1990, lt: 2000 } } });
 * await search.search(Note, "", { filter: [["year", { gte: 1990 }], ["year", { not: 1995 }]] });
 * ```
 */
export type Filter<Document> =
  | ({ readonly [Name in PathOf<Document>]?: FilterCondition } & {
      /** Groups of conditions, one of which must hold. */
      readonly or?: readonly Filter<Document>[];
      /** Conditions that must not all hold. */
      readonly not?: Filter<Document>;
    })
  | readonly (
      | readonly [PathOf<Document>, FilterCondition]
      | readonly ["or", readonly Filter<Document>[]]
      | readonly ["not", Filter<Document>]
    )[];

/** Directions by field, or `(direction, field)` pairs; earlier ones weigh more. */
export type Sort<Document> =
  | { readonly [Name in PathOf<Document>]?: "asc" | "desc" }
  | readonly (readonly ["asc" | "desc", PathOf<Document>])[]
  | readonly `${PathOf<Document>}:${"asc" | "desc"}`[];

/** How one HTTP request is sent. */
export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** How long an answer may take, in ms. Default 15000. */
  readonly receiveTimeout?: number;
  /** Whether reads are retried when the server is overloaded or unreachable. Default true. */
  readonly retry?: boolean;
}

/** Where and how calls run. Given to `new Scrypath`, and to any call to override that. */
export interface RuntimeOptions {
  /** `http(s)://…`, `embedded:PATH`, or `memory:` and `memory:NAME` for an index in this process. */
  readonly meilisearchUrl?: string | null | undefined;
  /** Sent as `Authorization: Bearer`. */
  readonly meilisearchApiKey?: string | null | undefined;
  /** The prefix of index names. Default: the schema's, else `scrypath`. */
  readonly indexPrefix?: string | null | undefined;
  /** The promise a write returns under. Default `inline`. */
  readonly syncMode?: "inline" | "manual" | "oban" | undefined;
  /** How long an inline write waits for its task, in ms. Default 5000. */
  readonly inlineTimeout?: number | undefined;
  /** The longest pause between two looks at a task, in ms. Default 100. */
  readonly inlinePollInterval?: number | undefined;
  /** How override settings combine with declared ones. Default `replace`. */
  readonly settingsMerge?: "replace" | "deep" | undefined;
  readonly reqOptions?: RequestOptions | undefined;
  /** The queue that jobs are inserted into; required in mode `oban`. */
  readonly obanQueue?: string | null | undefined;
  /** How often a queued job is attempted. Default 8. */
  readonly obanMaxAttempts?: number | null | undefined;
}

/** What limits a `searchMany`. */
export interface ManyOptions {
  /** How many entries a call may have. Default 10. */
  readonly maxSchemas?: number | undefined;
  /** How many hits the merged list has at most. Default 200. */
  readonly federationLimit?: number | undefined;
  /** How many of its hits are left out at its beginning. Default 0. */
  readonly federationOffset?: number | undefined;
  /** How long fetching the rows of one entry may take, in ms. Default 5000. */
  readonly hydrationTimeout?: number | undefined;
}

/** The options of `new Scrypath`. */
export interface ScrypathOptions extends RuntimeOptions, ManyOptions {
  /** Where hits are hydrated from, in calls that name no other. */
  readonly repo?: Repo<unknown> | null | undefined;
}

/** The options of any call. */
export interface CallOptions extends RuntimeOptions {
  /** Aborting it cancels the call, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The options of a write. */
export interface WriteOptions extends CallOptions {
  /**
   * In mode `oban`, and only there: your own connection to the database, whose transaction the job becomes
   * part of. It is never committed, rolled back or closed here.
   */
  readonly connection?: QueueConnection | null | undefined;
}

/** How hits are shown. What the server makes of it is in a hit's `_formatted` and `_matchesPosition`. */
export interface PresentationOptions<Document> {
  readonly attributesToRetrieve?: readonly (PathOf<Document> | "*")[];
  readonly attributesToHighlight?: readonly (PathOf<Document> | "*")[];
  readonly highlightPreTag?: string;
  readonly highlightPostTag?: string;
  readonly attributesToCrop?: readonly (PathOf<Document> | "*")[];
  /** In words. */
  readonly cropLength?: number;
  readonly cropMarker?: string;
  readonly showMatchesPosition?: boolean;
  /** Which words of the text a document must have. */
  readonly matchingStrategy?: "last" | "all" | "frequency";
}

/** A value that a tenant may be. */
type Tenant = Exclude<FilterValue, null>;

/** A tenant, several of them, or comparisons. Never `null` or `undefined`: that would be every tenant. */
export type TenantScope =
  | Tenant
  | readonly Tenant[]
  | ({ readonly [Operator in "eq" | "gt" | "gte" | "lt" | "lte"]?: Tenant } & {
      readonly in?: readonly Tenant[];
    });

/** The options of a search. `Document` is what the index holds, `Row` what hydration returns. */
export interface SearchOptions<Row, Document = Row> extends CallOptions, PresentationOptions<Document> {
  readonly filter?: Filter<Document>;
  /** The tenant whose documents may be found. */
  readonly tenantScope?: TenantScope;
  readonly facets?: readonly PathOf<Document>[];
  /** As `filter`, over facets. */
  readonly facetFilter?: Filter<Document>;
  readonly sort?: Sort<Document>;
  /** Both count from 1. */
  readonly page?: { readonly number?: number; readonly size?: number };
  readonly perQuery?: {
    readonly rankingScoreThreshold?: number;
    readonly showRankingScore?: boolean;
    readonly showRankingScoreDetails?: boolean;
  } | null;
  /** Where hits are hydrated from. Without one, `records` is empty. */
  readonly repo?: Repo<Row> | null | undefined;
  /** Handed to the repo as it is. */
  readonly preload?: unknown;
}

/** The options of `suggest`. `Document` is what the index holds. */
export interface SuggestOptions<Row, Document = Row>
  extends CallOptions,
    Pick<
      SearchOptions<Row, Document>,
      "filter" | "tenantScope" | "facetFilter" | "sort" | "matchingStrategy" | "repo"
    > {
  /** The declared field whose texts are suggested. Default: the first that is not the document id. */
  readonly field?: FieldOf<Document>;
  /** How many suggestions there are at most, from 1 to 100. Default 5. */
  readonly limit?: number;
}

/** The options of `tenantToken`. `Document` is what the indexes hold. */
export interface TenantTokenOptions<Document> extends CallOptions {
  /** The key that the token is made from: one that may only search. Default: `meilisearchApiKey`. */
  readonly apiKey?: string;
  /** The uid of that key, a UUID, as the server's `GET /keys` shows it. */
  readonly apiKeyUid: string;
  /** How long the token is good for, in seconds. Default 3600. */
  readonly expiresIn?: number;
  /** Until when instead: a `Date`, a text with a zone, or seconds since 1970. */
  readonly expiresAt?: Date | string | number;
  /** Narrows what the token finds further. */
  readonly filter?: Filter<Document>;
}

/** What every entry of a `searchMany` starts from, and how the call runs. */
export interface SearchManyOptions
  extends Omit<SearchOptions<unknown, Record<string, unknown>>, "repo">,
    ManyOptions {
  /** Where hits are hydrated from: one repo for all schemas, or the repo of each. */
  readonly repo?:
    | Repo<unknown>
    | ((schema: AnySchema) => Repo<unknown> | null | undefined)
    | null
    | undefined;
  /** What `"all"` stands for. */
  readonly globalSchemas?: readonly AnySchema[];
}

/** The options of one entry of a `searchMany`. */
export interface EntryOptions<Row, Document = Row>
  extends Omit<SearchOptions<Row, Document>, keyof CallOptions | "repo" | "preload"> {
  /** Raises or lowers the entry's hits in the merged list. */
  readonly federationWeight?: number | null;
}
