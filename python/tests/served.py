"""The vectors of what talks to a server: what it is sent, and what becomes of its answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import scrypath
from keywords import call
from stub import stub


class Asked:
    """What a case asks for, of a client of the server that follows its script."""

    def __init__(self, given: dict[str, Any], cls: Any, url: str) -> None:
        self.given = given
        self.cls = cls
        self._client = scrypath.Scrypath(url, req_options={"retry": False})

    def call(self, verb: str, *arguments: Any, **more: Any) -> Any:
        """A verb of the client, with the case's options."""
        options = self.given.get("options", {})
        options = {**options, **more} if isinstance(options, dict) else [*options, *more.items()]
        return call(getattr(self._client, verb), *arguments, options=options)


def search_reply(asked: Asked) -> dict[str, Any]:
    more: dict[str, Any] = {}
    if "rows" in asked.given:
        more["repo"] = repo(asked.given["rows"])
    if "bucket" in asked.given:
        found = asked.call("search_within_facet", asked.cls, "tug", tuple(asked.given["bucket"]), **more)
    elif asked.given.get("disjunctive"):
        found = asked.call("search_disjunctive", asked.cls, "tug", **more)
    else:
        found = asked.call("search", asked.cls, "tug", **more)
    page = asdict(found.page)
    neighbours = {name: page.pop(name) for name in ("next", "previous")}
    explanation = None if found.explanation is None else asdict(found.explanation)
    if explanation is not None:
        assert explanation.pop("query") == asdict(found.query)
    return {
        "hits": found.hits,
        "page": {name: value for name, value in page.items() if value is not None},
        "neighbours": neighbours,
        "facets": asdict(found.facets),
        "explanation": explanation,
        "records": found.records,
        "missing_ids": found.missing_ids,
    }


def repo(rows: list[dict[str, Any]]) -> Any:
    def fetch(model: type, key: str, ids: list[Any], preload: list[Any]) -> list[Any]:
        wanted = {str(id) for id in ids}
        return [row for row in rows if str(row[key]) in wanted]

    return fetch


def facet_values(asked: Asked) -> dict[str, Any]:
    found = asdict(asked.call("search_facet_values", asked.cls, asked.given["facet"], asked.given["text"]))
    return {"gives": {"facet_query": found["facet_query"], "hits": found["hits"]}}


def suggest(asked: Asked) -> dict[str, Any]:
    return {"gives": [asdict(one) for one in asked.call("suggest", asked.cls, asked.given["text"])]}


def search_many(asked: Asked) -> dict[str, Any]:
    port = call(scrypath.schema, options=asked.given["port"])(type("Port", (), {}))
    classes = {"vessel": asked.cls, "port": port}
    names = {asked.cls: "vessel", port: "port"}
    entries = [(classes.get(target, target), *rest) for target, *rest in asked.given["entries"]]
    more = {}
    if "global_schemas" in asked.given["options"]:
        more["global_schemas"] = [classes[name] for name in asked.given["options"]["global_schemas"]]
    found = asked.call("search_many", entries, **more)
    order = found.merge_hit_order
    return {
        "gives": {
            "ordered": [{"schema": names[cls], "hits": result.hits} for cls, result in found],
            "failures": [names[failure.schema] for failure in found.failures],
            "merge_hit_order": None if order is None else [(names[cls], id) for cls, id in order],
            "merged": [(names[cls], hit) for cls, hit in found.merged()],
            "federation": None if found.federation is None else asdict(found.federation),
        }
    }


def write(asked: Asked) -> dict[str, Any]:
    argument = asked.given["ids"] if "ids" in asked.given else asked.given["records"]
    if asked.given["verb"] == "delete_record":
        (argument,) = argument
    written = asdict(asked.call(asked.given["verb"], asked.cls, argument))
    return {"result": written, "task": written["task"]}


OPERATIONS: dict[str, Callable[[Asked], dict[str, Any]]] = {
    "search_reply": search_reply,
    "facet_values": facet_values,
    "suggest": suggest,
    "search_many": search_many,
    "write": write,
}


def carry_out(operation: str, given: dict[str, Any], cls: Any, sent: dict[str, int]) -> dict[str, Any]:
    """What an operation makes of a server's answers. What was sent is checked however it ends."""
    with stub(given["server"]) as server:
        try:
            made = OPERATIONS[operation](Asked(given, cls, server.url))
        finally:
            for route, count in sent.items():
                assert server.sent[route] == count, f"{server.sent[route]} requests to {route}"
        return {**made, "sent": sent, "body": server.first_body}
