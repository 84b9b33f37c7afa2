/**
 * Finds and loads the native library. CommonJS, since only `require` loads a `.node` file; both builds
 * of the package use this one source.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";

/** The native module. Private: requests, records and replies are text only `door.ts` reads. */
export interface Native {
  version(): string;
  /** The table of error kinds: JSON of `[{kind, class, retryable, meaning}]`. */
  kinds(): string;
  /** The names of telemetry's events. */
  eventNames(): string[];
  /** Carries out a pure operation on this thread. */
  callNow(request: string, records?: Buffer, hooked?: boolean): string;
  Door: new (wake: () => void) => NativeDoor;
  Bulk: { open(request: string): NativeBulk | string };
}

export interface NativeDoor {
  /** Starts an operation. Its reply comes out of `drain` under the number returned. */
  call(request: string, records?: Buffer, hooked?: boolean): number;
  push(stream: NativeBulk, records: Buffer, hooked: boolean): number;
  finish(stream: NativeBulk): number;
  cancel(id: number): void;
  /** What ended, flat: a number, its reply, the next number, … */
  drain(): (number | string)[];
}

/** A stream under way; its batches and its end go through the door. */
export interface NativeBulk {
  abort(): void;
}

const packageRoot = join(__dirname, "..", "..");

function load(): { native: Native; file: string } {
  const libcs = process.platform === "linux" ? ["-gnu", "-musl"] : [""];
  const platform = `${process.platform}-${process.arch}`;
  const failures: string[] = [];
  for (const libc of libcs) {
    const file = join(packageRoot, "native", `scrypath.${platform}${libc}.node`);
    if (!existsSync(file)) continue;
    try {
      return { native: checked(require(file)), file };
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  const why = failures.length > 0 ? failures.join("; ") : "this package holds none for it";
  throw new Error(
    `scrypath cannot load its native library for ${platform}: ${why}. ` +
      "Reinstall the package on this machine; in a checkout, run `npm run build` (it needs Rust)",
  );
}

function checked(native: Native): Native {
  const { version } = require(join(packageRoot, "package.json")) as { version: string };
  if (native.version() === version) return native;
  throw new Error(`the native library is of version ${native.version()}, the package of version ${version}`);
}

const loaded = load();
export const native = loaded.native;

/** Where the `scrypath` command lies that the package brings along; a checkout may lack it. */
export const shipped = loaded.file.replace(/\.node$/, process.platform === "win32" ? ".exe" : "");
