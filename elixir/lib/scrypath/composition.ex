defmodule Scrypath.Composition do
  @moduledoc """
  Prepares the arguments of a search that several hands have a say in: presets, teams, the request.

  A *fragment* is a map with any of

    * `:defaults` - criteria that the caller may override
    * `:fixed` - `:filter` and `:facet_filter` constraints that nobody may override
    * `:sources`, `:warnings` - maps for the application's own notes, carried along

  and *criteria* are a map with any of `:text`, `:filter`, `:sort`, `:page`, `:facets`, `:facet_filter` and
  `:per_query`. Fragments are merged left to right, then with the caller's criteria: `:filter`,
  `:facet_filter` and `:per_query` key by key, the rest as a whole. A caller cannot clear a default: what is
  empty counts as absent. Nothing is searched, and no schema is asked; see `Scrypath.Metadata` for that.

  Values come back as they would be sent: dates and decimals are text.
  """

  alias Scrypath.Core

  @typedoc "A schema, or `:all`."
  @type target :: module() | :all

  @typedoc "What was composed."
  @type t :: %{
          required(:text) => String.t(),
          required(:filter) => keyword(),
          required(:sort) => keyword(),
          required(:page) => keyword(),
          required(:facets) => [atom()],
          required(:facet_filter) => keyword(),
          required(:per_query) => map(),
          required(:applied) => map(),
          required(:defaulted) => map(),
          required(:fixed) => map(),
          optional(:sources) => map(),
          optional(:warnings) => map(),
          optional(:schema) => target()
        }

  @type many :: %{shared: t(), entries: [t()]}

  @doc """
  Composes fragments with the caller's criteria.

      iex> preset = %{defaults: %{filter: [active: true, kind: "tug"], page: [size: 20]}, fixed: %{filter: [flag: "NO"]}}
      iex> {:ok, composed} = Scrypath.Composition.compose(preset, %{text: "rope", filter: [kind: "ferry"]})
      iex> composed.filter
      [active: true, flag: "NO", kind: "ferry"]
      iex> composed.defaulted
      %{filter: [active: true], page: [size: 20]}
      iex> Scrypath.Composition.compose(preset, %{filter: [flag: "SE"]})
      {:error, {:composition_conflict, :filter, :flag, %{caller: "SE", fixed: "NO", source: :caller}}}
  """
  @spec compose(map() | [map()], map() | nil) :: {:ok, t()} | {:error, tuple()}
  def compose(fragments, criteria \\ %{}) do
    Core.run("compose", %{fragments: fragments, criteria: criteria})
  end

  @doc "The same, giving the bare result or raising `ArgumentError`."
  @spec compose!(map() | [map()], map() | nil) :: t()
  def compose!(fragments, criteria \\ %{}) do
    bare!(compose(fragments, criteria), "composition failed")
  end

  @doc """
  The text and the options of a search.

      iex> composed = Scrypath.Composition.compose!([], %{text: "rope", page: [size: 5]})
      iex> Scrypath.Composition.to_search_args(composed)
      {"rope", [filter: [], sort: [], page: [size: 5], facets: [], facet_filter: [], per_query: %{}]}
  """
  @spec to_search_args(map()) :: {String.t(), keyword()}
  def to_search_args(composed), do: Core.run!("search_arguments", %{of: composed})

  @doc """
  Composes the entries of a `search_many`, each over the fragments in `shared:`.

  An entry is a map with `:schema` (or `:all`), `:text`, and where wanted `:fragments` and `:criteria`; or a
  tuple as `search_many` takes it, whose options are its criteria. Shared fragments hold defaults alone.
  What an entry says under another name is an error, so that a `:tenant_scope` is never lost in silence.
  """
  @spec compose_many([map() | tuple()], keyword()) :: {:ok, many()} | {:error, tuple()}
  def compose_many(entries, options \\ []) when is_list(options) do
    Core.run("compose_many", %{entries: entries, shared: options[:shared]})
  end

  @doc "The same, giving the bare result or raising `ArgumentError`."
  @spec compose_many!([map() | tuple()], keyword()) :: many()
  def compose_many!(entries, options \\ []) do
    bare!(compose_many(entries, options), "multi-search composition failed")
  end

  @doc """
  The entries and the shared options of a `search_many`. What an entry shares with the others is left out of
  its options.

      iex> composed = Scrypath.Composition.compose_many!(
      ...>   [%{schema: Scrypath.Examples.Vessel, text: "tug", criteria: %{filter: [flag: "NO"]}}, %{schema: :all, text: "tug"}],
      ...>   shared: %{defaults: %{page: [size: 8]}}
      ...> )
      iex> Scrypath.Composition.to_search_many_args(composed)
      {[{Scrypath.Examples.Vessel, "tug", [filter: [flag: "NO"]]}, {:all, "tug"}], [page: [size: 8]]}
  """
  @spec to_search_many_args(map()) ::
          {[{target(), String.t()} | {target(), String.t(), keyword()}], keyword()}
  def to_search_many_args(composed), do: Core.run!("many_arguments", %{of: composed})

  defp bare!({:ok, composed}, _failed), do: composed

  defp bare!({:error, reason}, failed),
    do: raise(ArgumentError, "#{failed}: #{inspect(reason)}")
end
