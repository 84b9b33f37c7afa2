defmodule Scrypath.MultiSearchResult do
  @moduledoc """
  What many searches found.

    * `ordered` - `{schema, Scrypath.SearchResult}` in the order of the entries; those that failed are left out
    * `by_schema` - the result of each schema; of one that came several times, the last
    * `failures` - `%{schema: schema, reason: reason}` of those that failed
    * `federation` - `Scrypath.MultiSearchResult.Federation`, where the server merged the hits
    * `merge_hit_order` - `{schema, id}` in the order of the merged list, where there is one
  """

  alias Scrypath.MultiSearchResult.Federation
  alias Scrypath.SearchResult

  @enforce_keys [:ordered, :by_schema, :failures]
  defstruct ordered: [], by_schema: %{}, failures: [], federation: nil, merge_hit_order: nil, merged: nil

  @type t :: %__MODULE__{
          ordered: [{module(), SearchResult.t()}],
          by_schema: %{optional(module()) => SearchResult.t()},
          failures: [%{schema: module(), reason: term()}],
          federation: Federation.t() | nil,
          merge_hit_order: [{module(), term()}] | nil,
          merged: [{non_neg_integer(), non_neg_integer()}] | nil
        }

  @doc """
  Builds a result. `ordered`, `by_schema` and `failures` are required; `federation` may be a map.

      iex> result = Scrypath.MultiSearchResult.new(ordered: [], by_schema: %{}, failures: [])
      iex> result.merge_hit_order
      nil
  """
  @spec new(keyword() | map()) :: t()
  def new(members) do
    members = Map.new(members)
    struct!(__MODULE__, Map.put(members, :federation, Federation.new(members[:federation])))
  end

  @doc """
  `{schema, hit}` in the order of the merged list; `[]` where there is none.

  Hits of a search are found by their place in the merged list, so one schema may have been searched twice.
  A result built by hand is read by `merge_hit_order`: the first hit of the schema with that id, where `5`
  and `"5"` are one id.
  """
  @spec merge_projection(t()) :: [{module(), map()}]
  def merge_projection(%__MODULE__{merged: places} = result) when is_list(places) do
    ordered = List.to_tuple(result.ordered)

    for {entry, hit} <- places do
      {schema, found} = elem(ordered, entry)
      {schema, Enum.at(found.hits, hit)}
    end
  end

  def merge_projection(%__MODULE__{merge_hit_order: nil}), do: []

  def merge_projection(%__MODULE__{} = result) do
    for {schema, id} <- result.merge_hit_order,
        found = result.by_schema[schema],
        hit = Enum.find(found.hits, &(whole(hit_id(&1, schema)) == whole(id))),
        do: {schema, hit}
  end

  defp hit_id(hit, schema) do
    Map.get_lazy(hit, "id", fn -> hit[Atom.to_string(Scrypath.document_id_field(schema))] end)
  end

  defp whole(id) when is_binary(id) do
    case Integer.parse(id) do
      {number, ""} -> number
      _ -> id
    end
  end

  defp whole(id), do: id
end
