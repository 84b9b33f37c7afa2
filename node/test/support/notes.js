import { schema } from "scrypath";

/** A declaration that the tests share. */
export const Note = schema({
  name: "Note",
  fields: ["id", "title", "status", "year"],
  filterable: ["status", "year"],
  sortable: ["year", "title"],
  faceting: { attributes: ["status"] },
});

export const notes = [
  { id: 1, title: "Harbour lights", status: "open", year: 1990 },
  { id: 2, title: "Harbour master", status: "closed", year: 1995 },
  { id: 3, title: "The old harbour", status: "open", year: 2001 },
  { id: 4, title: "Lighthouse", status: "open", year: 2001 },
];
