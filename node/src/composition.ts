/**
 * Fragments composed into what a search, or a search over several schemas, takes. Every rule is the core's.
 */

import type { Criteria, SearchArguments, SearchParams } from "./criteria.js";
import { callNow } from "./door.js";
import { argumentJson } from "./encode.js";
import type { AnySchema } from "./schema.js";
import { SchemaTokens } from "./schema-tokens.js";
import { spelled } from "./spelling.js";

/** What one hand contributes to a search. */
export interface Fragment {
  /** What later fragments and the caller may override. */
  readonly defaults?: Criteria;
  /** What nobody may. */
  readonly fixed?: Pick<Criteria, "filter" | "facetFilter">;
  /** The application's own notes, carried along. */
  readonly sources?: Readonly<Record<string, unknown>> | null;
  readonly warnings?: Readonly<Record<string, unknown>> | null;
}

/** Composed criteria, and where they came from. */
export interface Composition extends SearchParams {
  /** Without what is empty. */
  readonly applied: Partial<SearchParams>;
  /** What of it came from defaults. */
  readonly defaulted: Partial<SearchParams>;
  readonly fixed: Partial<Pick<SearchParams, "filter" | "facetFilter">>;
  readonly sources?: Readonly<Record<string, unknown>>;
  readonly warnings?: Readonly<Record<string, unknown>>;
}

/** A schema, or every schema there is. */
export type Target = AnySchema | "all";

/** One search of several: with fragments and criteria, or as a tuple with options. */
export type EntrySpec =
  | {
      readonly schema: Target;
      readonly text: string;
      readonly fragments?: Fragment | readonly Fragment[];
      readonly criteria?: Criteria;
    }
  | readonly [schema: Target, text: string]
  | readonly [schema: Target, text: string, options: Omit<Criteria, "text">];

/** Several compositions, and what they share. */
export interface CompositionMany {
  readonly shared: Composition;
  readonly entries: readonly (Composition & { readonly schema: Target })[];
}

/**
 * Composes fragments with the caller's criteria: left to right, then the caller. `filter`, `facetFilter` and
 * `perQuery` are merged key by key, the rest as a whole; a caller cannot clear a default.
 *
 * @throws {UsageError} when a part cannot be read, or a constraint is fixed to another value;
 *   `details.reason` says which.
 * @example
 * ```ts
 * const preset = { defaults: { page: { size: 20 } }, fixed: { filter: { status: "open" } } };
 * const composed = scrypath.compose(preset, { text: "tide" });
 * console.log(composed.filter, composed.defaulted); // [ [ 'status', 'open' ] ] { page: { size: 20 } }
 * ```
 */
export function compose(fragments: Fragment | readonly Fragment[], criteria?: Criteria | null): Composition {
  const request = { fragments: argumentJson(fragments), criteria: argumentJson(criteria ?? null) };
  return spelled(callNow("compose", request));
}

/**
 * The text and the options of a search.
 *
 * @example
 * ```ts
 * const [text, options] = scrypath.searchArgs(scrypath.normalizeParams("q=harb&page[size]=5"));
 * console.log((await search.search(Note, text, options)).hits.length); // 1
 * ```
 */
export function searchArgs(composed: SearchParams): [text: string, options: SearchArguments] {
  return spelled(callNow("search_arguments", { of: argumentJson(composed) }));
}

/**
 * Composes the entries of a search over several schemas, each over the fragments they share, which hold
 * `defaults` alone.
 *
 * @throws {UsageError} as `compose` does; and when an entry says more than it can, so that no `tenantScope`
 *   is ever lost in silence.
 */
export function composeMany(
  entries: readonly EntrySpec[],
  shared?: Fragment | readonly Fragment[] | null,
): CompositionMany {
  const tokens = new SchemaTokens();
  const request = { entries: argumentJson(tokens.entries(entries)), shared: argumentJson(shared ?? null) };
  const composed = spelled(callNow("compose_many", request));
  return {
    ...composed,
    entries: composed.entries.map((entry) => ({ ...entry, schema: tokens.schema(entry.schema) })),
  };
}

/** The entries and the shared options of a search over several schemas. */
export function searchManyArgs(
  composed: CompositionMany,
): [
  entries: (readonly [Target, string] | readonly [Target, string, Partial<SearchArguments>])[],
  shared: Partial<SearchArguments>,
] {
  const tokens = new SchemaTokens();
  const of = { ...composed, entries: tokens.entries(composed.entries) };
  const [entries, shared] = spelled(callNow("many_arguments", { of: argumentJson(of) }));
  return [entries.map(([token, ...rest]) => [tokens.schema(token), ...rest] as never), shared];
}
