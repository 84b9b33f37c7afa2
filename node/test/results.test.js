// What a search gives: a sequence of hits that knows the pages beside it, and why it is in its order.

import assert from "node:assert/strict";
import { before, suite, test } from "node:test";
import { Scrypath } from "scrypath";
import { z } from "zod";
import { Note, notes } from "./support/notes.js";
import { backends, ofSuite } from "./support/server.js";

for (const [backend, open] of Object.entries(backends)) {
  suite(`over ${backend}`, () => {
    const options = ofSuite(open);
    let search;
    before(async () => {
      search = new Scrypath(options());
      await search.syncRecords(Note, notes);
    });
    const byTitle = (more) => search.search(Note, "harbour", { sort: { title: "asc" }, ...more });

    test("a result is the sequence of its hits", async () => {
      const found = await byTitle();
      const ids = (hits) => hits.map(({ id }) => id);
      assert.equal(found.length, 3);
      assert.deepEqual([...found], found.hits);
      assert.deepEqual(ids(Array.from(found)), [1, 2, 3]);
      assert.deepEqual([found.at(0).id, found.at(-1).id, found.at(3)], [1, 3, undefined]);
      assert.deepEqual(ids(found.slice(1)), [2, 3]);
      assert.deepEqual(ids(found.slice(-2, -1)), [2]);
      assert.deepEqual(ids(found.slice()), [1, 2, 3]);
      const [first, ...others] = found;
      assert.deepEqual([first.id, others.length], [1, 2]);
    });

    test("a result is plain data, too", async () => {
      const { explanation, ...members } = await byTitle();
      assert.equal(explanation, undefined);
      assert.deepEqual(JSON.parse(JSON.stringify(await byTitle())).hits, members.hits);
      const names = ["query", "hits", "records", "missingIds", "page", "facets", "raw"];
      assert.deepEqual(Object.keys(members), names);
      assert.deepEqual(Object.keys(await byTitle()), names);
    });

    test("a page knows those beside it", async () => {
      const beside = async (number) => {
        const { page } = await search.search(Note, "", { page: { number, size: 1 } });
        return [page.previous, page.next];
      };
      assert.deepEqual(await beside(1), [undefined, 2]);
      assert.deepEqual(await beside(3), [2, 4]);
      assert.deepEqual(await beside(4), [3, undefined]);
      const { page } = await search.search(Note, "");
      assert.ok(!("next" in page) && !("previous" in page), "no pages were asked for");
    });

    test("all pages are walked by their numbers", async () => {
      const titles = [];
      for (let number = 1; number !== undefined; ) {
        const found = await search.search(Note, "", { page: { number, size: 3 }, sort: { title: "asc" } });
        titles.push(...[...found].map(({ title }) => title));
        number = found.page.next;
      }
      assert.deepEqual(titles, ["Harbour lights", "Harbour master", "Lighthouse", "The old harbour"]);
    });

    test("hits are read as something else, by a function or a schema", async () => {
      const found = await byTitle();
      assert.deepEqual(
        found.hitsAs((...given) => [given.length, given[0].id]),
        [
          [1, 1],
          [1, 2],
          [1, 3],
        ],
      );
      const Card = z.object({ id: z.number(), title: z.string().transform((title) => title.toUpperCase()) });
      assert.deepEqual(found.hitsAs(Card)[0], { id: 1, title: "HARBOUR LIGHTS" });
      const Other = z.object({ subtitle: z.string() });
      assert.throws(() => found.hitsAs(Other), z.ZodError);
    });

    test("the order is explained where ranking details were asked for", async () => {
      const perQuery = { showRankingScoreDetails: true, showRankingScore: true };
      const options = { perQuery, filter: { status: "open" } };
      const { hits, query, explanation } = await search.search(Note, "old harbour", options);
      assert.equal(explanation.query, query);
      const { ranking: none, ...sent } = await search.explain(Note, "old harbour", options);
      assert.deepEqual(none, []);
      assert.deepEqual({ query, request: explanation.request }, sent);
      assert.equal(explanation.ranking.length, hits.length);
      const [{ score, rules }] = explanation.ranking;
      assert.equal(score, hits[0]._rankingScore);
      assert.deepEqual(
        rules.map(({ rule }) => rule).sort(),
        Object.keys(hits[0]._rankingScoreDetails).sort(),
      );
      const [{ rule, score: ofWords, words }] = rules;
      assert.deepEqual([rule, ofWords, words], ["words", 1, "it has all 2 words of the query"]);
      assert.equal((await byTitle()).explanation, undefined);
    });

    test("each of many searches has its own explanation, and pages", async () => {
      const perQuery = { showRankingScoreDetails: true };
      const { ordered } = await search.searchMany([
        [Note, "harbour", { perQuery, page: { size: 2 } }],
        [Note, "light", { page: { size: 2, number: 2 } }],
      ]);
      const [[, explained], [, plain]] = ordered;
      assert.equal(explained.length, 2);
      assert.equal(explained.explanation.ranking.length, 2);
      assert.equal(explained.explanation.request.body.q, "harbour");
      assert.match(explained.explanation.request.path, /_note\/search$/);
      assert.deepEqual([explained.page.previous, explained.page.next], [undefined, 2]);
      assert.equal(plain.explanation, undefined);
      assert.deepEqual([plain.page.previous, plain.page.next], [1, undefined]);
    });

    test("within a facet and with counts of alternatives, too", async () => {
      const options = { facets: ["status"], facetFilter: { status: "open" }, page: { size: 1 } };
      const within = await search.searchWithinFacet(Note, "", ["status", "open"], { page: { size: 1 } });
      for (const found of [within, await search.searchDisjunctive(Note, "", options)]) {
        assert.deepEqual([found.length, found.page.next], [1, 2]);
      }
    });

    test("what matched is marked, cut and told", async () => {
      const found = await search.search(Note, "harb", {
        attributesToHighlight: ["title", "year"],
        attributesToCrop: ["title"],
        cropLength: 1,
        cropMarker: "~",
        highlightPreTag: "[",
        highlightPostTag: "]",
        showMatchesPosition: true,
        sort: { title: "desc" },
      });
      const { _formatted, _matchesPosition } = found.at(0);
      assert.deepEqual([_formatted.title, _formatted.year], ["~[harb]our", "2001"]);
      assert.deepEqual(_matchesPosition, { title: [{ start: 8, length: 4 }] });
    });
  });
}
