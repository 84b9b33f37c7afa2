defmodule Scrypath.Facets.Disjunctive do
  @moduledoc """
  Counts of facets whose values are alternatives.

  `Scrypath.search_disjunctive/3` searches and counts in one request; this is for counts that were
  searched for apart.
  """

  alias Scrypath.Core

  @doc """
  Merges facet distributions as they are on the wire: each override replaces the counts of its facet.
  Counts become whole numbers of at least 0.

      iex> main = %{"kind" => %{"tug" => 1}, "flag" => %{"NO" => 1}}
      iex> Scrypath.Facets.Disjunctive.merge_distributions(main, %{kind: %{"tug" => 4, "ferry" => 6.0}})
      %{"kind" => %{"tug" => 4, "ferry" => 6}, "flag" => %{"NO" => 1}}
  """
  @spec merge_distributions(map(), map()) :: %{
          optional(String.t()) => %{optional(String.t()) => non_neg_integer()}
        }
  def merge_distributions(main, overrides) do
    Core.run!("merge_distributions", %{main: main, overrides: overrides})
  end
end
