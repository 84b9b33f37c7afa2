"""The Python of docs/guides: cut out by region, run as a whole."""

from dataclasses import dataclass

import scrypath

# region declare
@scrypath.schema(
    fields=["id", "name", "kind", "flag", "built", "dock_id"],
    filterable=["kind", "flag", "built"],
    sortable=["built", "name"],
    faceting={"attributes": ["kind", "flag"]},
    tenant_field="dock_id",
)
@dataclass
class Vessel:
    id: int
    name: str
    kind: str
    flag: str
    built: int
    dock_id: int
# endregion


@scrypath.schema(fields=["id", "name"], filterable=["id"])
@dataclass
class Quay:
    id: int
    name: str


search = scrypath.Scrypath("memory:guides")
search.sync_records(
    Vessel,
    [
        Vessel(1, "Harbour tug Anna", "tug", "NO", 1990, 9),
        Vessel(2, "Harbour ferry Bo", "ferry", "NO", 2001, 9),
        Vessel(3, "Harbour ferry Cay", "ferry", "SE", 1998, 10),
    ],
)
search.sync_records(Quay, [Quay(1, "Harbour of Bergen")])

# region facets
found = search.search(Vessel, "harbour", facets=["kind", "flag"], facet_filter={"kind": ["tug", "ferry"]})
for bucket in found.facets.distribution["kind"]:
    print(bucket.value, bucket.count)  # ferry 2, then tug 1
# endregion
assert [(b.value, b.count) for b in found.facets.distribution["kind"]] == [("ferry", 2), ("tug", 1)]

# region disjunctive
found = search.search_disjunctive(Vessel, "harbour", facets=["kind"], facet_filter={"kind": "tug"})
assert len(found) == 1  # the tug alone is found, and yet:
assert [(b.value, b.count) for b in found.facets.distribution["kind"]] == [("ferry", 2), ("tug", 1)]
# endregion

# region within
ferries = search.search_within_facet(Vessel, "harbour", ("kind", "ferry"), filter={"flag": "NO"})
kinds = search.search_facet_values(Vessel, "kind", "fe")
# endregion
assert [hit["id"] for hit in ferries] == [2]
assert [(b.value, b.count) for b in kinds] == [("ferry", 2)]

# region many
found = search.search_many(
    [
        (Vessel, "harbour", {"filter": {"flag": "NO"}, "federation_weight": 2}),
        (Quay, "harbour"),
    ]
)
for cls, result in found:  # each entry's own hits
    print(cls.__name__, len(result))
names = [hit["name"] for cls, hit in found.merged()]  # all of them, as the server ranks them
# endregion
assert sorted(names) == ["Harbour ferry Bo", "Harbour of Bergen", "Harbour tug Anna"]

# region suggest
suggestions = search.suggest(Vessel, "harb", field="name", limit=2)
for suggestion in suggestions:
    print("".join(f"[{part.text}]" if part.matched else part.text for part in suggestion.parts))
# [Harb]our tug Anna
# endregion
assert [s.text for s in suggestions] == ["Harbour tug Anna", "Harbour ferry Bo"]

# region pages
page = search.search(Vessel, "", sort=["built:asc"], page={"number": 1, "size": 2})
assert len(page) == 2 and page[0]["id"] == 1
assert (page.page.previous, page.page.next) == (None, 2)
# endregion

# region typed
@dataclass
class Card:
    id: int
    name: str


cards = search.search(Vessel, "anna").hits_as(Card)  # or a Pydantic model, or any function of a hit
assert cards == [Card(1, "Harbour tug Anna")]
# endregion

# region ranking
tuned = {"show_ranking_score_details": True, "show_ranking_score": True}
explanation = search.search(Vessel, "harbour anna", per_query=tuned).explanation
assert explanation is not None
for rule in explanation.ranking[0].rules:
    print(rule.rule, "-", rule.words)  # words - it has all 2 words of the query
# endregion
assert explanation.ranking[0].rules[0].words == "it has all 2 words of the query"

# region scope
found = search.search(Vessel, "harbour", tenant_scope=9)
assert [hit["dock_id"] for hit in found] == [9, 9]
# endregion

# region token
token = search.tenant_token(
    Vessel,
    9,
    api_key="the key of a search-only API key",
    api_key_uid="ac5cd97d-5a4b-4226-a868-2d0eb6d197ab",
    expires_in=15 * 60,  # seconds
)
# Where the token went: a client that finds the documents of tenant 9, and no others.
browser = scrypath.Scrypath("https://search.example", meilisearch_api_key=token)
# endregion
assert token.count(".") == 2
