defmodule Scrypath.Guides do
  @moduledoc false

  # The guides that error texts point to: the only place that names their files.

  @type guide :: :operations | :multi_index | :visibility | :mistakes

  @spec path(guide()) :: String.t()
  def path(:operations), do: "guides/meilisearch-operations.md"
  def path(:multi_index), do: "guides/multi-index-search.md"
  def path(:visibility), do: "guides/sync-visibility.md"
  def path(:mistakes), do: "guides/common-mistakes.md"
end
