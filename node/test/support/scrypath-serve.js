// The real server of this repository, on a port of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const binary = `${process.env.CARGO_TARGET_DIR ?? `${root}target`}/release/scrypath`;

/** Starts `scrypath serve`; ends it when the test does. */
export async function serve(test, { masterKey } = {}) {
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
