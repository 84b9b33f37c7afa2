// A server that answers as a vector says; `tests/vectors/README.md` has the form of its script.

import { once } from "node:events";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";

const ROUTES = ["search", "documents", "tasks"];
const AN_INDEX = { body: { uid: "scrypath_vessel", primaryKey: "id" } };

/**
 * Runs `work(url, seen)` beside a server that follows the script. `seen.sent` counts the requests of each
 * route, `seen.firstBody` is that of the first search.
 */
export async function withStub(script, work) {
  const seen = { sent: {}, firstBody: undefined };
  const server = createServer(async (request, response) => {
    const body = await json(request).catch(() => undefined);
    const route = ROUTES.find((name) => request.url.includes(name)) ?? "";
    if (route === "search") seen.firstBody ??= body;
    const answers = script[route]?.length ? script[route] : [AN_INDEX];
    const count = seen.sent[route] ?? 0;
    const answer = answers[Math.min(count, answers.length - 1)];
    seen.sent[route] = count + 1;
    response.writeHead(answer.status ?? 200, { "content-type": "application/json" });
    response.end(answer.text ?? JSON.stringify(answer.body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await work(`http://127.0.0.1:${server.address().port}`, seen);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
