defmodule Scrypath.Search do
  @moduledoc false

  alias Scrypath.{Config, Core, Hydration, Query, Schema, SearchResult, Telemetry}

  @spec run(module(), String.t(), keyword()) :: {:ok, SearchResult.t()} | {:error, term()}
  def run(schema, text, options) do
    json = Schema.json!(schema)
    layers = Config.layers(options)
    source = layers |> Config.host_option(:repo, nil) |> Hydration.source!(schema)

    request = Map.merge(layers, %{schema: json, text: text, primary_key: key(source), module: schema})

    case Core.run_within(Telemetry.spans(), "search", request) do
      {{:ok, found}, spans} ->
        preload = Config.host_option(layers, :preload, [])
        {records, missing_ids} = Hydration.records(source, schema, found, preload, spans)
        {:ok, SearchResult.new(found, records, missing_ids)}

      {{:error, reason}, _spans} ->
        {:error, reason}
    end
  end

  @spec explain(module(), String.t(), keyword()) :: {:ok, map()} | {:error, term()}
  def explain(schema, text, options) do
    request = Map.merge(Config.layers(options), %{schema: Schema.json!(schema), text: text})

    with {:ok, explained} <- Core.run("explain_search", request) do
      {:ok, %{explained | query: Query.new(explained.query)}}
    end
  end

  defp key(nil), do: nil
  defp key({_fetch, key}), do: Atom.to_string(key)
end
