// A real Prisma on a real PostgreSQL: jobs become part of its interactive transactions. Run by `make test-prisma`.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, beforeEach, test } from "node:test";
import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "@prisma/client";
import { Scrypath, schema } from "scrypath";

const { SCRYPATH_TEST_POSTGRES: url, SCRYPATH_BIN } = process.env;
const AWKWARD = 'Björn\'s "quay" \\ %s ? $1 :a 🚢';
const Note = schema({ name: "note", fields: ["id", "title"] });
/** Nothing listens there: whatever asks a backend fails. */
const search = new Scrypath({
  meilisearchUrl: "http://127.0.0.1:1",
  syncMode: "oban",
  obanQueue: "search",
});
const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: url }) });

before(async () => {
  execFileSync(SCRYPATH_BIN, ["queue", "install", "--database-url", url]);
  await prisma.$executeRawUnsafe('CREATE TABLE "Note" (id integer PRIMARY KEY, title text NOT NULL)');
});
after(() => prisma.$disconnect());
beforeEach(() => prisma.$executeRawUnsafe('TRUNCATE oban_jobs, "Note"'));

const jobs = () => prisma.$queryRawUnsafe("SELECT id, worker, state::text, args FROM oban_jobs ORDER BY id");

/** Writes a note and its job in one transaction; gives the job. */
const save = (data, fails = false) =>
  prisma.$transaction(async (tx) => {
    const row = await tx.note.create({ data });
    const { job } = await search.syncRecord(Note, row, { connection: tx });
    if (fails) throw new Error("the application's own");
    return job;
  });

test("a job is committed with the row, and gone with it", async () => {
  await assert.rejects(save({ id: 1, title: AWKWARD }, true), { message: "the application's own" });
  assert.deepEqual([await jobs(), await prisma.note.count()], [[], 0]);
  const job = await save({ id: 1, title: AWKWARD });
  const [{ id, state, args }, ...others] = await jobs();
  assert.deepEqual([others, Number(id), state], [[], job.id, "available"]);
  assert.equal(args.documents[0].data.title, AWKWARD);
  assert.equal(await prisma.note.count(), 1);
});

test("a client itself is in no transaction, and is refused", async () => {
  const refused = search.syncRecord(Note, { id: 1, title: "" }, { connection: prisma });
  await assert.rejects(refused, /is a Prisma client.*pass what `\$transaction` gives/);
  assert.deepEqual(await jobs(), []);
});

test("a resolver reads by the transaction that its job is run in", async () => {
  const resolver = (ids, { connection }) => connection.note.findMany({ where: { id: { in: ids } } });
  const Author = schema({ name: "author", fields: ["id"], fanOuts: { notes: { target: Note, resolver } } });
  await prisma.note.createMany({ data: [1, 2, 3].map((id) => ({ id, title: `Harbour ${id}` })) });
  await prisma.$transaction((tx) =>
    search.syncRelated(Author, [{ id: 1 }, { id: 3 }], { fanOut: "notes", connection: tx }),
  );
  assert.equal(await prisma.$transaction((tx) => search.workRelated({ queue: "search", connection: tx })), 1);
  const [related, upsert, ...others] = await jobs();
  assert.deepEqual([related.state, upsert.state, others], ["completed", "available", []]);
  assert.deepEqual(upsert.args.document_ids, [1, 3]);
});

test("and nothing is left of one whose resolver fails", async () => {
  const resolver = async (_ids, { connection }) => {
    await connection.note.create({ data: { id: 9, title: "undone" } });
    // A statement that fails: PostgreSQL would refuse all that comes after it.
    return connection.note.create({ data: { id: 9, title: "twice" } });
  };
  const Author = schema({ name: "author", fields: ["id"], fanOuts: { notes: { target: Note, resolver } } });
  await prisma.$transaction((tx) =>
    search.syncRelated(Author, { id: 1 }, { fanOut: "notes", connection: tx }),
  );
  const heard = [];
  const options = { queue: "search", onFailure: ({ reason }) => heard.push(reason) };
  assert.equal(await prisma.$transaction((tx) => search.workRelated({ ...options, connection: tx })), 1);
  assert.match(heard.join(), /PrismaClientKnownRequestError \(P2002\) was thrown/);
  const [{ state }, ...others] = await jobs();
  assert.deepEqual([state, others, await prisma.note.count()], ["retryable", [], 0]);
});
