defmodule Scrypath.Document do
  @moduledoc """
  What of a record is sent to the index.

    * `id` - the document id
    * `data` - the fields, with values in their one encoding: dates and times in ISO 8601, decimals and
      bytes as strings
    * `source` - `:fields` where the declared fields were taken, `:custom` where the schema's
      `search_document/1` was
  """
  @enforce_keys [:id, :data, :source]
  defstruct [:id, :data, :source]

  @type t :: %__MODULE__{id: integer() | String.t(), data: map(), source: :fields | :custom}
end
