defmodule Scrypath.FacetSearchResult do
  @moduledoc """
  The values of a facet that begin like the query.

    * `facet_query` - what was looked for, as the backend repeats it
    * `hits` - `Scrypath.SearchResult.Facets.Bucket`s, in the backend's order
    * `raw` - the whole reply
  """
  alias Scrypath.SearchResult.Facets.Bucket

  defstruct facet_query: nil, hits: [], raw: %{}

  @type t :: %__MODULE__{facet_query: String.t() | nil, hits: [Bucket.t()], raw: map()}

  @doc false
  def new(found) do
    hits = Enum.map(found.hits, &struct!(Bucket, &1))
    %__MODULE__{facet_query: found.facet_query, hits: hits, raw: found.raw}
  end
end
