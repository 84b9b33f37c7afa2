// The Node of docs/guides: cut out by region, run as a whole.

import assert from "node:assert/strict";
import { Scrypath, schema } from "scrypath";

// region declare
const Vessel = schema({
  name: "Vessel",
  fields: ["id", "name", "kind", "flag", "built", "dock_id"],
  filterable: ["kind", "flag", "built"],
  sortable: ["built", "name"],
  faceting: { attributes: ["kind", "flag"] },
  tenantField: "dock_id",
});
// endregion
const Quay = schema({ name: "Quay", fields: ["id", "name"], filterable: ["id"] });

const search = new Scrypath({ meilisearchUrl: "memory:guides" });
await search.syncRecords(Vessel, [
  { id: 1, name: "Harbour tug Anna", kind: "tug", flag: "NO", built: 1990, dock_id: 9 },
  { id: 2, name: "Harbour ferry Bo", kind: "ferry", flag: "NO", built: 2001, dock_id: 9 },
  { id: 3, name: "Harbour ferry Cay", kind: "ferry", flag: "SE", built: 1998, dock_id: 10 },
]);
await search.syncRecords(Quay, [{ id: 1, name: "Harbour of Bergen" }]);

{
  // region facets
  const { facets } = await search.search(Vessel, "harbour", {
    facets: ["kind", "flag"],
    facetFilter: { kind: ["tug", "ferry"] },
  });
  for (const { value, count } of facets.distribution.kind) console.log(value, count); // ferry 2, then tug 1
  // endregion
  assert.deepEqual(facets.distribution.kind, [{ value: "ferry", count: 2 }, { value: "tug", count: 1 }]);
}
{
  // region disjunctive
  const found = await search.searchDisjunctive(Vessel, "harbour", {
    facets: ["kind"],
    facetFilter: { kind: "tug" },
  });
  assert.equal(found.length, 1); // the tug alone is found, and yet:
  assert.deepEqual(found.facets.distribution.kind, [{ value: "ferry", count: 2 }, { value: "tug", count: 1 }]);
  // endregion
}
{
  // region within
  const ferries = await search.searchWithinFacet(Vessel, "harbour", ["kind", "ferry"], { filter: { flag: "NO" } });
  const kinds = await search.searchFacetValues(Vessel, "kind", "fe");
  // endregion
  assert.deepEqual([...ferries].map((hit) => hit.id), [2]);
  assert.deepEqual(kinds.hits, [{ value: "ferry", count: 2 }]);
}
{
  // region many
  const found = await search.searchMany([
    [Vessel, "harbour", { filter: { flag: "NO" }, federationWeight: 2 }],
    [Quay, "harbour"],
  ]);
  for (const [schema, result] of found.ordered) console.log(schema.config.fields, result.length);
  const names = found.merged.map(([, hit]) => hit.name); // all of them, as the server ranks them
  // endregion
  assert.deepEqual(names.toSorted(), ["Harbour ferry Bo", "Harbour of Bergen", "Harbour tug Anna"]);
}
{
  // region suggest
  const suggestions = await search.suggest(Vessel, "harb", { field: "name", limit: 2 });
  for (const { parts } of suggestions) {
    console.log(parts.map(({ text, matched }) => (matched ? `[${text}]` : text)).join(""));
  }
  // [Harb]our tug Anna
  // endregion
  assert.deepEqual(suggestions.map(({ text }) => text), ["Harbour tug Anna", "Harbour ferry Bo"]);
}
{
  // region pages
  const page = await search.search(Vessel, "", { sort: { built: "asc" }, page: { number: 1, size: 2 } });
  assert.equal(page.length, 2);
  assert.equal(page.at(0).id, 1);
  assert.deepEqual([page.page.previous, page.page.next], [undefined, 2]);
  // endregion
}
{
  // region typed
  const found = await search.search(Vessel, "anna");
  const cards = found.hitsAs(({ id, name }) => ({ id, name })); // or a schema with `parse`, such as zod's
  assert.deepEqual(cards, [{ id: 1, name: "Harbour tug Anna" }]);
  // endregion
}
{
  // region ranking
  const perQuery = { showRankingScoreDetails: true, showRankingScore: true };
  const { explanation } = await search.search(Vessel, "harbour anna", { perQuery });
  for (const { rule, words } of explanation.ranking[0].rules) console.log(rule, "-", words);
  // words - it has all 2 words of the query
  // endregion
  assert.equal(explanation.ranking[0].rules[0].words, "it has all 2 words of the query");
}
{
  // region scope
  const found = await search.search(Vessel, "harbour", { tenantScope: 9 });
  assert.deepEqual([...found].map((hit) => hit.dock_id), [9, 9]);
  // endregion
}
{
  // region token
  const token = await search.tenantToken(Vessel, 9, {
    apiKey: "the key of a search-only API key",
    apiKeyUid: "ac5cd97d-5a4b-4226-a868-2d0eb6d197ab",
    expiresIn: 15 * 60, // seconds
  });
  // Where the token went: a client that finds the documents of tenant 9, and no others.
  const browser = new Scrypath({ meilisearchUrl: "https://search.example", meilisearchApiKey: token });
  // endregion
  assert.equal(token.split(".").length, 3);
  assert.ok(browser);
}
