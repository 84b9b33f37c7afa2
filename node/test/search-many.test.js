import assert from "node:assert/strict";
import { before, test } from "node:test";
import { BackendError, mergeDistributions, Scrypath, schema, UsageError } from "scrypath";

const Craft = schema({
  name: "Craft",
  fields: ["id", "name", "kind", "dock"],
  filterable: ["kind"],
  faceting: { attributes: ["kind"] },
  tenantField: "dock",
});
const Pier = schema({ name: "Pier", fields: ["id", "name"] });
const craft = [
  { id: 1, name: "Harbour tug Anna", kind: "tug", dock: 1 },
  { id: 2, name: "Harbour ferry Berta", kind: "ferry", dock: 1 },
  { id: 3, name: "Harbour tug Clara", kind: "tug", dock: 2 },
];
const piers = [{ id: 1, name: "Harbour of Bergen" }];

const search = new Scrypath({ meilisearchUrl: "memory:many" });
const ids = ({ hits }) => hits.map(({ id }) => id);
const rows = {
  fetch: (of, _key, wanted) => (of === Craft ? craft : piers).filter(({ id }) => wanted.includes(id)),
};

before(async () => {
  await search.syncRecords(Craft, craft);
  await search.syncRecords(Pier, piers);
});

test("each entry gets its hits, and the merged order is kept", async () => {
  const found = await search.searchMany([
    [Craft, "harbour", { filter: { kind: "tug" } }],
    [Pier, "harbour"],
    [Craft, "berta"],
  ]);
  assert.deepEqual(
    found.ordered.map(([of, result]) => [of === Craft, ids(result)]),
    [
      [true, [1, 3]],
      [false, [1]],
      [true, [2]],
    ],
  );
  assert.deepEqual(ids(found.bySchema.get(Craft)), [2]);
  assert.deepEqual(found.merged.map(([, { name }]) => name).sort(), [
    "Harbour ferry Berta",
    "Harbour of Bergen",
    "Harbour tug Anna",
    "Harbour tug Clara",
  ]);
  assert.deepEqual(
    found.mergeHitOrder,
    found.merged.map(([of, { id }]) => [of, id]),
  );
  assert.equal(found.federation.limit, 200);
  assert.deepEqual(found.failures, []);
});

test("weights raise hits", async () => {
  const first = async (crafts, ports) => {
    const entries = [
      [Craft, "harbour", { federationWeight: crafts }],
      [Pier, "harbour", { federationWeight: ports }],
    ];
    return (await search.searchMany(entries)).merged[0][0];
  };
  assert.equal(await first(2, 1), Craft);
  assert.equal(await first(1, 2), Pier);
});

test("all stands for the global schemas", async () => {
  const found = await search.searchMany([["all", "harbour"]], { globalSchemas: [Pier, Craft] });
  assert.deepEqual(
    found.ordered.map(([of]) => of),
    [Pier, Craft],
  );
  for (const [options, name] of [
    [{}, "missing_otp_app"],
    [{ globalSchemas: [] }, "empty_registry"],
  ]) {
    await assert.rejects(search.searchMany([["all", "x"]], options), (error) => {
      assert.ok(error instanceof UsageError);
      assert.deepEqual([error.kind, error.details.name], ["all_expansion", name]);
      return true;
    });
  }
});

test("rows are fetched entry by entry, from one repo or from each schema's", async () => {
  const entries = [
    [Craft, "tug"],
    [Pier, "bergen"],
  ];
  for (const repo of [rows, () => rows]) {
    const found = await search.searchMany(entries, { repo });
    const [[, tugs], [, bergen]] = found.ordered;
    assert.deepEqual(
      tugs.records.map(({ id }) => id),
      ids(tugs),
    );
    assert.deepEqual(bergen.records, piers);
  }
  const some = await search.searchMany(entries, { repo: (of) => (of === Pier ? rows : null) });
  assert.deepEqual(
    some.ordered.map(([, { records }]) => records.length),
    [0, 1],
  );
});

test("an entry whose rows fail or come too late leaves the rest", async () => {
  const entries = [
    [Pier, "harbour"],
    [Craft, "tug"],
  ];
  const away = new Error("the database is away");
  const failing = (fail) => ({ fetch: (of, ...rest) => (of === Pier ? fail() : rows.fetch(of, ...rest)) });
  const broken = failing(() => Promise.reject(away));
  const found = await search.searchMany(entries, { repo: broken });
  assert.deepEqual(found.failures, [{ schema: Pier, reason: away }]);
  assert.deepEqual(
    found.merged.map(([of]) => of),
    [Craft, Craft],
  );
  const stuck = failing(() => new Promise(() => {}));
  const late = await search.searchMany(entries, { repo: stuck, hydrationTimeout: 30 });
  assert.deepEqual(late.failures, [{ schema: Pier, reason: "hydration_timeout" }]);
  await assert.rejects(search.searchMany([[Pier, "harbour"]], { repo: broken }), (error) => {
    return error instanceof BackendError && error.kind === "all_failed";
  });
});

test("how long rows may take is an option of the call, else of the client", async () => {
  const entries = [
    [Craft, "harbour"],
    [Pier, "harbour"],
  ];
  const stuck = { fetch: (of, ...rest) => (of === Pier ? new Promise(() => {}) : rows.fetch(of, ...rest)) };
  const late = [{ schema: Pier, reason: "hydration_timeout" }];
  const hurried = new Scrypath({ meilisearchUrl: "memory:many", hydrationTimeout: 30, repo: stuck });
  const patient = new Scrypath({ meilisearchUrl: "memory:many", hydrationTimeout: 2 ** 40, repo: stuck });
  for (const call of [
    () => hurried.searchMany(entries),
    () => patient.searchMany(entries, { hydrationTimeout: 30 }),
  ]) {
    const began = performance.now();
    assert.deepEqual((await call()).failures, late);
    assert.ok(performance.now() - began < 2500, "it waited for as long as the default says");
  }
  const { failures } = await patient.searchMany(entries, { repo: rows });
  assert.deepEqual(failures, []);
});

test("what limits a call may be the client's, and a call's own wins", async () => {
  const entries = [
    [Craft, "harbour"],
    [Pier, "harbour"],
  ];
  const limits = { maxSchemas: 1, federationLimit: 2, federationOffset: 1 };
  const limited = new Scrypath({ meilisearchUrl: "memory:many", ...limits });
  await assert.rejects(limited.searchMany(entries), { kind: "too_many_schemas" });
  const { merged, federation } = await limited.searchMany(entries, { maxSchemas: 2 });
  assert.deepEqual([merged.length, federation.limit, federation.offset], [2, 2, 1]);
  const other = await limited.searchMany(entries, { maxSchemas: 2, federationLimit: 1, federationOffset: 0 });
  assert.deepEqual([other.merged.length, other.federation.limit, other.federation.offset], [1, 1, 0]);
  for (const wrong of [{ hydrationTimeout: 0 }, { maxSchemas: "1" }, { federationOffset: -1 }]) {
    assert.throws(() => new Scrypath(wrong), UsageError);
  }
});

test("wrong calls are refused before anything is sent", async () => {
  for (const [entries, options, kind] of [
    [[], {}, "empty_schema_list"],
    [["x"], {}, "malformed_entry"],
    [[[Craft, 1]], {}, "malformed_entry"],
    [
      [
        [Craft, "x"],
        [Pier, "x"],
      ],
      { maxSchemas: 1 },
      "too_many_schemas",
    ],
    [[[Craft, "x", { filter: { nope: 1 } }]], {}, "validation_failed"],
    [[[Craft, "x", { federationWeight: Number.NaN }]], {}, "federation_weight"],
    [[[Craft, "x", { maxSchemas: 3 }]], {}, "federation_key_in_entry"],
    [[[Craft, "x", { meilisearchUrl: "memory:" }]], {}, "runtime_option_in_entry"],
    [[[Craft, "x", { page: { size: 51 } }]], {}, "page_size"],
    [[[Craft, "x", { page: { size: 5 }, federationWeight: 2 }]], {}, "federation_page"],
    [
      [
        [Craft, "x"],
        [Pier, "x"],
      ],
      { tenantScope: 1 },
      "validation_failed",
    ],
  ]) {
    await assert.rejects(search.searchMany(entries, options), { name: "UsageError", kind });
  }
});

test("a tenant scope holds on every path", async () => {
  const entries = [
    [Craft, "tug"],
    [Craft, "tug", { tenantScope: 2 }],
  ];
  const { ordered } = await search.searchMany(entries, { tenantScope: 1 });
  assert.deepEqual(
    ordered.map(([, result]) => ids(result)),
    [[1], [3]],
  );
  const { hits } = await search.searchFacetValues(Craft, "kind", "", { tenantScope: 2 });
  assert.deepEqual(hits, [{ value: "tug", count: 1 }]);
  assert.deepEqual(ids(await search.searchWithinFacet(Craft, "", ["kind", "tug"], { tenantScope: 2 })), [3]);
});

test("within a bucket, and counts of alternatives", async () => {
  assert.deepEqual(ids(await search.searchWithinFacet(Craft, "", ["kind", ["ferry", "barge"]])), [2]);
  await assert.rejects(search.searchWithinFacet(Craft, "", "kind"), /search_within_facet: .*two-element/);
  const asked = { facets: ["kind"], facetFilter: { kind: ["tug"] } };
  const found = await search.searchDisjunctive(Craft, "", asked);
  assert.deepEqual(found.facets.distribution.kind, [
    { value: "ferry", count: 1 },
    { value: "tug", count: 2 },
  ]);
  assert.deepEqual(ids(found), [1, 3]);
  const merged = mergeDistributions({ kind: { tug: 1 }, flag: { NO: 1 } }, { kind: { tug: 4, ferry: 6.5 } });
  assert.deepEqual(merged, { kind: { tug: 4, ferry: 6 }, flag: { NO: 1 } });
});

test("hits are highlighted and cut", async () => {
  const shown = {
    attributesToRetrieve: ["name"],
    attributesToHighlight: ["name"],
    highlightPreTag: "<b>",
    highlightPostTag: "</b>",
  };
  const { hits } = await search.search(Craft, "berta", shown);
  assert.deepEqual(hits, [
    { name: "Harbour ferry Berta", _formatted: { name: "Harbour ferry <b>Berta</b>" } },
  ]);
  const { records } = await search.search(Craft, "berta", { ...shown, repo: rows });
  assert.deepEqual(records, [craft[1]]);
});
