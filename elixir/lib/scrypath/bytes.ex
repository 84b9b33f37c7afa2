defmodule Scrypath.Bytes do
  @moduledoc """
  Marks a binary as bytes rather than text. It is indexed as base64.

  Elixir has one type for both, and Scrypath refuses text that is not UTF-8 rather than guess. A
  `search_document/1` hook wraps what is meant to be bytes:

      %{id: file.id, digest: %Scrypath.Bytes{data: file.digest}}
  """
  @enforce_keys [:data]
  defstruct [:data]

  @type t :: %__MODULE__{data: binary()}
end
