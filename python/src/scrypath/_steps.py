"""One body of rules for two ways of waiting.

An operation is a generator: it yields what has to be done (a call into the core, a fetch of rows), gets
the outcome back, and returns its result. ``Scrypath`` does the steps one after the other;
``AsyncScrypath`` awaits them. So no rule is written twice, and no event loop is hidden anywhere.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Generator
from typing import Any, Protocol, TypeVar

from ._core import Call, Inbox, result
from ._telemetry import Emitter
from ._wire import Reply

T = TypeVar("T")


class Step(Protocol):
    """Something to be done that may wait."""

    def now(self, emitter: Emitter) -> Any:
        """Do it, holding up the calling thread."""

    async def later(self, emitter: Emitter) -> Any:
        """Do it without holding up the event loop."""


Steps = Generator[Step, Any, T]


class Invoke:
    """A call into the core."""

    __slots__ = ("hooks", "records", "request")

    def __init__(
        self, request: dict[str, Any], records: list[Any] | None = None, hooks: list[Any] | None = None
    ) -> None:
        self.request = request
        self.records = records
        self.hooks = hooks

    def now(self, emitter: Emitter) -> Any:
        return _outcome(self._call(emitter).run(), emitter)

    async def later(self, emitter: Emitter) -> Any:
        call = self._call(emitter)
        if call.is_pure:
            return _outcome(call.run(), emitter)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Reply] = loop.create_future()
        ticket = _inbox(loop).start(call, future)
        try:
            reply = await future
        except asyncio.CancelledError:
            ticket.cancel()
            raise
        return _outcome(reply, emitter)

    def _call(self, emitter: Emitter) -> Call:
        request = self.request if emitter.wanted else {**self.request, "events": False}
        return Call(request, self.records, self.hooks)


def run(steps: Steps[T]) -> T:
    """Do every step on the calling thread."""
    emitter = Emitter()
    try:
        step = next(steps)
        while True:
            try:
                outcome = step.now(emitter)
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(outcome)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]


async def run_async(steps: Steps[T]) -> T:
    """Await every step."""
    emitter = Emitter()
    try:
        step = next(steps)
        while True:
            try:
                outcome = await step.later(emitter)
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(outcome)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]


def _outcome(reply: Reply, emitter: Emitter) -> Any:
    if (events := reply.get("events")) is not None:
        emitter.emit(events)
    return result(reply)


class _Inboxes(threading.local):
    """The inbox of the loop that runs on this thread."""

    loop: weakref.ref[asyncio.AbstractEventLoop] | None = None
    inbox: Inbox | None = None


_inboxes = _Inboxes()


def _inbox(loop: asyncio.AbstractEventLoop) -> Inbox:
    if _inboxes.inbox is not None and _inboxes.loop is not None and _inboxes.loop() is loop:
        return _inboxes.inbox
    _inboxes.loop, _inboxes.inbox = weakref.ref(loop), Inbox(loop)
    return _inboxes.inbox
