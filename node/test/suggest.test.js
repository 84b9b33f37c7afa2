import assert from "node:assert/strict";
import { before, suite, test } from "node:test";
import { BackendError, Scrypath, schema, UsageError } from "scrypath";
import { never, peer } from "./support/peer.js";
import { backends, ofSuite } from "./support/server.js";

const Craft = schema({
  name: "Craft",
  fields: ["id", "name", "tags", "dock"],
  filterable: ["tags"],
  sortable: ["name"],
  faceting: { attributes: ["tags"] },
  tenantField: "dock",
});
const craft = [
  { id: 1, name: "Harbour tug Anna", tags: ["tug", "harbour police"], dock: 1 },
  { id: 2, name: "Harbour tug Anna", tags: ["ferry"], dock: 1 },
  { id: 3, name: "Berta of the harbour", tags: ["tug"], dock: 2 },
];

for (const [backend, open] of Object.entries(backends)) {
  suite(`over ${backend}`, () => {
    const options = ofSuite(open);
    let search;
    before(async () => {
      search = new Scrypath(options());
      await search.syncRecords(Craft, craft);
    });
    const texts = async (text, options) =>
      (await search.suggest(Craft, text, options)).map(({ text }) => text);

    test("texts that begin like what was typed, each once, in pieces", async () => {
      assert.deepEqual(await search.suggest(Craft, "harb", { sort: { name: "desc" } }), [
        {
          text: "Harbour tug Anna",
          parts: [
            { text: "Harb", matched: true },
            { text: "our tug Anna", matched: false },
          ],
        },
        {
          text: "Berta of the harbour",
          parts: [
            { text: "Berta of the ", matched: false },
            { text: "harb", matched: true },
            { text: "our", matched: false },
          ],
        },
      ]);
    });

    test("a search's restrictions hold", async () => {
      assert.deepEqual(await texts("harb", { tenantScope: 2 }), ["Berta of the harbour"]);
      assert.deepEqual(await texts("harb", { filter: { tags: "ferry" } }), ["Harbour tug Anna"]);
      assert.deepEqual(await texts("harb", { facetFilter: { tags: ["ferry"] } }), ["Harbour tug Anna"]);
      assert.deepEqual(await texts("harb", { sort: { name: "asc" }, limit: 1 }), ["Berta of the harbour"]);
      assert.deepEqual(await texts("anna harb"), ["Harbour tug Anna"]);
      assert.deepEqual(await texts("anna nowhere"), []);
      assert.deepEqual(await texts("anna nowhere", { matchingStrategy: "last" }), ["Harbour tug Anna"]);
    });

    test("of another field, and of lists their items", async () => {
      assert.deepEqual(await texts("harb", { field: "tags" }), ["harbour police"]);
    });

    test("what cannot be is refused", async () => {
      for (const [options, kind] of [
        [{ field: "crew" }, "invalid_option"],
        [{ limit: 0 }, "invalid_option"],
        [{ limit: 101 }, "invalid_option"],
        [{ page: { size: 5 } }, "unknown_options"],
        [{ filter: { crew: 4 } }, "filter_not_declared"],
        [{ filter: undefined }, undefined],
      ]) {
        await assert.rejects(search.suggest(Craft, "harb", options), (error) => {
          return error instanceof UsageError && (kind === undefined || error.kind === kind);
        });
      }
      const Missing = schema({ name: "Missing", fields: ["name"] });
      await assert.rejects(search.suggest(Missing, "harb"), BackendError);
    });
  });
}

test("nothing typed, nothing sent", async (t) => {
  const { url, requests } = await peer(t, never);
  const search = new Scrypath({ meilisearchUrl: url });
  for (const text of ["", "  \n"]) assert.deepEqual(await search.suggest(Craft, text), []);
  assert.equal(requests.length, 0);
});

test("an aborted suggestion lets go of its request", async (t) => {
  const controller = new AbortController();
  const { url, closed } = await peer(t, () => controller.abort(new Error("typed on")));
  const search = new Scrypath({ meilisearchUrl: url });
  const call = search.suggest(Craft, "har", { signal: controller.signal });
  await assert.rejects(call, { message: "typed on" });
  await closed;
});
