import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

test("what must compile does, and what must not does not", async () => {
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  await run("node_modules/.bin/tsc", ["-p", "test/types"], { cwd }).catch(({ stdout }) =>
    assert.fail(stdout),
  );
});
