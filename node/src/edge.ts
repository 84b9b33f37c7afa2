/**
 * What happens before a search: fragments composed, a request's parameters read, a schema asked what it
 * can. Plain data throughout; every rule is the core's.
 */

import { callNow } from "./door.js";
import { encodeArgument } from "./encode.js";
import type { ParamsError } from "./errors.js";
import { type AnySchema, quoted } from "./schema.js";
import type * as wire from "./wire.js";

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

interface Supported {
  readonly supported: boolean;
  readonly fields: readonly string[];
}

/** What a schema lets a search do. */
export interface Capabilities {
  readonly tenant: string | null;
  readonly filters: Supported;
  readonly sorts: Supported;
  readonly facets: Supported & {
    readonly maxValuesPerFacet: number | null;
    readonly sortFacetValuesBy: Readonly<Record<string, "alpha" | "count">> | readonly never[];
  };
  readonly paging: Supported;
  readonly limits: { readonly perQueryKeys: readonly string[]; readonly maxValuesPerFacet: number | null };
}

interface HostOwned {
  readonly tenantPolicy: "host_owned";
  readonly authorization: "host_owned";
  readonly relatedData: "host_owned";
}

interface Resolved {
  readonly applied: Partial<SearchParams>;
  readonly defaulted: Partial<SearchParams>;
  readonly fixed: Partial<SearchParams>;
  readonly unsupported: Partial<SearchParams>;
}

/** What of criteria a schema supports. Tenants and authorization stay the application's. */
export interface Reflection {
  readonly capabilities: Capabilities;
  readonly resolved: Resolved;
  readonly hostOwned: HostOwned;
}

/** The same for several; what `"all"` stands for is known only when the search runs. */
export interface ReflectionMany {
  readonly entries: readonly {
    readonly capabilities: Capabilities | { readonly status: "deferred"; readonly reason: string };
    readonly resolved: Resolved;
    readonly hostOwned?: HostOwned;
    readonly entry: { readonly schema: Target; readonly text: string };
  }[];
  readonly shared: Partial<Composition>;
  readonly hostOwned: HostOwned;
}

/** An issue as plain data. */
export interface FormIssue {
  readonly field?: string;
  readonly code: string;
  readonly message: string;
  readonly path: readonly string[];
  readonly meta: Readonly<Record<string, unknown>>;
}

/** What a form shows: its values, and the issues with them. */
export interface FormData {
  readonly values: Readonly<Record<string, unknown>>;
  readonly params: Readonly<Record<string, unknown>>;
  readonly formErrors: readonly FormIssue[];
  readonly fieldErrors: Readonly<Record<string, readonly FormIssue[]>>;
  readonly errors: readonly FormIssue[];
}

/** A request's parameters: `URLSearchParams`, pairs, an object such as Express's `req.query`, or a query string. */
export type RequestParams = URLSearchParams | string | object;

// ── Composition ──────────────────────────────────────────────────────────────────────────────────────

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
  const request = { fragments: json(fragments), criteria: json(criteria ?? null) };
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
  return spelled(callNow("search_arguments", { of: json(composed) }));
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
  const tokens = new Tokens();
  const request = { entries: json(tokens.entries(entries)), shared: json(shared ?? null) };
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
  const tokens = new Tokens();
  const of = { ...composed, entries: tokens.entries(composed.entries) };
  const [entries, shared] = spelled(callNow("many_arguments", { of: json(of) }));
  return [entries.map(([token, ...rest]) => [tokens.schema(token), ...rest] as never), shared];
}

// ── Reflection ───────────────────────────────────────────────────────────────────────────────────────

/**
 * What a schema lets a search do.
 *
 * @example
 * ```ts
 * console.log(scrypath.capabilities(Note).filters); // { supported: true, fields: [ 'status', 'year' ] }
 * ```
 */
export function capabilities(of: AnySchema): Capabilities {
  return spelled(callNow("schema_capabilities", { schema: quoted(of) })) as Capabilities;
}

/**
 * What of criteria, or of a composition, a schema supports. Nothing is searched.
 *
 * @example
 * ```ts
 * const { resolved } = scrypath.reflectSearch(Note, { filter: { status: "open", crew: 4 } });
 * console.log(resolved.unsupported); // { filter: [ [ 'crew', 4 ] ] }
 * ```
 */
export function reflectSearch(of: AnySchema, criteria: Criteria | Composition): Reflection {
  return spelled(callNow("reflect_search", { schema: quoted(of), of: json(criteria) })) as Reflection;
}

/** The same for what `composeMany` gave, or for tuples and the options they share. */
export function reflectSearchMany(
  entries: CompositionMany | readonly EntrySpec[],
  shared: object = {},
): ReflectionMany {
  const tokens = new Tokens();
  const of = isComposed(entries)
    ? { ...entries, entries: tokens.entries(entries.entries) }
    : tokens.entries(entries);
  const request = { of: json(of), options: json(shared), schemas: tokens.declared() };
  const reflected = spelled(callNow("reflect_search_many", request));
  const named = ({ schema, text }: wire.EntryName) => ({ schema: tokens.schema(schema), text });
  return {
    ...reflected,
    entries: reflected.entries.map((entry) => ({ ...entry, entry: named(entry.entry) })),
  } as ReflectionMany;
}

// ── The parameters of a request ──────────────────────────────────────────────────────────────────────

/**
 * Reads a web request's parameters. Unknown ones are ignored, so that a browser cannot set a backend or a
 * tenant.
 *
 * @param of the schema, or schemas, whose names the request may speak of; default: every name that any
 *   schema of the program declares.
 * @throws {ParamsError} with everything that is wrong. So is a request of more than 1,000 values or a query
 *   string of more than 64 KiB; a text of more than 8 KiB is an issue by itself.
 * @example
 * ```ts
 * const { text, filter, page } = scrypath.normalizeParams("q=tide&filter[status]=open&page[number]=2", Note);
 * console.log(text, filter, page); // tide [ [ 'status', 'open' ] ] { number: 2 }
 * ```
 */
export function normalizeParams(params: RequestParams, of?: AnySchema | readonly AnySchema[]): SearchParams {
  const schemas = of === undefined ? undefined : Array.isArray(of) ? of : [of];
  const request = { ...browserShaped(params), schemas: schemas && `[${schemas.map(quoted).join()}]` };
  return spelled(callNow("normalize_params", request));
}

/** Takes values that are of the application's own making. Only their shape is checked. */
export function castParams(params: Criteria & { readonly q?: string }): SearchParams {
  return spelled(callNow("cast_params", { params: json(params) }));
}

/**
 * Normalized parameters as an object of texts; only what is not empty is there.
 *
 * @throws {UsageError} for what a URL cannot hold: tuning, more than one sort entry, operators.
 */
export function toQueryParams(params: Partial<SearchParams>): Record<string, unknown> {
  return callNow("to_query_params", { params: json(params) });
}

/**
 * The same as a query string.
 *
 * @example
 * ```ts
 * console.log(scrypath.toQueryString({ text: "tide", page: { number: 2 } })); // q=tide&page%5Bnumber%5D=2
 * ```
 */
export function toQueryString(params: Partial<SearchParams>): string {
  return callNow("to_query_string", { params: json(params) });
}

/** What a form shows: of normalized parameters, or of a request that was refused and why. */
export function toFormData(params: Partial<SearchParams>): FormData;
export function toFormData(params: RequestParams, error: ParamsError): FormData;
export function toFormData(params: RequestParams, error?: ParamsError): FormData {
  const request = error ? { ...browserShaped(params), errors: json(error.issues) } : { params: json(params) };
  const { form_errors: formErrors, field_errors: fieldErrors, ...form } = callNow("to_form_data", request);
  return { ...form, formErrors, fieldErrors };
}

// ── On the way in and out ────────────────────────────────────────────────────────────────────────────

function isComposed(entries: CompositionMany | readonly EntrySpec[]): entries is CompositionMany {
  return !Array.isArray(entries);
}

function json(value: unknown): string {
  return JSON.stringify(encodeArgument(value));
}

/** As JSON text within the request: what cannot be read of it is for the browser to hear. */
function browserShaped(params: RequestParams): { params_json: string } {
  const shape = params instanceof URLSearchParams ? [...params] : params;
  return { params_json: JSON.stringify(json(shape)) };
}

/** The core's own words that JavaScript spells its way. Names of fields, and notes, are left alone. */
const SPELLED = {
  facet_filter: "facetFilter",
  per_query: "perQuery",
  host_owned: "hostOwned",
  tenant_policy: "tenantPolicy",
  related_data: "relatedData",
  max_values_per_facet: "maxValuesPerFacet",
  sort_facet_values_by: "sortFacetValuesBy",
  per_query_keys: "perQueryKeys",
  ranking_score_threshold: "rankingScoreThreshold",
  show_ranking_score: "showRankingScore",
  show_ranking_score_details: "showRankingScoreDetails",
} as const;

/** What holds the application's own keys. */
const OWN = ["filter", "facet_filter", "sources", "warnings", "sort_facet_values_by"] as const;

type Spelling<Name> = Name extends keyof typeof SPELLED ? (typeof SPELLED)[Name] : Name;

/** What the core gave, as JavaScript spells it. */
type Spelled<Core> = Core extends readonly unknown[]
  ? { [At in keyof Core]: Spelled<Core[At]> }
  : Core extends object
    ? {
        [Name in keyof Core as Spelling<Name>]: Name extends (typeof OWN)[number]
          ? Core[Name]
          : Spelled<Core[Name]>;
      }
    : Core;

function spelled<Core>(core: Core): Spelled<Core> {
  return respelled(core) as Spelled<Core>;
}

function respelled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(respelled);
  if (typeof value !== "object" || value === null) return value;
  const spelling = (name: string) =>
    Object.hasOwn(SPELLED, name) ? SPELLED[name as keyof typeof SPELLED] : name;
  const members = Object.entries(value).map(([key, inner]) => {
    if (key === "per_query_keys") return [spelling(key), (inner as string[]).map(spelling)];
    return [spelling(key), OWN.includes(key as (typeof OWN)[number]) ? inner : respelled(inner)];
  });
  return Object.fromEntries(members);
}

/** Schemas as the numbers that stand for them in the core. */
class Tokens {
  readonly #schemas: AnySchema[] = [];

  entries(entries: readonly unknown[]): unknown {
    return Array.isArray(entries) ? entries.map((entry) => this.#entry(entry)) : entries;
  }

  #entry(entry: unknown): unknown {
    if (Array.isArray(entry)) return [this.#token(entry[0]), ...entry.slice(1)];
    if (typeof entry !== "object" || entry === null) return entry;
    return "schema" in entry ? { ...entry, schema: this.#token(entry.schema) } : entry;
  }

  #token(schema: unknown): unknown {
    if (typeof (schema as AnySchema | undefined)?.quoted !== "string") return schema;
    const at = this.#schemas.indexOf(schema as AnySchema);
    return at >= 0 ? at : this.#schemas.push(schema as AnySchema) - 1;
  }

  /** What a number stands for. */
  schema(token: unknown): Target {
    return (typeof token === "number" ? this.#schemas[token] : token) as Target;
  }

  declared(): string {
    return `[${this.#schemas.map((schema, token) => `[${token},${quoted(schema)}]`).join()}]`;
  }
}
