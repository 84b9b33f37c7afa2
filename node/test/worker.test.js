// The shipped `scrypath worker` as a child of this process: the real command, real databases, a real server.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname } from "node:path";
import { createInterface } from "node:readline";
import { suite, test } from "node:test";
import { promisify } from "node:util";
import pg from "pg";
import { QueueError, Scrypath, UsageError } from "scrypath";
import { eventually } from "./support/eventually.js";
import { Note, notes } from "./support/notes.js";
import { install, sqlite } from "./support/queue.js";
import { binary, server } from "./support/server.js";

process.env.SCRYPATH_COMMAND = binary;
delete process.env.DATABASE_URL;

const run = promisify(execFile);
const KEY = "a key that no command line may hold";
const queued = { syncMode: "oban", obanQueue: "search" };
const NOTHING = { completed: 0, discarded: 0, cancelled: 0, retried: 0, requests: 0, pauses: 0 };
/** Nothing listens there. */
const nowhere = { ...queued, meilisearchUrl: "http://127.0.0.1:1" };
const onLinux = process.platform === "linux" ? false : "there is no /proc";

const titles = ({ hits }) => hits.map(({ title }) => title).sort();
const stateOf = (db) => db.prepare("SELECT state FROM oban_jobs ORDER BY id DESC").get()?.state;

/** The options of a worker that is stopped when the test ends, and what it says. */
function listened() {
  const said = [];
  let tell;
  const first = new Promise((resolve) => {
    tell = resolve;
  });
  const onMessage = (message) => {
    said.push(message);
    if (message.level !== "info") tell(message);
  };
  return { said, first, onMessage };
}

suite("over SQLite", () => {
  test("brings what was enqueued into the index, and says what it did", async (t) => {
    const backend = await server(t, { key: true });
    const { db, url } = await sqlite(t);
    const search = new Scrypath({ ...queued, ...backend });
    await search.syncRecords(Note, notes, { connection: db });
    await search.deleteRecord(Note, notes[1], { connection: db });
    const worker = search.worker({ databaseUrl: url, untilIdle: true });
    const tally = await worker.done;
    assert.deepEqual({ ...tally, requests: 0 }, { ...NOTHING, completed: 2 });
    assert.ok(tally.requests > 0);
    assert.equal(worker.pid, undefined);
    assert.deepEqual(titles(await search.search(Note, "")), [
      "Harbour lights",
      "Lighthouse",
      "The old harbour",
    ]);
  });

  test("goes on until it is stopped, and finishes what it began", async (t) => {
    const backend = await server(t);
    const { db, url } = await sqlite(t);
    const search = new Scrypath({ ...queued, ...backend });
    const { onMessage } = listened();
    const worker = search.worker({ databaseUrl: url, onMessage });
    assert.equal(typeof worker.pid, "number");
    for (const note of notes.slice(0, 2)) {
      await search.syncRecord(Note, note, { connection: db });
      await eventually(() => stateOf(db) === "completed");
    }
    const tally = await worker.stop();
    assert.equal(tally.completed, 2);
    assert.equal(await worker.done, tally);
    assert.equal(await worker.stop(), tally);
    assert.equal((await search.search(Note, "")).length, 2);
  });

  test("works the queues that it is given, each on its own", async (t) => {
    const backend = await server(t);
    const { db, url } = await sqlite(t);
    const search = new Scrypath({ ...queued, ...backend });
    for (const [at, obanQueue] of ["search", "slow", "other"].entries()) {
      await search.syncRecord(Note, notes[at], { connection: db, obanQueue });
    }
    const worked = async (queues) =>
      (await search.worker({ databaseUrl: url, untilIdle: true, queues }).done).completed;
    assert.equal(await worked(["search", "slow"]), 2);
    assert.equal(await worked("other"), 1);
  });

  test("deletes completed jobs once they are old", async (t) => {
    const backend = await server(t);
    const { db, url } = await sqlite(t);
    const search = new Scrypath({ ...queued, ...backend });
    await search.syncRecord(Note, notes[0], { connection: db });
    const left = async (options) => {
      await search.worker({ databaseUrl: url, untilIdle: true, ...options }).done;
      return db.prepare("SELECT count(*) AS jobs FROM oban_jobs").get().jobs;
    };
    assert.equal(await left(), 1);
    assert.equal(await left({ keepCompleted: 0 }), 0);
    assert.equal((await search.search(Note, "")).length, 1);
  });

  test("finds the database in the environment", async (t) => {
    const { url } = await sqlite(t);
    process.env.DATABASE_URL = url;
    t.after(() => delete process.env.DATABASE_URL);
    const search = new Scrypath(nowhere);
    assert.deepEqual(await search.worker({ untilIdle: true }).done, NOTHING);
  });

  test("takes its durations in milliseconds", async (t) => {
    const { url } = await sqlite(t);
    const options = { databaseUrl: url, untilIdle: true, lease: 30_000, requestTimeout: 500, settleTime: 0 };
    assert.deepEqual(await new Scrypath(nowhere).worker(options).done, NOTHING);
  });
});

suite("ends", () => {
  test("when its signal is aborted", async (t) => {
    const { url } = await sqlite(t);
    const aborting = new AbortController();
    const { onMessage } = listened();
    const worker = new Scrypath(nowhere).worker({ databaseUrl: url, signal: aborting.signal, onMessage });
    aborting.abort();
    assert.deepEqual(await worker.done, NOTHING);
  });

  test("before it begins, where the signal is aborted already", async (t) => {
    const { url } = await sqlite(t);
    const signal = AbortSignal.abort("no longer wanted");
    const search = new Scrypath(nowhere);
    assert.throws(
      () => search.worker({ databaseUrl: url, signal }),
      (reason) => reason === "no longer wanted",
    );
  });

  test("with the block of `await using`", async (t) => {
    const { url } = await sqlite(t);
    const worker = new Scrypath(nowhere).worker({ databaseUrl: url, onMessage() {} });
    await worker[Symbol.asyncDispose]();
    assert.deepEqual([await worker.done, worker.pid], [NOTHING, undefined]);
  });

  const program = (url) => `
    import { Scrypath } from "scrypath";
    const search = new Scrypath(${JSON.stringify(nowhere)});
    const worker = search.worker({ databaseUrl: ${JSON.stringify(url)} });
    process.stdin.once("data", () => process.exit(0));
    console.log(worker.pid);`;

  /** Whether a process runs; one that nobody has waited for yet does not. */
  const runs = (pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8") !== "";
    } catch {
      return false;
    }
  };

  for (const [how, end] of [
    ["exits", (child) => child.stdin.write("end\n")],
    ["is terminated", (child) => child.kill("SIGTERM")],
    ["is killed", (child) => child.kill("SIGKILL")],
  ]) {
    test(`when the process that started it ${how}`, { skip: onLinux }, async (t) => {
      const { url } = await sqlite(t);
      const parameters = ["--input-type=module", "-e", program(url)];
      const child = spawn(process.execPath, parameters, { stdio: ["pipe", "pipe", "inherit"] });
      const [pid] = await once(createInterface(child.stdout), "line");
      await eventually(() => runs(pid));
      end(child);
      await once(child, "exit");
      await eventually(() => !runs(pid));
    });
  }
});

suite("says", () => {
  test("why a queue pauses, as a warning, without its URLs' passwords and its key", async (t) => {
    const { db, url } = await sqlite(t);
    const search = new Scrypath({ ...nowhere, meilisearchApiKey: KEY });
    await search.syncRecord(Note, notes[0], { connection: db });
    const { first, said, onMessage } = listened();
    const worker = search.worker({ databaseUrl: url, onMessage });
    const { level, text } = await first;
    assert.equal(level, "warn");
    assert.match(text, /search/);
    const { completed, pauses } = await worker.stop();
    assert.ok(completed === 0 && pauses > 0);
    const shown = JSON.stringify(said);
    assert.ok(!shown.includes(KEY) && !shown.includes("Harbour"), shown);
  });

  test("so on the console, where nobody listens", async (t) => {
    const { db, url } = await sqlite(t);
    await new Scrypath(nowhere).syncRecord(Note, notes[0], { connection: db });
    const source = `
      import { Scrypath } from "scrypath";
      const search = new Scrypath(${JSON.stringify(nowhere)});
      const aborting = new AbortController();
      const warn = console.warn;
      console.warn = (...words) => { warn(...words); aborting.abort(); };
      await search.worker({ databaseUrl: ${JSON.stringify(url)}, signal: aborting.signal }).done;`;
    const { stderr } = await run(process.execPath, ["--input-type=module", "-e", source]);
    assert.match(stderr, /^scrypath worker: .*search/);
  });

  test("that it died, and is started again", async (t) => {
    const { url } = await sqlite(t);
    const { first, onMessage } = listened();
    const worker = new Scrypath(nowhere).worker({ databaseUrl: url, onMessage });
    const { pid } = worker;
    process.kill(pid, "SIGKILL");
    assert.deepEqual(await first, {
      level: "error",
      text: "the worker died and is started again in 1 s: it ended with SIGKILL",
    });
    assert.equal(worker.pid, undefined);
    assert.notEqual(await eventually(() => worker.pid), pid);
    assert.deepEqual(await worker.stop(), NOTHING);
  });

  test("nothing more once it is stopped between two starts", async (t) => {
    const { url } = await sqlite(t);
    const { first, said, onMessage } = listened();
    const worker = new Scrypath(nowhere).worker({ databaseUrl: url, onMessage });
    process.kill(worker.pid, "SIGKILL");
    await first;
    assert.deepEqual(await worker.stop(), NOTHING);
    assert.equal(said.length, 1);
  });

  test("what failed, where starting again would not help", async (t) => {
    const failing = async (options, environment = {}) => {
      const { SCRYPATH_COMMAND } = process.env;
      Object.assign(process.env, environment);
      const worker = new Scrypath(nowhere).worker({ onMessage() {}, ...options });
      process.env.SCRYPATH_COMMAND = SCRYPATH_COMMAND;
      let failure;
      await assert.rejects(worker.done, (error) => {
        failure = error;
        return error instanceof QueueError && error.kind === "queue_unavailable";
      });
      await assert.rejects(worker.stop(), failure);
      return failure.message;
    };
    const { url } = await sqlite(t);
    const away = { databaseUrl: "postgres://app:secret@127.0.0.1:1/app", untilIdle: true };
    const message = await failing(away);
    assert.match(message, /^the worker failed: ./);
    assert.ok(!message.includes("secret"), message);
    if (process.platform !== "win32") {
      const SCRYPATH_COMMAND = `${dirname(url.slice("sqlite:".length))}/without-interpreter`;
      writeFileSync(SCRYPATH_COMMAND, "#!/no/such/interpreter\n", { mode: 0o755 });
      assert.match(
        await failing({ databaseUrl: url }, { SCRYPATH_COMMAND }),
        /could not be started \(ENOENT\)$/,
      );
    }
    if (process.platform === "linux") {
      // It does not know what it is told, and says so with code 2.
      await failing({ databaseUrl: url }, { SCRYPATH_COMMAND: "/bin/ls" });
      const other = await failing({ databaseUrl: url }, { SCRYPATH_COMMAND: "/bin/echo" });
      assert.equal(other, "the worker failed: it printed no tally");
    }
  });
});

suite("the command line", { skip: onLinux }, () => {
  test("holds no URL and no key; the environment does, and no other key", async (t) => {
    const { url } = await sqlite(t);
    process.env.MEILISEARCH_API_KEY = "the key of another server";
    t.after(() => delete process.env.MEILISEARCH_API_KEY);
    const read = (pid, file) => readFileSync(`/proc/${pid}/${file}`, "utf8").split("\0");
    for (const meilisearchApiKey of [KEY, null]) {
      const search = new Scrypath({ ...nowhere, meilisearchApiKey });
      const { onMessage } = listened();
      const worker = search.worker({ databaseUrl: url, onMessage });
      const { pid } = worker;
      const [program, ...parameters] = await eventually(() => {
        const line = read(pid, "cmdline");
        return line[0] === binary && line;
      });
      assert.equal(program, binary);
      assert.deepEqual(parameters, ["worker", "--json", "--queue=search", "--tied", ""]);
      const environment = read(pid, "environ");
      for (const variable of [`DATABASE_URL=${url}`, `MEILISEARCH_URL=${nowhere.meilisearchUrl}`]) {
        assert.ok(environment.includes(variable));
      }
      const keys = environment.filter((variable) => variable.startsWith("MEILISEARCH_API_KEY="));
      assert.deepEqual(keys, meilisearchApiKey ? [`MEILISEARCH_API_KEY=${KEY}`] : []);
      await worker.stop();
    }
  });
});

suite("the command is looked for", () => {
  const { PATH } = process.env;
  const looked = async (t, environment) => {
    const { url } = await sqlite(t);
    t.after(() => Object.assign(process.env, { SCRYPATH_COMMAND: binary, PATH }));
    Object.assign(process.env, environment);
    if (environment.SCRYPATH_COMMAND === undefined) delete process.env.SCRYPATH_COMMAND;
    return new Scrypath(nowhere).worker({ databaseUrl: url, untilIdle: true }).done;
  };

  test("under SCRYPATH_COMMAND, by its path or its name", async (t) => {
    assert.deepEqual(await looked(t, { SCRYPATH_COMMAND: binary }), NOTHING);
    const within = `${dirname(binary)}${delimiter}${PATH}`;
    assert.deepEqual(await looked(t, { SCRYPATH_COMMAND: "scrypath", PATH: within }), NOTHING);
  });

  test("else beside the native library", async (t) => {
    assert.deepEqual(await looked(t, { PATH: dirname(process.execPath) }), NOTHING);
  });

  test("and one that is not found is an error that says what to do", async (t) => {
    for (const SCRYPATH_COMMAND of ["/nowhere/scrypath", "no-such-command", import.meta.filename]) {
      await assert.rejects(looked(t, { SCRYPATH_COMMAND }), (error) => {
        assert.ok(error instanceof QueueError);
        assert.equal(error.kind, "queue_unavailable");
        assert.match(error.message, /cannot be run: install it .* or name it in SCRYPATH_COMMAND/);
        return true;
      });
    }
  });
});

suite("refused, and nothing started:", () => {
  const refused = (options, kind, name, client = nowhere) => {
    assert.throws(
      () => new Scrypath(client).worker({ databaseUrl: "sqlite:app.db", ...options }),
      (error) => {
        assert.ok(error instanceof UsageError, error);
        assert.equal(error.kind, kind);
        assert.ok(error.message.includes(name), error.message);
        assert.ok(!error.message.includes("secret"), error.message);
        return true;
      },
    );
  };

  test("no database, or one that is none", () => {
    refused({ databaseUrl: undefined }, "missing_option", "databaseUrl");
    refused({ databaseUrl: "" }, "missing_option", "databaseUrl");
    refused({ databaseUrl: { password: "secret" } }, "invalid_option", "databaseUrl");
    refused({ databaseUrl: "postgres://app:secret\0@db/app" }, "invalid_option", "databaseUrl");
  });

  test("no server, or an index of this process", () => {
    refused({}, "missing_option", "meilisearchUrl", queued);
    refused({}, "invalid_option", "memory:", { ...queued, meilisearchUrl: "memory:here" });
  });

  test("queues that are none", () => {
    for (const queues of [[], "", [""], 7, ["search", null], "a\0b"])
      refused({ queues }, "invalid_option", "queues");
  });

  test("durations that are none", () => {
    for (const name of ["lease", "requestTimeout", "settleTime", "keepCompleted"]) {
      for (const value of [-1, 1.5, "60000", Number.NaN, null]) {
        refused({ [name]: value }, "invalid_option", name);
      }
    }
    refused({ lease: 0 }, "invalid_option", "lease");
  });

  test("options that do not exist", () => {
    refused({ until_idle: true }, "unknown_options", "until_idle");
  });
});

const why = process.env.SCRYPATH_TEST_POSTGRES ? false : "SCRYPATH_TEST_POSTGRES names no PostgreSQL";

test("over PostgreSQL, while others write", { skip: why }, async (t) => {
  const { SCRYPATH_TEST_POSTGRES: databaseUrl } = process.env;
  await install(databaseUrl);
  const backend = await server(t);
  const obanQueue = `search-${randomUUID()}`;
  const search = new Scrypath({ ...queued, ...backend, obanQueue });
  const connection = new pg.Client({ connectionString: databaseUrl });
  await connection.connect();
  t.after(async () => {
    await connection.query("DELETE FROM oban_jobs WHERE queue = $1", [obanQueue]);
    await connection.end();
  });
  const { onMessage } = listened();
  const worker = search.worker({ databaseUrl, onMessage });
  for (const title of ["Oldest", "Older", "Newest"]) {
    await connection.query("BEGIN");
    await search.syncRecord(Note, { ...notes[0], title }, { connection });
    await connection.query("COMMIT");
  }
  const open = "SELECT 1 FROM oban_jobs WHERE queue = $1 AND state <> 'completed'";
  await eventually(async () => (await connection.query(open, [obanQueue])).rows.length === 0);
  assert.equal((await worker.stop()).completed, 3);
  assert.deepEqual(titles(await search.search(Note, "")), ["Newest"]);
});
