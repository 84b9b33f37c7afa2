// Express and Fastify over real HTTP: a good request is read, a bad one is told what is wrong.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import express from "express";
import fastify from "fastify";
import { schema } from "scrypath";
import { searchParams, searchParamsOf } from "scrypath/web";

const Vessel = schema({ name: "Vessel", fields: ["name"], filterable: ["kind"] });

async function holds(base) {
  const good = await fetch(`${base}/vessels?q=tug&filter[kind]=tug&filter%5Bkind%5D=ferry&page[number]=2`);
  assert.equal(good.status, 200);
  const { text, filter, page } = await good.json();
  assert.deepEqual(
    { text, filter, page },
    { text: "tug", filter: [["kind", ["tug", "ferry"]]], page: { number: 2 } },
  );

  const bare = await fetch(`${base}/vessels`);
  assert.equal((await bare.json()).text, "");

  const bad = await fetch(`${base}/vessels?page[number]=0&filter[crew]=4`);
  assert.equal(bad.status, 400);
  const { issues } = await bad.json();
  assert.deepEqual(
    issues.map(({ path }) => path),
    [
      ["page", "number"],
      ["filter", "crew"],
    ],
  );
}

test("Express", async (t) => {
  const app = express();
  app.get("/vessels", searchParams(Vessel), (request, response) => response.json(searchParamsOf(request)));
  const server = app.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  await holds(`http://127.0.0.1:${server.address().port}`);
});

test("Fastify", async (t) => {
  const app = fastify();
  app.get("/vessels", { preHandler: searchParams(Vessel) }, async (request) => searchParamsOf(request));
  t.after(() => app.close());
  await holds(await app.listen({ port: 0, host: "127.0.0.1" }));
});

test("a handler without the other in front of it says so", () => {
  assert.throws(() => searchParamsOf({}), /in front of this handler/);
});
