defmodule Scrypath.Identity do
  @moduledoc """
  Under which id is a record's document deleted?

  Deletes never run the projection, and upserts never ask `search_document_id/1`: a schema that
  customizes one of the two hooks keeps the other consistent.
  """
  alias Scrypath.{Core, Schema}

  @doc """
  The document id of a record: the result of the schema's `search_document_id/1` as it is, else the
  record's document-id field. Raises `ArgumentError` where there is none.

      iex> Scrypath.Identity.document_id(Scrypath.Examples.Note, %{"id" => "n-7"})
      "n-7"
  """
  @spec document_id(module(), struct() | map()) :: term()
  def document_id(schema, record) do
    [id] = document_ids(schema, [record])
    id
  end

  @doc "The document ids of records, in order."
  @spec document_ids(module(), [struct() | map()]) :: [term()]
  def document_ids(schema, records) when is_list(records) do
    json = Schema.json!(schema)

    if supports_custom_document_id?(schema) do
      Enum.map(records, &schema.search_document_id/1)
    else
      Core.run!("document_ids", %{schema: json}, records)
    end
  end

  @doc "Whether the schema has `search_document_id/1`."
  @spec supports_custom_document_id?(module()) :: boolean()
  def supports_custom_document_id?(schema) do
    Code.ensure_loaded?(schema) and function_exported?(schema, :search_document_id, 1)
  end
end
