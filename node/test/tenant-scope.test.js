// With a tenant scope, no way to search finds another tenant's documents, whatever else is asked for.

import assert from "node:assert/strict";
import { before, suite, test } from "node:test";
import { Scrypath, schema, UsageError } from "scrypath";
import { never, peer } from "./support/peer.js";
import { backends, ofSuite } from "./support/server.js";
import { Craft, craft, WAYS } from "./support/tenants.js";

const SCOPES = [1, 1n, [1], { eq: 1 }, { in: [1] }, { lte: 1 }, { gte: 0, lt: 2 }];
const every = craft.map(({ kind }) => kind);

/** What else a search may ask for; all of it could be taken for a way around the scope. */
const BESIDE = [
  {},
  { filter: {} },
  { filter: { kind: every } },
  { filter: { or: [{ kind: "tug of 1" }, { kind: every }] } },
  { filter: { not: { kind: "none" } } },
  { filter: { kind: { exists: true } }, sort: { name: "desc" } },
  { facetFilter: { kind: every } },
  { filter: { kind: { not: "x" } }, facetFilter: { kind: every }, matchingStrategy: "last" },
];

for (const [backend, open] of Object.entries(backends)) {
  suite(`over ${backend}`, () => {
    const options = ofSuite(open);
    let search;
    before(async () => {
      search = new Scrypath(options());
      await search.syncRecords(Craft, craft);
    });

    for (const [way, found] of Object.entries(WAYS)) {
      test(`${way} finds one tenant's documents only`, async () => {
        const tenants = async (options) => new Set((await found(search, options)).map((text) => text.at(-1)));
        assert.deepEqual(await tenants({}), new Set(["1", "2"]), "without a scope there are two");
        for (const tenantScope of SCOPES) {
          for (const beside of BESIDE) {
            assert.deepEqual(await tenants({ ...beside, tenantScope }), new Set(["1"]));
          }
        }
        const none = await found(search, { tenantScope: '1" OR dock > "0' });
        assert.deepEqual(none, []);
      });
    }

    test("a bucket or a facet filter of another tenant holds nothing", async () => {
      const options = { tenantScope: 1 };
      assert.equal((await search.searchWithinFacet(Craft, "", ["dock", 2], options)).length, 0);
      assert.equal((await search.search(Craft, "", { ...options, facetFilter: { dock: 2 } })).length, 0);
      const asked = { ...options, facets: ["dock"], facetFilter: { dock: 2 } };
      const { length, facets } = await search.searchDisjunctive(Craft, "", asked);
      assert.deepEqual([length, facets.distribution.dock], [0, [{ value: "1", count: 2 }]]);
      assert.deepEqual((await search.searchFacetValues(Craft, "dock", "2", options)).hits, []);
    });

    test("an entry may have another scope than its call, and never none", async () => {
      const scoped = [Craft, "harbour", { tenantScope: 2 }];
      const { ordered } = await search.searchMany([scoped, [Craft, "harbour"]], { tenantScope: 1 });
      assert.deepEqual(
        ordered.map(([, found]) => [...new Set([...found].map(({ dock }) => dock))]),
        [[2], [1]],
      );
      for (const tenantScope of [null, undefined, []]) {
        const entries = [[Craft, "harbour", { tenantScope }]];
        await assert.rejects(search.searchMany(entries, { tenantScope: 1 }), UsageError);
      }
    });
  });
}

/** What is no tenant, or may be several that nobody named. */
const NO_TENANT = [
  null,
  undefined,
  [],
  {},
  { in: [] },
  { not: 2 },
  { exists: true },
  { isNull: false },
  { isEmpty: false },
  { gte: 0, not: 2 },
  { above: 0 },
  Number.NaN,
  () => {},
  new Map(),
];

const FILTERS_ON_THE_TENANT = [
  { dock: 1 },
  { dock: 2 },
  { dock: { not: 1 } },
  [
    ["kind", "tug of 1"],
    ["dock", 2],
  ],
  { or: [{ dock: 2 }] },
  { or: [{ kind: "tug of 1" }, { dock: { gt: 0 } }] },
  { or: [{ kind: "tug of 1" }, { or: [{ dock: 2 }] }] },
  { not: { dock: 2 } },
];

for (const [way, found] of Object.entries(WAYS)) {
  test(`${way} refuses a scope that is none, and sends nothing`, async (t) => {
    const { url, requests } = await peer(t, never);
    const search = new Scrypath({ meilisearchUrl: url });
    for (const tenantScope of NO_TENANT) {
      await assert.rejects(found(search, { tenantScope }), UsageError);
    }
    for (const filter of FILTERS_ON_THE_TENANT) {
      await assert.rejects(found(search, { tenantScope: 1, filter }), UsageError);
    }
    for (const filter of [undefined, { kind: undefined }, { kind: [] }, { or: [] }, { nope: 1 }]) {
      await assert.rejects(found(search, { tenantScope: 1, filter }), UsageError);
    }
    assert.equal(requests.length, 0);
  });
}

test("a scope is refused on a schema without tenants, and where it is given twice", async (t) => {
  const { url, requests } = await peer(t, never);
  const search = new Scrypath({ meilisearchUrl: url });
  const Pier = schema({ name: "Pier", fields: ["name"] });
  const twice = [
    ["tenantScope", 1],
    ["tenantScope", 2],
  ];
  for (const call of [
    () => search.search(Pier, "", { tenantScope: 1 }),
    () => search.suggest(Pier, "harb", { tenantScope: 1 }),
    () =>
      search.searchMany(
        [
          [Craft, ""],
          [Pier, ""],
        ],
        { tenantScope: 1 },
      ),
  ]) {
    await assert.rejects(call(), UsageError);
  }
  for (const call of [
    () => search.search(Craft, "", twice),
    () => search.suggest(Craft, "harb", twice),
    () => search.searchFacetValues(Craft, "kind", "", twice),
    () => search.searchMany([[Craft, "", twice]]),
  ]) {
    await assert.rejects(call(), { name: "UsageError", message: /given more than once: \[tenantScope\]/ });
  }
  assert.equal(requests.length, 0);
});
