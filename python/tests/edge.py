"""The vectors of the request edge. In the place of a schema they say ``"vessel"``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import scrypath


def named(value: Any, cls: type | None) -> Any:
    """The class where the vectors name it, in entries."""

    def entry(entry: Any) -> Any:
        if isinstance(entry, tuple) and entry[0] == "vessel":
            return (cls, *entry[1:])
        if isinstance(entry, dict) and entry.get("schema") == "vessel":
            return {**entry, "schema": cls}
        return entry

    for place in (value, value.get("composed")):
        if isinstance(place, dict) and "entries" in place:
            place["entries"] = [entry(one) for one in place["entries"]]
    return value


def compose(given: dict[str, Any]) -> scrypath.Composition:
    return scrypath.compose(given["fragments"], given["criteria"])


def compose_many(given: dict[str, Any]) -> scrypath.CompositionMany:
    return scrypath.compose_many(given["entries"], given["shared"])


def cast(given: dict[str, Any]) -> scrypath.SearchParams:
    return scrypath.cast_params(given["params"])


def arguments(composed: Any) -> dict[str, Any]:
    text, options = scrypath.search_args(composed)
    assert list(options) == ["filter", "sort", "page", "facets", "facet_filter", "per_query"]
    return {"text": text, "options": options}


def many_arguments(composed: Any) -> dict[str, Any]:
    entries, shared = scrypath.search_many_args(composed)
    return {"entries": [[shown(entry[0]), *entry[1:]] for entry in entries], "shared": shared}


def shown(schema: Any) -> Any:
    return "vessel" if isinstance(schema, type) else schema


def many(composed: Any) -> dict[str, Any]:
    entries = [{**entry, "schema": shown(entry["schema"])} for entry in composed["entries"]]
    return {**composed, "entries": entries}


def reflect(given: dict[str, Any], cls: Any) -> Any:
    criteria = compose(given) if "fragments" in given else given["criteria"]
    reflected = scrypath.reflect_search(cls, criteria)
    assert reflected["capabilities"] == scrypath.capabilities(cls)
    assert reflected["host_owned"]["tenant_policy"] == "host_owned"
    return reflected["resolved"]


def reflect_many(given: dict[str, Any], cls: Any) -> Any:
    if "composed" in given:
        reflected = scrypath.reflect_search_many(compose_many(given["composed"]))
    else:
        reflected = scrypath.reflect_search_many(given["entries"], **given["shared"])
    assert reflected["host_owned"]["related_data"] == "host_owned"
    return {"entries": list(told(reflected["entries"])), "shared": reflected["shared"]}


def told(entries: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    for entry in entries:
        deferred = "status" in entry["capabilities"]
        assert ("host_owned" in entry) != deferred
        known = {"capabilities": entry["capabilities"]} if deferred else {}
        identity = {"schema": shown(entry["entry"]["schema"]), "text": entry["entry"]["text"]}
        yield {**entry["resolved"], **identity, **known}


def query_params(given: dict[str, Any], cls: Any) -> dict[str, Any]:
    params = cast(given)
    return {"query": scrypath.to_query_params(params), "string": scrypath.to_query_string(params)}


def attempted_form_data(given: dict[str, Any], cls: Any) -> Any:
    try:
        scrypath.normalize_params(given["params"], cls)
    except scrypath.ParamsError as error:
        return scrypath.to_form_data(given["params"], error)
    raise AssertionError("accepted")


OPERATIONS: dict[str, Callable[[dict[str, Any], Any], Any]] = {
    "compose": lambda given, cls: compose(given),
    "search_args": lambda given, cls: arguments(compose(given)),
    "compose_many": lambda given, cls: many(compose_many(given)),
    "search_many_args": lambda given, cls: many_arguments(compose_many(given)),
    "capabilities": lambda given, cls: scrypath.capabilities(cls),
    "reflect": reflect,
    "reflect_many": reflect_many,
    "normalize_params": lambda given, cls: scrypath.normalize_params(given["params"], cls),
    "cast_params": lambda given, cls: cast(given),
    "params_args": lambda given, cls: arguments(cast(given)),
    "query_params": query_params,
    "form_data": lambda given, cls: scrypath.to_form_data(cast(given)),
    "attempted_form_data": attempted_form_data,
}
