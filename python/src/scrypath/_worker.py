"""``scrypath worker`` as a child of this process: started, heard, started again where it dies, stopped."""

from __future__ import annotations

import asyncio
import atexit
import json
import logging
import os
import re
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, fields
from typing import Any, Self

from . import _command
from ._errors import QueueError, UsageError

logger = logging.getLogger("scrypath.worker")

LONGEST_PAUSE = 60.0
"""Between the end of a worker that died and the next one, in seconds; the first pause is one second."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What a worker did.

    Attributes:
        completed: jobs whose documents, or newer ones, are in the index.
        discarded: jobs that were given up.
        cancelled: jobs that never could be run.
        retried: how often a job was put back.
        requests: requests sent.
        pauses: how often a queue had to wait for the backend.
    """

    completed: int = 0
    discarded: int = 0
    cancelled: int = 0
    retried: int = 0
    requests: int = 0
    pauses: int = 0


@dataclass(frozen=True, slots=True)
class Options:
    """What a worker is started with. Times are in milliseconds; ``None`` is the command's own default."""

    database_url: str | None
    queues: Sequence[str] | str | None
    until_idle: bool
    lease: int | None
    request_timeout: int | None
    settle_time: int | None
    keep_completed: int | None

    def arguments(self, defaults: Mapping[str, Any]) -> list[str]:
        arguments = ["--json"]
        for queue in self._queues(defaults):
            arguments += [f"--queue={queue}"]
        if self.until_idle:
            arguments.append("--until-idle")
        for name, least in (("lease", 1), ("request_timeout", 1), ("settle_time", 0), ("keep_completed", 0)):
            if (value := getattr(self, name)) is None:
                continue
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise _invalid(name, f"must be milliseconds, a whole number of at least {least}")
            arguments.append(f"--{name.replace('_', '-')}={value}")
        return arguments

    def environment(self, defaults: Mapping[str, Any]) -> dict[str, str]:
        """The URLs and the key: on the command line everyone on the machine could read them."""
        database = self.database_url or os.environ.get("DATABASE_URL")
        if not isinstance(database, str):
            raise _missing("database_url", "postgres://USER@HOST/DATABASE or sqlite:PATH, where the jobs are")
        backend = defaults.get("meilisearch_url")
        if not backend:
            raise _missing("meilisearch_url", "the backend that the client writes to")
        if backend.startswith("memory:"):
            raise _invalid(
                "meilisearch_url", "memory: is an index of this process alone, and a worker another"
            )
        environment = {**os.environ, "DATABASE_URL": database, "MEILISEARCH_URL": backend, "NO_COLOR": "1"}
        # No other key than the client's: one that is merely in the environment is not for its server.
        environment.pop("MEILISEARCH_API_KEY", None)
        if key := defaults.get("meilisearch_api_key"):
            environment["MEILISEARCH_API_KEY"] = key
        return environment

    def _queues(self, defaults: Mapping[str, Any]) -> Sequence[str]:
        queues = self.queues
        if queues is None:
            queues = defaults.get("oban_queue") or "scrypath"
        names = [queues] if isinstance(queues, str) else list(queues)
        if not names or not all(isinstance(name, str) and name for name in names):
            raise _invalid("queues", "must be the name of a queue, or several")
        return names


class Supervised:
    """The process, and the thread that listens to it."""

    def __init__(self, options: Options, defaults: Mapping[str, Any]) -> None:
        # All that can be wrong is said before anything is started.
        self._arguments = options.arguments(defaults)
        self._environment = options.environment(defaults)
        self._command = _command.find()
        self._until_idle = options.until_idle
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self.done: Future[Tally] = Future()
        self.done.set_running_or_notify_cancel()
        started: Future[None] = Future()
        _running.add(self)
        # A daemon: the interpreter's end stops the worker, and would wait for other threads before that.
        threading.Thread(target=self._run, args=(started,), name="scrypath-worker", daemon=True).start()
        started.result()

    @property
    def pid(self) -> int | None:
        process = self._process
        return None if process is None or process.returncode is not None else process.pid

    def stop(self) -> None:
        """Asks it to end. What was begun is finished, so that may take as long as a request."""
        self.check_owner()
        self._stopping.set()
        with self._lock:
            if self._process is not None:
                _end(self._process)

    def check_owner(self) -> None:
        if os.getpid() != self._owner:
            raise QueueError("the worker belongs to the process that started it", "queue_unavailable")

    def let_go(self) -> None:
        # Without the lock, which another thread may have held.
        if (process := self._process) is not None:
            _end(process)

    def stop_at_exit(self) -> None:
        # A forked process has a copy of this, and no worker.
        if os.getpid() == self._owner:
            self.stop()
            self.done.exception()

    def _run(self, started: Future[None]) -> None:
        try:
            tally = self._supervise(started)
        except BaseException as error:
            if not started.done():
                started.set_exception(error)
            else:
                logger.error("%s", error)
            self.done.set_exception(error)
        else:
            self.done.set_result(tally)
        finally:
            _running.discard(self)

    def _supervise(self, started: Future[None]) -> Tally:
        pause = 1.0
        while True:
            since = time.monotonic()
            process = self._start()
            if not started.done():
                started.set_result(None)
            said, last = self._listen(process)
            if process.returncode == 0:
                return _tally(said)
            stopped = self._stopping.is_set()
            why = last.removeprefix("scrypath: ") or f"it ended with {_ending(process.returncode)}"
            # 2: the command line was not understood, and will not be.
            if stopped or self._until_idle or process.returncode == 2:
                raise QueueError(f"the worker failed: {why}", "queue_unavailable")
            if time.monotonic() - since > LONGEST_PAUSE:
                pause = 1.0
            logger.error("the worker died and is started again in %g s: %s", pause, why)
            if self._stopping.wait(pause):
                return Tally()
            pause = min(2 * pause, LONGEST_PAUSE)

    def _start(self) -> subprocess.Popen[str]:
        # Its standard input ends when this process does, however that ends.
        command = [self._command, "worker", *self._arguments, "--tied"]
        try:
            process = subprocess.Popen(
                command,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            raise QueueError(
                f"the worker could not be started: {error.strerror or type(error).__name__}",
                "queue_unavailable",
            ) from None
        with self._lock:
            self._process = process
            if self._stopping.is_set():
                _end(process)
        return process

    def _listen(self, process: subprocess.Popen[str]) -> tuple[str, str]:
        """What it printed, and the last it said on standard error; all of that is logged."""
        assert process.stderr is not None
        assert process.stdout is not None
        last = ""
        with process.stderr, process.stdout:
            for line in process.stderr:
                if last := line.strip() or last:
                    level, message = _heard(last)
                    logger.log(level, "%s", message)
            said = process.stdout.read()
        process.wait()
        with self._lock:
            self._process = None
            _end(process)
        return said, last


class Worker:
    """A ``scrypath worker``, in a process of its own. Made by :meth:`Scrypath.worker`.

    It ends with the ``with`` block, with :meth:`stop`, and with the interpreter, however that ends. What it
    began is finished first. One that dies is started again, after a second and then ever longer, at most a
    minute. What it says goes to the logger ``scrypath.worker``: why a queue pauses as a warning, why it died
    as an error.
    """

    def __init__(self, supervised: Supervised) -> None:
        self._supervised = supervised

    @property
    def pid(self) -> int | None:
        """The id of its process; ``None`` where there is none at the moment."""
        return self._supervised.pid

    def stop(self) -> Tally:
        """Finish what was begun, and end. Stopping again gives the same.

        Raises:
            QueueError: it had failed.
        """
        self._supervised.stop()
        return self._supervised.done.result()

    def wait(self) -> Tally:
        """Wait until it ends: with ``until_idle`` once there is nothing to do, else once it is stopped.

        Raises:
            QueueError: it failed: ``until_idle`` and it could not go on, or it does not know an option.
        """
        self._supervised.check_owner()
        return self._supervised.done.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop()


class AsyncWorker:
    """A :class:`Worker`, awaited. Made by :meth:`AsyncScrypath.worker`."""

    def __init__(self, supervised: Supervised) -> None:
        self._supervised = supervised

    @property
    def pid(self) -> int | None:
        """The id of its process; ``None`` where there is none at the moment."""
        return self._supervised.pid

    async def stop(self) -> Tally:
        """See :meth:`Worker.stop`."""
        self._supervised.stop()
        return await asyncio.wrap_future(self._supervised.done)

    async def wait(self) -> Tally:
        """See :meth:`Worker.wait`. Cancelling it leaves the worker running."""
        self._supervised.check_owner()
        return await asyncio.wrap_future(self._supervised.done)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.stop()


_running: set[Supervised] = set()


def _end(process: subprocess.Popen[str]) -> None:
    """Ends its standard input, and so asks it to end. What it began is finished first."""
    assert process.stdin is not None
    process.stdin.close()


def _let_go() -> None:
    """In a forked process: the copies of the pipes would keep the workers beyond their owner's end."""
    for supervised in list(_running):
        supervised.let_go()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)


@atexit.register
def _stop_all() -> None:
    for supervised in list(_running):
        supervised.stop_at_exit()


_LINE = re.compile(r"\S+Z\s+(?P<level>ERROR|WARN|INFO)\s+(?P<message>.*)")
_LEVELS = {"ERROR": logging.ERROR, "WARN": logging.WARNING, "INFO": logging.INFO}


def _heard(line: str) -> tuple[int, str]:
    """The level and the words of a line; what is no log line is news."""
    if (matched := _LINE.fullmatch(line)) is not None:
        return _LEVELS[matched["level"]], matched["message"]
    return logging.INFO, line.removeprefix("scrypath: ")


def _tally(said: str) -> Tally:
    counted = json.loads(said.strip().rpartition("\n")[2] or "{}")
    return Tally(**{field.name: counted.get(field.name, 0) for field in fields(Tally)})


def _ending(code: int) -> str:
    return f"code {code}" if code > 0 else f"signal {-code}"


def _invalid(name: str, why: str) -> UsageError:
    return UsageError(f"invalid value for {name} option: {why}", "invalid_option", details={"name": name})


def _missing(name: str, what: str) -> UsageError:
    return UsageError(f"{name} is required: {what}", "missing_option", details={"name": name})
