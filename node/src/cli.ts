#!/usr/bin/env node
/**
 * `npx scrypath`: the command that the package brings along, in this process's place.
 */

import { spawn } from "node:child_process";
import { constants } from "node:os";

import { shipped } from "./native.cjs";

const child = spawn(shipped, process.argv.slice(2), { stdio: "inherit" });
// A terminal's Ctrl-C reaches the child by itself; this process only has to outlive it.
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => child.kill(signal));
}
child.on("error", ({ message }) => {
  console.error(`scrypath: the command cannot be run: ${message}`);
  process.exitCode = 1;
});
child.on("exit", (code, signal) => {
  process.exitCode = code ?? 128 + constants.signals[signal ?? "SIGTERM"];
});
