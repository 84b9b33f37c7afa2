"""Related sync, as steps: one record changed, and documents of others with it.

Which others is the application's to say, by a resolver: from ids of source documents to records of
the target.
"""

from __future__ import annotations

import inspect
import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import _connections, _enqueue, _operations
from . import _wire as wire
from ._connections import Enter, Execute, InTransaction, Leave, Ready
from ._core import decide, request
from ._errors import ScrypathError, UsageError
from ._options import given, sendable
from ._projection import as_list
from ._schema import declaration, declared_as
from ._steps import Invoke, Steps
from ._telemetry import Emitter
from ._writes import WriteResult

logger = logging.getLogger("scrypath.related")

Options = Mapping[str, Any]


class Unresolved(Exception):
    """A related job cannot be run here, or not now. Its words hold nothing of a record."""


def sync_related(cls: type, records: Any, options: Options, defaults: Options) -> Steps[WriteResult]:
    options, records = given(options), _several(cls, records)
    fan_outs = declaration(cls).config["fan_outs"]
    plan = decide(
        "plan_related",
        schema=declaration(cls).json,
        declared=list(fan_outs),
        options=sendable({name: value for name, value in options.items() if name != "connection"}),
        defaults=sendable(defaults),
    )
    if _enqueue.is_meant(options, defaults):
        return (yield from _enqueue.related(cls, records, options, defaults))
    options.pop("fan_out", None)
    target, found = _target(fan_outs[plan["fan_out"]]), []
    if records:
        ids = decide("document_ids", records, schema=declaration(cls).json)
        found = yield from _resolved(
            Resolve(fan_outs[plan["fan_out"]]["resolver"], ids, None), plan["pending"]
        )
    return (yield from _operations.sync_records(target, found, options, defaults))


def _resolved(resolve: Resolve, pending: str) -> Steps[list[Any]]:
    """Calls a resolver in the span that the plan began."""
    end = {"pending": pending, "document_count": len(resolve.ids)}
    try:
        found: list[Any] = as_list((yield resolve))
    except BaseException:
        yield Invoke(request("resolved", **end))
        raise
    yield Invoke(request("resolved", **end, found=len(found)))
    return found


def work(queue: str, connection: Any, limit: int, defaults: Options) -> Steps[int]:
    """Runs the related jobs that are due, in the caller's transaction, and says how many there were."""
    to = _connections.of(connection)
    yield Ready(to, True)
    yield InTransaction(to)
    claim = decide("claim_related", queue=queue, limit=limit, **_target_of(to))
    jobs: list[list[str]] = []
    for statement in claim["statements"]:
        jobs = yield Execute(to, statement["sql"], statement["params"])
    for id, worker, args, attempt, max_attempts in jobs:
        job: wire.OwnJob = {"id": int(id), "worker": worker, "queue": queue, "args": args}
        verdict = yield from _alone(to, run(job, connection, to, defaults), job)
        settle = decide(
            "settle_related",
            id=job["id"],
            outcome=verdict["outcome"],
            reason=verdict.get("reason"),
            attempt=int(attempt),
            max_attempts=int(max_attempts),
            **_target_of(to),
        )
        for statement in settle["statements"]:
            yield Execute(to, statement["sql"], statement["params"])
    return len(jobs)


def run(
    job: wire.OwnJob, connection: Any, to: _connections.Connection, defaults: Options
) -> Steps[wire.JobVerdict]:
    """Runs one related job in the transaction that the connection is in.

    Raises:
        Exception: what the resolver raised, or what is wrong with what it gave. The job is to be run again.
    """
    related = decide("read_related", job=job, **_target_of(to))
    if (verdict := related.get("verdict")) is not None:
        return verdict
    for statement in related["statements"]:
        yield Execute(to, statement["sql"], statement["params"])
    # What is not declared here may be elsewhere, or after the next deployment: it is no reason to give it up.
    if (cls := declared_as(related["schema"], related["fan_out"])) is None:
        raise Unresolved(f"this process declares no schema {related['schema']}")
    if (fan_out := declaration(cls).config["fan_outs"].get(related["fan_out"])) is None:
        raise Unresolved(f"{related['schema']} declares no fan-out {related['fan_out']} in this process")
    found = yield Resolve(fan_out["resolver"], related["document_ids"], connection)
    options = {**related["options"], "sync_mode": "oban", "connection": connection}
    yield from _operations.sync_records(_target(fan_out), found, options, defaults)
    return {"outcome": "completed"}


def reason(error: Exception) -> str:
    """Why a related job failed: for a table and a log, so it says what was raised and where, and no value."""
    if isinstance(error, Unresolved):
        return str(error)
    if isinstance(error, ScrypathError):
        return f"{error.kind}: {error}"
    raised = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(raised[-1].filename).name}, line {raised[-1].lineno}" if raised else ""
    return f"{type(error).__qualname__} was raised{where}"


@dataclass(frozen=True, slots=True)
class Resolve:
    """The step that asks the application."""

    resolver: Callable[[list[Any], Any], Any]
    ids: list[int | str]
    connection: Any

    def now(self, emitter: Emitter) -> Any:
        found = self.resolver(self.ids, self.connection)
        if inspect.isawaitable(found):
            if inspect.iscoroutine(found):
                found.close()
            raise UsageError(
                "the resolver of a fan-out is awaited; sync with AsyncScrypath, or declare one that is not",
                "invalid_option",
                details={"name": "fan_outs"},
            )
        return found

    async def later(self, emitter: Emitter) -> Any:
        found = self.resolver(self.ids, self.connection)
        return await found if inspect.isawaitable(found) else found


def _alone(
    to: _connections.Connection, steps: Steps[wire.JobVerdict], job: wire.OwnJob
) -> Steps[wire.JobVerdict]:
    """Steps that are rolled back alone, so that one job that fails leaves the others what they are."""
    part = to.nested()
    yield Enter(part)
    try:
        verdict = yield from steps
    except Exception as error:
        yield Leave(part, error)
        why = reason(error)
        logger.warning("related job %d of queue %s failed: %s", job["id"], job["queue"], why)
        return {"outcome": "retry", "reason": why}
    except BaseException as error:
        yield Leave(part, error)
        raise
    yield Leave(part)
    return verdict


def _target_of(to: _connections.Connection) -> dict[str, Any]:
    return {"dialect": to.dialect, "placeholders": to.placeholders}


def _target(fan_out: Mapping[str, Any]) -> type:
    """The class of a fan-out's target, which may be named before it is declared."""
    target = fan_out["target"]
    if not isinstance(target, str):
        return target  # type: ignore[no-any-return]
    if (cls := declared_as(target)) is None:
        raise UsageError(
            f"invalid value for fan_outs option: its target {target} is declared nowhere",
            "invalid_option",
            details={"name": "fan_outs"},
        )
    return cls


def _several(cls: type, records: Any) -> list[Any]:
    """The records in a list; one record is a list of itself, even where it can be iterated."""
    is_one = (
        isinstance(records, cls | Mapping | str | bytes)
        or not hasattr(records, "__iter__")
        or hasattr(records, "__pydantic_fields__")
        or hasattr(records, "__dataclass_fields__")
    )
    return [records] if is_one else list(records)
