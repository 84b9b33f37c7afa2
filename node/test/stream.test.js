// The bulk stream of the door, which the bulk verbs are built on.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Scrypath } from "scrypath";
import { Stream } from "../dist/esm/door.js";
import { linesToProject } from "../dist/esm/records.js";
import { Note, notes } from "./support/notes.js";

const open = (url) =>
  new Stream({
    schema: Note.quoted,
    options: JSON.stringify({ meilisearchUrl: url, inlineTimeout: 60_000 }),
  });

test("batches are written, and their end is one result", async () => {
  const stream = open("memory:stream");
  await Promise.all(
    [0, 1, 2].map((n) => {
      return stream.push(
        linesToProject(
          Note,
          notes.map((note) => ({ ...note, id: note.id + 10 * n })),
        ),
      );
    }),
  );
  const result = await stream.finish();
  assert.deepEqual([result.mode, result.status, result.document_count], ["inline", "completed", 12]);
  const { page } = await new Scrypath({ meilisearchUrl: "memory:stream" }).search(Note, "", {
    page: { size: 1 },
  });
  assert.equal(page.totalHits, 12);
});

test("a batch with a bad record is refused whole, and the stream goes on", async () => {
  const stream = open("memory:stream-refused");
  const bad = linesToProject(Note, [notes[0], { ...notes[1], id: null }]);
  await assert.rejects(stream.push(bad), { kind: "document_id_missing", message: /record 1/ });
  await stream.push(linesToProject(Note, [notes[2]]));
  assert.deepEqual((await stream.finish()).document_ids, [3]);
});

test("an aborted stream takes no more", async () => {
  const stream = open("memory:stream-aborted");
  stream.abort();
  await assert.rejects(stream.push(linesToProject(Note, notes)), { kind: "call_cancelled" });
  await assert.rejects(stream.finish(), { kind: "call_cancelled" });
});

test("a stream with wrong options is not opened", () => {
  assert.throws(() => new Stream({ schema: Note.quoted, options: '{"colour":1}' }), {
    kind: "unknown_options",
  });
});
