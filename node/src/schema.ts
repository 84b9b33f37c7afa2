/**
 * Declarations: what of a record type is searchable.
 *
 * A declaration is checked once, when it is made, and holds no verbs: they are on `Scrypath`.
 */

import { readFileSync } from "node:fs";
import { callNow } from "./door.js";
import { declarationLayer, optionOf } from "./layers.js";
import { linesToIdentify, linesToProject } from "./records.js";
import { type Document, type Faceting, schemaConfig as reflect, type SchemaConfig } from "./results.js";
import type { Declaration, DocumentId } from "./wire.js";

/** The field names of a record type. */
export type FieldOf<Row> = Extract<keyof Row, string>;

/** A field, or a member of one by its path: `area.lvl0`. */
export type PathOf<Row> = FieldOf<Row> | `${FieldOf<Row>}.${string}`;

/** Which facets a schema offers. */
export interface FacetingOptions<Row> {
  /** The facet attributes; each must be `filterable`. Required unless `hierarchy` supplies them. */
  readonly attributes?: readonly PathOf<Row>[];
  /** How many values of one facet a search returns. Default 100. */
  readonly maxValuesPerFacet?: number;
  /** The order in which the server picks values when there are more than that. */
  readonly sortFacetValuesBy?: { readonly [Name in PathOf<Row>]?: "alpha" | "count" };
  /** Whether attributes of the form `base.lvlN` are allowed. Default false. */
  readonly nestedFacetPaths?: boolean;
  /** Short for the attributes `base.lvl0` … of `depth` levels. */
  readonly hierarchy?: { readonly base: FieldOf<Row>; readonly depth: number };
}

/**
 * What a declaration is not told: fan-outs of one schema have targets of different types. `satisfies FanOut<Row>`
 * checks one of them.
 */
// biome-ignore lint/suspicious/noExplicitAny: assignable to the rows and the connection of every fan-out.
type Unchecked = any;

/** Finds the records of a fan-out's target. */
export type Resolver<Row, Connection = unknown> = (
  /** The document ids of the records that changed; at least one. */
  ids: readonly (string | number)[],
  context: {
    /**
     * In a job: the `connection` that `workRelated` was given, whose transaction the job is run in. Read with a row
     * lock there. `undefined` in modes `inline` and `manual`.
     */
    readonly connection: Connection | undefined;
  },
) => readonly Row[] | PromiseLike<readonly Row[]>;

/**
 * Which other records' documents change with a record, for `syncRelated`.
 *
 * @example
 * ```ts
 * interface AuthorRow { id: number; name: string }
 * const rows: NoteRow[] = [{ id: 1, title: "Harbour", status: "open", year: 1990 }];
 * const Author = schema<AuthorRow>({
 *   name: "Author",
 *   fields: ["name"],
 *   fanOuts: {
 *     notes: {
 *       target: Note,
 *       resolver: async (ids) => rows.filter(({ id }) => ids.includes(id)),
 *     } satisfies scrypath.FanOut<NoteRow>,
 *   },
 * });
 * const { documentIds } = await search.syncRelated(Author, { id: 1, name: "Ann" }, { fanOut: "notes" });
 * console.log(documentIds); // [ 1 ]
 * ```
 */
export interface FanOut<Row = Unchecked, Connection = Unchecked> {
  /**
   * The schema of those records, or a function that returns it where the two refer to each other; TypeScript then
   * wants the type of one written down: `const Author: Schema<AuthorRow> = …`.
   */
  readonly target: Schema<Row, unknown> | (() => Schema<Row, unknown>);
  /** Finds them. */
  readonly resolver: Resolver<Row, Connection>;
}

/** What a schema does beyond its declared fields. */
export interface SchemaHooks<Row> {
  /** What `syncRelated` writes when a record changes, by a name of your own. */
  readonly fanOuts?: Readonly<Record<string, FanOut>> | undefined;
  /**
   * Makes the document of a record, in place of its declared fields. Its `id`, if it has one, becomes
   * the document id. Whatever it needs must be loaded already.
   */
  readonly searchDocument?: ((row: Row) => object) | undefined;
  /** Makes the document id of a record that is to be deleted. Must agree with `searchDocument`. */
  readonly searchDocumentId?: ((row: Row) => string | number | bigint) | undefined;
}

/** A declaration. `Row` is the record type; `Doc` is what `searchDocument` makes of it, where it exists. */
export interface SchemaOptions<Row, Doc = Row> extends SchemaHooks<Row> {
  /** The collection's name; its index is named after it, in snake_case. */
  readonly name: string;
  /** The fields that are sent. At least one. */
  readonly fields: readonly FieldOf<Row & Doc>[];
  /** The fields that filters may name. */
  readonly filterable?: readonly PathOf<Row & Doc>[];
  /** The fields that sorts may name. */
  readonly sortable?: readonly PathOf<Row & Doc>[];
  readonly faceting?: FacetingOptions<Row & Doc>;
  /** Index settings, under Meilisearch's names: `rankingRules`, `synonyms`, `stopWords`, … */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The field that holds the document id. Default `id`. */
  readonly documentId?: FieldOf<Row & Doc>;
  /** The prefix of the index name. Default `scrypath`. */
  readonly indexPrefix?: string | null;
  readonly backend?: string | null;
  /** The field that `tenantScope` restricts. Added to `fields` and `filterable` where absent. */
  readonly tenantField?: FieldOf<Row & Doc> | null;
}

/** A checked declaration. Make one with `schema`, `schema.fromFile` or `schemaFromJson`. */
export class Schema<Row, Doc = Row> {
  /** @internal The JSON form, as a JSON string: how every call passes it. */
  readonly quoted: string;
  /** @internal Which fields the core asks a record for. */
  readonly shape: {
    readonly documentId: string;
    /** Without a hook: everything that is sent. */
    readonly projected: readonly string[];
    /** With a hook: what is needed beside its result. */
    readonly identified: readonly string[];
  };
  /** @internal */
  readonly searchDocument: ((row: Row) => object) | undefined;
  /** @internal */
  readonly searchDocumentId: ((row: Row) => string | number | bigint) | undefined;
  /** @internal */
  readonly fanOuts: Readonly<Record<string, FanOut>>;
  /** @internal */
  readonly declared: Declaration;
  /** @internal */
  readonly config: SchemaConfig;
  /** Only in types: what the declaration takes, and what its index holds. */
  declare protected readonly types: { row: (row: Row) => void; document: Doc };

  /** @internal */
  constructor(declared: Declaration, hooks: SchemaHooks<Row>) {
    const { document_id, fields, tenant_field } = declared.config;
    this.declared = declared;
    this.quoted = JSON.stringify(declared.json);
    this.searchDocument = hooks.searchDocument;
    this.searchDocumentId = hooks.searchDocumentId;
    const identified = tenant_field === null ? [document_id] : [document_id, tenant_field];
    this.shape = {
      documentId: document_id,
      projected: [...new Set([...fields, ...identified])],
      identified,
    };
    this.fanOuts = hooks.fanOuts ?? {};
    this.config = reflect(declared.config, { fanOuts: this.fanOuts, documentSource: "fields" });
    for (const warning of declared.warnings) process.emitWarning(warning, "ScrypathWarning");
  }
}

/**
 * Declares what of a record type is searchable.
 *
 * @throws {UsageError} when an option is unknown, of a wrong type, or contradicts another.
 * @example
 * ```ts
 * interface NoteRow { id: number; title: string; status: string }
 * const Note = schema<NoteRow>({ name: "Note", fields: ["title"], filterable: ["status"] });
 * console.log(schemaFields(Note)); // [ 'title' ]
 * ```
 */
export function schema<Row extends object = Record<string, unknown>, Doc extends object = Row>(
  // The record type is given, not guessed from the names of fields.
  options: SchemaOptions<NoInfer<Row>, NoInfer<Doc>>,
): Schema<Row, Doc> {
  return kept(checked<Row, Doc>(options));
}

function checked<Row, Doc>(options: SchemaOptions<Row, Doc>): Schema<Row, Doc> {
  const { json, own } = declarationLayer(options, ["name", "searchDocument", "searchDocumentId"]);
  // A name that is none is refused as an empty one.
  const name = typeof own.name === "string" ? own.name : "";
  const declared = callNow("declare", { name: JSON.stringify(name), options: json });
  // The core looks at fan-outs too; what they hold stays here.
  const fanOuts = optionOf(options, "fanOuts") as SchemaHooks<Row>["fanOuts"];
  return new Schema(declared, { ...(own as SchemaHooks<Row>), fanOuts });
}

/**
 * Declares a schema from the JSON form that `schemaJson` writes, in any language.
 *
 * @param json the JSON text, or the object it stands for.
 * @param hooks what JSON cannot hold.
 * @throws {UsageError} when it is not a declaration.
 * @example
 * ```ts
 * const Note = schemaFromJson<NoteRow>('{"scrypath": 1, "name": "note", "fields": ["title"]}');
 * console.log(await search.indexName(Note)); // scrypath_note
 * ```
 */
export function schemaFromJson<Row extends object = Record<string, unknown>, Doc extends object = Row>(
  json: string | object,
  hooks: SchemaHooks<Row> = {},
): Schema<Row, Doc> {
  const text = typeof json === "string" ? json : JSON.stringify(json);
  return kept(new Schema<Row, Doc>(callNow("load", { json: JSON.stringify(text) }), hooks));
}

/**
 * Declares a schema from a file in the JSON form, so that applications in several languages share one.
 *
 * @param path where the file is; a `URL` may be relative to `import.meta.url`.
 * @throws {UsageError} when it is not a declaration.
 */
schema.fromFile = function fromFile<Row extends object = Record<string, unknown>, Doc extends object = Row>(
  path: string | URL,
  hooks: SchemaHooks<Row> = {},
): Schema<Row, Doc> {
  return schemaFromJson<Row, Doc>(readFileSync(path, "utf8"), hooks);
};

/** Checks a declaration without keeping it: throws what `schema` would. */
export function validateSchema<Row extends object = Record<string, unknown>, Doc extends object = Row>(
  options: SchemaOptions<NoInfer<Row>, NoInfer<Doc>>,
): void {
  checked<Row, Doc>(options);
}

// ── The schemas that jobs name ───────────────────────────────────────────────────────────────────────

/** Those that have fan-outs, by name. */
const fanningOut = new Map<string, AnySchema>();

function kept<Row, Doc>(of: Schema<Row, Doc>): Schema<Row, Doc> {
  if (Object.keys(of.fanOuts).length > 0) fanningOut.set(nameOf(of), of);
  return of;
}

/** @internal The name of a schema as jobs have it. */
export function nameOf(of: AnySchema): string {
  return (JSON.parse(of.declared.json) as { readonly name: string }).name;
}

/** @internal The schema with fan-outs that this program declared last under a name. */
export function schemaFanningOut(name: string): AnySchema | undefined {
  return fanningOut.get(name);
}

/** @internal The declaration as calls pass it. */
export function quoted(of: AnySchema): string {
  // Not `instanceof`: a program may hold the package twice, as an ES module and as CommonJS.
  if (typeof of?.quoted === "string") return of.quoted;
  throw new TypeError("the first argument must be a schema, as `schema({ name, fields, … })` makes it");
}

// ── Reflection ───────────────────────────────────────────────────────────────────────────────────────

/** A schema of whatever record type. */
export type AnySchema = Schema<never, unknown>;

/** The whole declaration, normalized. */
export function schemaConfig(of: AnySchema): SchemaConfig {
  return of.config;
}

/** The declared fields; a tenant field is among them. */
export function schemaFields(of: AnySchema): readonly string[] {
  return of.config.fields;
}

/** The declared settings: recognized ones by name, all others under `unrecognized`. */
export function schemaSettings(of: AnySchema): SchemaConfig["settings"] {
  return of.config.settings;
}

/** The declared faceting, or `null` when it is off. */
export function schemaFaceting(of: AnySchema): Faceting | null {
  return of.config.faceting;
}

/** Where documents come from: `custom` with a `searchDocument` hook, else `fields`. */
export function documentSource(of: AnySchema): "fields" | "custom" {
  return of.searchDocument === undefined ? "fields" : "custom";
}

/** The field that holds the document id. */
export function documentIdField(of: AnySchema): string {
  return of.config.documentId;
}

/** The declaration in the JSON form that Elixir, Python and Node all read. Hooks are not part of it. */
export function schemaJson(of: AnySchema): string {
  return of.declared.json;
}

/** SHA-256, in hex, over the declaration: equal in every language. */
export function fingerprint(of: AnySchema): string {
  return of.declared.fingerprint;
}

// ── Projection and identity ──────────────────────────────────────────────────────────────────────────

/**
 * The document that a record would be sent as. Nothing is sent.
 *
 * @throws {UsageError} when the record lacks a field, or holds a value without a JSON form.
 * @example
 * ```ts
 * const { id, data } = project(Note, { id: 7, title: "Harbour lights", status: "open", year: 1990 });
 * console.log(id, data); // 7 { title: 'Harbour lights' }
 * ```
 */
export function project<Row>(of: Schema<Row, unknown>, record: Row): Document {
  const request = { schema: quoted(of) };
  const [document] = callNow("documents", request, { records: linesToProject(of, [record]) }) as [Document];
  return document;
}

/**
 * The id under which a record's document would be deleted.
 *
 * @throws {UsageError} when the record has none, or one that Meilisearch would refuse.
 */
export function documentId<Row>(of: Schema<Row, unknown>, record: Row): string | number {
  const request = { schema: quoted(of) };
  const [id] = callNow("document_ids", request, { records: linesToIdentify(of, [record]) }) as [DocumentId];
  return id;
}
