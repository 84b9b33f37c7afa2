/**
 * Where the `scrypath` command is, and how it is started so that it ends with this process.
 */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Readable } from "node:stream";

import { QueueError } from "./errors.js";
import { shipped } from "./native.cjs";

/** A command that was started, and what it says. */
export type Child = ChildProcessByStdio<null, Readable, Readable>;

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

/** Those that end with this process. */
const running = new Set<Child>();
let listening = false;

/**
 * Starts a command. It is asked to end when this process does: when it exits, and where there is a shell also
 * when it is killed.
 */
export function start(command: string, parameters: readonly string[], environment: NodeJS.ProcessEnv): Child {
  const child = spawn(command, parameters, { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  if (child.pid === undefined) return child;
  if (!listening) process.on("exit", endAll);
  listening = true;
  running.add(child);
  const untie = tie(child.pid);
  child.once("exit", () => {
    running.delete(child);
    untie();
  });
  return child;
}

function endAll(): void {
  for (const child of running) child.kill();
}

/** A shell waits for the end of a pipe whose other end only this process has, and then ends the child. */
function tie(pid: number): () => void {
  if (process.platform === "win32") return () => {};
  const waits = spawn("/bin/sh", ["-c", 'read -r end; kill -TERM "$1"', "sh", `${pid}`], {
    stdio: ["pipe", "ignore", "ignore"],
    env: {},
  });
  // An image may have no shell; then only an orderly exit ends the child.
  waits.on("error", () => {});
  waits.unref();
  return () => waits.kill("SIGKILL");
}
