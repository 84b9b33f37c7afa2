defmodule Scrypath.Explanation do
  @moduledoc """
  What a search sends, and why its hits are in their order.

    * `query` - the `Scrypath.Query`
    * `request` - `%{method: "POST", path: path, body: body}`, the body with string keys
    * `ranking` - of each hit, in hit order, what the ranking rules saw in it. `Scrypath.explain/3` sends nothing,
      so there it is `[]`.

  Each hit's ranking is `%{score: score, rules: rules}`, with the rules in the order they were applied: a later one
  decides only between hits that the earlier ones found equal. A rule is `%{rule: name, score: score, words: words}`,
  with `words` a sentence for people. Scores are between 0 and 1, nil where the server said none; sorts have none.

      iex> options = [backend: Scrypath.Meilisearch, meilisearch_url: "memory:explanation"]
      iex> {:ok, _} = Scrypath.sync_records(Scrypath.Examples.Note, [%{id: 7, title: "Tides"}], options)
      iex> details = [per_query: [show_ranking_score_details: true]]
      iex> {:ok, result} = Scrypath.search(Scrypath.Examples.Note, "tides", options ++ details)
      iex> [%{rules: [%{rule: rule, words: words} | _rest]}] = result.explanation.ranking
      iex> {rule, words}
      {"words", "it has the query's only word"}
  """
  alias Scrypath.Query

  @enforce_keys [:query, :request]
  defstruct query: nil, request: nil, ranking: []

  @typedoc "A request: its body as decoded JSON."
  @type request :: %{method: String.t(), path: String.t(), body: %{optional(String.t()) => term()}}

  @typedoc "What one rule saw in a hit."
  @type rule :: %{rule: String.t(), score: float() | nil, words: String.t()}

  @typedoc "Why one hit is where it is."
  @type ranking :: %{score: float() | nil, rules: [rule()]}

  @type t :: %__MODULE__{query: Query.t(), request: request(), ranking: [ranking()]}

  @doc false
  # Of a search that explained nothing there is none.
  @spec new(Query.t(), map() | nil) :: t() | nil
  def new(_query, nil), do: nil

  def new(query, explained) do
    struct!(__MODULE__, explained |> Map.take([:request, :ranking]) |> Map.put(:query, query))
  end
end
