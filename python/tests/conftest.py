"""One body of tests for both clients, and a real server to talk to.

``MEILISEARCH_URL``, with ``MEILISEARCH_API_KEY`` for its master key, is the server where it is set: the tests
then give their indexes a prefix of the run, and delete them. Else it is ``scrypath serve``.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import scrypath

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("SCRYPATH_BIN", str(ROOT / "target" / "release" / "scrypath"))


class Waiting:
    """``Scrypath``, or ``AsyncScrypath`` with each call awaited: what a test calls is the same."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.loop = asyncio.new_event_loop() if mode == "async" else None

    def client(self, *args: Any, **defaults: Any) -> Any:
        if self.loop is None:
            return scrypath.Scrypath(*args, **defaults)
        return Awaited(self.loop, scrypath.AsyncScrypath(*args, **defaults))

    def result(self, given: Any) -> Any:
        """What a call gave, awaited where it is to be."""
        return self.loop.run_until_complete(given) if self.loop is not None else given

    def close(self) -> None:
        if self.loop is not None:
            self.loop.close()


@dataclass
class Awaited:
    loop: asyncio.AbstractEventLoop
    client: scrypath.AsyncScrypath

    def __getattr__(self, verb: str) -> Any:
        method = getattr(self.client, verb)

        def call(*args: Any, **options: Any) -> Any:
            result = method(*args, **options)
            return self.loop.run_until_complete(result) if asyncio.iscoroutine(result) else result

        return call


@pytest.fixture(params=["sync", "async"])
def waiting(request: pytest.FixtureRequest) -> Iterator[Waiting]:
    waiting = Waiting(request.param)
    yield waiting
    waiting.close()


_names = itertools.count()


@pytest.fixture
def memory() -> str:
    """An index of the test's own, in this process."""
    return f"memory:test-{next(_names)}"


@dataclass
class Server:
    url: str
    key: str
    run: str = field(default_factory=lambda: f"py-{uuid4().hex[:12]}")

    def options(self, name: str) -> dict[str, Any]:
        """What a client of it is made with, beside its URL: its key, and indexes of this run's own."""
        return {"meilisearch_api_key": self.key, "index_prefix": f"{self.run}-{name}"}

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask it something that is no search, with the master key."""
        headers = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self.url.rstrip("/") + path, data, headers, method=method)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def forget(self) -> None:
        """Delete the indexes of this run."""
        of_run = [
            index["uid"]
            for index in self.ask("GET", "/indexes?limit=10000")["results"]
            if index["uid"].startswith(self.run)
        ]
        for uid in of_run:
            self.ask("DELETE", f"/indexes/{uid}")


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def until(condition: Callable[[], Any], seconds: float = 60) -> None:
    """Asks again until it holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to hold"


@contextmanager
def serve(port: int = 0) -> Iterator[Server]:
    """``scrypath serve``: the engine on a port, behind a key."""
    key = "a master key of sixteen bytes"
    command = [BINARY, "serve", "--addr", f"127.0.0.1:{port}", "--master-key", key]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = process.stdout.readline()
        assert ready.startswith("listening on "), ready
        try:
            yield Server(ready.removeprefix("listening on ").strip(), key)
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    url = os.environ.get("MEILISEARCH_URL")
    if not url:
        with serve() as server:
            yield server
        return
    server = Server(url, os.environ["MEILISEARCH_API_KEY"])
    try:
        yield server
    finally:
        server.forget()


@pytest.fixture(params=["memory", "http"])
def search(request: pytest.FixtureRequest, waiting: Waiting, memory: str) -> Any:
    """A client, sync and async, in process and over HTTP, with indexes of the test's own."""
    name = memory.removeprefix("memory:")
    if request.param == "memory":
        return waiting.client(memory, index_prefix=name)
    server = request.getfixturevalue("server")
    return waiting.client(server.url, **server.options(name))
