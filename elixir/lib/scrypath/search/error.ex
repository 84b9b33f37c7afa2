defmodule Scrypath.Search.Error do
  @moduledoc """
  Raised by `Scrypath.search!/3`. `reason` is what `Scrypath.search/3` returns as `{:error, reason}`;
  the message never shows it, since it may hold what the server said.
  """
  defexception [:reason]

  @type t :: %__MODULE__{reason: term()}

  @impl true
  def message(%{reason: {:unknown_facet, facet}}),
    do: "search failed: unknown facet #{inspect(facet)}"

  def message(%{reason: {:invalid_facet_filter, _reason}}),
    do: "search failed: facet_filter is not valid"

  def message(%{reason: {:http_error, status, _body}}),
    do: "search failed: the backend answered #{status}"

  def message(%{reason: {:transport_error, _exception}}),
    do: "search failed: the backend was not reached"

  def message(%{reason: {:transport_failed, _reason}}),
    do: "search transport to the backend failed (see guides/meilisearch-operations.md)"

  def message(%{reason: {:invalid_options, _reason}}) do
    "options were refused during multi-search setup, before any backend call (see guides/multi-index-search.md)"
  end

  def message(%{reason: {:validation_failed, _schema, _reason}}),
    do: "one multi-search entry failed validation"

  def message(%{reason: {:all_failed, _failures}}), do: "every schema in the batch failed"

  def message(%{reason: _reason}), do: "search failed"
end
