// Every example in the README and in the documentation of the sources, compiled and run.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { install } from "./support/queue.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);

/** What an example may take for granted: the package's names, and what its text speaks of. */
const GIVEN = `
import diagnosticsChannel from "node:diagnostics_channel";
import Database from "better-sqlite3";
import * as scrypath from "scrypath";
import { betterSqlite3Repo } from "scrypath/better-sqlite3";
const { documentId, fingerprint, project, schema, schemaFields, schemaFromJson, Scrypath, ScrypathError } = scrypath;
interface NoteRow { id: number; title: string; status: string; year: number }
const Note = schema<NoteRow>({
  name: "Note",
  fields: ["title"],
  filterable: ["status", "year"],
});
const search = new Scrypath({ meilisearchUrl: "memory:" });
await search.syncRecord(Note, { id: 1, title: "Harbour", status: "open", year: 1990 });
`;

const folder = await mkdtemp(join(tmpdir(), "scrypath-examples-"));
after(() => rm(folder, { recursive: true, force: true }));
await mkdir(join(folder, "node_modules"));
await symlink(root, join(folder, "node_modules", "scrypath"));
for (const needed of ["@opentelemetry", "@types", "better-sqlite3", "knex", "undici-types"]) {
  await symlink(join(root, "node_modules", needed), join(folder, "node_modules", needed));
}
await writeFile(join(folder, "package.json"), '{ "type": "module" }');
// What the README says is done once.
await install(`sqlite:${join(folder, "app.db")}`);

/** The fenced blocks of a text, without the stars of a comment. */
function blocks(text) {
  const plain = text.replace(/^[ \t]*\* ?/gm, "");
  return [...plain.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, block]) => block);
}

async function examples() {
  const sources = (await readdir(join(root, "src"))).map((name) => join("src", name));
  const found = [];
  for (const source of [...sources, "README.md"]) {
    const text = await readFile(join(root, source), "utf8");
    for (const [at, block] of blocks(text).entries()) found.push({ name: `${source} ${at + 1}`, block });
  }
  return found;
}

const all = await examples();

test("there are examples", () => assert.ok(all.length > 8));

test("every example compiles", async () => {
  // better-sqlite3 comes without types.
  await writeFile(join(folder, "better-sqlite3.d.ts"), 'declare module "better-sqlite3";');
  const files = ["better-sqlite3.d.ts"];
  for (const [at, { block }] of all.entries()) {
    // An example that imports is a whole program; others are in the middle of one.
    const isWhole = /^import /m.test(block);
    const file = `example${at}.ts`;
    await writeFile(join(folder, file), isWhole ? block : `${GIVEN}\n{\n${block}\n}\n`);
    files.push(file);
  }
  const compilerOptions = {
    target: "es2022",
    lib: ["es2023"],
    types: ["node"],
    module: "nodenext",
    strict: true,
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  const tsc = join(root, "node_modules", ".bin", "tsc");
  await run(tsc, ["-p", folder], { cwd: folder }).catch(({ stdout }) => assert.fail(stdout));
});

for (const [at, { name, block }] of all.entries()) {
  test(`${name} runs`, async () => {
    const { stdout } = await run(process.execPath, [join(folder, `example${at}.js`)], { cwd: folder });
    // What an example prints stands beside it: `console.log(…); // this`.
    const expected = [...block.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);
    assert.deepEqual(stdout.split("\n").slice(0, -1), expected);
  });
}
