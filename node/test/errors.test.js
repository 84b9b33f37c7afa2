import assert from "node:assert/strict";
import { test } from "node:test";
import * as scrypath from "scrypath";
import { toError } from "../dist/esm/errors.js";
import { native } from "../dist/esm/native.cjs";
import { ERROR_KINDS } from "../dist/esm/wire.js";

const exported = new Map(Object.entries(scrypath));
const table = JSON.parse(native.kinds());

test("the package knows every kind of the native library, under the same class", () => {
  for (const { kind, class: errorClass } of table) {
    assert.ok(ERROR_KINDS[errorClass]?.includes(kind), `${errorClass} lacks ${kind}`);
  }
});

test("the package knows no kind that the native library does not", () => {
  const known = new Set(table.map(({ kind }) => kind));
  for (const kind of Object.values(ERROR_KINDS).flat()) assert.ok(known.has(kind), `${kind} is stale`);
});

test("every class of the native library has an exported error class of its own", () => {
  const raised = new Map();
  for (const { kind, class: errorClass, retryable } of table) {
    const error = toError({ kind, class: errorClass, retryable, message: "words", details: {} });
    assert.ok(error instanceof scrypath.ScrypathError);
    assert.ok(error instanceof Error);
    assert.notEqual(error.constructor, scrypath.ScrypathError, `${errorClass} has no class`);
    assert.equal(exported.get(error.name), error.constructor);
    assert.deepEqual([error.kind, error.errorClass, error.retryable], [kind, errorClass, retryable]);
    raised.set(error.constructor, errorClass);
  }
  assert.equal(new Set(raised.values()).size, new Set(table.map((row) => row.class)).size);
});

test("the tree that opens errors.ts is the tree of the exported classes", async () => {
  const { readFile } = await import("node:fs/promises");
  const source = await readFile(new URL("../src/errors.ts", import.meta.url), "utf8");
  const drawn = [...source.matchAll(/[├└]── (\w+)/g)].map(([, name]) => name);
  const classes = [...exported.keys()].filter((name) => name.endsWith("Error") && name !== "ScrypathError");
  assert.deepEqual(drawn.sort(), classes.sort());
});

test("a usage error names the schema, the field and what is accepted", async () => {
  const Note = scrypath.schema({ name: "Note", fields: ["title"], filterable: ["status"] });
  const search = new scrypath.Scrypath({ meilisearchUrl: "memory:" });
  await assert.rejects(search.search(Note, "harbour", { filter: { colour: "red" } }), (error) => {
    assert.ok(error instanceof scrypath.UsageError);
    assert.equal(error.kind, "filter_not_declared");
    assert.deepEqual(error.details, { schema: "note", name: "colour" });
    assert.match(error.message, /"colour".*note.*"status"/);
    assert.match(error.stack, /errors\.test\.js/, "the stack shows the caller");
    return true;
  });
});
