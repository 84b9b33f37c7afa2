// The package as people get it: packed, installed, and imported in every way there is.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { install } from "./support/queue.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);

/** A folder with the packed package in its node_modules. */
let home;

before(async () => {
  home = await mkdtemp(join(tmpdir(), "scrypath-imports-"));
  const { stdout } = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", home], {
    cwd: root,
  });
  const packed = JSON.parse(stdout);
  const [{ filename }] = Array.isArray(packed) ? packed : Object.values(packed);
  await writeFile(join(home, "package.json"), "{}");
  const offline = ["--offline", "--ignore-scripts", "--no-audit", "--no-fund"];
  await run("npm", ["install", ...offline, join(home, filename)], { cwd: home });
  // What TypeScript needs besides.
  await mkdir(join(home, "node_modules", "@types"), { recursive: true });
  for (const types of ["@types/node", "undici-types"]) await link(types);
});

/** Puts one of this package's own dependencies beside the installed package. */
async function link(dependency) {
  await symlink(join(root, "node_modules", dependency), join(home, "node_modules", dependency));
}

after(() => rm(home, { recursive: true, force: true }));

const use = `
  const Note = schema({ name: "Note", fields: ["id", "title"] });
  const search = new Scrypath({ meilisearchUrl: "memory:" });
  search
    .syncRecord(Note, { id: 1, title: "Harbour lights" })
    .then(() => search.search(Note, "harbour"))
    .then(({ hits }) => console.log(hits.length, typeof betterSqlite3Repo));
`;

async function printed(file, source) {
  await writeFile(join(home, file), source);
  const { stdout } = await run(process.execPath, [join(home, file)]);
  return stdout;
}

test("as an ES module", async () => {
  const source = `import { Scrypath, schema } from "scrypath";
    import { betterSqlite3Repo } from "scrypath/better-sqlite3"; ${use}`;
  assert.equal(await printed("esm.mjs", source), "1 function\n");
});

test("as a CommonJS module", async () => {
  const source = `const { Scrypath, schema } = require("scrypath");
    const { betterSqlite3Repo } = require("scrypath/better-sqlite3"); ${use}`;
  assert.equal(await printed("cjs.cjs", source), "1 function\n");
});

test("as both at once, over one native library", async () => {
  const source = `import { createRequire } from "node:module";
    import * as esm from "scrypath";
    const cjs = createRequire(import.meta.url)("scrypath");
    const Note = esm.schema({ name: "Note", fields: ["id"] });
    await new esm.Scrypath({ meilisearchUrl: "memory:both" }).syncRecord(Note, { id: 1 });
    const Same = cjs.schemaFromJson(esm.schemaJson(Note));
    const { hits } = await new cjs.Scrypath({ meilisearchUrl: "memory:both" }).search(Same, "");
    console.log(hits.length, Object.keys(esm).sort().join() === Object.keys(cjs).sort().join());`;
  assert.equal(await printed("both.mjs", source), "1 true\n");
});

test("spans of OpenTelemetry need its API, and nothing else does", async () => {
  const esm = `await import("scrypath/opentelemetry").then(
    ({ traceWithOpenTelemetry }) => console.log(typeof traceWithOpenTelemetry()),
    ({ message }) => console.log(message));`;
  const cjs = `try {
      console.log(typeof require("scrypath/opentelemetry").traceWithOpenTelemetry());
    } catch ({ message }) { console.log(message); }`;
  const both = async () => [await printed("spans.mjs", esm), await printed("spans.cjs", cjs)];
  for (const message of await both()) assert.match(message, /Cannot find .*@opentelemetry\/api/);
  await link("@opentelemetry");
  assert.deepEqual(await both(), ["function\n", "function\n"]);
});

test("with a command that runs", async () => {
  const databaseUrl = `sqlite:${join(home, "jobs.db")}`;
  await install(databaseUrl);
  const source = `import { Scrypath } from "scrypath";
    const search = new Scrypath({ meilisearchUrl: "http://127.0.0.1:1" });
    const worker = search.worker({ databaseUrl: ${JSON.stringify(databaseUrl)}, untilIdle: true });
    console.log((await worker.done).completed);`;
  // Not one that is on this machine besides.
  const { SCRYPATH_COMMAND } = process.env;
  delete process.env.SCRYPATH_COMMAND;
  assert.equal(await printed("worker.mjs", source), "0\n");
  if (SCRYPATH_COMMAND !== undefined) process.env.SCRYPATH_COMMAND = SCRYPATH_COMMAND;
});

test("with a command that a shell runs, and that ends by a signal as it would alone", async () => {
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const scrypath = (...parameters) => run("npx", ["--offline", "scrypath", ...parameters], { cwd: home });
  assert.equal((await scrypath("--version")).stdout, `scrypath ${version}\n`);
  await assert.rejects(scrypath("no-such-command"), { code: 2 });
  const child = execFile(join(home, "node_modules", ".bin", "scrypath"), ["serve", "--addr", "127.0.0.1:0"]);
  const ended = once(child, "exit");
  await once(child.stdout, "data");
  child.kill("SIGTERM");
  assert.deepEqual(await ended, [0, null]);
});

test("nothing else of the package can be imported", async () => {
  for (const inner of ["scrypath/dist/esm/door.js", "scrypath/native", "scrypath/door"]) {
    const source = `import(${JSON.stringify(inner)}).catch(({ code }) => console.log(code));`;
    assert.equal(await printed("inner.mjs", source), "ERR_PACKAGE_PATH_NOT_EXPORTED\n");
  }
});

test("a package without a library for this machine says what to do", async () => {
  const bare = join(home, "bare", "node_modules", "scrypath");
  await mkdir(bare, { recursive: true });
  const filter = (path) => !path.endsWith(".node");
  await cp(join(home, "node_modules", "scrypath"), bare, { recursive: true, filter });
  const source = `try { require("scrypath"); } catch ({ message }) { console.log(message); }`;
  const message = await printed("bare/bare.cjs", source);
  assert.match(message, new RegExp(`${process.platform}-${process.arch}.*Reinstall.*npm run build`));
});

const consumer = `
  import { type SearchResult, Scrypath, schema } from "scrypath";
  import { betterSqlite3Repo } from "scrypath/better-sqlite3";
  import { traceWithOpenTelemetry } from "scrypath/opentelemetry";
  interface NoteRow { id: number; title: string }
  const Note = schema<NoteRow>({ name: "Note", fields: ["title"] });
  // @ts-expect-error a misspelt field
  schema<NoteRow>({ name: "Note", fields: ["titel"] });
  const repo = betterSqlite3Repo<NoteRow>({ prepare: () => ({ all: () => [] }) }, { table: "notes" });
  export const found: Promise<SearchResult<NoteRow>> =
    new Scrypath({ meilisearchUrl: "memory:" }).search(Note, "harbour", { repo });
  export const end: () => void = traceWithOpenTelemetry();
`;

const resolutions = {
  "node16, as an ES module": { file: "node16.mts", options: { module: "node16" } },
  "node16, as CommonJS": { file: "node16.cts", options: { module: "node16" } },
  nodenext: { file: "nodenext.mts", options: { module: "nodenext" } },
  "a bundler": { file: "bundler.ts", options: { module: "esnext", moduleResolution: "bundler" } },
};

for (const [name, { file, options }] of Object.entries(resolutions)) {
  test(`in TypeScript, resolved for ${name}`, async () => {
    await writeFile(join(home, file), consumer);
    const compilerOptions = {
      target: "es2022",
      lib: ["es2023"],
      types: ["node"],
      strict: true,
      noEmit: true,
    };
    const config = { compilerOptions: { ...compilerOptions, ...options }, files: [file] };
    const project = join(home, `tsconfig.${file}.json`);
    await writeFile(project, JSON.stringify(config));
    const tsc = join(root, "node_modules", ".bin", "tsc");
    await run(tsc, ["-p", project], { cwd: home }).catch(({ stdout }) => assert.fail(stdout));
  });
}
