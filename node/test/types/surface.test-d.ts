// What must compile, and what must not. `npm run types` checks it; nothing here runs.

import {
  documentId,
  type Explanation,
  type Formatted,
  type Hit,
  type ManyOptions,
  type MatchPosition,
  project,
  type RankedBy,
  type Ranking,
  type Repo,
  type Schema,
  type SchemaOptions,
  Scrypath,
  type SearchOptions,
  type SearchResult,
  type Suggestion,
  type SuggestOptions,
  schema,
  schemaFields,
  type schemaFromJson,
  type TenantTokenOptions,
  type WriteResult,
} from "scrypath";
import { betterSqlite3Repo } from "scrypath/better-sqlite3";
import { z } from "zod";

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

// A result is the sequence of its hits.
for (const hit of found) same<typeof hit, Hit<NoteRow>>();
same<typeof found.length, number>();
same<ReturnType<typeof found.at>, Hit<NoteRow> | undefined>();
same<ReturnType<typeof found.slice>, Hit<NoteRow>[]>();
same<typeof found.page.next, number | undefined>();
same<typeof found.explanation, Explanation | undefined>();
same<Explanation["ranking"], readonly Ranking[]>();
same<Ranking["rules"], readonly RankedBy[]>();
const { hits, records } = found;
same<typeof hits, readonly Hit<NoteRow>[]>();
same<typeof records, readonly NoteRow[]>();

// What the server adds to a hit has types; what nobody foresaw is unknown.
declare const hit: Hit<NoteRow>;
same<typeof hit._rankingScore, number | undefined>();
same<typeof hit._rankingScoreDetails, Readonly<Record<string, unknown>> | undefined>();
same<NonNullable<typeof hit._matchesPosition>[string], readonly MatchPosition[]>();
same<
  MatchPosition,
  { readonly start: number; readonly length: number; readonly indices?: readonly number[] }
>();
same<NonNullable<typeof hit._formatted>["title"], string | undefined>();
same<NonNullable<typeof hit._formatted>["id"], string | undefined>();
same<NonNullable<typeof hit._formatted>["status"], string | undefined>();
same<NonNullable<typeof hit._formatted>["year"], string | null | undefined>();
same<NonNullable<NonNullable<typeof hit._formatted>["area"]>["lvl0"], string | undefined>();
same<Formatted<{ tags: string[]; at: Date }>, { readonly tags?: readonly string[]; readonly at?: string }>();
same<typeof hit._semanticScore, unknown>();

// Hits become what the application has, by a function or by a schema with a `parse`.
same<ReturnType<typeof found.hitsAs<NoteRow>>, NoteRow[]>();
const cards = found.hitsAs(({ id, title }) => ({ id, title }));
same<typeof cards, { id: number | undefined; title: string | undefined }[]>();
const parsed = found.hitsAs({ parse: (hit: unknown) => String(hit) });
same<typeof parsed, string[]>();
const people = found.hitsAs(z.object({ id: z.number() }));
same<typeof people, { id: number }[]>();
// @ts-expect-error a field that a hit of this schema does not have in that type
found.hitsAs((hit): number => hit.title);
// @ts-expect-error neither a function nor a schema
found.hitsAs({ read: () => 1 });

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
await search.search(Note, "", { tenantScope: ["open", "closed"] });
await search.search(Note, "", { tenantScope: { in: ["open"] } });
// @ts-expect-error a tenant that may be anybody
await search.search(Note, "", { tenantScope: { not: "open" } });
// @ts-expect-error a list with a tenant that is null
await search.search(Note, "", { tenantScope: ["open", null] });
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

// ── Suggestions and tokens ───────────────────────────────────────────────────────────────────────────

same<Awaited<ReturnType<typeof search.suggest>>, readonly Suggestion[]>();
const typing: SuggestOptions<NoteRow> = { field: "title", limit: 3, filter: { status: "open" }, repo };
const [suggestion] = await search.suggest(Note, "harb", {
  ...typing,
  tenantScope: "open",
  sort: ["year:desc"],
});
same<NonNullable<typeof suggestion>["text"], string>();
// @ts-expect-error a field that does not exist
await search.suggest(Note, "harb", { field: "titel" });
// @ts-expect-error a filter on a field that does not exist
await search.suggest(Note, "harb", { filter: { stauts: "open" } });
// @ts-expect-error an option of searches
await search.suggest(Note, "harb", { page: { size: 5 } });

const apiKeyUid = "ac5cd97d-5a4b-4226-a868-2d0eb6d197ab";
const token = await search.tenantToken(Note, "open", { apiKeyUid, filter: { year: 1990 } });
same<typeof token, string>();
await search.tenantToken([Note, Headline, Loose], ["open"], { apiKeyUid, expiresAt: new Date() });
same<TenantTokenOptions<NoteRow>["expiresIn"], number | undefined>();
// @ts-expect-error no uid
await search.tenantToken(Note, "open", {});
// @ts-expect-error no tenant
await search.tenantToken(Note, null, { apiKeyUid });
// @ts-expect-error a filter on a field that does not exist
await search.tenantToken(Note, "open", { apiKeyUid, filter: { stauts: "open" } });
// @ts-expect-error not a schema
await search.tenantToken("Note", "open", { apiKeyUid });

new Scrypath({ hydrationTimeout: 30, maxSchemas: 2, federationLimit: 50, federationOffset: 0 });
// @ts-expect-error an option of one call
new Scrypath({ globalSchemas: [Note] });

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
type Typed = Exclude<keyof SuggestOptions<NoteRow>, "signal" | "field" | "limit">;
type Declared = Exclude<keyof SchemaOptions<NoteRow>, "name" | "searchDocument" | "searchDocumentId">;

same<Exclude<Verb, Camel<keyof wire.RuntimeOptions | wire.SearchOption>>, never>();
same<Exclude<Camel<wire.SearchOption>, Verb>, never>();
same<Exclude<Typed, Camel<keyof wire.RuntimeOptions | wire.SearchOption>>, never>();
same<Exclude<keyof ManyOptions, Camel<keyof wire.RuntimeOptions>>, never>();
same<Declared, Camel<wire.SchemaOption>>();
