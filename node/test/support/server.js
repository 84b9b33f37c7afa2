// A real server: the one that MEILISEARCH_URL names (with MEILISEARCH_API_KEY, its master key), else this
// repository's own on a port of its own.

import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";

const { MEILISEARCH_URL, MEILISEARCH_API_KEY, SCRYPATH_BIN, CARGO_TARGET_DIR } = process.env;
const root = fileURLToPath(new URL("../../..", import.meta.url));
export const binary = SCRYPATH_BIN ?? `${CARGO_TARGET_DIR ?? `${root}target`}/release/scrypath`;

/** Where most tests run, by name: each gives the options of a client. */
export const backends = {
  memory: async () => ({ meilisearchUrl: `memory:${randomUUID()}` }),
  http: (test) => server(test),
};

/** Opens a backend before the tests of a suite and closes it after them. Gives what gives its options. */
export function ofSuite(open) {
  const ends = [];
  let options;
  before(async () => {
    options = await open({ after: (end) => ends.push(end) });
  });
  after(async () => {
    for (const end of ends) await end();
  });
  return () => options;
}

/**
 * The options of a client of a server, with an index prefix of their own. What is under it is gone when the
 * test has ended.
 *
 * @param test what has `after`.
 * @param needs `key`: whether the server must have a master key.
 */
export async function server(test, { key = false } = {}) {
  const indexPrefix = `test-${randomUUID()}`;
  if (MEILISEARCH_URL && (MEILISEARCH_API_KEY || !key)) {
    const there = { meilisearchUrl: MEILISEARCH_URL, meilisearchApiKey: MEILISEARCH_API_KEY ?? null };
    test.after(() => cleanUp(there, indexPrefix));
    return { ...there, indexPrefix };
  }
  const meilisearchApiKey = key ? "a master key of sixteen bytes" : null;
  return { meilisearchUrl: await serve(test, meilisearchApiKey), meilisearchApiKey, indexPrefix };
}

/** Speaks to a server without this package. Gives the answer's JSON, if it has any. */
export async function ask({ meilisearchUrl, meilisearchApiKey }, method, path, body) {
  const response = await fetch(`${meilisearchUrl}${path}`, {
    method,
    headers: {
      "content-type": "application/json",
      ...(meilisearchApiKey && { authorization: `Bearer ${meilisearchApiKey}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}

async function cleanUp(there, prefix) {
  const { results } = await ask(there, "GET", "/indexes?limit=1000");
  const own = results.filter(({ uid }) => uid.startsWith(`${prefix}_`));
  await Promise.all(own.map(({ uid }) => ask(there, "DELETE", `/indexes/${uid}`)));
}

/** Starts `scrypath serve`; ends it when the test does. */
async function serve(test, masterKey) {
  const key = masterKey ? ["--master-key", masterKey] : [];
  const child = spawn(binary, ["serve", "--addr", "127.0.0.1:0", ...key], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  test.after(async () => {
    child.kill();
    await once(child, "exit");
  });
  for await (const line of createInterface(child.stdout)) {
    const [, url] = line.match(/^listening on (\S+)$/) ?? [];
    if (url) return url;
  }
  throw new Error(`${binary} ended before it listened`);
}
