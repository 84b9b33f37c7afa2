// A peer on a port that behaves as the test says: for what no Meilisearch would answer.

import { once } from "node:events";
import { createServer } from "node:http";

/**
 * Starts an HTTP server; stops it when the test ends. `requests` are those it received, `closed` resolves
 * once a client has hung up.
 */
export async function peer(test, answer) {
  const requests = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  const closed = new Promise((resolve) => {
    server.on("connection", (socket) => socket.on("close", resolve));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${server.address().port}`, requests, closed };
}

/** Answers every request with the same JSON. */
export function always(status, body) {
  return (request, response) => {
    request.resume();
    response.writeHead(status, { "content-type": "application/json" });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
}

/** Takes requests and answers none. */
export function never(request) {
  request.resume();
}
