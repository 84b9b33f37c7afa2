defmodule Scrypath.Suggestion do
  @moduledoc ~S"""
  A text of the index that begins like what was typed.

    * `text` - the text, as the document has it
    * `parts` - the same in pieces, in order, each `%{text: piece, matched: boolean}`, so that a page can highlight
      what matched and escape every piece

      iex> options = [backend: Scrypath.Meilisearch, meilisearch_url: "memory:suggestion"]
      iex> {:ok, _} = Scrypath.sync_records(Scrypath.Examples.Note, [%{id: 7, title: "Tide tables"}], options)
      iex> {:ok, [suggestion]} = Scrypath.suggest(Scrypath.Examples.Note, "ti", options)
      iex> for part <- suggestion.parts, into: "", do: if(part.matched, do: "*#{part.text}*", else: part.text)
      "*Ti*de tables"
  """
  @enforce_keys [:text, :parts]
  defstruct [:text, :parts]

  @typedoc "A piece of the text, and whether it is what was typed."
  @type part :: %{text: String.t(), matched: boolean()}

  @type t :: %__MODULE__{text: String.t(), parts: [part()]}
end
