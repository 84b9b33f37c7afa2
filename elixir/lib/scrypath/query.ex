defmodule Scrypath.Query do
  @moduledoc """
  One normalized query: all that a backend sees of a search. Results carry the one that was run;
  applications do not build it.
  """
  @enforce_keys [:text]
  defstruct text: nil,
            filter: [],
            sort: [],
            page: %{},
            facets: [],
            facet_filter: [],
            per_query: %{}

  @type t :: %__MODULE__{
          text: String.t(),
          filter: keyword(),
          sort: [asc: atom(), desc: atom()],
          page: %{optional(:number) => pos_integer(), optional(:size) => pos_integer()},
          facets: [atom()],
          facet_filter: keyword(),
          per_query: map()
        }

  @doc false
  def new(query), do: struct!(__MODULE__, query)
end
