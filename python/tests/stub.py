"""A server that answers as a vector says; ``tests/vectors/README.md`` has the form of its script."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ROUTES = ("search", "documents", "tasks")
AN_INDEX = {"body": {"uid": "scrypath_vessel", "primaryKey": "id"}}


@dataclass
class Stub:
    """Where the server is, how many requests each route has had, and what the first search was sent."""

    url: str = ""
    sent: Counter[str] = field(default_factory=Counter)
    first_body: Any = None


@contextmanager
def stub(script: dict[str, list[dict[str, Any]]]) -> Iterator[Stub]:
    """A server that follows the script."""
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            received = self.rfile.read(int(self.headers.get("content-length", 0)))
            route = next((route for route in ROUTES if route in self.path), "")
            answers = script.get(route) or [AN_INDEX]
            answer = answers[min(stub.sent[route], len(answers) - 1)]
            stub.sent[route] += 1
            if route == "search" and stub.first_body is None:
                stub.first_body = json.loads(received)
            body = answer["text"] if "text" in answer else json.dumps(answer["body"])
            self.send_response(answer.get("status", 200))
            self.send_header("content-length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = do_PATCH = answer

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True)
    serving.start()
    try:
        stub.url = f"http://127.0.0.1:{server.server_port}"
        yield stub
    finally:
        server.shutdown()
        server.server_close()
