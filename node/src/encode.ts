/**
 * Values on their way to the native library, as JSON text.
 *
 * JSON cannot say everything JavaScript can, so what it cannot say travels as an object with the one
 * key `TAG`. Nothing is decided here: which of these values is accepted, and what it becomes in a
 * document, is the core's business and the same in every language.
 */

import { types } from "node:util";

const TAG = "\u0000scrypath";

/** The core refuses deeper values; this bound only keeps the walk itself from overflowing the stack. */
const MAX_DEPTH = 64;

type Kind = "bigint" | "float" | "decimal" | "datetime" | "bytes" | "unloaded" | "cyclic" | "type" | "key";

function tagged(kind: Kind, text: string): object {
  return { [TAG]: [kind, text] };
}

/** Encodes a value of an option or argument. Here an `undefined` or a class instance is an error. */
export function encodeArgument(value: unknown): unknown {
  return encode(value, { isDocument: false, path: [] });
}

/** The same as JSON text, as requests hold it. */
export function argumentJson(value: unknown): string {
  return JSON.stringify(encodeArgument(value));
}

/** Encodes a value of a document: objects may be class instances, and `undefined` members are absent. */
export function encodeValue(value: unknown): unknown {
  return encode(value, { isDocument: true, path: [] });
}

interface Walk {
  readonly isDocument: boolean;
  /** The objects being walked, outermost first: meeting one again means a cycle. */
  readonly path: object[];
}

function encode(value: unknown, walk: Walk): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : tagged("float", String(value));
    case "bigint":
      return tagged("bigint", String(value));
    case "object":
      return value === null ? null : encodeObject(value, walk);
    default:
      return tagged("type", typeof value);
  }
}

function encodeObject(value: object, walk: Walk): unknown {
  if (types.isDate(value)) {
    // An invalid date has no text; the core refuses the empty one.
    return tagged("datetime", Number.isNaN(value.getTime()) ? "" : value.toISOString());
  }
  if (types.isUint8Array(value)) {
    return tagged("bytes", Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64"));
  }
  if (isDecimal(value)) return tagged("decimal", String(value));
  if (walk.path.includes(value) || walk.path.length > MAX_DEPTH) return tagged("cyclic", "");
  walk.path.push(value);
  const encoded = encodeMembers(value, walk);
  walk.path.pop();
  return encoded;
}

function encodeMembers(value: object, walk: Walk): unknown {
  if (Array.isArray(value)) return encodeArray(value, walk);
  if (walk.isDocument && "then" in value && typeof value.then === "function") {
    // A relation that an ORM loads lazily; awaiting it would run a query.
    return tagged("unloaded", value.constructor?.name ?? "Promise");
  }
  if ("toJSON" in value && typeof value.toJSON === "function") return encode(value.toJSON(), walk);
  if (!isPlain(value) && !(walk.isDocument && hasOwnMembers(value))) {
    return tagged("type", value.constructor?.name ?? "object");
  }
  return encodePlain(value as Record<string, unknown>, walk);
}

/** Copies only from the first element that needs another form. */
function encodeArray(value: unknown[], walk: Walk): unknown[] {
  let copy: unknown[] | undefined;
  for (let at = 0; at < value.length; at++) {
    const item = value[at];
    const encoded = encode(item, walk);
    if (copy === undefined && encoded !== item) copy = value.slice(0, at);
    copy?.push(encoded);
  }
  return copy ?? value;
}

/** Always copies: the given object could change its mind between this walk and `JSON.stringify`. */
function encodePlain(value: Record<string, unknown>, walk: Walk): object {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    if (key === TAG) return tagged("key", "");
    const item = value[key];
    if (item === undefined && walk.isDocument) continue;
    const encoded = encode(item, walk);
    if (key === "__proto__") {
      Object.defineProperty(copy, key, { value: encoded, enumerable: true });
    } else {
      copy[key] = encoded;
    }
  }
  return copy;
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

/** Whether an instance of a class is data: its members are its own, unlike those of a `Map` or `RegExp`. */
function hasOwnMembers(value: object): boolean {
  return Object.prototype.toString.call(value) === "[object Object]";
}

/** decimal.js (which Prisma uses), and bignumber.js. Both print plain or exponential digits. */
function isDecimal(value: object): boolean {
  const { [Symbol.toStringTag]: tag, _isBigNumber } = value as {
    [Symbol.toStringTag]?: unknown;
    _isBigNumber?: unknown;
  };
  return tag === "Decimal" || _isBigNumber === true;
}
