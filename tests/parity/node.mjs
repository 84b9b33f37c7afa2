// Prints what the Node package has: a line for each function, option and kind of error.
// Run in node/. Functions are looked for in the package as it is loaded; options and kinds are types, so the
// compiler is asked, one line a name, whether it knows them.

import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(`${process.cwd()}/package.json`));
const scrypath = await import(pathToFileURL(require.resolve("scrypath")));
const manifest = JSON.parse(readFileSync(new URL("manifest.json", import.meta.url), "utf8"));
const print = (...parts) => console.log(parts.join("\t"));
const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());

// ── Functions ────────────────────────────────────────────────────────────────────────────────────────

const isClass = (value) => /^class\b/.test(Function.prototype.toString.call(value));
for (const [name, value] of Object.entries(scrypath)) {
  if (typeof value === "function" && !isClass(value)) print("function", name);
}
const Note = scrypath.schema({ name: "Note", fields: ["title"] });
const search = new scrypath.Scrypath({ meilisearchUrl: "memory:parity" });
await search.syncRecord(Note, { id: 1, title: "x" });
const methods = (object) => {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(object));
  return names.filter((name) => name !== "constructor" && typeof object[name] === "function");
};
for (const name of methods(search)) print("function", `Scrypath.${name}`);
for (const name of methods(await search.search(Note, ""))) print("function", `SearchResult.${name}`);
if ("merged" in (await search.searchMany([[Note, ""]]))) print("function", "MultiSearchResult.merged");

// ── Options and kinds ────────────────────────────────────────────────────────────────────────────────

const GROUPS = {
  runtime: "s.ScrypathOptions & s.CallOptions & s.SearchOptions<Row> & s.SearchManyOptions & s.RelatedOptions",
  search: "s.SearchOptions<Row>",
  entry: "s.EntryOptions<Row>",
  suggest: "s.SuggestOptions<Row>",
  tenant_token: "s.TenantTokenOptions<Row>",
  schema: "s.SchemaOptions<Row>",
};
const asked = [
  ...Object.entries(manifest.options).flatMap(([group, names]) =>
    names.map((name) => ["option", `${group}.${name}`, `(${GROUPS[group]})["${camel(name)}"]`]),
  ),
  ...manifest.kinds.map(({ kind }) => ["kind", kind, `Word<"${kind}">`]),
];
const head = [
  'import type * as s from "scrypath";',
  "type Row = { a: string };",
  "type Word<Kind extends s.ErrorKind> = Kind;",
];
const probe = ".parity.ts";
writeFileSync(probe, [...head, ...asked.map(([, , type], at) => `export type T${at} = ${type};`)].join("\n"));
const flags = "--ignoreConfig --noEmit --pretty false --strict --skipLibCheck --module nodenext --types node".split(" ");
const { status, stdout } = spawnSync("npx", ["tsc", ...flags, probe], { encoding: "utf8" });
rmSync(probe);
const unknown = new Set([...stdout.matchAll(/^\.parity\.ts\((\d+),/gm)].map(([, line]) => Number(line)));
// What is said of no line, or of the first ones, is not about a name.
if (stdout.split("\n").some((line) => /error/.test(line) && !line.startsWith(".parity.ts("))) throw new Error(stdout);
if (status !== 0 && unknown.size === 0) throw new Error(stdout);
for (const line of unknown) if (line <= head.length) throw new Error(stdout);
asked.forEach(([sort, name], at) => {
  if (!unknown.has(at + head.length + 1)) print(sort, name);
});
