/**
 * The core's own words that JavaScript spells its way. Names of fields, and notes, are left alone.
 */

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

export function spelled<Core>(core: Core): Spelled<Core> {
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
