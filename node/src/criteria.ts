/**
 * What a search asks for, as plain data: before any call, and of no schema yet.
 */

type Pair = readonly [string, unknown];
type Pairs = Readonly<Record<string, unknown>> | readonly Pair[];

/** Tuning of one query. */
export interface PerQuery {
  readonly rankingScoreThreshold?: number;
  readonly showRankingScore?: boolean;
  readonly showRankingScoreDetails?: boolean;
}

/** What a search asks for, as a fragment or a caller says it. What is left out, `null` or empty is absent. */
export interface Criteria {
  readonly text?: string | null;
  readonly filter?: Pairs | null;
  readonly sort?: Pairs | readonly string[] | null;
  readonly page?: { readonly number?: number; readonly size?: number } | null;
  readonly facets?: readonly string[] | null;
  readonly facetFilter?: Pairs | null;
  readonly perQuery?: PerQuery | null;
}

/**
 * A name that a request or a fragment spoke of. Which schema it is searched with is not known here, so no
 * type can hold it against one: the search does.
 */
// biome-ignore lint/suspicious/noExplicitAny: assignable to the names and conditions of every schema.
type Unchecked = any;

/** Criteria with every field: what a search call takes as its text and options. */
export interface SearchParams {
  readonly text: string;
  /** Pairs of field and condition, sorted by field. */
  readonly filter: readonly (readonly [Unchecked, Unchecked])[];
  /** Pairs of direction and field. */
  readonly sort: readonly (readonly ["asc" | "desc", Unchecked])[];
  readonly page: { readonly number?: number; readonly size?: number };
  readonly facets: readonly Unchecked[];
  readonly facetFilter: readonly (readonly [Unchecked, Unchecked])[];
  readonly perQuery: PerQuery;
}

/** The options among them. */
export type SearchArguments = Omit<SearchParams, "text">;
