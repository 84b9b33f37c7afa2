import assert from "node:assert/strict";
import { test } from "node:test";
import { runVectors } from "./vectors.js";

test("every shared vector holds", async () => {
  assert.ok((await runVectors()) > 0);
});
