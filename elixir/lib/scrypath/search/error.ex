defmodule Scrypath.Search.Error do
  @moduledoc """
  Raised by `Scrypath.search!/3` and the other searches with a `!`. `reason` is what `Scrypath.search/3` returns
  as `{:error, reason}`; the message never shows it, since it may hold what the server said.
  """
  alias Scrypath.Guides

  defexception [:reason]

  @type t :: %__MODULE__{reason: term()}

  @impl true
  def message(%{reason: {:transport_failed, _reason}}),
    do: "search failed: the transport to the backend failed; see #{Guides.path(:operations)}"

  def message(%{reason: {:invalid_options, _reason}}) do
    "search failed: options were refused while the searches were prepared, before any backend call; " <>
      "see #{Guides.path(:multi_index)}"
  end

  def message(%{reason: {:validation_failed, _schema, _reason}}),
    do: "search failed: one of the searches is not valid"

  def message(%{reason: {:all_failed, _failures}}),
    do: "search failed: every schema of the search failed"

  def message(%{reason: {:unknown_facet, _facet}}),
    do: "search failed: a facet is not declared"

  def message(%{reason: {:invalid_facet_filter, _reason}}),
    do: "search failed: facet_filter is not valid"

  def message(%{reason: {:http_error, status, _body}}) when status in 200..299,
    do: "search failed: the backend answered #{status} with something that is no reply to a search"

  def message(%{reason: {:http_error, status, _body}}),
    do: "search failed: the backend answered #{status}"

  def message(%{reason: {:transport_error, _exception}}),
    do: "search failed: the backend was not reached"

  def message(%{reason: _reason}), do: "search failed"
end
