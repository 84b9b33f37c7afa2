defmodule Scrypath.MultiSearchResult.Federation do
  @moduledoc """
  What the server said about a merged list: `estimated_total_hits`, `processing_time_ms` (ms), `limit` and
  `offset`. What it left out, or what is no count, is nil.
  """

  @members [:estimated_total_hits, :processing_time_ms, :limit, :offset]
  @wire %{
    estimated_total_hits: "estimatedTotalHits",
    processing_time_ms: "processingTimeMs",
    limit: "limit",
    offset: "offset"
  }

  defstruct @members

  @type t :: %__MODULE__{
          estimated_total_hits: non_neg_integer() | nil,
          processing_time_ms: non_neg_integer() | nil,
          limit: non_neg_integer() | nil,
          offset: non_neg_integer() | nil
        }

  @doc false
  def new(nil), do: nil
  def new(%__MODULE__{} = federation), do: federation

  def new(members) when is_map(members) do
    struct!(__MODULE__, Map.new(@members, &{&1, count(Map.get(members, &1, members[@wire[&1]]))}))
  end

  defp count(count) when is_integer(count) and count >= 0, do: count
  defp count(_other), do: nil
end
