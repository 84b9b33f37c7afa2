defmodule Scrypath.SearchManyTest do
  use ExUnit.Case, async: true

  alias Scrypath.Examples.{Note, Vessel}
  alias Scrypath.MultiSearchResult
  alias Scrypath.SearchResult.Facets.Bucket

  defmodule Quay do
    use Scrypath, fields: [:id, :name, :dock], filterable: [:dock], tenant_field: :dock
    defstruct [:id, :name, :dock]
  end

  defmodule Rows do
    @behaviour Scrypath.Repo
    def fetch(schema, :id, ids, _preload), do: for(id <- ids, do: struct!(schema, id: id))
  end

  defmodule Stuck do
    @behaviour Scrypath.Repo
    def fetch(Quay, :id, _ids, _preload), do: Process.sleep(:infinity)
    def fetch(schema, :id, ids, preload), do: Rows.fetch(schema, :id, ids, preload)
  end

  defmodule Broken do
    @behaviour Scrypath.Repo
    def fetch(Quay, :id, _ids, _preload), do: exit(:no_database)
    def fetch(schema, :id, ids, preload), do: Rows.fetch(schema, :id, ids, preload)
  end

  @fleet [
    %{id: 1, name: "Harbour Tug", flag: "NO", kind: "tug", built: 1990},
    %{id: 2, name: "Harbour Ferry", flag: "SE", kind: "ferry", built: 2005},
    %{id: 3, name: "Northern Tug", flag: "NO", kind: "tug", built: 2012}
  ]
  @quays [%{id: 1, name: "Harbour quay", dock: 1}, %{id: 2, name: "Fish quay", dock: 2}]

  setup_all do
    options = [backend: Scrypath.Meilisearch, meilisearch_url: "memory:search_many_test"]
    {:ok, %{status: :completed}} = Scrypath.sync_records(Vessel, @fleet, options)
    {:ok, %{status: :completed}} = Scrypath.sync_records(Quay, @quays, options)
    %{options: options}
  end

  defp ids(result), do: Enum.map(result.hits, & &1["id"])

  test "each entry gets its hits, and the merged order is kept", %{options: options} do
    entries = [{Vessel, "harbour", filter: [kind: "tug"]}, {Quay, "harbour"}, {Vessel, "ferry"}]
    assert {:ok, %MultiSearchResult{} = result} = Scrypath.search_many(entries, options)
    assert [{Vessel, tugs}, {Quay, quays}, {Vessel, ferries}] = result.ordered
    assert {ids(tugs), ids(quays), ids(ferries)} == {[1], [1], [2]}
    assert ids(result.by_schema[Vessel]) == [2]
    assert {result.failures, result.federation.limit} == {[], 200}

    merged = MultiSearchResult.merge_projection(result)

    assert Enum.sort(for {schema, hit} <- merged, do: {schema, hit["id"]}) == [
             {Vessel, 1},
             {Vessel, 2},
             {Quay, 1}
           ]

    assert result.merge_hit_order == for({schema, hit} <- merged, do: {schema, hit["id"]})
  end

  test "weights raise hits", %{options: options} do
    first = fn vessels, quays ->
      entries = [
        {Vessel, "harbour", federation_weight: vessels},
        {Quay, "harbour", federation_weight: quays}
      ]

      {:ok, result} = Scrypath.search_many(entries, options)
      result |> MultiSearchResult.merge_projection() |> hd() |> elem(0)
    end

    assert {first.(2, 1), first.(1, 2)} == {Vessel, Quay}
  end

  test "all stands for the global schemas", %{options: options} do
    all = [{:all, "harbour"}]
    {:ok, result} = Scrypath.search_many(all, [global_schemas: [Quay, Vessel]] ++ options)
    assert [{Quay, _}, {Vessel, _}] = result.ordered

    Application.put_env(:harbour, :scrypath_global_search_schemas, [Vessel])
    on_exit(fn -> Application.delete_env(:harbour, :scrypath_global_search_schemas) end)
    assert {:ok, %{ordered: [{Vessel, _}]}} = Scrypath.search_many(all, [otp_app: :harbour] ++ options)

    assert Scrypath.search_many(all, options) ==
             {:error, {:invalid_options, {:all_expansion, :missing_otp_app}}}

    assert Scrypath.search_many(all, [global_schemas: []] ++ options) ==
             {:error, {:invalid_options, {:all_expansion, :empty_registry}}}
  end

  test "wrong calls are refused, and nothing raises", %{options: options} do
    for {entries, given, reason} <- [
          {[], [], :empty_schema_list},
          {["x"], [], {:invalid_options, :malformed_entry}},
          {[{Vessel, 1}], [], {:invalid_options, :malformed_entry}},
          {[{Vessel, "x"}, {Quay, "x"}], [max_schemas: 1], {:too_many_schemas, 2, 1}},
          {[{Vessel, "x", federation_weight: "2"}], [],
           {:invalid_options, {:federation_weight, :invalid_type}}},
          {[{Vessel, "x", max_schemas: 2}], [], {:invalid_options, {:federation_key_in_entry, :max_schemas}}},
          {[{Vessel, "x", repo: Rows}], [], {:invalid_options, {:runtime_option_in_entry, :repo}}},
          {[{Vessel, "x", page: [size: 51]}], [], {:invalid_options, {:page_size, 51, 50}}},
          {[{Vessel, "x", page: [size: 5], federation_weight: 2}], [], {:invalid_options, :federation_page}},
          {[{Vessel, "x", facets: [:nope]}], [], {:validation_failed, Vessel, {:unknown_facet, :nope}}}
        ] do
      assert Scrypath.search_many(entries, given ++ options) == {:error, reason}
    end

    assert {:error, {:validation_failed, Vessel, {:validation, message}}} =
             Scrypath.search_many([{Vessel, "x", filter: [name: "x"]}], options)

    assert message =~ "filterable"

    assert {:error, {:validation_failed, Vessel, {:invalid_options, [:colour], _message}}} =
             Scrypath.search_many([{Vessel, "x", colour: 1}], options)

    assert_raise Scrypath.Search.Error, ~r/options were refused/, fn ->
      Scrypath.search_many!(["x"], options)
    end
  end

  test "the backend's refusal fails the whole", %{options: options} do
    result = Scrypath.search_many([{Note, "x"}, {Vessel, "x"}], options)
    assert {:error, {:transport_failed, {:http_error, 400, %{"code" => "index_not_found"}}}} = result
  end

  test "rows are fetched entry by entry; one that fails leaves the rest", %{options: options} do
    entries = [{Quay, "quay"}, {Vessel, "tug"}]
    {:ok, result} = Scrypath.search_many(entries, [repo: Rows] ++ options)

    for {schema, found} <- result.ordered,
        do: assert(Enum.map(found.records, & &1.__struct__) |> Enum.uniq() == [schema])

    {:ok, late} = Scrypath.search_many(entries, [repo: Stuck, hydration_timeout: 50] ++ options)
    assert late.failures == [%{schema: Quay, reason: :hydration_timeout}]
    assert [{Vessel, _}] = late.ordered
    assert for({Vessel, hit} <- MultiSearchResult.merge_projection(late), do: hit["id"]) == [1, 3]

    {:ok, broken} = Scrypath.search_many(entries, [repo: Broken] ++ options)
    assert broken.failures == [%{schema: Quay, reason: {:hydration_exit, :no_database}}]

    assert {:error, {:all_failed, [%{schema: Quay}]}} =
             Scrypath.search_many([{Quay, "quay"}], [repo: Broken] ++ options)
  end

  test "the time that rows may take is checked like every option", %{options: options} do
    assert_raise ArgumentError, ~r/:hydration_timeout option: expected positive integer/, fn ->
      Scrypath.search_many([{Quay, "quay"}], [repo: Rows, hydration_timeout: 0] ++ options)
    end
  end

  test "a tenant scope holds on every path", %{options: options} do
    entries = [{Quay, "quay"}, {Quay, "quay", tenant_scope: 2}]
    {:ok, result} = Scrypath.search_many(entries, [tenant_scope: 1] ++ options)
    assert for({Quay, found} <- result.ordered, do: ids(found)) == [[1], [2]]

    assert {:error, {:validation_failed, Vessel, {:validation, _}}} =
             Scrypath.search_many([{Quay, "x"}, {Vessel, "x"}], [tenant_scope: 1] ++ options)
  end

  test "within a bucket", %{options: options} do
    {:ok, result} = Scrypath.search_within_facet(Vessel, "", {:kind, ["ferry", "barge"]}, options)
    assert ids(result) == [2]

    for {bucket, fragment} <- [{:kind, "two-element tuple"}, {{"kind", "x"}, "must be an atom"}] do
      assert_raise ArgumentError, ~r/search_within_facet: .*#{fragment}/, fn ->
        Scrypath.search_within_facet(Vessel, "", bucket, options)
      end
    end

    assert_raise ArgumentError, ~r/\Asearch_within_facet: facet_filter already contains :kind/, fn ->
      Scrypath.search_within_facet(Vessel, "", {:kind, "tug"}, [facet_filter: [kind: "x"]] ++ options)
    end
  end

  test "facet values, and counts of alternatives", %{options: options} do
    {:ok, values} = Scrypath.search_facet_values(Vessel, "kind", "fe", options)
    assert {values.facet_query, values.hits} == {"fe", [%Bucket{value: "ferry", count: 1}]}

    asked = [facets: [:kind], facet_filter: [kind: ["tug"]]] ++ options
    {:ok, result} = Scrypath.search_disjunctive(Vessel, "", asked)

    assert result.facets.distribution.kind == [
             %Bucket{value: "ferry", count: 1},
             %Bucket{value: "tug", count: 2}
           ]

    assert ids(result) == [1, 3]
    assert Scrypath.search_disjunctive!(Vessel, "", asked).facets == result.facets

    # What two searches would have counted, put together by hand.
    counts = fn more ->
      Scrypath.search!(Vessel, "", [facets: [:kind]] ++ more ++ options).raw["facetDistribution"]
    end

    merged =
      Scrypath.Facets.Disjunctive.merge_distributions(counts.(facet_filter: [kind: ["tug"]]), counts.([]))

    assert merged == %{"kind" => %{"tug" => 2, "ferry" => 1}}
  end

  test "hits are highlighted and cut", %{options: options} do
    shown = [
      attributes_to_retrieve: [:name],
      attributes_to_highlight: [:name],
      highlight_pre_tag: "*",
      highlight_post_tag: "*"
    ]

    {:ok, %{hits: [hit]}} = Scrypath.search(Vessel, "ferry", shown ++ options)
    assert hit == %{"name" => "Harbour Ferry", "_formatted" => %{"name" => "Harbour *Ferry*"}}

    {:ok, %{records: [record]}} = Scrypath.search(Vessel, "ferry", [repo: Rows] ++ shown ++ options)
    assert record.id == 2
  end

  test "a result built by hand is merged by id" do
    found = %Scrypath.SearchResult{query: nil, hits: [%{"id" => "05"}, %{"id" => 7}]}

    result =
      MultiSearchResult.new(
        ordered: [{Quay, found}],
        by_schema: %{Quay => found},
        failures: [],
        federation: %{"estimatedTotalHits" => 2, "limit" => -1},
        merge_hit_order: [{Quay, 7}, {Quay, 5}, {Quay, 9}]
      )

    assert MultiSearchResult.merge_projection(result) == [{Quay, %{"id" => 7}}, {Quay, %{"id" => "05"}}]
    assert {result.federation.estimated_total_hits, result.federation.limit} == {2, nil}
  end

  def tell(event, measurements, metadata, owner), do: send(owner, {List.last(event), measurements, metadata})

  test "the span covers everything, and what failed in part is told" do
    options = [backend: Scrypath.Meilisearch, meilisearch_url: "memory:search_many_test", repo: Broken]
    names = for phase <- [:start, :stop, :partial], do: [:scrypath, :search_many, phase]
    :telemetry.attach_many("many", names, &__MODULE__.tell/4, self())
    on_exit(fn -> :telemetry.detach("many") end)

    {:ok, _} = Scrypath.search_many([{Quay, "quay"}, {Vessel, "tug"}], options)
    assert_received {:start, %{system_time: _}, %{schema_count: 2, raw_entry_count: 2}}
    assert_received {:partial, %{count: 1}, %{failure_count: 1}}
    assert_received {:stop, %{duration: _}, %{schema_count: 2}}

    {:error, :empty_schema_list} = Scrypath.search_many([], options)
    assert_received {:stop, _, %{error_kind: :empty_schema_list}}
  end
end
