defmodule Scrypath.Metadata do
  @moduledoc """
  What a schema lets a search do, and what of given criteria it supports: plain data, for building a search
  page and for telling before a search what it would refuse. Nothing is searched.

  Tenants, authorization and related data stay the application's: `host_owned` says so in every reflection.
  """

  alias Scrypath.{Core, Schema}

  @doc """
  What a schema supports: its filters, sorts and facets, paging, and limits.

      iex> capabilities = Scrypath.Metadata.schema_capabilities(Scrypath.Examples.Vessel)
      iex> capabilities.sorts
      %{supported: true, fields: [:built, :name]}
      iex> {capabilities.tenant, capabilities.limits.max_values_per_facet}
      {nil, 100}
  """
  @spec schema_capabilities(Schema.t()) :: map()
  def schema_capabilities(schema) do
    Core.run!("schema_capabilities", %{schema: Schema.json!(schema)})
  end

  @doc """
  What of criteria, or of what `Scrypath.Composition.compose/2` gave, a schema supports.

  Raises `ArgumentError` for criteria that are none.

      iex> reflected = Scrypath.Metadata.reflect_search(Scrypath.Examples.Vessel, %{filter: [flag: "NO", crew: 4]})
      iex> {reflected.resolved.applied, reflected.resolved.unsupported}
      {%{filter: [flag: "NO"]}, %{filter: [crew: 4]}}
  """
  @spec reflect_search(Schema.t(), map()) :: map()
  def reflect_search(schema, criteria) do
    Core.run!("reflect_search", %{schema: Schema.json!(schema), of: criteria})
  end

  @doc """
  The same for what `Scrypath.Composition.compose_many/2` gave, or for the entries and shared options of a
  `search_many`. What `:all` stands for is known only when the search runs.
  """
  @spec reflect_search_many(map() | [tuple()], keyword()) :: map()
  def reflect_search_many(entries, shared \\ []) do
    Core.run!("reflect_search_many", %{schemas: schemas(entries), of: entries, options: shared})
  end

  # Each module with its declaration. What is no entry is the core's to refuse.
  defp schemas(%{entries: entries}), do: schemas(entries)

  defp schemas(entries) when is_list(entries) do
    for entry <- entries, module = module(entry), module != :all, uniq: true do
      {module, Schema.json!(module)}
    end
  end

  defp schemas(_other), do: []

  defp module(%{schema: module}) when is_atom(module), do: module
  defp module(entry) when is_tuple(entry) and is_atom(elem(entry, 0)), do: elem(entry, 0)
  defp module(_other), do: nil
end
