/**
 * Where the `scrypath` command is, and how it is started so that it ends with this process.
 */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Readable, Writable } from "node:stream";

import { QueueError } from "./errors.js";
import { shipped } from "./native.cjs";

/** A command that was started, and what it says. */
export type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** The command: what `SCRYPATH_COMMAND` names, else beside the native library, else on `PATH`. */
export function findCommand(): string {
  const { SCRYPATH_COMMAND: named } = process.env;
  if (named) {
    const found = /[\\/]/.test(named) ? runnable(named) : onPath(named);
    return found ?? missing(`SCRYPATH_COMMAND names ${named}, which cannot be run`);
  }
  const found = runnable(shipped) ?? onPath("scrypath");
  return found ?? missing("the command scrypath was not found beside the package, nor on PATH");
}

function onPath(name: string): string | undefined {
  const file = process.platform === "win32" && !name.endsWith(".exe") ? `${name}.exe` : name;
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const found = folder === "" ? undefined : runnable(join(folder, file));
    if (found !== undefined) return found;
  }
  return undefined;
}

function runnable(file: string): string | undefined {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile() ? file : undefined;
  } catch {
    return undefined;
  }
}

function missing(what: string): never {
  throw new QueueError({
    kind: "queue_unavailable",
    class: "queue",
    retryable: false,
    message: `${what}: install it (cargo install scrypath-cli) or name it in SCRYPATH_COMMAND`,
    details: { name: "SCRYPATH_COMMAND" },
  });
}

/** Starts a command that ends with this process, however that ends: its standard input then does too. */
export function start(command: string, parameters: readonly string[], environment: NodeJS.ProcessEnv): Child {
  const child = spawn(command, [...parameters, "--tied"], { env: environment, stdio: "pipe" });
  // One that has ended reads no more.
  child.stdin.on("error", () => {});
  return child;
}

/** Asks a command to end. What it began is finished first. */
export function stop(child: Child): void {
  child.stdin.end();
}
