"""What writes give back. All of it frozen; nothing here talks to anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import _wire as wire


@dataclass(frozen=True, slots=True)
class Task:
    """A task of the backend, as last seen."""

    uid: int
    status: wire.TaskStatus
    index_uid: str | None
    type: str | None
    raw: dict[str, Any]


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """Where a write was enqueued.

    Attributes:
        queue: the name of the queue.
        max_attempts: how often its job is tried before it is given up.
    """

    queue: str
    max_attempts: int


@dataclass(frozen=True, slots=True)
class Job:
    """The row of ``oban_jobs`` that a write became.

    It is there once the caller's transaction has committed, and never where that rolled back.

    Attributes:
        id: the row's id, as the database gave it.
        worker: who carries it out, e.g. ``"Scrypath.Oban.UpsertWorker"``.
        queue: the name of the queue.
        state: ``"available"``: enqueued.
        attempt: how often it was tried: 0.
        max_attempts: how often it is tried before it is given up.
    """

    id: int
    worker: str
    queue: str
    state: str
    attempt: int
    max_attempts: int


@dataclass(frozen=True, slots=True)
class WriteResult:
    """How far a write had come when its call returned.

    Attributes:
        mode: the promise the write was made under.
        status: ``"completed"`` (the backend's task succeeded), ``"accepted"`` (the backend or the
            queue took responsibility; not yet searchable) or ``"noop"`` (there was nothing to do).
        document_ids: the ids written or deleted, in the order given.
        document_count: how many they are.
        index: the index that was written to, where known.
        task: the backend's task, where there is one.
        job: the row that was enqueued, in mode ``"oban"``.
        oban: where it was enqueued, in mode ``"oban"``.
    """

    mode: wire.SyncMode
    status: wire.WriteStatus
    document_ids: list[int | str]
    document_count: int
    index: str | None = None
    task: Task | None = None
    job: Job | None = None
    oban: QueueOptions | None = None


def write_result(written: wire.WriteResult) -> WriteResult:
    task = written.get("task")
    return WriteResult(
        written["mode"],
        written["status"],
        written["document_ids"],
        written["document_count"],
        written.get("index"),
        Task(**task) if task is not None else None,
    )


def enqueued(enqueue: wire.Enqueue, id: int | None) -> WriteResult:
    """The result of a write that became a row, under the id that the database gave it."""
    job, oban = enqueue.get("job"), enqueue.get("oban")
    return WriteResult(
        enqueue["mode"],
        enqueue["status"],
        enqueue["document_ids"],
        enqueue["document_count"],
        enqueue.get("index"),
        job=None if job is None or id is None else Job(id, **job),
        oban=None if oban is None else QueueOptions(**oban),
    )
