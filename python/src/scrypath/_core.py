"""The way into the native library, and the one place that notices when it is not there."""

from __future__ import annotations

from typing import Any

from ._errors import InternalError, from_reply
from ._wire import Decide, Operation, Reply

__all__ = ["VERSION", "Call", "Inbox", "Stream", "decide", "kinds"]

try:
    from ._native import VERSION, Call, Inbox, Stream, kinds
except ImportError as error:
    raise ImportError(
        "Scrypath's native library could not be loaded: this platform has no prebuilt one, or the "
        "installation is incomplete. Install a wheel for it (pip install --force-reinstall scrypath), "
        f"or build it with Rust: maturin develop --release. The loader said: {error}"
    ) from error


def request(op: Operation, **arguments: Any) -> dict[str, Any]:
    return {"op": op, "host": "python", **arguments}


def result(reply: Reply) -> Any:
    """What a reply holds, or the exception it stands for, raised."""
    if (error := reply.get("error")) is not None:
        raise from_reply(error)
    return reply["ok"]


def _decide(
    op: Operation, records: list[Any] | None = None, hooks: list[Any] | None = None, **arguments: Any
) -> Any:
    call = Call(request(op, **arguments), records, hooks)
    if not call.is_pure:
        raise InternalError(f"the operation {op!r} waits, and cannot be decided", "internal")
    return result(call.run())


decide: Decide = _decide
"""Carries out a pure operation at once."""
