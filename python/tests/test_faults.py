"""Servers that are absent, deaf, wrong or forbidding. Every call ends, and says why."""

from __future__ import annotations

import http.server
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import scrypath
from conftest import Server, Waiting


@scrypath.schema(fields=["title"])
class Note:
    pass


@pytest.fixture
def answering() -> Iterator[Callable[[int, bytes], str]]:
    """A server that gives every request the same answer."""
    servers = []

    def start(status: int, body: bytes) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer

            def log_message(self, *args: Any) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_nobody_listens(waiting: Waiting) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    search = waiting.client(url, meilisearch_api_key="hidden-key", req_options={"retry": False})
    with pytest.raises(scrypath.TransportError) as raised:
        search.search(Note, "x")
    assert (raised.value.kind, raised.value.retryable) == ("transport_error", True)
    assert "hidden-key" not in str(raised.value)


def test_nobody_answers(waiting: Waiting) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        search = waiting.client(url, req_options={"receive_timeout": 100, "retry": False})
        with pytest.raises(scrypath.TransportError) as raised:
            search.search(Note, "x")
    assert raised.value.kind == "request_timeout"


def test_the_wrong_key(waiting: Waiting, server: Server) -> None:
    search = waiting.client(server.url, meilisearch_api_key="wrong-key-hidden")
    for verb, argument in (("search", "x"), ("sync_record", {"id": 1, "title": "x"})):
        with pytest.raises(scrypath.BackendError) as raised:
            getattr(search, verb)(Note, argument)
        assert (raised.value.kind, raised.value.status) == ("http_error", 403)
        assert raised.value.code == "invalid_api_key"
        assert "wrong-key-hidden" not in str(raised.value) + repr(raised.value.details)


def test_an_index_that_is_not_there(search: Any) -> None:
    with pytest.raises(scrypath.BackendError) as raised:
        search.search(Note, "x")
    assert (raised.value.status, raised.value.code) == (404, "index_not_found")
    assert raised.value.body["code"] == "index_not_found"


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b"<html>hello</html>"), (200, b"[]"), (200, b""), (200, b'{"hits": 7}'), (502, b"bad gateway")],
)
def test_what_answers_is_no_meilisearch(waiting: Waiting, answering: Any, status: int, body: bytes) -> None:
    search = waiting.client(answering(status, body), req_options={"retry": False})
    with pytest.raises(scrypath.BackendError) as raised:
        search.search(Note, "x")
    assert raised.value.status == status
    with pytest.raises(scrypath.BackendError):
        search.sync_record(Note, {"id": 1, "title": "x"})


@pytest.mark.parametrize(
    ("body", "broken"),
    [
        ({"hits": 7}, "`hits` is not a list"),
        ({"hits": [{}, 7]}, "`hits[1]` is not an object"),
        ({"hits": [], "totalHits": "3"}, "`totalHits` is not a whole number"),
        ({"hits": [], "facetDistribution": []}, "`facetDistribution` is not an object"),
    ],
)
def test_a_reply_that_breaks_a_promise_says_which(
    waiting: Waiting, answering: Any, body: Any, broken: str
) -> None:
    search = waiting.client(answering(200, json.dumps(body).encode()), req_options={"retry": False})
    for call in (lambda: search.search(Note, "x"), lambda: search.suggest(Note, "x")):
        with pytest.raises(scrypath.BackendError, match=re.escape(broken)) as raised:
            call()
        assert raised.value.kind == "http_error"


def test_a_task_that_never_ends(waiting: Waiting, answering: Any) -> None:
    search = waiting.client(
        answering(202, b'{"taskUid": 7, "uid": 7, "status": "enqueued", "results": []}'),
        inline_timeout=50,
        inline_poll_interval=10,
    )
    with pytest.raises(scrypath.ScrypathTimeout) as raised:
        search.delete_document(Note, 1)
    assert isinstance(raised.value, TimeoutError)
    assert raised.value.task is not None
    assert (raised.value.task.uid, raised.value.task.status) == (7, "enqueued")


def test_a_task_that_fails(waiting: Waiting, answering: Any) -> None:
    failed = b'{"taskUid": 7, "uid": 7, "status": "failed", "error": {"code": "no_space_left_on_device"}}'
    search = waiting.client(answering(200, failed))
    with pytest.raises(scrypath.TaskError) as raised:
        search.delete_document(Note, 1)
    assert raised.value.kind == "task_failed"
    assert raised.value.task is not None
    assert raised.value.task.raw["error"]["code"] == "no_space_left_on_device"


def test_hits_of_any_json_arrive_whole(waiting: Waiting, answering: Any) -> None:
    body = rb'{"hits": [{"id": 1, "a": "\ud800", "b": 1e400, "c": 12345678901234567890, "d": [[[0.1]]]}]}'
    found = waiting.client(answering(200, body.replace(b"1e400", b"1e300"))).search(Note, "x")
    assert found.hits == [{"id": 1, "a": "\ud800", "b": 1e300, "c": 12345678901234567890, "d": [[[0.1]]]}]


def test_floats_are_read_to_the_last_digit(waiting: Waiting, answering: Any) -> None:
    numbers = ["0.1", "5e-324", "1.7976931348623157e308", "9007199254740993.0", "0.30000000000000004"]
    body = '{"hits": [{"id": 1, "n": [' + ",".join(numbers) + "]}]}"
    (hit,) = waiting.client(answering(200, body.encode())).search(Note, "x").hits
    assert hit["n"] == [float(number) for number in numbers]
