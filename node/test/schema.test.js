import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import {
  documentIdField,
  documentSource,
  fingerprint,
  project,
  schema,
  schemaConfig,
  schemaFaceting,
  schemaFields,
  schemaFromJson,
  schemaJson,
  schemaSettings,
  UsageError,
  validateSchema,
} from "scrypath";

test("the smallest declaration reflects its defaults", () => {
  const Small = schema({ name: "Small", fields: ["title"] });
  assert.deepEqual(schemaConfig(Small), {
    fields: ["title"],
    filterable: [],
    faceting: null,
    sortable: [],
    settings: { unrecognized: {} },
    documentId: "id",
    indexPrefix: null,
    fanOuts: {},
    backend: null,
    tenantField: null,
    documentSource: "fields",
  });
  assert.deepEqual(schemaFields(Small), ["title"]);
  assert.deepEqual(schemaSettings(Small), { unrecognized: {} });
  assert.equal(schemaFaceting(Small), null);
  assert.equal(documentIdField(Small), "id");
});

test("a full declaration reflects what was declared, in camelCase", () => {
  const Port = schema({ name: "Port", fields: ["name"] });
  const portsOf = () => [];
  const Vessel = schema({
    name: "Harbor.TugBoat",
    fields: ["slug", "name"],
    filterable: ["kind", "area.lvl0", "area.lvl1"],
    sortable: ["name"],
    faceting: {
      attributes: ["kind"],
      hierarchy: { base: "area", depth: 2 },
      maxValuesPerFacet: 20,
      sortFacetValuesBy: { kind: "count" },
    },
    settings: { stopWords: ["the"], typoTolerance: { enabled: false } },
    documentId: "slug",
    indexPrefix: "t42",
    tenantField: "dockId",
    fanOuts: { ports: { target: Port, resolver: portsOf } },
  });
  const config = schemaConfig(Vessel);
  assert.deepEqual(config.faceting, {
    attributes: ["area.lvl0", "area.lvl1", "kind"],
    maxValuesPerFacet: 20,
    sortFacetValuesBy: { kind: "count" },
    nestedFacetPaths: true,
  });
  assert.deepEqual(config.fields, ["slug", "name", "dockId"]);
  assert.deepEqual(config.filterable, ["kind", "area.lvl0", "area.lvl1", "dockId"]);
  assert.deepEqual(config.settings, {
    stopWords: ["the"],
    typoTolerance: { enabled: false },
    unrecognized: {},
  });
  assert.equal(config.documentId, "slug");
  assert.equal(config.indexPrefix, "t42");
  assert.equal(config.tenantField, "dockId");
  assert.deepEqual(config.fanOuts, { ports: { target: Port, resolver: portsOf } });
  assert.equal(JSON.parse(schemaJson(Vessel)).name, "tug_boat");
});

test("a declaration goes through its JSON form unchanged", () => {
  const Note = schema({ name: "Note", fields: ["title"], filterable: ["status"], indexPrefix: "shop" });
  for (const form of [schemaJson(Note), JSON.parse(schemaJson(Note))]) {
    const loaded = schemaFromJson(form);
    assert.equal(fingerprint(loaded), fingerprint(Note));
    assert.deepEqual(schemaConfig(loaded), schemaConfig(Note));
  }
});

test("a declaration is read from a file, by path or URL, with hooks beside it", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "scrypath-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "note.schema.json");
  writeFileSync(path, schemaJson(schema({ name: "Note", fields: ["title"] })));
  const hooks = { searchDocument: (row) => ({ title: row.title.toUpperCase() }) };
  for (const where of [path, pathToFileURL(path)]) {
    const Note = schema.fromFile(where, hooks);
    assert.equal(documentSource(Note), "custom");
    assert.deepEqual(project(Note, { id: 1, title: "a" }).data, { title: "A" });
  }
});

test("what is no declaration is refused", () => {
  for (const json of ["", "[]", "{}", '{"scrypath": 99, "name": "note", "fields": ["a"]}', "{", "null"]) {
    assert.throws(() => schemaFromJson(json), UsageError, json);
  }
});

test("a name that is none is refused", () => {
  for (const name of [undefined, null, 7, "", "a b", {}]) {
    assert.throws(() => schema({ name, fields: ["title"] }), { kind: "invalid_schema" });
  }
});

test("validateSchema refuses what schema refuses", () => {
  validateSchema({ name: "Note", fields: ["title"] });
  assert.throws(() => validateSchema({ name: "Note", fields: [] }), { kind: "invalid_schema" });
  assert.throws(() => validateSchema({ name: "Note", fields: ["a"], colour: 1 }), {
    kind: "unknown_options",
    details: { names: ["colour"] },
  });
});

test("options that are undefined are absent from a declaration", () => {
  const Note = schema({ name: "Note", fields: ["title"], filterable: undefined, tenantField: undefined });
  assert.deepEqual(schemaConfig(Note).filterable, []);
});

test("a notice about a declaration is a warning of the process", async () => {
  const warned = new Promise((resolve) => process.once("warning", resolve));
  schema({ name: "Note", fields: ["title"], tenantField: "dock_id" });
  const warning = await warned;
  assert.equal(warning.name, "ScrypathWarning");
  assert.match(warning.message, /dock_id.*auto-added/);
});
