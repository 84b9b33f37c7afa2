"""Many searches in one request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from . import _repos
from . import _wire as wire
from ._core import request
from ._errors import from_reply
from ._options import EntryOptions, given, sendable
from ._repos import FetchAll, Unfetched
from ._results import Failure, Federation, MultiSearchResult, search_result
from ._schema import declaration
from ._steps import Invoke, Steps

Entry = (
    tuple[type | Literal["all"], str] | tuple[type | Literal["all"], str, EntryOptions | Mapping[str, Any]]
)
"""A class, or ``"all"``, with a text and, if need be, options of its own."""


def search_many(
    entries: Sequence[Entry], options: Mapping[str, Any], defaults: Mapping[str, Any]
) -> Steps[MultiSearchResult]:
    options = given(options)
    registry = options.pop("global_schemas", None)
    repo = options.get("repo", defaults.get("repo"))
    schemas = _Schemas(repo is not None)
    found: wire.ManyReply = yield Invoke(
        request(
            "search_many",
            entries=[_entry(entry, schemas) for entry in entries],
            global_schemas=None if registry is None else [schemas.number(cls) for cls in registry],
            schemas=schemas.sent,
            options=sendable(options),
            defaults=sendable(defaults),
        )
    )
    searched = [(schemas.classes[entry["schema"]], entry) for entry in found["entries"]]
    failures = [_failure(schemas, failure) for failure in found["failures"]]
    rows: dict[int, list[Any]] = {}
    missing: dict[int, list[int | str]] = {}
    failed: set[int] = set()
    if found["pending"] is not None:
        preload = _repos.preloads(options.get("preload", defaults.get("preload")))
        wanted = [(cls, _repos.primary_key(cls), entry["ids"]) for cls, entry in searched]
        limit = found["hydration_timeout"] / 1000
        fetched = yield FetchAll(_repos.source(repo), wanted, preload, limit)
        outcomes = [_outcome(rows, key) for rows, (_, key, _) in zip(fetched, wanted, strict=True)]
        finish = request("finish_search_many", pending=found["pending"], outcomes=outcomes)
        finished: wire.Finished = yield Invoke(finish)
        failed = set(finished["failed"])
        for at, hydrated in enumerate(finished["hydrated"]):
            if hydrated is not None:
                rows[at] = [fetched[at][row] for row in hydrated["order"]]
                missing[at] = hydrated["missing_ids"]
        failures += [
            Failure(searched[at][0], reason.error if isinstance(reason := fetched[at], Unfetched) else "")
            for at in sorted(failed)
        ]
    kept = [at for at in range(len(searched)) if at not in failed]
    ordered = [
        (searched[at][0], search_result(searched[at][1], rows.get(at, []), missing.get(at, [])))
        for at in kept
    ]
    place = {at: now for now, at in enumerate(kept)}
    merged = [(entry, hit, id) for entry, hit, id in found["merged"] or [] if entry in place]
    federation = found["federation"]
    return MultiSearchResult(
        ordered,
        dict(ordered),
        failures,
        None if federation is None else Federation(**federation),
        None if found["merged"] is None else [(searched[entry][0], id) for entry, _, id in merged],
        [(place[entry], hit) for entry, hit, _ in merged],
    )


class _Schemas:
    """The classes of a call, each sent once and named by number."""

    def __init__(self, hydrating: bool) -> None:
        self.classes: list[type] = []
        self.sent: list[wire.ManySchema] = []
        self._hydrating = hydrating

    def number(self, cls: type) -> int:
        if cls in self.classes:
            return self.classes.index(cls)
        schema: wire.ManySchema = {"schema": declaration(cls).json}
        if self._hydrating:
            schema["primary_key"] = _repos.primary_key(cls)
        self.classes.append(cls)
        self.sent.append(schema)
        return len(self.classes) - 1


def _entry(entry: Any, schemas: _Schemas) -> Any:
    """An entry as the core reads it; one of another shape is left for the core to refuse."""
    if not isinstance(entry, tuple | list) or len(entry) not in (2, 3):
        return None
    target, text, *options = entry
    if not (isinstance(target, type) or target == "all"):
        return None
    own = options[0] if options else {}
    number = None if target == "all" else schemas.number(target)
    return {"schema": number, "text": text, "options": given(own) if isinstance(own, Mapping) else own}


def _failure(schemas: _Schemas, failure: wire.Failure) -> Failure:
    reason = failure["reason"]
    failed = reason if isinstance(reason, str) else from_reply(reason)
    return Failure(schemas.classes[failure["schema"]], failed)


def _outcome(rows: list[Any] | Unfetched | None, key: str) -> wire.Outcome:
    if rows is None:
        return {}
    if isinstance(rows, Unfetched):
        return {"failed": rows.word}
    return {"found": [_repos.key_of(row, key) for row in rows]}
