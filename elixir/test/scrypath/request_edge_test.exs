defmodule Scrypath.RequestEdgeTest do
  use ExUnit.Case, async: true

  alias Scrypath.{Composition, Phoenix, QueryParams}
  alias Scrypath.Examples.Vessel

  defp issues(params) do
    {:error, errors} = QueryParams.normalize(params)
    assert Enum.all?(errors.errors, &match?(%QueryParams.Error{}, &1))
    Enum.map(errors.errors, &{&1.path, &1.code})
  end

  test "a name that no program knows makes no atom" do
    name = "never_seen_#{System.unique_integer([:positive])}"
    assert issues(%{"filter" => %{name => "x"}}) == [{[:filter, name], :unknown_field}]
    assert_raise ArgumentError, fn -> String.to_existing_atom(name) end
  end

  test "an atom key comes before the string that spells the same" do
    params = %{:q => "atom", "q" => "string", "page" => %{"number" => "1"}, page: %{number: 2}}
    assert {:ok, %{text: "atom", page: [number: 2]}} = QueryParams.normalize(params)
    assert {:ok, %{text: "string"}} = QueryParams.normalize(%{:q => 1, "q" => "string"})
    assert %{text: "atom"} = QueryParams.cast(%{:q => "atom", "q" => "string"})
  end

  test "a keyword list of the application's own keeps its operators" do
    {:ok, params} = QueryParams.normalize(%{filter: [built: [gte: 1990]], sort: [desc: :built]})
    assert params.filter == [built: [gte: 1990]]
    assert params.sort == [desc: :built]
  end

  test "a symbol or a pid among the values of a browser is none of its" do
    assert issues(%{"filter" => %{"kind" => :tug}}) == [{[:filter, :kind], :invalid_shape}]
    assert issues(%{"filter" => %{"kind" => self()}}) == [{[:filter, :kind], :invalid_shape}]
  end

  test "issues are told by namespace" do
    {:error, errors} = QueryParams.normalize("page[number]=x&facets=kind")
    assert errors.form_errors == []
    assert [%{path: [:page, :number], meta: %{expected: "positive integer"}}] = errors.field_errors.page
    assert [%{path: [:facets]}] = errors.field_errors.facets
    assert length(errors.errors) == 2
  end

  test "what comes back can be searched with" do
    {:ok, params} =
      Phoenix.from_params("q=tug&filter[kind]=tug&sort[field]=built&sort[dir]=desc&page[size]=5")

    {text, options} = QueryParams.to_search_args(params)
    {:ok, explained} = Scrypath.explain(Vessel, text, options ++ [backend: Scrypath.Meilisearch])

    assert explained.request.body == %{
             "q" => "tug",
             "filter" => ["kind = \"tug\""],
             "sort" => ["built:desc"],
             "hitsPerPage" => 5
           }

    assert Phoenix.from_params(Phoenix.to_query_params(params)) == {:ok, params}
    assert Phoenix.from_params(Phoenix.to_query_string(params)) == {:ok, params}
  end

  describe "hostile parameters are refused as a whole" do
    defp refused(params) do
      {:error, errors} = QueryParams.normalize(params)
      assert [%{field: nil, path: [], code: :invalid_shape}] = errors.form_errors
      assert errors.field_errors == %{}
      assert Phoenix.to_form_data(params, errors).form_errors != []
      hd(errors.errors)
    end

    test "nested too deep" do
      bomb = Enum.reduce(1..100_000, "x", fn _, inner -> %{"a" => inner} end)
      assert refused(%{"filter" => bomb}).message =~ "nested deeper"
    end

    test "too many" do
      many = Map.new(1..10_000, &{"name#{&1}", "x"})
      assert refused(%{"filter" => many}).meta == %{limit: 1000, unit: "values"}
      assert refused(Enum.map(1..10_000, &{"filter[name#{&1}]", "x"})).meta.limit == 1000
      assert refused(Enum.map_join(1..2_000, "&", &"filter[a#{&1}]=")).meta.limit == 1000
    end

    test "too long" do
      assert refused("q=" <> String.duplicate("x", 1_000_000)).meta == %{limit: 65_536, unit: "bytes"}
    end

    test "no text" do
      assert refused(%{"q" => <<255>>}).message =~ "UTF-8"
      assert refused("q=" <> <<255>>).message =~ "UTF-8"
    end
  end

  test "a text that is too long is refused by itself" do
    long = String.duplicate("x", 1_000_000)
    assert issues(%{"q" => long}) == [{[:text], :invalid_value}]
    assert issues(%{"filter" => %{"kind" => [long]}}) == [{[:filter, :kind], :invalid_value}]
    assert [{[:filter, name], :unknown_field}] = issues(%{"filter" => %{long => "x"}})
    assert String.length(name) == 65
  end

  test "what a search does not own may be as large as it likes" do
    others = Map.new(1..10_000, &{"name#{&1}", %{"a" => ["x"]}})
    assert {:ok, %{text: "tug"}} = QueryParams.normalize(Map.put(others, "q", "tug"))
  end

  test "composing is the same whatever the order of keys" do
    keys = ~w(name flag kind built)a

    composed =
      for order <- [keys, Enum.reverse(keys)],
          do: Composition.compose!(%{fixed: %{filter: Enum.map(order, &{&1, 1})}})

    assert Enum.uniq(composed) |> length() == 1
    assert hd(composed).filter == [built: 1, flag: 1, kind: 1, name: 1]
  end

  test "the bang variants raise with the reason" do
    assert_raise ArgumentError, ~r/composition failed: .*invalid_criteria_field, :colour/, fn ->
      Composition.compose!([], %{colour: 1})
    end

    assert_raise ArgumentError, ~r/multi-search composition failed: .*expected_entry_spec/, fn ->
      Composition.compose_many!([7])
    end
  end

  test "a struct is no map of criteria" do
    assert Composition.compose([], %Vessel{}) == {:error, {:invalid_criteria, :expected_map}}
    assert Composition.compose([], text: "x") == {:error, {:invalid_criteria, :expected_map}}
    assert {:error, {:invalid_fragment, {:filter, %{}}}} = Composition.compose([], %{filter: %{}})
  end

  test "a module without a declaration has no capabilities" do
    assert_raise ArgumentError, ~r/not searchable/, fn -> Scrypath.schema_capabilities(Enum) end

    assert_raise ArgumentError, ~r/not searchable/, fn ->
      Scrypath.reflect_search_many([{Enum, "x"}])
    end
  end

  test "what is composed can be searched with, by one and by many" do
    preset = %{defaults: %{page: [size: 5]}, fixed: %{filter: [flag: "NO"]}}
    {:ok, composed} = Composition.compose(preset, %{text: "tug"})
    {text, options} = Composition.to_search_args(composed)
    {:ok, explained} = Scrypath.explain(Vessel, text, options ++ [backend: Scrypath.Meilisearch])
    assert explained.request.body == %{"q" => "tug", "filter" => ["flag = \"NO\""], "hitsPerPage" => 5}

    {:ok, many} = Composition.compose_many([%{schema: Vessel, text: "tug", fragments: preset}])
    assert {[{Vessel, "tug", options}], shared} = Composition.to_search_many_args(many)
    assert {options[:filter], shared} == {[flag: "NO"], []}
  end

  test "criteria that a schema does not support are told before a search refuses them" do
    reflected = Scrypath.reflect_search(Vessel, %{filter: [flag: "NO"], sort: [desc: :flag], facets: [:kind]})
    assert reflected.resolved.applied == %{filter: [flag: "NO"], facets: [:kind]}
    assert reflected.resolved.unsupported == %{sort: [desc: :flag]}
    assert reflected.capabilities == Scrypath.schema_capabilities(Vessel)
  end
end
