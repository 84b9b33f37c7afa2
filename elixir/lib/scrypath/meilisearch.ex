defmodule Scrypath.Meilisearch do
  @moduledoc """
  The Meilisearch backend: a server, or the embedded index that speaks the same contract.

  `meilisearch_url:` chooses: `http://…` or `https://…` for a server, `embedded:PATH` for an index in this
  VM with its data under `PATH`, `memory:` or `memory:NAME` for one that is gone with the VM.
  """
  alias Scrypath.{Config, Core, Schema}

  @doc "The backend's name in telemetry."
  @spec name() :: :meilisearch
  def name, do: :meilisearch

  @doc """
  The name of a schema's live index: prefix, underscore, the last part of the module's name in snake_case.

      iex> Scrypath.Meilisearch.index_name(Scrypath.Examples.Note, index_prefix: "t42")
      "t42_note"
  """
  @spec index_name(module(), keyword()) :: String.t()
  def index_name(schema, options \\ []) do
    options = Keyword.put_new(options, :backend, __MODULE__)
    Core.run!("index_name", Map.put(Config.layers(options), :schema, Schema.json!(schema)))
  end

  @doc """
  The settings that a schema's index needs, as they are sent: what is declared under `settings:`, and
  what follows from the rest of the declaration.

      iex> Scrypath.Meilisearch.wire_settings(Scrypath.Examples.Note)
      %{"filterableAttributes" => ["status"]}
  """
  @spec wire_settings(module()) :: map()
  def wire_settings(schema), do: Core.run!("wire_settings", %{schema: Schema.json!(schema)})
end
