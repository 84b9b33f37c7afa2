"""What can go wrong.

ScrypathError
├── UsageError (also ValueError)       the call is wrong; nothing was sent
│   └── ParamsError                    a web request's parameters are no search
├── TransportError                     the server was not reached, or what answered was not one
├── BackendError                       the server answered, and refused
├── ScrypathTimeout (also TimeoutError)  a deadline passed; the work may still finish
├── TaskError                          the server accepted the work and then did not do it
├── QueueError                         the durable queue refused
└── InternalError                      a defect of Scrypath

Programs match on the class or on ``kind``, which is stable; messages may change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ._wire import ErrorClass, ErrorDetails, ErrorKind, ErrorReply
from ._writes import Task


class ScrypathError(Exception):
    """The base of every error of this package.

    Attributes:
        kind: the stable name of the failure, e.g. ``"filter_not_declared"``.
        class_: what to do about it: ``"usage"``, ``"transport"``, ``"backend"``, ``"timeout"``,
            ``"task"``, ``"queue"`` or ``"internal"``.
        retryable: whether the same call may succeed later, unchanged.
        details: what a program can look at: ``schema``, ``name``, ``names``, ``status``, ``body``,
            ``code``, ``task``, ``payload``, ``position``, ``reason``, ``issues``; absent ones are left out.
    """

    class_: ErrorClass = "internal"

    def __init__(
        self, message: str, kind: ErrorKind, retryable: bool = False, details: ErrorDetails | None = None
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.retryable = retryable
        self.details: ErrorDetails = details or {}

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.kind, self.retryable, dict(self.details))

    @property
    def task(self) -> Task | None:
        """The task the failure is about, where there is one."""
        task = self.details.get("task")
        return Task(**task) if task is not None else None


class UsageError(ScrypathError, ValueError):
    """The call is wrong, and nothing was sent. Change the call."""

    class_ = "usage"


@dataclass(frozen=True, slots=True)
class ParamIssue:
    """One thing that is wrong with the parameters of a request.

    Attributes:
        field: the namespace it is in; ``None`` for the parameters as a whole.
        code: ``"invalid_shape"``, ``"invalid_value"``, ``"missing_key"``, ``"unknown_key"``,
            ``"unknown_field"`` or ``"unsupported_param"``.
        message: for a person; may change.
        path: where: the namespace, then the member.
        meta: what was expected, by code.
    """

    field: str | None
    code: str
    message: str
    path: tuple[str, ...]
    meta: Mapping[str, Any]


class ParamsError(UsageError):
    """The parameters of a web request are no search: ``issues`` says everything that is wrong."""

    @property
    def issues(self) -> list[ParamIssue]:
        """All issues, in a fixed order."""
        return [
            ParamIssue(issue["field"], issue["code"], issue["message"], tuple(issue["path"]), issue["meta"])
            for issue in self.details["issues"]
        ]

    @property
    def form_errors(self) -> list[ParamIssue]:
        """The issues with the parameters as a whole."""
        return [issue for issue in self.issues if issue.field is None]

    @property
    def field_errors(self) -> dict[str, list[ParamIssue]]:
        """The other issues, by namespace."""
        by_field: dict[str, list[ParamIssue]] = {}
        for issue in self.issues:
            if issue.field is not None:
                by_field.setdefault(issue.field, []).append(issue)
        return by_field


class TransportError(ScrypathError):
    """The server was not reached, or what answered was not one."""

    class_ = "transport"


class BackendError(ScrypathError):
    """The server answered, and refused."""

    class_ = "backend"

    @property
    def status(self) -> int | None:
        """The HTTP status of the answer."""
        return self.details.get("status")

    @property
    def body(self) -> Any:
        """The body of the answer, as the server sent it."""
        return self.details.get("body")

    @property
    def code(self) -> str | None:
        """The server's own error code, e.g. ``"index_not_found"``."""
        return self.details.get("code")


class ScrypathTimeout(ScrypathError, TimeoutError):
    """A deadline passed. The work may still finish: ``task`` says how far it was."""

    class_ = "timeout"


class TaskError(ScrypathError):
    """The server accepted the work and then did not do it: ``task`` says why."""

    class_ = "task"


class QueueError(ScrypathError):
    """The durable queue refused the work."""

    class_ = "queue"


class InternalError(ScrypathError):
    """A defect of Scrypath. Please report it."""

    class_ = "internal"


BY_CLASS: dict[ErrorClass, type[ScrypathError]] = {
    error.class_: error
    for error in (
        UsageError,
        TransportError,
        BackendError,
        ScrypathTimeout,
        TaskError,
        QueueError,
        InternalError,
    )
}


class ScrypathWarning(UserWarning):
    """A declaration that holds, but that its author may not have meant."""


def from_reply(error: ErrorReply) -> ScrypathError:
    """The exception for the error part of a reply."""
    raised = BY_CLASS.get(error["class"], InternalError)
    if error["kind"] == "params_invalid":
        raised = ParamsError
    return raised(error["message"], error["kind"], error["retryable"], error["details"])
