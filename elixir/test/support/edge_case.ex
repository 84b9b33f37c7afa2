defmodule Scrypath.Test.EdgeCase do
  @moduledoc false

  # The vectors of the request edge. Keyword lists come back as such and are told as the README says; `page`
  # and options, which other languages have as objects, are told as objects.

  import ExUnit.Assertions

  alias Scrypath.{Composition, Metadata, Phoenix, QueryParams}
  alias Scrypath.Test.VectorCase

  @operations ~w(compose search_args compose_many search_many_args capabilities reflect reflect_many
                 normalize_params cast_params params_args query_params form_data attempted_form_data)

  def operations, do: @operations

  def operate(operation, schema, input) do
    with {:ok, gives} <- carry_out(operation, schema, input), do: %{gives: told(gives, schema)}
  end

  defp carry_out("compose", _schema, input), do: compose(input)

  defp carry_out("search_args", _schema, input) do
    with {:ok, composed} <- compose(input), do: arguments(Composition.to_search_args(composed))
  end

  defp carry_out("compose_many", schema, input), do: compose_many(input, schema)

  defp carry_out("search_many_args", schema, input) do
    with {:ok, composed} <- compose_many(input, schema) do
      {entries, shared} = Composition.to_search_many_args(composed)
      {:ok, %{entries: Enum.map(entries, &entry_told/1), shared: Map.new(shared)}}
    end
  end

  defp carry_out("capabilities", schema, _input),
    do: {:ok, Scrypath.schema_capabilities(schema)}

  defp carry_out("reflect", schema, %{"fragments" => _} = input) do
    with {:ok, composed} <- compose(input), do: reflect(schema, composed)
  end

  defp carry_out("reflect", schema, input), do: reflect(schema, criteria(input["criteria"]))

  defp carry_out("reflect_many", schema, %{"composed" => {:object, composed}}) do
    with {:ok, composed} <- compose_many(Map.new(composed), schema) do
      {:ok, many_told(Scrypath.reflect_search_many(composed))}
    end
  end

  defp carry_out("reflect_many", schema, input) do
    entries = entries(input["entries"], schema)
    {:ok, many_told(Scrypath.reflect_search_many(entries, Map.to_list(criteria(input["shared"]))))}
  end

  defp carry_out("normalize_params", _schema, %{"params" => params}),
    do: QueryParams.normalize(params(params))

  defp carry_out("cast_params", _schema, input), do: {:ok, cast(input)}

  defp carry_out("params_args", _schema, input),
    do: arguments(QueryParams.to_search_args(cast(input)))

  defp carry_out("query_params", _schema, input) do
    params = cast(input)

    {:ok, %{query: Phoenix.to_query_params(params), string: Phoenix.to_query_string(params)}}
  end

  defp carry_out("form_data", _schema, input), do: {:ok, Phoenix.to_form_data(cast(input))}

  defp carry_out("attempted_form_data", _schema, %{"params" => params}) do
    params = params(params)
    {:error, errors} = Phoenix.from_params(params)
    {:ok, Phoenix.to_form_data(params, errors)}
  end

  defp compose(input) do
    fragments = fragments(input["fragments"])
    composed = Composition.compose(fragments, criteria(input["criteria"]))
    if match?({:ok, _}, composed), do: assert(Composition.compose!(fragments, criteria(input["criteria"])))
    composed
  end

  defp compose_many(input, schema) do
    Composition.compose_many(entries(input["entries"], schema), shared: fragments(input["shared"]))
  end

  defp cast(%{"params" => params}), do: QueryParams.cast(criteria(params))

  defp reflect(schema, criteria) do
    reflected = Metadata.reflect_search(schema, criteria)
    assert reflected.capabilities == Metadata.schema_capabilities(schema)
    assert reflected.host_owned.tenant_policy == :host_owned
    {:ok, reflected.resolved}
  end

  defp many_told(many) do
    assert many.host_owned.related_data == :host_owned
    %{entries: Enum.map(many.entries, &reflected_told/1), shared: many.shared}
  end

  defp reflected_told(%{entry: entry, resolved: resolved, capabilities: capabilities} = reflected) do
    told = Map.merge(resolved, entry)

    if Map.has_key?(capabilities, :status) do
      refute Map.has_key?(reflected, :host_owned)
      Map.put(told, :capabilities, capabilities)
    else
      assert Map.has_key?(reflected, :host_owned)
      told
    end
  end

  defp arguments({text, options}) do
    assert Keyword.keys(options) == [:filter, :sort, :page, :facets, :facet_filter, :per_query]
    {:ok, %{text: text, options: Map.new(options)}}
  end

  defp entry_told({schema, text, options}), do: [schema, text, Map.new(options)]
  defp entry_told({schema, text}), do: [schema, text]

  ## Values

  defp fragments(list) when is_list(list), do: Enum.map(list, &fragment/1)
  defp fragments(one), do: fragment(one)

  defp fragment({:object, members}) do
    Map.new(members, fn
      {name, criteria} when name in ~w(defaults fixed) -> {String.to_atom(name), criteria(criteria)}
      {name, {:object, notes}} -> {String.to_atom(name), notes(notes)}
      {name, value} -> {String.to_atom(name), VectorCase.host(value)}
    end)
  end

  defp fragment(other), do: VectorCase.host(other)

  defp notes(notes),
    do: Map.new(notes, fn {name, value} -> {String.to_atom(name), VectorCase.host(value)} end)

  defp criteria({:object, members}) do
    Map.new(members, fn
      {"per_query", {:object, tuning}} -> {:per_query, notes(tuning)}
      {name, value} -> {String.to_atom(name), VectorCase.option(name, value)}
    end)
  end

  defp criteria(other), do: VectorCase.host(other)

  defp entries(entries, schema), do: Enum.map(entries, &entry(&1, schema))

  defp entry({:object, [{"$entry", [name, text]}]}, schema), do: {schema(name, schema), text}

  defp entry({:object, [{"$entry", [name, text, options]}]}, schema),
    do: {schema(name, schema), text, Map.to_list(criteria(options))}

  defp entry({:object, members}, schema) do
    Map.new(members, fn
      {"schema", name} -> {:schema, schema(name, schema)}
      {"criteria", criteria} -> {:criteria, criteria(criteria)}
      {"fragments", fragments} -> {:fragments, fragments(fragments)}
      {name, value} -> {String.to_atom(name), VectorCase.host(value)}
    end)
  end

  defp entry(other, _schema), do: VectorCase.host(other)

  defp schema("all", _schema), do: :all
  defp schema("vessel", schema), do: schema

  # As a browser sends them: names stay text.
  defp params({:object, [{"$flat", pairs}]}), do: Enum.map(pairs, &List.to_tuple/1)

  defp params({:object, [{"$" <> _tag, _value}]} = tagged), do: VectorCase.host(tagged)
  defp params({:object, members}), do: Map.new(members, fn {name, value} -> {name, params(value)} end)
  defp params(list) when is_list(list), do: Enum.map(list, &params/1)
  defp params(scalar), do: scalar

  ## What came back

  defp told(module, module) when is_atom(module) and module != nil, do: "vessel"

  defp told(%{} = map, schema) when not is_struct(map) do
    Map.new(map, fn
      {:page, page} when is_list(page) -> {:page, Map.new(page)}
      {:schema, ^schema} when schema != nil -> {:schema, "vessel"}
      # An object among the values of the vectors is a keyword list here.
      {name, [{_, _} | _] = pairs} -> {name, Enum.map(pairs, fn {key, value} -> {key, operators(value)} end)}
      {name, value} -> {name, told(value, schema)}
    end)
  end

  defp told([module | rest], schema) when module == schema and schema != nil,
    do: ["vessel" | told(rest, schema)]

  defp told(list, schema) when is_list(list), do: Enum.map(list, &told(&1, schema))
  defp told(other, _schema), do: other

  defp operators([{_, _} | _] = pairs), do: Map.new(pairs)
  defp operators(list) when is_list(list), do: Enum.map(list, &operators/1)
  defp operators(other), do: other
end
