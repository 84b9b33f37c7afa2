"""The verbs, as steps. What a verb may and may not do is the core's to say; here is only its order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from . import _enqueue, _repos
from . import _wire as wire
from ._core import decide, request
from ._options import given, sendable
from ._projection import as_list, document_id, hooked
from ._repos import Fetch
from ._results import (
    Explanation,
    FacetValues,
    SearchResult,
    Suggestion,
    facet_values,
    query,
    search_result,
    suggestion,
)
from ._schema import declaration, hook
from ._steps import Invoke, Steps
from ._unset import UNSET
from ._writes import WriteResult, write_result

R = TypeVar("R")

Options = Mapping[str, Any]


def search(
    cls: type[R], text: str, options: Options, defaults: Options, **more: Any
) -> Steps[SearchResult[R]]:
    options = given(options)
    repo = options.get("repo", defaults.get("repo"))
    found: wire.SearchReply
    if repo is None:
        found = yield Invoke(_request("search", cls, options, defaults, text=text, **more))
        return search_result(found, [], [])
    source, key = _repos.source(repo), _repos.primary_key(cls)
    found = yield Invoke(_request("search", cls, options, defaults, text=text, primary_key=key, **more))
    if (hydration := found["hydration"]) is None:
        return search_result(found, [], [])
    preload = _repos.preloads(options.get("preload", defaults.get("preload")))
    try:
        rows = yield Fetch(source, cls, key, hydration["ids"], preload)
        keys = [_repos.key_of(row, key) for row in rows]
    except BaseException:
        yield Invoke(request("hydration_failed", pending=hydration["pending"]))
        raise
    hydrated: wire.Hydrated = yield Invoke(request("hydrate", pending=hydration["pending"], found=keys))
    return search_result(found, [rows[at] for at in hydrated["order"]], hydrated["missing_ids"])


def search_facet_values(
    cls: type, facet: str, text: str, options: Options, defaults: Options
) -> Steps[FacetValues]:
    call = _request("search_facet_values", cls, given(options), defaults, facet=facet, text=text)
    return facet_values((yield Invoke(call)))


def suggest(cls: type, text: str, options: Options, defaults: Options) -> Steps[list[Suggestion]]:
    found: list[wire.Suggestion]
    found = yield Invoke(_request("suggest", cls, given(options), defaults, text=text))
    return [suggestion(one) for one in found]


def sync_records(cls: type, records: Any, options: Options, defaults: Options) -> Steps[WriteResult]:
    options, records = given(options), as_list(records)
    if _enqueue.is_meant(options, defaults):
        return (yield from _enqueue.records(cls, records, options, defaults))
    call = _request("sync_records", cls, options, defaults)
    return write_result((yield Invoke(call, records, hooked(cls, records))))


def delete_record(cls: type, record: Any, options: Options, defaults: Options) -> Steps[WriteResult]:
    options = given(options)
    if hook(cls, "search_document_id") is not None:
        return (yield from delete_documents(cls, [document_id(cls, record)], options, defaults))
    if _enqueue.is_meant(options, defaults):
        return (yield from _enqueue.deletes(cls, [record], options, defaults))
    call = _request("delete_records", cls, options, defaults)
    return write_result((yield Invoke(call, [record])))


def delete_documents(cls: type, ids: Any, options: Options, defaults: Options) -> Steps[WriteResult]:
    options, ids = given(options), _ids(ids)
    if _enqueue.is_meant(options, defaults):
        return (yield from _enqueue.delete_documents(cls, ids, options, defaults))
    call = _request("delete_documents", cls, options, defaults, ids=ids)
    return write_result((yield Invoke(call)))


def explain(cls: type, text: str, options: Options, defaults: Options) -> Explanation:
    explained = decide("explain_search", **_arguments(cls, given(options), defaults), text=text)
    return Explanation(query(explained["query"]), explained["request"])


def tenant_token(schema: type | Sequence[type], tenant: Any, options: Options, defaults: Options) -> str:
    classes = schema if isinstance(schema, Sequence) else [schema]
    return decide(
        "tenant_token",
        schemas=[declaration(cls).json for cls in classes],
        tenant=None if tenant is UNSET else tenant,
        options=sendable(given(options)),
        defaults=sendable(defaults),
    )


def index_name(cls: type, options: Options, defaults: Options) -> str:
    return decide("index_name", **_arguments(cls, given(options), defaults))


def _ids(ids: Any) -> Any:
    """Several ids as a list; one that is none is left for the core to refuse."""
    return ids if isinstance(ids, str | bytes | Mapping) or not isinstance(ids, Sequence) else list(ids)


def _request(
    op: wire.Operation, cls: type, options: Options, defaults: Options, **more: Any
) -> dict[str, Any]:
    return request(op, **_arguments(cls, options, defaults), **more)


def _arguments(cls: type, options: Options, defaults: Options) -> dict[str, Any]:
    return {"schema": declaration(cls).json, "options": sendable(options), "defaults": sendable(defaults)}
