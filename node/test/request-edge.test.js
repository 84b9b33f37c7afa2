// From a web request to a search: what programs hand over, and what nobody should send.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  compose,
  composeMany,
  normalizeParams,
  ParamsError,
  reflectSearch,
  reflectSearchMany,
  Scrypath,
  schema,
  searchArgs,
  searchManyArgs,
  toFormData,
  toQueryParams,
  toQueryString,
  UsageError,
} from "scrypath";

const Vessel = schema({
  name: "Vessel",
  fields: ["name"],
  filterable: ["flag", "kind", "perQuery"],
  sortable: ["built"],
});

const url =
  "q=tug&filter[kind]=tug&filter[flag][]=NO&filter[flag][]=SE&page[number]=2&sort[field]=built&sort[dir]=desc";

function refused(params, of = Vessel) {
  try {
    normalizeParams(params, of);
  } catch (error) {
    assert.ok(error instanceof ParamsError && error instanceof UsageError, String(error));
    assert.equal(error.kind, "params_invalid");
    return error;
  }
  return assert.fail("accepted");
}

test("a request as URLSearchParams, a query string and an object", () => {
  const expected = normalizeParams(url, Vessel);
  assert.deepEqual(expected.filter, [
    ["flag", ["NO", "SE"]],
    ["kind", "tug"],
  ]);
  const nested = {
    q: "tug",
    filter: { kind: "tug", flag: ["NO", "SE"] },
    page: { number: "2" },
    sort: { field: "built", dir: "desc" },
  };
  for (const params of [new URLSearchParams(url), new URL(`http://x/?${url}`).searchParams, nested]) {
    assert.deepEqual(normalizeParams(params, Vessel), expected);
  }
});

test("without a schema every declared name is known", () => {
  const query = "filter[declared_later]=x";
  refused(query, undefined);
  const Other = schema({ name: "Other", fields: ["declared_later"] });
  assert.deepEqual(normalizeParams(query).filter, [["declared_later", "x"]]);
  assert.deepEqual(normalizeParams(query, [Vessel, Other]).filter, [["declared_later", "x"]]);
  refused(query, Vessel);
});

test("what comes back can be searched with", async () => {
  const params = normalizeParams(url, Vessel);
  const [text, options] = searchArgs(params);
  const { request } = await new Scrypath({}).explain(Vessel, text, options);
  assert.deepEqual(request.body, {
    q: "tug",
    filter: ['flag IN ["NO", "SE"]', 'kind = "tug"'],
    sort: ["built:desc"],
    page: 2,
  });
  assert.deepEqual(normalizeParams(toQueryParams(params), Vessel), params);
  assert.deepEqual(normalizeParams(toQueryString(params), Vessel), params);
});

test("a field may be named as an option is", () => {
  const composed = compose({ defaults: { filter: { perQuery: 1 } } });
  assert.deepEqual(composed.filter, [["perQuery", 1]]);
  assert.deepEqual(reflectSearch(Vessel, composed).resolved.defaulted, { filter: [["perQuery", 1]] });
});

test("schemas come back as themselves", () => {
  const composed = composeMany([{ schema: Vessel, text: "a" }, ["all", "b"], [Vessel, "c", { facets: [] }]]);
  assert.deepEqual(
    composed.entries.map((entry) => entry.schema),
    [Vessel, "all", Vessel],
  );
  const [entries] = searchManyArgs(composed);
  assert.deepEqual(entries, [
    [Vessel, "a"],
    ["all", "b"],
    [Vessel, "c"],
  ]);
  assert.equal(reflectSearchMany(composed).entries[0].entry.schema, Vessel);
});

test("issues are told by namespace", () => {
  const { issues, fieldErrors, formErrors, message } = refused("page[number]=x&facets=kind");
  assert.deepEqual(Object.keys(fieldErrors), ["facets", "page"]);
  assert.deepEqual(formErrors, []);
  assert.equal(issues.length, 2);
  assert.match(message, /page\.number must be a positive integer/);
});

test("a prototype is a name like others", () => {
  for (const params of [
    "filter[__proto__]=x&filter[constructor]=y",
    JSON.parse('{"filter": {"__proto__": "x", "constructor": "y"}}'),
  ]) {
    const { issues, fieldErrors } = refused(params);
    assert.deepEqual(
      issues.map(({ path }) => path),
      [
        ["filter", "__proto__"],
        ["filter", "constructor"],
      ],
    );
    assert.equal(fieldErrors.filter.length, 2);
  }
  const { values } = toFormData(
    JSON.parse('{"filter": {"__proto__": {"polluted": "x"}}}'),
    refused("facets=kind"),
  );
  assert.equal(values.filter.polluted, undefined);
  assert.equal({}.polluted, undefined);
  assert.deepEqual(normalizeParams("__proto__[filter]=x&constructor=y", Vessel).filter, []);
});

function nested(depth) {
  let bomb = "x";
  for (let at = 0; at < depth; at++) bomb = { a: bomb };
  return bomb;
}

const cyclic = {};
cyclic.filter = cyclic;

const hostile = {
  "nested too deep": [{ filter: nested(100_000) }, /nested deeper/],
  "containing itself": [cyclic, /nested deeper/],
  "too many values": [{ facets: Array(10_000).fill("kind") }, /more than 1000 values/],
  "too many names": [
    { filter: Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`name${at}`, "x"])) },
    /more than 1000 values/,
  ],
  "too many pairs": [
    new URLSearchParams(Array.from({ length: 10_000 }, (_, at) => [`filter[${at}]`, "x"])),
    /more than 1000 values/,
  ],
  "too long a query string": [`q=${"x".repeat(1_000_000)}`, /more than 65536 bytes/],
  "half a surrogate pair": [{ q: "\ud800" }, /UTF-8/],
};

for (const [name, [params, message]] of Object.entries(hostile)) {
  test(`parameters are refused as a whole: ${name}`, () => {
    const error = refused(params);
    assert.equal(error.formErrors.length, 1);
    assert.match(error.formErrors[0].message, message);
    assert.equal(toFormData(params, error).formErrors[0].message, error.formErrors[0].message);
  });
}

test("a text that is too long is refused by itself", () => {
  assert.deepEqual(refused({ q: "x".repeat(1_000_000) }).issues[0].path, ["text"]);
  const error = refused({ filter: { ["x".repeat(1_000_000)]: "y" } });
  assert.equal(error.issues[0].path[1].length, 65);
  assert.ok(error.message.length < 300);
});
