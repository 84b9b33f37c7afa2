defmodule Scrypath.TenantScopeTest do
  # A tenant's search finds that tenant's documents and no others, however it is made.
  use ExUnit.Case, async: true

  import Scrypath.Test.Backends, only: [over_each: 3]

  alias Scrypath.Examples.{Quay, Vessel}
  alias Scrypath.Test.{Backends, StubServer}

  @tenant "north"
  @others ["Quay 3", "Quay 4"]

  setup_all do
    Backends.all!(__MODULE__, fn options -> {:ok, _} = Scrypath.sync_records(Quay, Quay.all(), options) end)
  end

  # Each way to search, giving the names and the docks of all that it tells.
  defp verbs do
    both = ["fish", "steel"]

    [
      search: &told(Scrypath.search(Quay, "quay", &1)),
      search_with_facets: &told(Scrypath.search(Quay, "", [facets: [:kind, :dock]] ++ &1)),
      within_facet: &told(Scrypath.search_within_facet(Quay, "quay", {:kind, both}, &1)),
      within_tenants: &told(Scrypath.search_within_facet(Quay, "quay", {:dock, ["north", "south"]}, &1)),
      disjunctive: &told(Scrypath.search_disjunctive(Quay, "quay", [facets: [:kind, :dock]] ++ &1)),
      facet_values: &told(Scrypath.search_facet_values(Quay, "dock", "", &1)),
      suggest: &told(Scrypath.suggest(Quay, "qu", &1)),
      many_shared: &told(Scrypath.search_many([{Quay, "quay"}, {Quay, "qu", facets: [:dock]}], &1)),
      many_paged: &told(Scrypath.search_many([{Quay, "quay", page: [size: 9]}, {Quay, "3"}], &1)),
      many_entry: &many_entry/1
    ]
  end

  # The options of the search in the entry, beside one that is shared and wider.
  defp many_entry(options) do
    {own, shared} = Keyword.split(options, [:tenant_scope, :filter, :facet_filter, :sort])
    told(Scrypath.search_many([{Quay, "quay", own}], [tenant_scope: ["north", "south"]] ++ shared))
  end

  defp told({:ok, %Scrypath.MultiSearchResult{} = found}) do
    merged = for {_schema, hit} <- Scrypath.MultiSearchResult.merge_projection(found), do: hit["name"]
    Enum.flat_map(found.ordered, fn {_schema, result} -> told({:ok, result}) end) ++ merged
  end

  defp told({:ok, %Scrypath.SearchResult{facets: facets} = result}) do
    docks = for bucket <- Map.get(facets.distribution, :dock, []), bucket.count > 0, do: bucket.value
    Enum.map(result, & &1["name"]) ++ docks
  end

  defp told({:ok, %Scrypath.FacetSearchResult{hits: hits}}), do: for(%{value: value} <- hits, do: value)
  defp told({:ok, suggestions}) when is_list(suggestions), do: Enum.map(suggestions, & &1.text)
  defp told({:error, reason}), do: {:error, reason}

  # What a caller may add to a scope.
  @more [
    [],
    [filter: [kind: "fish"]],
    [filter: [or: [[kind: "fish"], [kind: "steel"]]]],
    [filter: [not: [kind: "none"]]],
    [filter: [kind: [exists: true]]],
    [filter: [kind: ~s(x" OR dock = south OR kind = ")]],
    [facet_filter: [dock: "south"]],
    [facet_filter: [dock: ["north", "south"]]],
    [facet_filter: [kind: ["fish", "steel"]]],
    [sort: [desc: :name]]
  ]

  over_each "no search tells of another tenant", options do
    for {verb, search} <- verbs(), more <- @more, fits?(verb, more) do
      found = search.([tenant_scope: @tenant] ++ more ++ options)
      assert is_list(found), "#{verb} with #{inspect(more)}: #{inspect(found)}"
      assert found -- (@others ++ ["south"]) == found, "#{verb} with #{inspect(more)} told #{inspect(found)}"
    end
  end

  over_each "and every one tells of its own", options do
    for {verb, search} <- verbs() do
      found = search.([tenant_scope: @tenant] ++ options)
      assert Enum.any?(["Quay 1", "north"], &(&1 in found)), "#{verb} told #{inspect(found)}"
      wide = search.([tenant_scope: ["north", "south"]] ++ options)
      assert Enum.any?(["Quay 3", "south"], &(&1 in wide)), "#{verb} told #{inspect(wide)} of two tenants"
    end
  end

  # A bucket's own facet cannot be filtered by once more.
  defp fits?(:within_facet, more), do: more[:facet_filter][:kind] == nil
  defp fits?(:within_tenants, more), do: more[:facet_filter][:dock] == nil
  defp fits?(_verb, _more), do: true

  # Scopes that are none, or that something beside them would widen.
  @bad [
    [tenant_scope: nil],
    [tenant_scope: []],
    [tenant_scope: [in: []]],
    [tenant_scope: [exists: true]],
    [tenant_scope: "north", filter: [dock: "south"]],
    [tenant_scope: "north", filter: [dock: "north"]],
    [tenant_scope: "north", filter: [dock: [not: "south"]]],
    [tenant_scope: "north", filter: [or: [[dock: "south"], [kind: "fish"]]]],
    [tenant_scope: "north", filter: [or: [[kind: "fish"], [not: [dock: "north"]]]]],
    [tenant_scope: "north", tenant_scope: "south"]
  ]

  test "a scope that is none is refused before anything is sent" do
    options = [backend: Scrypath.Meilisearch, meilisearch_url: StubServer.start!(fn _ -> :silence end)]

    for {verb, search} <- verbs(), bad <- @bad do
      assert refused?(fn -> search.(bad ++ options) end), "#{verb} took #{inspect(bad)}"
    end

    refute_received {:request, _connection, _request}
  end

  test "an entry cannot lose the scope that all share" do
    options = [backend: Scrypath.Meilisearch, meilisearch_url: StubServer.start!(fn _ -> :silence end)]

    for own <- [
          [tenant_scope: nil],
          [tenant_scope: []],
          [filter: [dock: "south"]],
          [filter: [or: [[dock: "south"], [kind: "x"]]]]
        ] do
      found = Scrypath.search_many([{Quay, "a"}, {Quay, "b", own}], [tenant_scope: "north"] ++ options)
      assert {:error, {:validation_failed, Quay, _reason}} = found
    end

    refute_received {:request, _connection, _request}
  end

  test "a schema without tenants has no scope" do
    options = [
      tenant_scope: "north",
      backend: Scrypath.Meilisearch,
      meilisearch_url: StubServer.start!(fn _ -> :silence end)
    ]

    for search <- [
          &Scrypath.search(Vessel, "tug", &1),
          &Scrypath.search_within_facet(Vessel, "tug", {:kind, "tug"}, &1),
          &Scrypath.search_disjunctive(Vessel, "tug", &1),
          &Scrypath.search_facet_values(Vessel, "kind", "t", &1),
          &Scrypath.suggest(Vessel, "tug", &1)
        ] do
      assert_raise ArgumentError, ~r/does not declare a tenant_field/, fn -> search.(options) end
    end

    assert {:error, {:validation_failed, Vessel, _}} = Scrypath.search_many([{Vessel, "tug"}], options)
    refute_received {:request, _connection, _request}
  end

  defp refused?(search) do
    match?({:error, {:validation_failed, Quay, _reason}}, search.())
  rescue
    ArgumentError -> true
  end
end
