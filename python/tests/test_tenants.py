"""Tenants do not see each other: by no verb, by no combination of options, and not with a token."""

from __future__ import annotations

import base64
import itertools
import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

import scrypath
from conftest import Server, Waiting
from scrypath import UNSET
from stub import stub


@scrypath.schema(
    fields=["id", "name", "kind", "flag", "built", "dock"],
    filterable=["kind", "flag"],
    sortable=["built"],
    faceting={"attributes": ["kind", "flag"]},
    tenant_field="dock",
)
class Vessel:
    pass


@scrypath.schema(fields=["id", "name"])
class Port:
    pass


# Every value tells whose it is, so that suggestions and counts do too.
VESSELS = [
    {
        "id": dock * 10 + at,
        "name": f"Harbour {kind} of dock{dock}",
        "kind": f"{kind}-{dock}",
        "flag": f"{flag}-{dock}",
        "built": built,
        "dock": dock,
    }
    for dock in (1, 2)
    for at, (kind, flag, built) in enumerate(
        [("tug", "NO", 1990), ("ferry", "SE", 1985), ("tug", "SE", 2001)], start=1
    )
]
KINDS = sorted({vessel["kind"] for vessel in VESSELS})
FLAGS = sorted({vessel["flag"] for vessel in VESSELS})


def docks(hits: Any) -> set[int]:
    return {hit["dock"] for hit in hits}


def searched(search: Any, options: dict[str, Any]) -> set[int]:
    return docks(search.search(Vessel, "harbour", **options))


def within_facet(search: Any, options: dict[str, Any]) -> set[int]:
    # Of the facet that is not filtered by.
    bucket = ("flag", FLAGS) if "kind" in options.get("facet_filter", {}) else ("kind", KINDS)
    return docks(search.search_within_facet(Vessel, "harbour", bucket, **options))


def disjunctive(search: Any, options: dict[str, Any]) -> set[int]:
    facet_filter = {"kind": KINDS, **options.get("facet_filter", {})}
    options = {**options, "facets": ["kind", "flag"], "facet_filter": facet_filter}
    found = search.search_disjunctive(Vessel, "harbour", **options)
    counted = itertools.chain(*found.facets.distribution.values())
    return docks(found) | {of_value(bucket.value) for bucket in counted}


def facet_values(search: Any, options: dict[str, Any]) -> set[int]:
    options = {name: value for name, value in options.items() if name not in ("sort", "per_query")}
    return {of_value(bucket.value) for bucket in search.search_facet_values(Vessel, "kind", **options)}


def many_shared(search: Any, options: dict[str, Any]) -> set[int]:
    found = search.search_many([(Vessel, "harbour"), (Vessel, "tug", {"filter": {"kind": KINDS}})], **options)
    return docks(hit for _, result in found for hit in result) | docks(hit for _, hit in found.merged())


def many_of_an_entry(search: Any, options: dict[str, Any]) -> set[int]:
    found = search.search_many([(Vessel, "harbour", options)])
    return docks(hit for _, result in found for hit in result) | docks(hit for _, hit in found.merged())


def suggested(search: Any, options: dict[str, Any]) -> set[int]:
    options = {name: value for name, value in options.items() if name != "per_query"}
    suggestions = search.suggest(Vessel, "harb", **{**options, "limit": 100})
    return {int(suggestion.text[-1]) for suggestion in suggestions}


def of_value(value: str) -> int:
    return int(value[-1])


VERBS: dict[str, Callable[[Any, dict[str, Any]], set[int]]] = {
    "search": searched,
    "search_within_facet": within_facet,
    "search_disjunctive": disjunctive,
    "search_facet_values": facet_values,
    "search_many, shared": many_shared,
    "search_many, an entry": many_of_an_entry,
    "suggest": suggested,
}

FILTERS: list[Any] = [
    {},
    {"kind": KINDS},
    {"or": [{"kind": ["tug-1", "tug-2"]}, {"flag": ["SE-1", "SE-2"]}]},
    {"or": [[("kind", "ferry-1")], [("kind", {"not": "nothing"})]]},
    {"not": {"kind": "tug-1"}},
    {"kind": {"exists": True}, "flag": {"is_null": False}},
]
FACET_FILTERS: list[Any] = [{}, {"kind": KINDS}, {"flag": {"not": "SE-2"}}]
OTHERS: list[dict[str, Any]] = [
    {},
    {"sort": {"desc": "built"}, "per_query": {"show_ranking_score_details": True}},
    {"matching_strategy": "frequency"},
]
SCOPES: list[Any] = [1, [1], {"eq": 1}, {"in": [1]}, {"lte": 1}]


@pytest.fixture
def harbour(search: Any) -> Any:
    search.sync_records(Vessel, VESSELS)
    return search


@pytest.mark.parametrize("verb", VERBS)
def test_no_combination_reaches_another_tenant(harbour: Any, verb: str) -> None:
    assert VERBS[verb](harbour, {}) == {1, 2}
    for filter, facet_filter, other, scope in itertools.product(FILTERS, FACET_FILTERS, OTHERS, SCOPES):
        if verb == "search_facet_values" and "matching_strategy" in other:
            continue
        options = {"filter": filter, "facet_filter": facet_filter, **other, "tenant_scope": scope}
        for name in ("filter", "facet_filter"):
            if not options[name]:
                del options[name]
        assert VERBS[verb](harbour, options) == {1}, options


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    "options",
    [
        {"tenant_scope": None},
        {"tenant_scope": UNSET},
        {"tenant_scope": []},
        {"tenant_scope": {}},
        {"tenant_scope": {"in": []}},
        {"tenant_scope": {"not": 2}},
        {"tenant_scope": {"exists": True}},
        {"tenant_scope": {"is_null": False}},
        {"tenant_scope": float("nan")},
        {"tenant_scope": object()},
        {"tenant_scope": [None]},
        {"tenant_scope": 1, "filter": {"dock": 1}},
        {"tenant_scope": 1, "filter": [("dock", {"gte": 0})]},
        {"tenant_scope": 1, "filter": {"or": [{"dock": 2}, {"kind": "tug-1"}]}},
        {"tenant_scope": 1, "filter": {"or": [{"kind": "x"}, {"or": [{"kind": "x"}, {"dock": 2}]}]}},
    ],
    ids=repr,
)
def test_a_bad_scope_is_refused_before_anything_is_sent(
    waiting: Waiting, verb: str, options: dict[str, Any]
) -> None:
    with stub({}) as server:
        search = waiting.client(server.url)
        with pytest.raises(scrypath.UsageError) as raised:
            VERBS[verb](search, options)
    assert not server.sent
    if verb.startswith("search_many"):
        assert raised.value.kind == "validation_failed"


@pytest.mark.parametrize("scope", [None, UNSET, []])
def test_an_entry_cannot_take_the_scope_of_the_call_away(waiting: Waiting, scope: Any) -> None:
    with stub({}) as server, pytest.raises(scrypath.UsageError):
        waiting.client(server.url).search_many([(Vessel, "", {"tenant_scope": scope})], tenant_scope=1)
    assert not server.sent


@dataclass
class Key:
    """A key that may search, and nothing else."""

    key: str
    uid: str


@pytest.fixture(scope="module")
def key(server: Server) -> Iterator[Key]:
    asked = {"actions": ["search"], "indexes": ["*"], "expiresAt": None}
    made = server.ask("POST", "/keys", asked)
    yield Key(made["key"], made["uid"])
    server.ask("DELETE", f"/keys/{made['uid']}")


@dataclass
class Tokens:
    """Two tenants' vessels on a server, and clients that search with a token."""

    waiting: Waiting
    server: Server
    options: dict[str, Any]
    key: Key

    def token(self, tenant: Any = 1, **options: Any) -> str:
        maker = self.waiting.client(self.server.url, **{**self.options, "meilisearch_api_key": self.key.key})
        return maker.tenant_token(Vessel, tenant, api_key_uid=self.key.uid, **options)

    def holder(self, token: str) -> Any:
        return self.waiting.client(self.server.url, **{**self.options, "meilisearch_api_key": token})


@pytest.fixture
def tokens(waiting: Waiting, server: Server, key: Key) -> Tokens:
    options = server.options(f"tokens-{waiting.mode}")
    waiting.client(server.url, **options).sync_records(Vessel, VESSELS)
    return Tokens(waiting, server, options, key)


HOLDERS_FILTERS: list[Any] = [
    {},
    {"filter": {"dock": 2}},
    {"filter": {"dock": [1, 2]}},
    {"filter": {"or": [{"dock": 1}, {"dock": 2}]}},
    {"filter": {"not": {"dock": 1}}},
    {"filter": {"dock": {"exists": True}}},
    {"filter": {"kind": 'x" OR dock = "2'}},
    {"facet_filter": {"flag": {"not": "SE-1"}}},
    {"tenant_scope": 2},
    {"tenant_scope": [1, 2]},
]


@pytest.mark.parametrize("verb", VERBS)
def test_with_a_token_there_is_one_tenant(tokens: Tokens, verb: str) -> None:
    holder = tokens.holder(tokens.token())
    assert VERBS[verb](holder, {}) == {1}
    for options in HOLDERS_FILTERS:
        assert VERBS[verb](holder, options) <= {1}, options
    assert VERBS[verb](tokens.holder(tokens.token([1, 2])), {}) == {1, 2}


def test_a_token_can_be_narrowed(tokens: Tokens) -> None:
    holder = tokens.holder(tokens.token(filter={"flag": ["SE-1", "SE-2"]}))
    assert {hit["flag"] for hit in holder.search(Vessel, "")} == {"SE-1"}
    assert list(holder.search(Vessel, "", filter={"flag": "NO-1"})) == []


def test_a_token_only_searches_the_indexes_it_names(tokens: Tokens) -> None:
    tokens.waiting.client(tokens.server.url, **tokens.options).sync_record(Port, {"id": 1, "name": "Bergen"})
    holder = tokens.holder(tokens.token())
    for call in (
        lambda: holder.search(Port, ""),
        lambda: holder.search_many([(Vessel, ""), (Port, "")]),
        lambda: holder.sync_records(Vessel, VESSELS),
        lambda: holder.delete_document(Vessel, 11),
    ):
        with pytest.raises(scrypath.BackendError):
            call()


def test_a_token_ends(server: Server, key: Key) -> None:
    tokens = Tokens(Waiting("sync"), server, server.options("expiry"), key)
    scrypath.Scrypath(server.url, **tokens.options).sync_records(Vessel, VESSELS)
    holder = tokens.holder(tokens.token(expires_in=1))

    def search_on() -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            assert docks(holder.search(Vessel, "")) == {1}

    with pytest.raises(scrypath.BackendError) as raised:
        search_on()
    assert (raised.value.status, raised.value.code) == (403, "invalid_api_key")


def test_a_changed_token_is_none(tokens: Tokens) -> None:
    head, said, signature = tokens.token().split(".")
    rules = json.loads(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)))
    rules["searchRules"] = ["*"]
    forged = base64.urlsafe_b64encode(json.dumps(rules).encode()).decode().rstrip("=")
    with pytest.raises(scrypath.BackendError) as raised:
        tokens.holder(f"{head}.{forged}.{signature}").search(Vessel, "")
    assert raised.value.code == "invalid_api_key"


UID = "ac5cd97d-5a4b-4226-a868-2d0eb6d197ab"


def claims(token: str) -> Any:
    said = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)))


class TestMaking:
    """Nothing is sent, so it is not awaited either."""

    @pytest.fixture(params=[scrypath.Scrypath, scrypath.AsyncScrypath])
    def search(self, request: pytest.FixtureRequest) -> Any:
        return request.param("http://localhost:1", meilisearch_api_key="the-search-key")

    def test_one_class_or_several(self, search: Any) -> None:
        @scrypath.schema(fields=["id", "name", "dock"], tenant_field="dock")
        class Berth: ...

        one = claims(search.tenant_token(Vessel, 1, api_key_uid=UID))
        assert (one["apiKeyUid"], one["searchRules"]) == (UID, {"scrypath_vessel": {"filter": ["dock = 1"]}})
        for several in ([Vessel, Berth], (Vessel, Berth)):
            rules = claims(search.tenant_token(several, 1, api_key_uid=UID))["searchRules"]
            assert list(rules) == ["scrypath_vessel", "scrypath_berth"]

    def test_the_index_and_the_key_are_the_calls(self, search: Any) -> None:
        token = search.tenant_token(Vessel, 1, api_key_uid=UID, index_prefix="app", api_key="another")
        assert list(claims(token)["searchRules"]) == ["app_vessel"]
        other = search.tenant_token(Vessel, 1, api_key_uid=UID, index_prefix="app")
        assert token.split(".")[2] != other.split(".")[2]

    def test_when_it_ends(self, search: Any) -> None:
        before = int(time.time())
        assert before + 3600 <= claims(search.tenant_token(Vessel, 1, api_key_uid=UID))["exp"]
        later = datetime.now(UTC) + timedelta(days=1)
        for at in (later, int(later.timestamp()), later.isoformat()):
            token = search.tenant_token(Vessel, 1, api_key_uid=UUID(UID), expires_at=at)
            assert claims(token)["exp"] == int(later.timestamp())

    @pytest.mark.parametrize(
        ("schema", "tenant", "options", "kind"),
        [
            (Vessel, None, {}, "filter_invalid"),
            (Vessel, UNSET, {}, "filter_invalid"),
            (Vessel, [], {}, "filter_empty"),
            (Vessel, {"not": 2}, {}, "filter_invalid"),
            (Vessel, 1, {"filter": {"dock": 2}}, "tenant_field_twice"),
            (Vessel, 1, {"filter": {"or": [{"dock": 2}, {"kind": "x"}]}}, "tenant_field_twice"),
            (Vessel, 1, {"api_key_uid": UNSET}, "missing_option"),
            (Vessel, 1, {"api_key_uid": "the-search-key"}, "invalid_option"),
            (Vessel, 1, {"api_key": ""}, "invalid_option"),
            (Vessel, 1, {"meilisearch_api_key": None}, "missing_option"),
            (Vessel, 1, {"expires_in": 0}, "invalid_option"),
            (Vessel, 1, {"expires_in": 60, "expires_at": 4102444800}, "invalid_option"),
            (Vessel, 1, {"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "invalid_option"),
            (Vessel, 1, {"expires_at": datetime(2100, 1, 1)}, "invalid_option"),
            (Vessel, 1, {"tenant_scope": 1}, "unknown_options"),
            (Port, 1, {}, "tenant_field_missing"),
            ([Vessel, Port], 1, {}, "tenant_field_missing"),
            ([], 1, {}, "empty_schema_list"),
            (7, 1, {}, "invalid_schema"),
        ],
        ids=repr,
    )
    def test_what_is_refused(self, search: Any, schema: Any, tenant: Any, options: Any, kind: str) -> None:
        with pytest.raises(scrypath.UsageError) as raised:
            search.tenant_token(schema, tenant, **{"api_key_uid": UID, **options})
        assert raised.value.kind == kind
        assert "the-search-key" not in str(raised.value) + repr(raised.value.details)

    def test_the_key_is_nowhere(self, search: Any, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        secret = f"secret-{uuid4()}"
        token = search.tenant_token(Vessel, 1, api_key_uid=UID, api_key=secret)
        with pytest.raises(scrypath.UsageError) as raised:
            search.tenant_token(Vessel, 1, api_key_uid=secret, api_key=secret)
        seen = [token, repr(claims(token)), repr(search), repr(raised.value), repr(raised.value.details)]
        seen += [repr(vars(record)) for record in caplog.records]
        assert not [text for text in seen if secret in text]
