defmodule Scrypath.Search do
  @moduledoc false

  alias Scrypath.{Config, Core, Explanation, FacetSearchResult, Hydration, Query, Schema, SearchResult}
  alias Scrypath.{Suggestion, Telemetry}

  @doc "`more` are further arguments of the operation: a bucket, or that counts are of alternatives."
  @spec run(module(), String.t(), keyword(), map()) ::
          {:ok, SearchResult.t()} | {:error, term()}
  def run(schema, text, options, more \\ %{}) do
    json = Schema.json!(schema)
    layers = Config.layers(options)
    source = layers |> Config.host_option(:repo, nil) |> Hydration.source!(schema)
    asked = %{schema: json, text: text, primary_key: Hydration.primary_key(source), module: schema}
    request = layers |> Map.merge(asked) |> Map.merge(more)

    case Core.run_within(Telemetry.spans(), "search", request) do
      {{:ok, found}, spans} ->
        preload = Config.host_option(layers, :preload, [])
        {records, missing_ids} = Hydration.records(source, schema, found, preload, spans)
        {:ok, SearchResult.new(found, records, missing_ids)}

      {{:error, reason}, _spans} ->
        {:error, reason}
    end
  end

  @spec facet_values(module(), String.t(), String.t(), keyword()) ::
          {:ok, FacetSearchResult.t()} | {:error, term()}
  def facet_values(schema, facet, text, options) do
    asked = %{schema: Schema.json!(schema), facet: facet, text: text, module: schema}

    with {:ok, found} <- Core.run("search_facet_values", Map.merge(Config.layers(options), asked)),
         do: {:ok, FacetSearchResult.new(found)}
  end

  @spec suggest(module(), String.t(), keyword()) :: {:ok, [Suggestion.t()]} | {:error, term()}
  def suggest(schema, text, options) do
    asked = %{schema: Schema.json!(schema), text: text, module: schema}

    with {:ok, found} <- Core.run("suggest", Map.merge(Config.layers(options), asked)),
         do: {:ok, Enum.map(found, &struct!(Suggestion, &1))}
  end

  @spec explain(module(), String.t(), keyword()) :: {:ok, Explanation.t()} | {:error, term()}
  def explain(schema, text, options) do
    request = Map.merge(Config.layers(options), %{schema: Schema.json!(schema), text: text})

    with {:ok, explained} <- Core.run("explain_search", request) do
      {:ok, %Explanation{query: Query.new(explained.query), request: explained.request}}
    end
  end
end
