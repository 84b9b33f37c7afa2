defmodule Scrypath.SearchResult.Facets do
  @moduledoc """
  The facets a search asked for; all three members are empty where it asked for none.

    * `distribution` - of each facet, its values and their counts, ordered by value
    * `stats` - of each facet, `%{min: number, max: number}` where it is numeric, else `%{}`
    * `declared_order` - the facets in the order asked for
  """
  alias Scrypath.SearchResult.Facets.Bucket

  defstruct distribution: %{}, stats: %{}, declared_order: []

  @type t :: %__MODULE__{
          distribution: %{optional(atom()) => [Bucket.t()]},
          stats: %{optional(atom()) => map()},
          declared_order: [atom()]
        }

  @doc false
  def new(facets) do
    buckets = fn {name, buckets} -> {name, Enum.map(buckets, &struct!(Bucket, &1))} end
    struct!(__MODULE__, %{facets | distribution: Map.new(facets.distribution, buckets)})
  end
end
