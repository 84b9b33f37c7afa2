/**
 * Errors in options that stay in JavaScript, in the words of the core.
 */

import { UsageError } from "./errors.js";
import type { ErrorKind } from "./wire.js";

export function invalidOption(name: string, why: string): UsageError {
  return usage("invalid_option", `invalid value for ${name} option: ${why}`, { name });
}

export function missingOption(name: string, what: string): UsageError {
  return usage("missing_option", `${name} is required: ${what}`, { name });
}

/** Refuses options that are none of `known`. */
export function refuseUnknown(options: object, known: readonly string[]): void {
  const names = Object.keys(options).filter((name) => !known.includes(name));
  if (names.length === 0) return;
  throw usage("unknown_options", `unknown options: ${names.join(", ")}; known are ${known.join(", ")}`, {
    names,
  });
}

function usage(kind: ErrorKind, message: string, details: UsageError["details"]): UsageError {
  return new UsageError({ kind, class: "usage", retryable: false, message, details: details as object });
}
