defmodule Scrypath.SearchResult.Facets.Bucket do
  @moduledoc "A value of a facet, and how many of the hits have it."
  @enforce_keys [:value, :count]
  defstruct [:value, :count]

  @type t :: %__MODULE__{value: String.t(), count: non_neg_integer()}
end
