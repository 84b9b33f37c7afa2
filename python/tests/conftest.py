"""One body of tests for both clients, and a real server to talk to."""

from __future__ import annotations

import asyncio
import itertools
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    key: str = "a master key of sixteen bytes"


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """``scrypath serve``: the engine on a port, behind a key."""
    command = [BINARY, "serve", "--addr", "127.0.0.1:0", "--master-key", Server.key]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = process.stdout.readline()
        assert ready.startswith("listening on "), ready
        yield Server(ready.removeprefix("listening on ").strip())
        process.terminate()


@pytest.fixture(params=["memory", "http"])
def search(request: pytest.FixtureRequest, waiting: Waiting, memory: str) -> Any:
    """A client, sync and async, in process and over HTTP, with indexes of the test's own."""
    prefix = memory.removeprefix("memory:")
    if request.param == "memory":
        return waiting.client(memory, index_prefix=prefix)
    server = request.getfixturevalue("server")
    return waiting.client(server.url, meilisearch_api_key=server.key, index_prefix=prefix)
