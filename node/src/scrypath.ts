import { refused } from "./connections.js";
import { call, callNow, type Request } from "./door.js";
import { argumentJson } from "./encode.js";
import { enqueue, type Write } from "./enqueue.js";
import { hydrate } from "./hydrate.js";
import { callLayer, defaultsLayer, optionOf, writeLayer } from "./layers.js";
import { type MultiSearchResult, type SearchEntry, searchMany } from "./many.js";
import type {
  FilterCondition,
  RuntimeOptions,
  ScrypathOptions,
  SearchManyOptions,
  SearchOptions,
  SuggestOptions,
  TenantScope,
  TenantTokenOptions,
  WriteOptions,
} from "./options.js";
import { type Lines, linesToIdentify, linesToProject } from "./records.js";
import { type RelatedOptions, resolveNow, type WorkRelatedOptions, workRelated } from "./related.js";
import type { Repo } from "./repo.js";
import {
  type Explanation,
  explanation,
  type FacetValues,
  facetValues,
  type OptionsSummary,
  optionsSummary,
  type Suggestion,
  searchResult,
  type WriteResult,
  writeResult,
} from "./results.js";
import { type AnySchema, documentIdField, type FanOut, type PathOf, quoted, type Schema } from "./schema.js";
import type { SearchResult } from "./search-result.js";
import { Emitter } from "./telemetry.js";
import { Worker } from "./worker.js";
import type { WorkerOptions } from "./worker-options.js";

/**
 * Checks runtime options without using them.
 *
 * @returns the options with their defaults, and whether there is a key in place of the key.
 * @throws {UsageError} when one is unknown, given twice, or of a wrong type.
 */
export function validateOptions(options: ScrypathOptions): OptionsSummary {
  return optionsSummary(callNow("resolve_config", { options: defaultsLayer(options) }));
}

/**
 * A search backend, and the verbs that use it. Holds no connection of its own: any number of these
 * share one pool, and none needs closing.
 *
 * Every call returns a promise. It rejects with a `ScrypathError`, or with the reason of an aborted
 * `signal`.
 *
 * @example
 * ```ts
 * const search = new Scrypath({ meilisearchUrl: "memory:" });
 * await search.syncRecord(Note, { id: 7, title: "Harbour lights", status: "open", year: 1990 });
 * const { hits } = await search.search(Note, "lights");
 * console.log(hits); // [ { title: 'Harbour lights', id: 7 } ]
 * ```
 */
export class Scrypath {
  readonly #defaults: string;
  readonly #apiKey: string | null | undefined;
  readonly #repo: Repo<unknown> | null | undefined;
  #lastMode: { options: string | undefined; repo_defaults: string | undefined; mode: string } | undefined;

  /**
   * @param options what every call runs with, unless it says otherwise.
   * @throws {UsageError} when an option is unknown or of a wrong type.
   */
  constructor(options: ScrypathOptions) {
    validateOptions(options);
    this.#repo = options.repo;
    this.#apiKey = optionOf(options, "meilisearchApiKey") as string | null | undefined;
    this.#defaults = defaultsLayer(options);
  }

  /**
   * Finds documents of a schema and, with a `repo`, their rows.
   *
   * @param text what to look for; the empty string finds everything.
   */
  async search<Row, Doc = Row>(
    schema: Schema<Row, Doc>,
    text: string,
    options: SearchOptions<Row, Row & Doc> = {},
  ): Promise<SearchResult<Row, Doc>> {
    return this.#search(schema, text, options, {});
  }

  async #search<Row, Doc>(
    schema: Schema<Row, Doc>,
    text: string,
    options: SearchOptions<Row, Row & Doc>,
    more: { readonly bucket?: string; readonly disjunctive?: string },
  ): Promise<SearchResult<Row, Doc>> {
    const { request, signal, repo, preload } = this.#split(schema, options);
    const key = repo ? (repo.key ?? documentIdField(schema)) : undefined;
    const emitter = new Emitter();
    const found = await call(
      "search",
      {
        ...request,
        text: argumentJson(text),
        primary_key: key && JSON.stringify(key),
        bucket: more.bucket,
        disjunctive: more.disjunctive,
      },
      { signal, emitter },
    );
    if (!repo || key === undefined || found.hydration === null) return searchResult(found, [], []);
    // The call's repo gives rows of this type by its own type; the client's is trusted to.
    const rows = repo as Repo<Row>;
    const fetch = (ids: readonly (string | number)[]) => rows.fetch(schema, key, ids, preload);
    const { records, missingIds } = await hydrate(found.hydration, key, fetch, { signal, emitter });
    return searchResult(found, records, missingIds);
  }

  /**
   * Searches among the documents of one facet bucket: the facet and its value, or a list of values of which
   * any will do. The rest is as in `search`; a `facetFilter` on the same facet is refused.
   */
  async searchWithinFacet<Row, Doc = Row>(
    schema: Schema<Row, Doc>,
    text: string,
    bucket: readonly [facet: PathOf<Row & Doc>, value: FilterCondition],
    options: SearchOptions<Row, Row & Doc> = {},
  ): Promise<SearchResult<Row, Doc>> {
    return this.#search(schema, text, options, { bucket: argumentJson([bucket]) });
  }

  /**
   * Searches, with counts for facets whose values are alternatives: each of `facets` that `facetFilter`
   * restricts is counted as if it were not. One request, of one query more for each such facet.
   */
  async searchDisjunctive<Row, Doc = Row>(
    schema: Schema<Row, Doc>,
    text: string,
    options: SearchOptions<Row, Row & Doc> = {},
  ): Promise<SearchResult<Row, Doc>> {
    return this.#search(schema, text, options, { disjunctive: "true" });
  }

  /**
   * Searches the values of a facet: those that begin like `text`. `filter`, `facetFilter` and `tenantScope`
   * restrict which documents are counted.
   */
  async searchFacetValues<Row, Doc = Row>(
    schema: Schema<Row, Doc>,
    facet: PathOf<Row & Doc>,
    text = "",
    options: SearchOptions<Row, Row & Doc> = {},
  ): Promise<FacetValues> {
    const { request, signal } = this.#split(schema, options);
    const asked = {
      facet: argumentJson(facet),
      text: argumentJson(text),
    };
    return facetValues(await call("search_facet_values", { ...request, ...asked }, { signal }));
  }

  /**
   * Texts of a field that begin like what was typed, each once, the best first. All words of `text` must be
   * there. Without any, nothing is sent.
   *
   * @param text what was typed so far.
   * @example
   * ```ts
   * const [first] = await search.suggest(Note, "harb");
   * console.log(first?.text); // Harbour
   * console.log(first?.parts.map(({ text, matched }) => (matched ? `[${text}]` : text)).join("")); // [Harb]our
   * ```
   */
  async suggest<Row, Doc = Row>(
    schema: Schema<Row, Doc>,
    text: string,
    options: SuggestOptions<Row, Row & Doc> = {},
  ): Promise<readonly Suggestion[]> {
    const { request, signal } = this.#split(schema, options);
    return call("suggest", { ...request, text: argumentJson(text) }, { signal });
  }

  /**
   * Searches several schemas in one request.
   *
   * An entry is `[schema, text]` or `[schema, text, options]`; `"all"` stands for each of `globalSchemas`. An
   * entry's options win over the call's, and may hold `federationWeight`. Hits are merged into one list
   * unless an entry has a `page`: then results stand side by side, each with its own totals. Rows of all
   * entries are fetched at once, each with its own time limit; an entry whose rows fail is in `failures`.
   *
   * @throws {UsageError} when an entry is wrong; nothing was sent.
   * @throws {BackendError} when the search failed as a whole, or every entry did.
   */
  async searchMany(
    entries: readonly SearchEntry[],
    options: SearchManyOptions = {},
  ): Promise<MultiSearchResult> {
    return searchMany(entries, options, { json: this.#defaults, repo: this.#repo });
  }

  /** Writes the document of one record, replacing the one before. As `syncRecords` with a list of one. */
  async syncRecord<Row>(
    schema: Schema<Row, unknown>,
    record: Row,
    options: WriteOptions = {},
  ): Promise<WriteResult> {
    return this.syncRecords(schema, [record], options);
  }

  /**
   * Writes the documents of records, replacing those before. All are checked before any is sent.
   * Call it after the database write has succeeded.
   *
   * In mode `oban` nothing is sent: a job is inserted on your own `connection`, inside the transaction that it
   * is in, and a worker brings it into the index once that is committed. Call it after the row was written,
   * inside the same transaction. Errors of the database reach you as they are.
   *
   * A connection that does not wait, such as better-sqlite3's, has inserted the job when the promise is
   * returned. But its `transaction` cannot wait either, and would commit although the promise is rejected: say
   * `BEGIN` and `COMMIT` yourself, and await this in between.
   *
   * @throws {UsageError} when a record, an option or the `connection` is wrong.
   * @throws {QueueError} in mode `oban`, without a `connection`.
   */
  async syncRecords<Row>(
    schema: Schema<Row, unknown>,
    records: readonly Row[],
    options: WriteOptions = {},
  ): Promise<WriteResult> {
    const lines = () => linesToProject(schema, list(records, "records"));
    return this.#write("sync_records", schema, options, {}, lines);
  }

  /** Deletes the document of one record. */
  async deleteRecord<Row>(
    schema: Schema<Row, unknown>,
    record: Row,
    options: WriteOptions = {},
  ): Promise<WriteResult> {
    return this.#write("delete_records", schema, options, {}, () => linesToIdentify(schema, [record]));
  }

  /** Deletes a document by its id. */
  async deleteDocument(
    schema: AnySchema,
    id: string | number | bigint,
    options: WriteOptions = {},
  ): Promise<WriteResult> {
    return this.deleteDocuments(schema, [id], options);
  }

  /** Deletes documents by their ids. */
  async deleteDocuments(
    schema: AnySchema,
    ids: readonly (string | number | bigint)[],
    options: WriteOptions = {},
  ): Promise<WriteResult> {
    const given = argumentJson(list(ids, "ids"));
    return this.#write("delete_documents", schema, options, { ids: given });
  }

  /**
   * Writes the documents of other records, which show something of these: those that a fan-out of the schema finds.
   *
   * In modes `inline` and `manual` its resolver is called with the ids of the records' documents, and what it gives is
   * written as by `syncRecords`, whose result this is. In mode `oban` a job with the ids is inserted on `connection`,
   * as in `syncRecords`, and the resolver is called when `workRelated`, or an Oban, runs it; the result has the ids of
   * these records and no index.
   *
   * @param records the records that changed, or one. For none, nothing is done.
   * @throws {UsageError} when `fanOut` is missing, or the schema declares no such one. What the resolver throws
   *   passes through. The rest is as in `syncRecords`.
   * @example
   * ```ts
   * interface AuthorRow { id: number; name: string }
   * const rows: (NoteRow & { author: number })[] = [{ id: 1, title: "Harbour", status: "open", year: 1990, author: 7 }];
   * const Author = schema<AuthorRow>({
   *   name: "Author",
   *   fields: ["name"],
   *   fanOuts: { notes: { target: Note, resolver: (ids) => rows.filter(({ author }) => ids.includes(author)) } },
   * });
   * const { documentIds } = await search.syncRelated(Author, { id: 7, name: "Ann" }, { fanOut: "notes" });
   * console.log(documentIds); // [ 1 ]
   * ```
   */
  async syncRelated<Row>(
    schema: Schema<Row, unknown>,
    records: Row | readonly Row[],
    options: RelatedOptions,
  ): Promise<WriteResult> {
    const { rest, connection } = writeLayer(options);
    const { request, signal } = this.#split(schema, rest);
    signal?.throwIfAborted();
    const { fanOuts } = schema;
    const declared = JSON.stringify(Object.keys(fanOuts));
    const { fan_out: name, sync_mode: mode, pending } = callNow("plan_related", { ...request, declared });
    const sources = linesToIdentify(schema, Array.isArray(records) ? records : [records]);
    if (mode === "oban") return enqueue("sync_related", request, connection, sources);
    refuseConnection(connection, mode);
    const ids = callNow("document_ids", { schema: request.schema }, { records: sources });
    const { target, records: found } = await resolveNow(fanOuts[name] as FanOut, ids, pending);
    return this.syncRecords(target, found, rest as WriteOptions);
  }

  /**
   * Runs the jobs of `syncRelated` in a queue that are due, inside your transaction; for applications without an Oban.
   * For each, its resolver is called with the ids and your `connection`, and what it gives is enqueued in the same
   * queue, on the same connection: `worker` brings that into the index. Resolvers should read with a row lock
   * (`SELECT … FOR UPDATE`), so that what they give is not older than what others enqueue, and in a transaction of
   * isolation `READ COMMITTED`. With better-sqlite3, give it a `Database` of its own: others' statements on it would
   * be in the same transaction.
   *
   * A job whose resolver throws, or whose schema this program does not declare, is to be run again later: what was
   * done for it is undone, and the others go on. Of one that cannot be read, its row says why it was cancelled.
   *
   * @returns how many jobs there were, however they ended. Call it, and commit, until there are none.
   * @throws {UsageError} when an option is wrong, or the connection is known to be in no transaction.
   * @throws {QueueError} without a `connection`. Errors of the database reach you as they are.
   * @example
   * ```ts
   * const db = new Database("app.db");
   * for (let jobs = 1; jobs > 0; ) {
   *   db.exec("BEGIN IMMEDIATE");
   *   try {
   *     jobs = await search.workRelated({ queue: "search", connection: db });
   *     db.exec("COMMIT");
   *   } catch (error) {
   *     db.exec("ROLLBACK");
   *     throw error;
   *   }
   * }
   * ```
   */
  async workRelated(options: WorkRelatedOptions): Promise<number> {
    return workRelated(options, (target, records, given) => this.syncRecords(target, records, given));
  }

  async #write<Name extends Write>(
    operation: Name,
    schema: AnySchema,
    options: WriteOptions,
    more: Omit<Request<Name>, keyof Request<"index_name">>,
    lines?: () => Lines,
  ): Promise<WriteResult> {
    const { rest, connection } = writeLayer(options);
    const { request: shared, layers, signal } = this.#split(schema, rest);
    const records = lines?.();
    const request = { ...shared, ...more } as unknown as Request<Name>;
    signal?.throwIfAborted();
    const mode = this.#modeOf(layers);
    if (mode === "oban") return enqueue(operation, request, connection, records);
    refuseConnection(connection, mode);
    return writeResult(await call<Write>(operation, request, { records, signal }));
  }

  /**
   * Starts the `scrypath worker` that comes with this package, in a process of its own: it brings what mode `oban`
   * enqueued into the index. It writes to this client's `meilisearchUrl`, with its key. URLs and key are handed
   * over in its environment, never on its command line.
   *
   * It ends with `stop`, with `signal`, and with this process, however that ends. What it began is finished first.
   * The environment's `SCRYPATH_COMMAND` names another command; one is looked for on `PATH` where this package was
   * built without it.
   *
   * @throws {UsageError} when an option is missing or wrong; nothing was started.
   * @throws {QueueError} when the command is not found.
   * @example
   * ```ts
   * const search = new Scrypath({ meilisearchUrl: "embedded:search", obanQueue: "search" });
   * const worker = search.worker({ databaseUrl: "sqlite:app.db", untilIdle: true });
   * const { completed } = await worker.done;
   * console.log(completed); // 0
   * ```
   */
  worker(options: WorkerOptions = {}): Worker {
    const { meilisearch_url: meilisearchUrl, oban_queue: obanQueue } = callNow("resolve_config", {
      options: this.#defaults,
    });
    return new Worker(options, { meilisearchUrl, meilisearchApiKey: this.#apiKey, obanQueue });
  }

  /**
   * Makes a key that finds the documents of one tenant, and no others: for a browser to search with, as its
   * `meilisearchApiKey`. What its holder adds to a search can only narrow it. Nothing is sent. It cannot be
   * taken back before it expires, but by deleting the key that it was made from.
   *
   * @param schemas the schema, or schemas, that may be searched; each must have a `tenantField`.
   * @param tenant as a search's `tenantScope`.
   * @throws {UsageError} when there is no key, or the token would never be good.
   * @example
   * ```ts
   * const Letter = schema({ name: "Letter", fields: ["title", "org"], tenantField: "org" });
   * const token = await search.tenantToken(Letter, 7, {
   *   apiKey: "a key that may only search",
   *   apiKeyUid: "ac5cd97d-5a4b-4226-a868-2d0eb6d197ab",
   *   expiresIn: 15 * 60,
   * });
   * console.log(token.split(".").length); // 3
   * ```
   */
  async tenantToken<Row, Doc = Row>(
    schema: Schema<Row, Doc>,
    tenant: TenantScope,
    options: TenantTokenOptions<Row & Doc>,
  ): Promise<string>;
  async tenantToken(
    schemas: readonly AnySchema[],
    tenant: TenantScope,
    options: TenantTokenOptions<Record<string, unknown>>,
  ): Promise<string>;
  async tenantToken(
    schemas: AnySchema | readonly AnySchema[],
    tenant: TenantScope,
    options: TenantTokenOptions<never>,
  ): Promise<string> {
    const { layers, signal } = this.#layers(options);
    signal?.throwIfAborted();
    const all = Array.isArray(schemas) ? schemas : [schemas];
    return callNow("tenant_token", {
      ...layers,
      schemas: `[${all.map(quoted).join()}]`,
      tenant: argumentJson(tenant),
    });
  }

  /** What a search would send, without sending it. */
  async explain<Row, Doc = Row>(
    schema: Schema<Row, Doc>,
    text: string,
    options: SearchOptions<Row, Row & Doc> = {},
  ): Promise<Explanation> {
    const { request, signal } = this.#split(schema, options);
    signal?.throwIfAborted();
    const asked = {
      ...request,
      text: argumentJson(text),
      primary_key: undefined,
      bucket: undefined,
      disjunctive: undefined,
    };
    return explanation(callNow("explain_search", asked));
  }

  /** In which mode a write is made. Most of a program's writes have the options of the one before: those are asked of once. */
  #modeOf(layers: Split["layers"]): string {
    const { options, repo_defaults } = layers;
    const last = this.#lastMode;
    if (last !== undefined && last.options === options && last.repo_defaults === repo_defaults)
      return last.mode;
    const { sync_mode: mode } = callNow("resolve_config", layers);
    this.#lastMode = { options, repo_defaults, mode };
    return mode;
  }

  /** The name of a schema's live index. */
  async indexName(schema: AnySchema, options: RuntimeOptions = {}): Promise<string> {
    return callNow("index_name", this.#split(schema, options).request);
  }

  /** The index settings a schema needs, as they are sent. */
  async wireSettings(schema: AnySchema, options: RuntimeOptions = {}): Promise<Record<string, unknown>> {
    return callNow("wire_settings", this.#split(schema, options).request);
  }

  #split(schema: AnySchema, options: unknown): Split & { readonly request: Request<"index_name"> } {
    const split = this.#layers(options);
    return { ...split, request: { schema: quoted(schema), ...split.layers } };
  }

  #layers(options: unknown): Split {
    const { json, signal, repo: named, preload } = callLayer(options);
    const repo = named === undefined ? this.#repo : named;
    return {
      signal,
      repo,
      preload,
      layers: {
        options: json,
        defaults: this.#defaults,
        // The defaults of a repo apply where the call itself names it.
        repo_defaults: named?.defaults && defaultsLayer(named.defaults),
      },
    };
  }
}

function refuseConnection(connection: unknown, mode: string): void {
  if (connection !== undefined) throw refused(`is for syncMode "oban", and this call's is "${mode}"`);
}

interface Split {
  readonly layers: Omit<Request<"index_name">, "schema">;
  readonly signal: AbortSignal | undefined;
  readonly repo: Repo<unknown> | null | undefined;
  readonly preload: unknown;
}

/** What takes a list is given one: a string or a single record would be taken apart. */
function list<Item>(items: readonly Item[], name: string): readonly Item[] {
  if (Array.isArray(items)) return items;
  throw new TypeError(`${name} must be an array`);
}
