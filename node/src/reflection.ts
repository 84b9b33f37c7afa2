/**
 * What a schema lets a search do, and what of criteria it supports. Nothing is searched.
 */

import type { Composition, CompositionMany, EntrySpec, Target } from "./composition.js";
import type { Criteria, SearchParams } from "./criteria.js";
import { callNow } from "./door.js";
import { argumentJson } from "./encode.js";
import { type AnySchema, quoted } from "./schema.js";
import { SchemaTokens } from "./schema-tokens.js";
import { spelled } from "./spelling.js";
import type * as wire from "./wire.js";

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
  return spelled(callNow("reflect_search", { schema: quoted(of), of: argumentJson(criteria) })) as Reflection;
}

/** The same for what `composeMany` gave, or for tuples and the options they share. */
export function reflectSearchMany(
  entries: CompositionMany | readonly EntrySpec[],
  shared: object = {},
): ReflectionMany {
  const tokens = new SchemaTokens();
  const of = isComposed(entries)
    ? { ...entries, entries: tokens.entries(entries.entries) }
    : tokens.entries(entries);
  const request = { of: argumentJson(of), options: argumentJson(shared), schemas: tokens.declared() };
  const reflected = spelled(callNow("reflect_search_many", request));
  const named = ({ schema, text }: wire.EntryName) => ({ schema: tokens.schema(schema), text });
  return {
    ...reflected,
    entries: reflected.entries.map((entry) => ({ ...entry, entry: named(entry.entry) })),
  } as ReflectionMany;
}

function isComposed(entries: CompositionMany | readonly EntrySpec[]): entries is CompositionMany {
  return !Array.isArray(entries);
}
