# The Elixir of docs/guides: cut out by region, run as a whole.

# region declare
defmodule Vessel do
  use Scrypath,
    fields: [:id, :name, :kind, :flag, :built, :dock_id],
    filterable: [:kind, :flag, :built],
    sortable: [:built, :name],
    faceting: [attributes: [:kind, :flag]],
    tenant_field: :dock_id

  defstruct [:id, :name, :kind, :flag, :built, :dock_id]
end

# endregion

defmodule Quay do
  use Scrypath, fields: [:id, :name], filterable: [:id]
  defstruct [:id, :name]
end

defmodule Card do
  defstruct [:id, :name]
end

opts = [backend: Scrypath.Meilisearch, meilisearch_url: "memory:guides"]

vessels = [
  %{id: 1, name: "Harbour tug Anna", kind: "tug", flag: "NO", built: 1990, dock_id: 9},
  %{id: 2, name: "Harbour ferry Bo", kind: "ferry", flag: "NO", built: 2001, dock_id: 9},
  %{id: 3, name: "Harbour ferry Cay", kind: "ferry", flag: "SE", built: 1998, dock_id: 10}
]

{:ok, _} = Scrypath.sync_records(Vessel, vessels, opts)
{:ok, _} = Scrypath.sync_records(Quay, [%{id: 1, name: "Harbour of Bergen"}], opts)

# region facets
asked = [facets: [:kind, :flag], facet_filter: [kind: ["tug", "ferry"]]]
{:ok, found} = Scrypath.search(Vessel, "harbour", opts ++ asked)
for bucket <- found.facets.distribution.kind, do: IO.puts("#{bucket.value} #{bucket.count}")
# ferry 2, then tug 1
# endregion
[%{value: "ferry", count: 2}, %{value: "tug", count: 1}] = found.facets.distribution.kind

# region disjunctive
asked = [facets: [:kind], facet_filter: [kind: "tug"]]
{:ok, found} = Scrypath.search_disjunctive(Vessel, "harbour", opts ++ asked)
# The tug alone is found, and yet:
1 = Enum.count(found)
[%{value: "ferry", count: 2}, %{value: "tug", count: 1}] = found.facets.distribution.kind
# endregion

# region within
{:ok, ferries} = Scrypath.search_within_facet(Vessel, "harbour", {:kind, "ferry"}, opts ++ [filter: [flag: "NO"]])
{:ok, kinds} = Scrypath.search_facet_values(Vessel, "kind", "fe", opts)
# endregion
[2] = for hit <- ferries, do: hit["id"]
[%{value: "ferry", count: 2}] = kinds.hits

# region many
entries = [{Vessel, "harbour", filter: [flag: "NO"], federation_weight: 2}, {Quay, "harbour"}]
{:ok, found} = Scrypath.search_many(entries, opts)
# Each entry's own hits, and all of them as the server ranks them.
for {schema, result} <- found.ordered, do: IO.puts("#{inspect(schema)} #{Enum.count(result)}")
names = for {_schema, hit} <- Scrypath.MultiSearchResult.merge_projection(found), do: hit["name"]
# endregion
["Harbour ferry Bo", "Harbour of Bergen", "Harbour tug Anna"] = Enum.sort(names)

# region suggest
{:ok, suggestions} = Scrypath.suggest(Vessel, "harb", opts ++ [field: :name, limit: 2])

for suggestion <- suggestions do
  IO.puts(for %{text: text, matched: matched} <- suggestion.parts, do: if(matched, do: "[#{text}]", else: text))
end

# [Harb]our tug Anna
# endregion
["Harbour tug Anna", "Harbour ferry Bo"] = Enum.map(suggestions, & &1.text)

# region pages
{:ok, page} = Scrypath.search(Vessel, "", opts ++ [sort: [asc: :built], page: [number: 1, size: 2]])
2 = Enum.count(page)
%{"id" => 1} = Enum.at(page, 0)
{nil, 2} = {page.previous_page, page.next_page}
# endregion

# region typed
{:ok, found} = Scrypath.search(Vessel, "anna", opts)
# A struct, or any function of a hit.
[card] = Scrypath.SearchResult.hits_as(found, Card)
{Card, "Harbour tug Anna"} = {card.__struct__, card.name}
# endregion

# region ranking
tuned = [per_query: [show_ranking_score_details: true, show_ranking_score: true]]
{:ok, %{explanation: explanation}} = Scrypath.search(Vessel, "harbour anna", opts ++ tuned)
for %{rule: rule, words: words} <- hd(explanation.ranking).rules, do: IO.puts("#{rule} - #{words}")
# words - it has all 2 words of the query
# endregion
"it has all 2 words of the query" = hd(hd(explanation.ranking).rules).words

# region scope
{:ok, found} = Scrypath.search(Vessel, "harbour", opts ++ [tenant_scope: 9])
[9, 9] = for hit <- found, do: hit["dock_id"]
# endregion

# region token
{:ok, token} =
  Scrypath.tenant_token(Vessel, 9,
    backend: Scrypath.Meilisearch,
    api_key: "the key of a search-only API key",
    api_key_uid: "ac5cd97d-5a4b-4226-a868-2d0eb6d197ab",
    # seconds
    expires_in: 15 * 60
  )

# Where the token went: options that find the documents of tenant 9, and no others.
_browser = [backend: Scrypath.Meilisearch, meilisearch_url: "https://search.example", meilisearch_api_key: token]
# endregion
3 = length(String.split(token, "."))
