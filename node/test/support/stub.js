// A server that answers as a vector says; `tests/vectors/README.md` has the form of its script.

import { once } from "node:events";
import { createServer } from "node:http";

const ROUTES = ["search", "documents", "tasks"];
const AN_INDEX = { body: { uid: "scrypath_vessel", primaryKey: "id" } };

/** Runs `work(url, sent)` beside a server that follows the script; `sent` counts the requests of each route. */
export async function withStub(script, work) {
  const sent = {};
  const server = createServer((request, response) => {
    request.resume();
    const route = ROUTES.find((name) => request.url.includes(name)) ?? "";
    const answers = script[route]?.length ? script[route] : [AN_INDEX];
    const { status = 200, body, text } = answers[Math.min(sent[route] ?? 0, answers.length - 1)];
    sent[route] = (sent[route] ?? 0) + 1;
    request.on("end", () => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(text ?? JSON.stringify(body));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await work(`http://127.0.0.1:${server.address().port}`, sent);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
