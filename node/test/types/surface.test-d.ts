// What must compile, and what must not. `npm run types` checks it; nothing here runs.

import {
  documentId,
  type Hit,
  project,
  type Repo,
  type Schema,
  type SchemaOptions,
  Scrypath,
  type SearchOptions,
  type SearchResult,
  schema,
  schemaFields,
  type schemaFromJson,
  type WriteResult,
} from "scrypath";
import { betterSqlite3Repo } from "scrypath/better-sqlite3";

import type * as wire from "../../dist/esm/wire.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(..._: Equal<A, B> extends true ? [] : ["the types differ"]): void {}

interface NoteRow {
  id: number;
  title: string;
  status: "open" | "closed";
  year: number | null;
  area: { lvl0: string };
}
interface PersonRow {
  id: string;
  name: string;
}

// ── Declarations ─────────────────────────────────────────────────────────────────────────────────────

const Note = schema<NoteRow>({
  name: "Note",
  fields: ["title", "status"],
  filterable: ["status", "year", "area.lvl0"],
  sortable: ["year"],
  faceting: { attributes: ["status", "area.lvl0"], sortFacetValuesBy: { status: "count" } },
  documentId: "id",
  tenantField: "status",
  settings: { stopWords: ["the"] },
});
same<typeof Note, Schema<NoteRow, NoteRow>>();

// @ts-expect-error a misspelt field
schema<NoteRow>({ name: "Note", fields: ["titel"] });
// @ts-expect-error a misspelt filterable field
schema<NoteRow>({ name: "Note", fields: ["title"], filterable: ["stauts"] });
// @ts-expect-error a path into a field that does not exist
schema<NoteRow>({ name: "Note", fields: ["title"], filterable: ["aera.lvl0"] });
// @ts-expect-error a misspelt sortable field
schema<NoteRow>({ name: "Note", fields: ["title"], sortable: ["yaer"] });
// @ts-expect-error a misspelt facet
schema<NoteRow>({ name: "Note", fields: ["title"], faceting: { attributes: ["stauts"] } });
// @ts-expect-error an order that does not exist
schema<NoteRow>({ name: "Note", fields: ["title"], faceting: { sortFacetValuesBy: { status: "size" } } });
// @ts-expect-error a document id that is no field
schema<NoteRow>({ name: "Note", fields: ["title"], documentId: "slug" });
// @ts-expect-error a tenant field that is no field
schema<NoteRow>({ name: "Note", fields: ["title"], tenantField: "org" });
// @ts-expect-error an option that does not exist
schema<NoteRow>({ name: "Note", fields: ["title"], filterables: ["status"] });
// @ts-expect-error no fields
schema<NoteRow>({ name: "Note" });
// @ts-expect-error no name
schema<NoteRow>({ fields: ["title"] });

// Without a record type, any field goes.
const Loose = schema({ name: "Loose", fields: ["anything"] });
same<typeof Loose, Schema<Record<string, unknown>, Record<string, unknown>>>();

// A hook's document may have fields of its own; they can be declared.
interface NoteDoc {
  id: string;
  headline: string;
}
const Headline = schema<NoteRow, NoteDoc>({
  name: "Headline",
  fields: ["headline"],
  filterable: ["headline", "status"],
  searchDocument: (row) => {
    same<typeof row, NoteRow>();
    return { id: `n-${row.id}`, headline: row.title };
  },
  searchDocumentId: (row) => `n-${row.id}`,
});
schema<NoteRow>({
  name: "Note",
  fields: ["title"],
  // @ts-expect-error a hook that gives no object
  searchDocument: (row) => row.title,
});

same<ReturnType<typeof schemaFromJson<NoteRow>>, Schema<NoteRow, NoteRow>>();
same<ReturnType<typeof schema.fromFile<NoteRow>>, Schema<NoteRow, NoteRow>>();
same<ReturnType<typeof schemaFields>, readonly string[]>();
schemaFields(Note);
schemaFields(Headline);

// ── Searching ────────────────────────────────────────────────────────────────────────────────────────

const search = new Scrypath({ meilisearchUrl: "memory:", meilisearchApiKey: process.env.KEY });
// @ts-expect-error an option that does not exist
new Scrypath({ meilisearchURL: "memory:" });
// @ts-expect-error a promise that does not exist
new Scrypath({ syncMode: "later" });

const repo = betterSqlite3Repo<NoteRow>({ prepare: () => ({ all: () => [] }) }, { table: "notes" });
same<typeof repo, Repo<NoteRow>>();

new Scrypath({ meilisearchUrl: "memory:", repo });

const found = await search.search(Note, "harbour", {
  filter: { status: "open", year: { gte: 1990, not: null }, "area.lvl0": ["north", "south"] },
  facetFilter: [["status", "open"]],
  sort: [["desc", "year"]],
  facets: ["status"],
  page: { number: 1, size: 20 },
  perQuery: { showRankingScore: true },
  tenantScope: "open",
  repo,
  signal: AbortSignal.timeout(1000),
});
same<typeof found, SearchResult<NoteRow, NoteRow>>();
same<typeof found.records, readonly NoteRow[]>();
same<(typeof found.hits)[number], Hit<NoteRow>>();
same<(typeof found.hits)[number]["title"], NonNullable<Hit<NoteRow>["title"]> | undefined>();
same<typeof found.missingIds, readonly (string | number)[]>();

await search.search(Note, "", {
  filter: [
    ["year", { gte: 1 }],
    ["year", { lt: 9 }],
  ],
});
await search.search(Note, "", { filter: { or: [{ status: "open" }, { year: null }], not: { year: 1 } } });
await search.search(Note, "", { sort: { year: "desc" } });
await search.search(Note, "", { sort: ["year:desc"] });
await search.search(Headline, "", { filter: { headline: "x", status: "open" } });

// @ts-expect-error a filter on a field that does not exist
await search.search(Note, "", { filter: { stauts: "open" } });
// @ts-expect-error an operator that does not exist
await search.search(Note, "", { filter: { year: { above: 1990 } } });
// @ts-expect-error a value that is none
await search.search(Note, "", { filter: { year: () => 1990 } });
// @ts-expect-error a condition that is undefined would widen the search
await search.search(Note, "", { filter: { status: undefined } });
// @ts-expect-error a tenant that is undefined
await search.search(Note, "", { tenantScope: undefined });
// @ts-expect-error a tenant that is null
await search.search(Note, "", { tenantScope: null });
// @ts-expect-error a sort on a field that does not exist
await search.search(Note, "", { sort: { yaer: "desc" } });
// @ts-expect-error a direction that does not exist
await search.search(Note, "", { sort: [["down", "year"]] });
// @ts-expect-error a facet that does not exist
await search.search(Note, "", { facets: ["stauts"] });
// @ts-expect-error a member of page that does not exist
await search.search(Note, "", { page: { offset: 20 } });
// @ts-expect-error an option that does not exist
await search.search(Note, "", { limit: 20 });
// @ts-expect-error a repo of another record type
await search.search(Note, "", { repo: betterSqlite3Repo<PersonRow>({} as never, { table: "people" }) });
// @ts-expect-error a text that is none
await search.search(Note, 7);

// ── Writing ──────────────────────────────────────────────────────────────────────────────────────────

declare const note: NoteRow;
declare const person: PersonRow;

same<Awaited<ReturnType<typeof search.syncRecord<NoteRow>>>, WriteResult>();
await search.syncRecord(Note, note, { syncMode: "manual" });
await search.syncRecords(Headline, [note]);
await search.deleteRecord(Note, note);
await search.deleteDocuments(Note, [1, "a", 2n]);
project(Note, note).data;
documentId(Headline, note);

// @ts-expect-error a record of another type
await search.syncRecord(Note, person);
// @ts-expect-error a record of another type
await search.deleteRecord(Note, person);
// @ts-expect-error one record where a list belongs
await search.syncRecords(Note, note);
// @ts-expect-error an id that is none
await search.deleteDocument(Note, null);
// @ts-expect-error a record of another type
project(Note, person);

// ── Options are the core's, spelt as JavaScript spells names ─────────────────────────────────────────

type Camel<Name extends string> = Name extends `${infer First}_${infer Rest}`
  ? `${First}${Capitalize<Camel<Rest>>}`
  : Name;
type Verb = Exclude<keyof SearchOptions<NoteRow>, "signal">;
type Declared = Exclude<keyof SchemaOptions<NoteRow>, "name" | "searchDocument" | "searchDocumentId">;

same<Exclude<Verb, Camel<keyof wire.RuntimeOptions | wire.SearchOption>>, never>();
same<Exclude<Camel<wire.SearchOption>, Verb>, never>();
same<Declared, Camel<wire.SchemaOption>>();
