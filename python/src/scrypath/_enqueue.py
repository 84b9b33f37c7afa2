"""Writes in mode ``oban``, as steps: the core makes the row, the caller's own connection inserts it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import _connections
from . import _wire as wire
from ._connections import Execute, Ready
from ._core import request
from ._errors import QueueError, UsageError
from ._options import sendable
from ._projection import hooked
from ._schema import declaration
from ._steps import Invoke, Steps
from ._writes import WriteResult, enqueued

Options = Mapping[str, Any]


def is_meant(options: dict[str, Any], defaults: Options) -> bool:
    """Whether a write is to be enqueued. A ``connection`` beside another mode is refused."""
    if options.get("sync_mode", defaults.get("sync_mode")) == "oban":
        return True
    if options.pop("connection", None) is not None:
        raise UsageError(
            "connection is only taken with sync_mode oban: the other modes insert no job",
            "invalid_option",
            details={"name": "connection"},
        )
    return False


def records(cls: type, records: list[Any], options: dict[str, Any], defaults: Options) -> Steps[WriteResult]:
    call = _Call("enqueue_records", cls, options, defaults)
    yield from call.ready(bool(records))
    return (yield from call.insert(records, hooked(cls, records)))


def deletes(cls: type, records: list[Any], options: dict[str, Any], defaults: Options) -> Steps[WriteResult]:
    call = _Call("enqueue_deletes", cls, options, defaults)
    yield from call.ready(bool(records))
    return (yield from call.insert(records))


def delete_documents(cls: type, ids: Any, options: dict[str, Any], defaults: Options) -> Steps[WriteResult]:
    call = _Call("enqueue_delete_documents", cls, options, defaults, ids=ids)
    yield from call.ready(bool(ids))
    return (yield from call.insert())


def related(cls: type, records: list[Any], options: dict[str, Any], defaults: Options) -> Steps[WriteResult]:
    call = _Call("enqueue_related", cls, options, defaults)
    yield from call.ready(bool(records))
    return (yield from call.insert(records))


class _Call:
    """A write's connection, and what the core is asked. The core never sees the connection."""

    def __init__(
        self, op: wire.Operation, cls: type, options: dict[str, Any], defaults: Options, **more: Any
    ) -> None:
        given = options.pop("connection", None)
        self.connection = None if given is None else _connections.of(given, cls)
        self.request = request(
            op,
            schema=declaration(cls).json,
            options=sendable(options),
            defaults=sendable(defaults),
            # Without a connection a call is checked all the same: what else is wrong with it is said first.
            dialect="sqlite" if self.connection is None else self.connection.dialect,
            placeholders="question" if self.connection is None else self.connection.placeholders,
            **more,
        )

    def ready(self, anything: bool) -> Steps[None]:
        if self.connection is not None:
            yield Ready(self.connection, anything)

    def insert(self, records: list[Any] | None = None, hooks: list[Any] | None = None) -> Steps[WriteResult]:
        made: wire.Enqueue = yield Invoke(self.request, records, hooks)
        if (row := made.get("insert")) is None:
            return enqueued(made, None)
        if self.connection is None:
            raise QueueError(
                "sync_mode oban inserts a row: pass connection, your own connection to the queue's database: "
                + _connections.ACCEPTED,
                "queue_unavailable",
                details={"name": "connection"},
            )
        values = (row["queue"], row["worker"], row["args"], row["max_attempts"])
        ((id, *_),) = yield Execute(self.connection, row["sql"], values)
        return enqueued(made, id)
