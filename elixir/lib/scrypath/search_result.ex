defmodule Scrypath.SearchResult do
  @moduledoc """
  What a search found.

    * `query` - the `Scrypath.Query` that was run
    * `hits` - the documents as the index holds them: maps with string keys, best first; see `t:hit/0`
    * `records` - the application's records in hit order; `[]` without `repo:`
    * `missing_ids` - ids of hits whose row is gone, in hit order; `[]` without `repo:`
    * `page` - of `:number`, `:size`, `:total_pages`, `:total_hits`, `:estimated_total_hits`, `:offset`
      and `:limit`, those the backend gave: the first four after `page:`, the others without
    * `next_page`, `previous_page` - the numbers of the pages beside this one; nil at an end, and without `page:`
    * `facets` - `Scrypath.SearchResult.Facets`
    * `explanation` - `Scrypath.Explanation`, after `per_query: [show_ranking_score_details: true]`; else nil
    * `raw` - the whole reply

  A result is also an enumerable of its hits:

      iex> options = [backend: Scrypath.Meilisearch, meilisearch_url: "memory:search_result"]
      iex> notes = [%{id: 1, title: "Tide tables"}, %{id: 2, title: "Tides"}]
      iex> {:ok, _} = Scrypath.sync_records(Scrypath.Examples.Note, notes, options)
      iex> {:ok, result} = Scrypath.search(Scrypath.Examples.Note, "tide", options ++ [page: [size: 1]])
      iex> for hit <- result, do: hit["title"]
      ["Tide tables"]
      iex> {Enum.count(result), Enum.at(result, 0)["id"], result.next_page, result.previous_page}
      {1, 1, 2, nil}
  """
  alias Scrypath.{Explanation, Query, SearchResult}

  @enforce_keys [:query]
  defstruct query: nil,
            hits: [],
            records: [],
            raw: %{},
            missing_ids: [],
            page: %{},
            next_page: nil,
            previous_page: nil,
            facets: nil,
            explanation: nil

  @typedoc """
  A document as the index holds it. What a search asks for is added beside the document's own fields:

    * `"_formatted"` - `t:formatted/0`, after `:attributes_to_highlight` or `:attributes_to_crop`
    * `"_matchesPosition"` - `t:matches_position/0`, after `:show_matches_position`
    * `"_rankingScore"` - a float from 0 to 1, after `per_query: [show_ranking_score: true]`
    * `"_rankingScoreDetails"` - `t:ranking_score_details/0`, after `per_query: [show_ranking_score_details: true]`;
      `explanation` of the result has the same in words
  """
  @type hit :: %{optional(String.t()) => term()}

  @typedoc "The document's fields, highlighted and cut: texts with the tags around what matched, numbers as texts."
  @type formatted :: %{optional(String.t()) => term()}

  @typedoc """
  Where each field matched: `%{"start" => byte, "length" => bytes}` of its text, and in a list of texts `"indices"`,
  which of them.
  """
  @type matches_position :: %{optional(String.t()) => [%{optional(String.t()) => integer() | [integer()]}]}

  @typedoc "By ranking rule what it saw, as the server says it: `\"order\"`, `\"score\"`, and what the rule counts."
  @type ranking_score_details :: %{optional(String.t()) => %{optional(String.t()) => term()}}

  @typedoc "Where in the hits the page lies; a member is absent where the server did not say."
  @type page :: %{
          optional(:number) => pos_integer(),
          optional(:size) => non_neg_integer(),
          optional(:total_pages) => non_neg_integer(),
          optional(:total_hits) => non_neg_integer(),
          optional(:estimated_total_hits) => non_neg_integer(),
          optional(:offset) => non_neg_integer(),
          optional(:limit) => non_neg_integer()
        }

  @type t :: %__MODULE__{
          query: Query.t(),
          hits: [hit()],
          records: [struct() | map()],
          raw: %{optional(String.t()) => term()},
          missing_ids: [integer() | String.t()],
          page: page(),
          next_page: pos_integer() | nil,
          previous_page: pos_integer() | nil,
          facets: SearchResult.Facets.t() | nil,
          explanation: Explanation.t() | nil
        }

  @doc """
  The hits as structs of `module`, or as what a function of one argument makes of each.

  Of a hit, the keys that the struct has are taken, by name; a hit never makes an atom. What a hit lacks has the
  struct's default: for a key among its `@enforce_keys`, that is an `ArgumentError` which names key and module. Values
  stay as the index holds them, so dates are texts; a function can read them.

      iex> alias Scrypath.{Examples.Note, SearchResult}
      iex> options = [backend: Scrypath.Meilisearch, meilisearch_url: "memory:hits_as"]
      iex> {:ok, _} = Scrypath.sync_records(Note, [%{id: 7, title: "Tides"}], options)
      iex> {:ok, result} = Scrypath.search(Note, "tides", options)
      iex> SearchResult.hits_as(result, Note)
      [%Note{id: 7, title: "Tides", status: nil}]
      iex> SearchResult.hits_as(result, & &1["title"])
      ["Tides"]
  """
  @spec hits_as(t(), module()) :: [struct()]
  @spec hits_as(t(), (hit() -> made)) :: [made] when made: term()
  def hits_as(%SearchResult{hits: hits}, make) when is_function(make, 1), do: Enum.map(hits, make)

  def hits_as(%SearchResult{hits: hits}, module) when is_atom(module) do
    unless Code.ensure_loaded?(module) and function_exported?(module, :__struct__, 1) do
      raise ArgumentError, "#{inspect(module)} has no struct: hits_as takes a module that has, or a function"
    end

    keys = for key <- Map.keys(struct(module)), key != :__struct__, do: {Atom.to_string(key), key}

    for hit <- hits,
        do: struct!(module, for({name, key} <- keys, is_map_key(hit, name), do: {key, hit[name]}))
  end

  @doc false
  @spec new(map(), [struct() | map()], [term()]) :: t()
  def new(found, records, missing_ids) do
    query = Query.new(found.query)

    %__MODULE__{
      query: query,
      hits: Map.get(found.raw, "hits", []),
      records: records,
      raw: found.raw,
      missing_ids: missing_ids,
      page: found.page,
      next_page: found.neighbours.next,
      previous_page: found.neighbours.previous,
      facets: SearchResult.Facets.new(found.facets),
      explanation: Explanation.new(query, found.explained)
    }
  end

  defimpl Enumerable do
    def count(result), do: {:ok, length(result.hits)}
    def member?(result, hit), do: {:ok, hit in result.hits}
    def slice(result), do: {:ok, length(result.hits), & &1.hits}
    def reduce(result, acc, fun), do: Enumerable.reduce(result.hits, acc, fun)
  end
end
