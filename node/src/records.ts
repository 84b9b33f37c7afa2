/**
 * Records on their way to the native library: one line of JSON each.
 *
 * Only what the core will ask for is read from a record, so nothing else of it is copied, encoded or
 * (behind a getter) computed. A field that a record lacks is left out; the core reports it.
 */

import { encodeValue } from "./encode.js";
import type { AnySchema } from "./schema.js";

/** Records as the native library takes them. */
export interface Lines {
  readonly ndjson: Buffer;
  /** Whether each line is a pair of a record and what `searchDocument` made of it. */
  readonly hooked: boolean;
}

/** Records to be projected into documents. */
export function linesToProject(schema: AnySchema, records: readonly unknown[]): Lines {
  const { searchDocument, shape } = schema;
  if (searchDocument === undefined) return { ndjson: join(records, shape.projected), hooked: false };
  const lines = records.map((record) => {
    const document = searchDocument(record as never);
    return `[${line(record, shape.identified)},${JSON.stringify(encodeValue(document))}]`;
  });
  return { ndjson: Buffer.from(lines.join("\n")), hooked: true };
}

/** Records of which only the document id is read. */
export function linesToIdentify(schema: AnySchema, records: readonly unknown[]): Lines {
  const { searchDocumentId, shape } = schema;
  if (searchDocumentId === undefined) return { ndjson: join(records, [shape.documentId]), hooked: false };
  const identified = records.map((record) => ({ [shape.documentId]: searchDocumentId(record as never) }));
  return { ndjson: join(identified, [shape.documentId]), hooked: false };
}

function join(records: readonly unknown[], fields: readonly string[]): Buffer {
  const lines = new Array<string>(records.length);
  for (let at = 0; at < records.length; at++) lines[at] = line(records[at], fields);
  return Buffer.from(lines.join("\n"));
}

function line(record: unknown, fields: readonly string[]): string {
  if (typeof record !== "object" || record === null || Array.isArray(record)) {
    return JSON.stringify(encodeValue(record));
  }
  const picked: Record<string, unknown> = {};
  for (const field of fields) {
    const value = (record as Record<string, unknown>)[field];
    if (value === undefined) continue;
    picked[field] = isPlainScalar(value) ? value : encodeValue(value);
  }
  return JSON.stringify(picked);
}

/** Most values need no other form, and do not pay for a walk. */
function isPlainScalar(value: unknown): boolean {
  return typeof value === "string" || Number.isFinite(value) || value === null || typeof value === "boolean";
}
