import assert from "node:assert/strict";
import { test } from "node:test";
import vm from "node:vm";
import { documentId, project, schema } from "scrypath";

const Thing = schema({ name: "Thing", fields: ["value"] });
const encoded = (value) => project(Thing, { id: 1, value }).data.value;
const refuses = (value, kind) => {
  assert.throws(
    () => encoded(value),
    (error) => {
      assert.equal(error.kind, kind, error.message);
      assert.equal(error.details.name, "value");
      assert.match(error.message, /"value"/);
      return true;
    },
  );
};

/** Stand-ins for decimal.js, which Prisma uses, and bignumber.js: what is recognized of them. */
class Decimal {
  constructor(text) {
    this.text = text;
  }
  get [Symbol.toStringTag]() {
    return "Decimal";
  }
  toString() {
    return this.text;
  }
  toJSON() {
    return "must not be asked";
  }
}
const bigNumber = (text) => ({ _isBigNumber: true, toString: () => text });

test("scalars are themselves", () => {
  for (const value of ["text", "", "Å/ß🚢", 0, 1.5, -7, 2 ** 53 - 1, 1e21, true, false, null]) {
    assert.equal(encoded(value), value);
  }
});

test("dates, decimals, bytes and big integers have one form", () => {
  assert.equal(encoded(new Date(Date.UTC(2020, 0, 31, 10))), "2020-01-31T10:00:00Z");
  assert.equal(encoded(new Date(1.5e12 + 250)), "2017-07-14T02:40:00.250Z");
  assert.equal(encoded(vm.runInNewContext("new Date(0)")), "1970-01-01T00:00:00Z");
  assert.equal(encoded(new Decimal("1.50")), "1.50");
  assert.equal(encoded(new Decimal("1e+2")), "100");
  assert.equal(encoded(bigNumber("0.1")), "0.1");
  assert.equal(encoded(Buffer.from("hi")), "aGk=");
  assert.equal(encoded(new Uint8Array([104, 105])), "aGk=");
  assert.equal(encoded(12n), 12);
});

test("lists and objects are walked, whatever their class", () => {
  class Address {
    #secret = 1;
    city = "Oslo";
    since = new Date(0);
    get secret() {
      return this.#secret;
    }
  }
  assert.deepEqual(encoded([1, [new Date(0)], { a: 2n }]), [1, ["1970-01-01T00:00:00Z"], { a: 2 }]);
  assert.deepEqual(encoded(new Address()), { city: "Oslo", since: "1970-01-01T00:00:00Z" });
  assert.deepEqual(encoded(Object.assign(Object.create(null), { a: 1 })), { a: 1 });
  assert.deepEqual(encoded({ kept: 1, dropped: undefined }), { kept: 1 });
  assert.deepEqual(encoded({ toJSON: () => ({ at: new Date(0) }) }), { at: "1970-01-01T00:00:00Z" });
  const shared = { a: 1 };
  assert.deepEqual(encoded([shared, shared]), [shared, shared]);
});

test("numbers without a JSON form are refused", () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, [1, { a: Number.NEGATIVE_INFINITY }]]) {
    refuses(value, "value_not_finite");
  }
});

test("integers that would lose digits are refused", () => {
  for (const value of [2 ** 53, 2n ** 63n, -(2n ** 53n)]) refuses(value, "value_integer_out_of_range");
});

test("what contains itself or is nested too deep is refused", () => {
  const loop = { name: "loop" };
  loop.self = loop;
  loop.again = [loop, loop];
  refuses(loop, "value_too_deep");
  const list = [];
  list.push(list);
  refuses(list, "value_too_deep");
  let deep = 1;
  for (let level = 0; level < 10_000; level++) deep = [deep];
  refuses(deep, "value_too_deep");
});

test("values that are no data are refused by the name of their type", () => {
  const values = [
    [() => {}, "function"],
    [Symbol("s"), "symbol"],
    [new Map(), "Map"],
    [new Set(), "Set"],
  ];
  values.push([/x/, "RegExp"], [new Error("secret"), "Error"], [[undefined], "undefined"]);
  for (const [value, type] of values) {
    refuses(value, "value_unencodable");
    assert.throws(() => encoded(value), new RegExp(`type ${type} `));
  }
  refuses(new Date(Number.NaN), "value_unencodable");
});

test("text that is not UTF-8 is refused", () => {
  refuses("half \ud83d of a pair", "value_invalid_utf8");
  refuses(["\udc00"], "value_invalid_utf8");
});

test("a relation that was not loaded is refused, and not awaited", () => {
  let asked = false;
  const lazy = {
    // biome-ignore lint/suspicious/noThenProperty: a lazy relation of an ORM is a thenable
    then() {
      asked = true;
    },
  };
  refuses(Promise.resolve([]), "field_not_loaded");
  refuses(lazy, "field_not_loaded");
  assert.equal(asked, false);
});

test("the reserved key of the hand-over cannot be forged", () => {
  refuses({ "\u0000scrypath": ["bigint", "12"] }, "value_unencodable");
  assert.throws(() => project(Thing, { "\u0000scrypath": ["bigint", "12"] }), {
    kind: "projection_field_missing",
  });
});

test("a key named __proto__ is data", () => {
  const value = JSON.parse('{"__proto__": {"polluted": true}}');
  assert.equal(JSON.stringify(encoded(value)), '{"__proto__":{"polluted":true}}');
  assert.equal({}.polluted, undefined);
});

test("only declared fields are read from a record", () => {
  const record = {
    id: 1,
    value: "kept",
    get expensive() {
      throw new Error("a getter that nobody asked for");
    },
  };
  assert.deepEqual(project(Thing, record), { id: 1, data: { value: "kept" }, source: "fields" });
});

test("getters and inherited members are fields", () => {
  class Row {
    id = 7;
    get value() {
      return `value of ${this.id}`;
    }
  }
  assert.deepEqual(project(Thing, new Row()).data, { value: "value of 7" });
});

test("a getter that throws, throws its own error", () => {
  const record = {
    id: 1,
    get value() {
      throw new RangeError("mine");
    },
  };
  assert.throws(() => project(Thing, record), RangeError);
});

test("records that are none are refused", () => {
  for (const record of [null, undefined, 7, "text", [], () => {}]) {
    assert.throws(() => project(Thing, record), { errorClass: "usage" });
    assert.throws(() => documentId(Thing, record), { errorClass: "usage" });
  }
});

test("a record without an id, or with one Meilisearch would refuse, is refused", () => {
  assert.throws(() => project(Thing, { value: 1 }), { kind: "projection_field_missing" });
  assert.throws(() => documentId(Thing, {}), { kind: "document_id_missing" });
  assert.throws(() => documentId(Thing, { id: null }), { kind: "document_id_missing" });
  for (const id of ["a b", "", "x".repeat(512), 1.5, true, new Map(), 2n ** 60n]) {
    assert.throws(() => documentId(Thing, { id }), { kind: "document_id_invalid" });
  }
  assert.equal(documentId(Thing, { id: "a-1_B" }), "a-1_B");
  assert.equal(documentId(Thing, { id: 12n }), 12);
});

test("hooks make the document and the id", () => {
  const Custom = schema({
    name: "Custom",
    fields: ["title"],
    tenantField: "title",
    searchDocument: (row) => ({ id: `c-${row.id}`, label: row.title, at: new Date(0) }),
    searchDocumentId: (row) => `c-${row.id}`,
  });
  assert.deepEqual(project(Custom, { id: 1, title: "T" }), {
    id: "c-1",
    data: { label: "T", at: "1970-01-01T00:00:00Z", title: "T" },
    source: "custom",
  });
  assert.equal(documentId(Custom, { id: 1 }), "c-1");
});

test("a hook that gives no object is refused", () => {
  for (const result of [undefined, null, 7, "text", [], Promise.resolve({})]) {
    const Custom = schema({ name: "Custom", fields: ["title"], searchDocument: () => result });
    assert.throws(() => project(Custom, { id: 1, title: "T" }), { kind: "projection_hook_invalid" });
  }
});
