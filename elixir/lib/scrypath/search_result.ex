defmodule Scrypath.SearchResult do
  @moduledoc """
  What a search found.

    * `query` - the `Scrypath.Query` that was run
    * `hits` - the documents as the index holds them: maps with string keys, best first
    * `records` - the application's records in hit order; `[]` without `repo:`
    * `missing_ids` - ids of hits whose row is gone, in hit order; `[]` without `repo:`
    * `page` - of `:number`, `:size`, `:total_pages`, `:total_hits`, `:estimated_total_hits`, `:offset`
      and `:limit`, those the backend gave: the first four after `page:`, the others without
    * `facets` - `Scrypath.SearchResult.Facets`
    * `raw` - the whole reply
  """
  alias Scrypath.{Query, SearchResult}

  @enforce_keys [:query]
  defstruct query: nil, hits: [], records: [], raw: %{}, missing_ids: [], page: %{}, facets: nil

  @type t :: %__MODULE__{
          query: Query.t(),
          hits: [map()],
          records: [struct() | map()],
          raw: map(),
          missing_ids: [term()],
          page: map(),
          facets: SearchResult.Facets.t()
        }

  @doc false
  def new(found, records, missing_ids) do
    %__MODULE__{
      query: Query.new(found.query),
      hits: Map.get(found.raw, "hits", []),
      records: records,
      raw: found.raw,
      missing_ids: missing_ids,
      page: found.page,
      facets: SearchResult.Facets.new(found.facets)
    }
  end
end
