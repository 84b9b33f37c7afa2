// Runs every case of tests/vectors through the package, and prints how many passed.

import { deepStrictEqual } from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import {
  documentId,
  fingerprint,
  mergeDistributions,
  project,
  Scrypath,
  ScrypathError,
  schema,
  schemaFromJson,
  schemaJson,
  validateOptions,
} from "scrypath";
import { withStub } from "./support/stub.js";
import { EDGE_OPERATIONS, respelled } from "./vectors.edge.js";

const folder = new URL("../../tests/vectors/", import.meta.url);
const vessel = JSON.parse(readFileSync(new URL("vessel.schema", folder), "utf8"));

/** What the README of the vectors says each tag is in Node. */
const TAGS = {
  $date: (text) => text,
  $time: (text) => text,
  $datetime: (text) => (text.endsWith("Z") ? new Date(text) : text),
  $decimal: (text) => text,
  $uuid: (text) => text,
  $bytes: (text) => Buffer.from(text, "base64"),
  $float: (text) => Number(text),
  $int: (text) => BigInt(text),
  $symbol: (text) => text,
  $pairs: (pairs) => pairs.map(hostValue),
  $opaque: () => () => {},
  $entry: (parts) => parts.map(hostValue),
  $flat: (pairs) => new URLSearchParams(pairs),
};

function hostValue(value) {
  if (Array.isArray(value)) return value.map(hostValue);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  if (entries.length === 1 && entries[0][0] in TAGS) return TAGS[entries[0][0]](entries[0][1]);
  return Object.fromEntries(entries.map(([key, inner]) => [key, hostValue(inner)]));
}

const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());

const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const snakeKeys = (members) =>
  Object.fromEntries(Object.entries(members).map(([key, value]) => [snake(key), value]));

/** Options as a Node program spells them: the names of options in camelCase, their values untouched. */
function spelled(options) {
  const nested = ["faceting", "per_query", "req_options", "page"];
  const pair = ([key, value]) => [camel(key), nested.includes(key) ? spelled(value) : value];
  if (Array.isArray(options)) return options.map((item) => (Array.isArray(item) ? pair(item) : item));
  if (typeof options !== "object" || options === null) return options;
  return Object.fromEntries(Object.entries(options).map(pair));
}

function declared(options, extra) {
  const host = spelled(hostValue(options));
  return schema(Array.isArray(host) ? [...host, ...Object.entries(extra)] : { ...host, ...extra });
}

/** Node's warnings come on the next turn of the loop. */
async function warningsOf(work) {
  await new Promise(setImmediate);
  const warnings = [];
  const listen = (warning) => warnings.push(warning.message);
  process.on("warning", listen);
  try {
    const result = work();
    await new Promise(setImmediate);
    return { result, warnings };
  } finally {
    process.off("warning", listen);
  }
}

/** What a case gives, in the terms of its `expect`; `expect` says which members are of interest. */
const OPERATIONS = {
  async declare({ name = "Vessel", options }, _schema, expect) {
    const { result, warnings } = await warningsOf(() => declared(options, { name }));
    if (expect.warnings) {
      deepStrictEqual(warnings.length, expect.warnings.length, `warnings: ${warnings}`);
      for (const [at, fragments] of expect.warnings.entries()) contains(warnings[at], fragments);
    }
    deepStrictEqual(fingerprint(schemaFromJson(schemaJson(result))), fingerprint(result));
    return { form: among(expect.form, JSON.parse(schemaJson(result))), fingerprint: fingerprint(result) };
  },
  document({ record }, of) {
    return project(of, hostValue(record));
  },
  document_id({ record }, of) {
    return { id: documentId(of, hostValue(record)) };
  },
  async search({ text = "tug", options = {} }, of, expect) {
    const { query, request } = await new Scrypath({}).explain(of, text, spelled(hostValue(options)));
    const wanted = expect.query && Object.entries(expect.query).map(([key, value]) => [camel(key), value]);
    const got = wanted?.map(([key]) => [key, query[key]]);
    deepStrictEqual(
      got,
      wanted?.map(([key, value]) => [key, key === "perQuery" ? spelled(value) : value]),
    );
    return { body: request.body, path: request.path, query: expect.query };
  },
  async index_name({ options }, of) {
    return { name: await new Scrypath({}).indexName(of, spelled(hostValue(options))) };
  },
  async wire_settings(_input, of) {
    return { settings: await new Scrypath({}).wireSettings(of) };
  },
  options({ options }, _schema, expect) {
    const summary = validateOptions(spelled(hostValue(options)));
    const members = Object.keys(expect.summary ?? {}).map((key) => [key, summary[camel(key)]]);
    return { summary: Object.fromEntries(members) };
  },
  merge_distributions({ main, overrides }) {
    return { gives: mergeDistributions(hostValue(main), hostValue(overrides)) };
  },
  enqueue: enqueued,
  async tenant_token({ tenant, options }, of) {
    const token = await new Scrypath({}).tenantToken(of, hostValue(tenant), spelled(hostValue(options)));
    return { claims: JSON.parse(Buffer.from(token.split(".")[1], "base64url")) };
  },
};

/** What a write in mode `oban` gives, and the row that it makes. */
async function enqueued({ verb, ids, records, options }, of, expect) {
  let row = null;
  const connection = {
    dialect: "sqlite",
    query(_sql, [queue, worker, args, max_attempts]) {
      row = { worker, queue, max_attempts, args: JSON.parse(args) };
      return [{ id: 1 }];
    },
  };
  const given = ids ?? (verb === "delete_record" ? hostValue(records[0]) : hostValue(records));
  const result = await new Scrypath({})[camel(verb)](of, given, {
    ...spelled(hostValue(options)),
    connection,
  });
  return {
    row: row && among(expect.row, row),
    args: row && among(expect.args, row.args),
    members: row && Object.keys(row.args).sort(),
    result: among(expect.result, snakeKeys(result)),
  };
}

/** The operations that talk to a server; `client` makes a client of it. */
const SERVED = {
  async search_reply({ options = {}, bucket, disjunctive, rows }, of, client) {
    const known =
      (ids) =>
      ({ id }) =>
        ids.some((wanted) => String(wanted) === String(id));
    const search = client({ repo: rows && { fetch: (_schema, _key, ids) => rows.filter(known(ids)) } });
    const asked = spelled(hostValue(options));
    const found = bucket
      ? await search.searchWithinFacet(of, "tug", hostValue(bucket), asked)
      : await search[disjunctive ? "searchDisjunctive" : "search"](of, "tug", asked);
    const { next = null, previous = null, ...page } = found.page;
    const { query: _, ...explanation } = found.explanation ?? {};
    return {
      hits: found.hits,
      page: snakeKeys(page),
      neighbours: { next, previous },
      facets: snakeKeys(found.facets),
      explanation: found.explanation ? explanation : null,
      records: found.records,
      missing_ids: found.missingIds,
    };
  },
  async facet_values({ facet, text, options }, of, client) {
    const { raw: _, ...values } = await client().searchFacetValues(
      of,
      facet,
      text,
      spelled(hostValue(options)),
    );
    return { gives: snakeKeys(values) };
  },
  async suggest({ text, options }, of, client) {
    return { gives: await client().suggest(of, text, spelled(hostValue(options))) };
  },
  async search_many({ entries, options, port }, vessel, client) {
    const schemas = { vessel, port: declared(port, { name: "Port" }), all: "all" };
    const nameOf = (schema) => Object.keys(schemas).find((name) => schemas[name] === schema);
    const { global_schemas, ...rest } = options;
    const given = hostValue(entries).map(([name, text, ...own]) => {
      return [schemas[name], text, ...own.map((options) => spelled(options))];
    });
    const found = await client().searchMany(given, {
      ...spelled(hostValue(rest)),
      ...(global_schemas && { globalSchemas: global_schemas.map((name) => schemas[name]) }),
    });
    return {
      gives: {
        ordered: found.ordered.map(([schema, { hits }]) => ({ schema: nameOf(schema), hits })),
        failures: found.failures.map(({ schema }) => nameOf(schema)),
        merge_hit_order: found.mergeHitOrder?.map(([schema, id]) => [nameOf(schema), id]) ?? null,
        merged: found.merged.map(([schema, hit]) => [nameOf(schema), hit]),
        federation: found.federation && snakeKeys(found.federation),
      },
    };
  },
  async write({ verb, ids, records, options }, of, client, expect) {
    const given = ids ?? (verb === "delete_record" ? hostValue(records[0]) : hostValue(records));
    const { task, ...result } = await client()[camel(verb)](of, given, spelled(hostValue(options)));
    return {
      result: among(expect.result, snakeKeys(result)),
      task: task && among(expect.task, snakeKeys(task)),
    };
  },
};

/** Carries one out beside its server, and says what that was sent. */
async function served(operation, input, of, expect) {
  return withStub(input.server, async (url, seen) => {
    const client = (more) => new Scrypath({ meilisearchUrl: url, reqOptions: { retry: false }, ...more });
    try {
      const given = await SERVED[operation](input, of, client, expect);
      return { ...given, body: seen.firstBody, sent: expect.sent };
    } finally {
      for (const [route, count] of Object.entries(expect.sent ?? {})) {
        deepStrictEqual(seen.sent[route] ?? 0, count, `requests to ${route}`);
      }
    }
  });
}

/** The members that are expected. */
function among(expected, given) {
  return expected && Object.fromEntries(Object.keys(expected).map((key) => [key, given[key]]));
}

function contains(text, fragments) {
  for (const fragment of fragments) {
    if (text.includes(fragment) || text.includes(camel(fragment))) continue;
    throw new Error(`${JSON.stringify(fragment)} is not in: ${text}`);
  }
}

async function check({ operation, input = {}, schema: options, expect }) {
  if (Object.keys(expect).length === 0) throw new Error("a case that expects nothing proves nothing");
  const hook = "hook" in input ? { searchDocument: () => hostValue(input.hook) } : {};
  const run = async () => {
    const of = options && declared(options.$vessel ? vessel : options, { name: "Vessel", ...hook });
    if (operation in EDGE_OPERATIONS) return { gives: EDGE_OPERATIONS[operation](hostValue(input), of) };
    if (operation in SERVED) return served(operation, input, of, expect);
    return OPERATIONS[operation](input, of, expect);
  };
  if (expect.error) {
    const error = await run().then(
      (given) => {
        throw new Error(`accepted: ${JSON.stringify(given)}`);
      },
      (error) => error,
    );
    if (!(error instanceof ScrypathError)) throw error;
    deepStrictEqual(error.kind, expect.error.kind, error.message);
    const { reason, issues } = expect.error;
    if (reason) deepStrictEqual(respelled(error.details.reason), reason);
    if (issues) deepStrictEqual(told(error.issues), issues);
    contains(error.message, expect.error.contains ?? []);
  } else {
    const { warnings: _, ...wanted } = expect;
    const given = JSON.parse(JSON.stringify(await run()));
    deepStrictEqual(among(wanted, given), wanted);
  }
}

/** What the vectors tell of issues. */
function told(issues) {
  return issues.map(({ path, code, meta }) => ({ path, code, meta }));
}

/** Runs all cases; throws, naming each that failed, unless all passed. */
export async function runVectors() {
  let passed = 0;
  const failed = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
    for (const vector of JSON.parse(readFileSync(new URL(file, folder), "utf8")).cases) {
      try {
        await check(vector);
        passed++;
      } catch (error) {
        failed.push(`${file}: ${vector.name}: ${error.message}`);
      }
    }
  }
  if (failed.length > 0) throw new Error(`${failed.length} vectors failed:\n${failed.join("\n")}`);
  return passed;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  process.removeAllListeners("warning");
  console.log(`node ${await runVectors()} passed`);
}
