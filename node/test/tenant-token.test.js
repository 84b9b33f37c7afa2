// A key that finds one tenant's documents: from the server's own key to a search with the token.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, suite, test } from "node:test";
import { inspect } from "node:util";
import { BackendError, Scrypath, schema, UsageError } from "scrypath";
import { never, peer } from "./support/peer.js";
import { ask, ofSuite, server } from "./support/server.js";
import { Craft, craft, WAYS } from "./support/tenants.js";

const Pier = schema({ name: "Pier", fields: ["id", "name", "dock"], tenantField: "dock" });
const piers = [
  { id: 1, name: "Harbour pier of 1", dock: 1 },
  { id: 2, name: "Harbour pier of 2", dock: 2 },
];
const Berth = schema({ name: "Berth", fields: ["id", "name", "dock"], tenantField: "dock" });

const KEY = "a-key-nobody-may-see";
const UID = "ac5cd97d-5a4b-4226-a868-2d0eb6d197ab";

const claimsOf = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));

/** A token as anybody with the key could make it. */
function signed(claims, key) {
  const encoded = [{ alg: "HS256", typ: "JWT" }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  const text = encoded.join(".");
  return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
}

suite("over http", () => {
  // Before the server goes.
  after(() => ask(options(), "DELETE", `/keys/${searchKey.uid}`));
  const options = ofSuite((suite) => server(suite, { key: true }));
  let master;
  let searchKey;
  const holderOf = (token) => new Scrypath({ ...options(), meilisearchApiKey: token });
  const tokenOf = (tenant, more) =>
    master.tenantToken([Craft, Pier], tenant, {
      apiKey: searchKey.key,
      apiKeyUid: searchKey.uid,
      ...more,
    });

  before(async () => {
    master = new Scrypath(options());
    searchKey = await ask(options(), "POST", "/keys", {
      name: "made by a test",
      actions: ["search"],
      indexes: ["*"],
      expiresAt: null,
    });
    await master.syncRecords(Craft, craft);
    await master.syncRecords(Pier, piers);
    await master.syncRecords(Berth, piers);
  });
  const ADDED = [
    {},
    { filter: { dock: 2 } },
    { filter: { dock: [1, 2] } },
    { filter: { or: [{ dock: 1 }, { dock: 2 }] } },
    { filter: { not: { dock: 1 } } },
    { tenantScope: 2 },
    { tenantScope: [1, 2] },
    { facetFilter: { dock: [1, 2] } },
  ];

  for (const [way, found] of Object.entries(WAYS)) {
    test(`${way} with a token finds its tenant's documents only, whatever is added`, async () => {
      const holder = holderOf(await tokenOf(1));
      assert.ok((await found(holder, {})).length > 0);
      for (const added of ADDED) {
        const texts = await found(holder, added);
        assert.deepEqual(
          texts.filter((text) => !text.endsWith("of 1")),
          [],
          inspect(added),
        );
      }
    });
  }

  test("nor does the holder of a token who writes requests by hand", async () => {
    const holder = { ...options(), meilisearchApiKey: await tokenOf(1) };
    const index = await master.indexName(Craft);
    const asked = { filter: "dock = 1 OR dock = 2", facets: ["dock"] };
    const { hits, facetDistribution } = await ask(holder, "POST", `/indexes/${index}/search`, asked);
    assert.deepEqual(new Set(hits.map(({ dock }) => dock)), new Set([1]));
    assert.deepEqual(facetDistribution.dock, { 1: 2 });
  });

  test("several schemas, several tenants, and a filter of the token's own", async () => {
    const both = holderOf(await tokenOf([1, 2]));
    const { ordered } = await both.searchMany([Craft, Pier].map((of) => [of, ""]));
    assert.deepEqual(
      ordered.map(([, { length }]) => length),
      [4, 2],
    );
    const narrow = await master.tenantToken(Craft, 1, {
      apiKey: searchKey.key,
      apiKeyUid: searchKey.uid,
      filter: { kind: "tug of 1" },
    });
    const found = await holderOf(narrow).search(Craft, "");
    assert.deepEqual(
      [...found].map(({ id }) => id),
      [1],
    );
  });

  test("a token opens nothing else", async () => {
    const holder = holderOf(await tokenOf(1));
    const refused = (error) => error instanceof BackendError && error.details.status === 403;
    await assert.rejects(holder.search(Berth, ""), refused);
    await assert.rejects(holder.syncRecord(Craft, craft[0]), refused);
    await assert.rejects(holder.deleteDocument(Craft, 1), refused);
  });

  test("an expired token is refused, and so is one of another key", async () => {
    const token = await tokenOf(1);
    const claims = claimsOf(token);
    assert.equal(signed(claims, searchKey.key), token);
    const past = { ...claims, exp: Math.floor(Date.now() / 1000) - 1 };
    for (const bad of [signed(past, searchKey.key), signed(claims, "another key")]) {
      for (const found of Object.values(WAYS)) {
        await assert.rejects(found(holderOf(bad), {}), BackendError);
      }
    }
  });
});

test("a token says what it opens, for how long, and never its key", async (t) => {
  const { url, requests } = await peer(t, never);
  const search = new Scrypath({ meilisearchUrl: url, meilisearchApiKey: KEY, indexPrefix: "shop" });
  const now = Math.floor(Date.now() / 1000);
  const token = await search.tenantToken([Craft, Pier], 1, { apiKeyUid: UID });
  assert.ok(!token.includes(KEY));
  const { exp, ...claims } = claimsOf(token);
  assert.deepEqual(claims, {
    apiKeyUid: UID,
    searchRules: { shop_craft: { filter: ["dock = 1"] }, shop_pier: { filter: ["dock = 1"] } },
  });
  assert.ok(exp - now >= 3600 && exp - now < 3660);
  assert.equal(signed(claimsOf(token), KEY), token);
  const expiry = async (more) =>
    claimsOf(await search.tenantToken(Craft, 1, { apiKeyUid: UID, ...more })).exp;
  assert.ok((await expiry({ expiresIn: 60 })) - now < 120);
  for (const expiresAt of [new Date("2100-01-01T00:00:00Z"), "2100-01-01T01:00:00+01:00", 4102444800]) {
    assert.equal(await expiry({ expiresAt }), 4102444800);
  }
  assert.equal(requests.length, 0);
});

test("what is no token is refused, and the key is not shown", async (t) => {
  const { url, requests } = await peer(t, never);
  const search = new Scrypath({ meilisearchUrl: url, meilisearchApiKey: KEY });
  const NoTenant = schema({ name: "NoTenant", fields: ["id"] });
  const given = { apiKey: KEY, apiKeyUid: UID };
  for (const [schemas, tenant, options, kind] of [
    [Craft, null, given, "filter_invalid"],
    [Craft, undefined, given, undefined],
    [Craft, [], given, "filter_empty"],
    [Craft, {}, given, undefined],
    [Craft, { not: 2 }, given, "filter_invalid"],
    [Craft, 1, { ...given, filter: { dock: 2 } }, "tenant_field_twice"],
    [Craft, 1, { ...given, filter: undefined }, undefined],
    [Craft, 1, { ...given, apiKeyUid: KEY }, "invalid_option"],
    [Craft, 1, { apiKey: KEY }, "missing_option"],
    [Craft, 1, { ...given, apiKey: { KEY } }, "invalid_option"],
    [Craft, 1, { ...given, apiKey: undefined }, "invalid_option"],
    [Craft, 1, { ...given, expiresIn: 0 }, "invalid_option"],
    [Craft, 1, { ...given, expiresIn: 60, expiresAt: 4102444800 }, "invalid_option"],
    [Craft, 1, { ...given, expiresAt: new Date(0) }, "invalid_option"],
    [Craft, 1, { ...given, expiresAt: "2100-01-01T00:00:00" }, "invalid_option"],
    [Craft, 1, { ...given, colour: KEY }, "unknown_options"],
    [Craft, 1, { ...given, page: { size: 1 } }, "unknown_options"],
    [NoTenant, 1, given, "tenant_field_missing"],
    [[Craft, NoTenant], 1, given, "tenant_field_missing"],
    [[], 1, given, "empty_schema_list"],
  ]) {
    await assert.rejects(search.tenantToken(schemas, tenant, options), (error) => {
      assert.ok(error instanceof UsageError, error);
      if (kind !== undefined) assert.equal(error.kind, kind, error.message);
      assert.ok(!inspect(error, { depth: 10, showHidden: true }).includes(KEY), error.message);
      return true;
    });
  }
  await assert.rejects(search.tenantToken("Craft", 1, given), TypeError);
  const keyless = new Scrypath({ meilisearchUrl: url });
  await assert.rejects(keyless.tenantToken(Craft, 1, { apiKeyUid: UID }), { kind: "missing_option" });
  assert.ok(!inspect(search, { depth: 10, showHidden: true }).includes(KEY));
  assert.equal(requests.length, 0);
});
