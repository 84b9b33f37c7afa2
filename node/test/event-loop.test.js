import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { performance } from "node:perf_hooks";
import { test } from "node:test";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { Scrypath } from "scrypath";
import { Note } from "./support/notes.js";

/** How long the server below takes for an answer, in ms. */
const ANSWER = 1000;

/** A server on a thread of its own, so that what delays the event loop here is not the server. */
async function slowServer(t) {
  const worker = new Worker(
    `const { createServer } = require("node:http");
     const { parentPort } = require("node:worker_threads");
     const reply = JSON.stringify({ hits: [], query: "", processingTimeMs: 1, limit: 20, offset: 0 });
     const server = createServer((request, response) => {
       request.resume();
       setTimeout(() => response.end(reply), ${ANSWER});
     });
     server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));`,
    { eval: true },
  );
  t.after(() => worker.terminate());
  const port = await new Promise((resolve) => worker.once("message", resolve));
  return `http://127.0.0.1:${port}`;
}

/** The longest time for which the loop did not turn while `work` was under way, in ms. */
async function longestStall(work) {
  let [longest, last, running] = [0, performance.now(), true];
  const turn = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  running = false;
  return longest;
}

test("the event loop turns while 200 searches wait", async (t) => {
  const search = new Scrypath({ meilisearchUrl: await slowServer(t) });
  const searches = () => Promise.all(Array.from({ length: 200 }, () => search.search(Note, "harbour")));
  const stall = await longestStall(searches);
  // Were a single one of them to block, the loop would stand still for as long as its answer takes.
  assert.ok(stall < ANSWER, `the loop stood still for ${stall} ms`);
});

const script = (url) => `
  import { Scrypath, schema } from "scrypath";
  const Note = schema({ name: "Note", fields: ["title"] });
  const { hits } = await new Scrypath({ meilisearchUrl: "${url}" }).search(Note, "");
  console.log(hits.length);
`;

test("a call under way keeps the process alive, and an idle package does not", async (t) => {
  const run = promisify(execFile);
  const args = ["--input-type=module", "--eval", script(await slowServer(t))];
  const { stdout } = await run(process.execPath, args, { cwd: new URL(".", import.meta.url) });
  assert.equal(stdout, "0\n");
});
