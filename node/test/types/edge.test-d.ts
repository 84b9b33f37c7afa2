// What happens before a search, as types. `npm run types` checks it; nothing here runs.

import {
  type Capabilities,
  type Composition,
  capabilities,
  compose,
  composeMany,
  normalizeParams,
  Scrypath,
  type SearchParams,
  schema,
  searchArgs,
  toFormData,
} from "scrypath";
import { searchParams, searchParamsOf } from "scrypath/web";

interface NoteRow {
  id: number;
  title: string;
}
const Note = schema<NoteRow>({ name: "Note", fields: ["title"] });
const search = new Scrypath({ meilisearchUrl: "memory:" });

const params: SearchParams = normalizeParams(new URLSearchParams("q=x"), Note);
const composed: Composition = compose([{ defaults: { page: { size: 5 } } }], { text: "x" });
const can: Capabilities = capabilities(Note);
const read = searchParams([Note]);

for (const asked of [params, composed, searchParamsOf({})]) {
  const [text, options] = searchArgs(asked);
  await search.search(Note, text, options);
}
composeMany([{ schema: Note, text: "x" }, ["all", "y"], [Note, "z", { page: { size: 5 } }]]);
toFormData(params);
read({}, {}, () => can.tenant);

// @ts-expect-error a criterion that does not exist
compose([], { tenantScope: 1 });
// @ts-expect-error a sort cannot be fixed
compose({ fixed: { sort: { title: "asc" } } });
// @ts-expect-error an entry without text
composeMany([{ schema: Note }]);
// @ts-expect-error not a schema
capabilities({});
// @ts-expect-error nothing to read
normalizeParams(7);
