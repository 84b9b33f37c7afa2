/**
 * Schemas as the numbers that stand for them in the core.
 */

import type { Target } from "./composition.js";
import { type AnySchema, quoted } from "./schema.js";

export class SchemaTokens {
  readonly #schemas: AnySchema[] = [];

  entries(entries: readonly unknown[]): unknown {
    return Array.isArray(entries) ? entries.map((entry) => this.#entry(entry)) : entries;
  }

  #entry(entry: unknown): unknown {
    if (Array.isArray(entry)) return [this.#token(entry[0]), ...entry.slice(1)];
    if (typeof entry !== "object" || entry === null) return entry;
    return "schema" in entry ? { ...entry, schema: this.#token(entry.schema) } : entry;
  }

  #token(schema: unknown): unknown {
    if (typeof (schema as AnySchema | undefined)?.quoted !== "string") return schema;
    const at = this.#schemas.indexOf(schema as AnySchema);
    return at >= 0 ? at : this.#schemas.push(schema as AnySchema) - 1;
  }

  /** What a number stands for. */
  schema(token: unknown): Target {
    return (typeof token === "number" ? this.#schemas[token] : token) as Target;
  }

  declared(): string {
    return `[${this.#schemas.map((schema, token) => `[${token},${quoted(schema)}]`).join()}]`;
  }
}
