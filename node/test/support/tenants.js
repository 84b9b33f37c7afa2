// Two tenants in one index, and every way to read it. What each way gives says whose it is.

import { schema } from "scrypath";

export const Craft = schema({
  name: "Craft",
  fields: ["id", "name", "kind", "dock"],
  filterable: ["kind"],
  sortable: ["name"],
  faceting: { attributes: ["kind", "dock"] },
  tenantField: "dock",
});

export const craft = [
  { id: 1, name: "Harbour tug Anna of 1", kind: "tug of 1", dock: 1 },
  { id: 2, name: "Harbour ferry Berta of 1", kind: "ferry of 1", dock: 1 },
  { id: 3, name: "Harbour tug Clara of 2", kind: "tug of 2", dock: 2 },
  { id: 4, name: "Harbour barge Dora of 2", kind: "barge of 2", dock: 2 },
];

const names = (hits) => [...hits].map(({ name }) => name);
const counted = ({ facets }) => Object.values(facets.distribution).flat();
const kinds = (buckets) => buckets.map(({ value }) => value).filter((value) => value.includes("of"));

/** By the name of the way: what `search` finds with these options. Texts that end in their tenant. */
export const WAYS = {
  async search(search, options) {
    return names(await search.search(Craft, "harbour", options));
  },
  async searchWithinFacet(search, options) {
    const every = craft.map(({ kind }) => kind);
    return names(await search.searchWithinFacet(Craft, "harbour", ["kind", every], without(options)));
  },
  async searchDisjunctive(search, options) {
    const found = await search.searchDisjunctive(Craft, "harbour", { facets: ["kind"], ...options });
    return [...names(found), ...kinds(counted(found))];
  },
  async searchFacetValues(search, options) {
    return kinds((await search.searchFacetValues(Craft, "kind", "", options)).hits);
  },
  async "searchMany, of the call"(search, options) {
    const { merged, ordered } = await search.searchMany([[Craft, "harbour"]], options);
    return [...names(merged.map(([, hit]) => hit)), ...names(ordered[0][1])];
  },
  async "searchMany, of an entry"(search, options) {
    const { merged, ordered } = await search.searchMany([[Craft, "harbour", options]]);
    return [...names(merged.map(([, hit]) => hit)), ...names(ordered[0][1])];
  },
  async "searchMany, of an entry with a page"(search, options) {
    const paged = [...pairs(options), ["page", { size: 50 }]];
    return names((await search.searchMany([[Craft, "harbour", paged]])).ordered[0][1]);
  },
  async suggest(search, options) {
    const suggestions = await search.suggest(Craft, "harbour", { limit: 100, ...options });
    return suggestions.map(({ text }) => text);
  },
};

/** A bucket is a facet filter already. */
function without({ facetFilter: _, ...options }) {
  return options;
}

function pairs(options) {
  return Object.entries(options);
}
