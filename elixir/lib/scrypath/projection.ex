defmodule Scrypath.Projection do
  @moduledoc """
  From a record to its document. Nothing is ever loaded from the database: an association that was not
  preloaded is an `ArgumentError` that names it.
  """
  alias Scrypath.{Core, Document, Schema}

  @doc """
  The document of a record: what `search_document/1` of the schema returns, else its declared fields.

      iex> Scrypath.Projection.document(Scrypath.Examples.Note, %{id: 7, title: "Tide tables", status: "open"})
      %Scrypath.Document{id: 7, data: %{title: "Tide tables"}, source: :fields}
  """
  @spec document(module(), struct() | map()) :: Document.t()
  def document(schema, record) do
    json = Schema.json!(schema)
    {records, hooked} = hooked(schema, [record])
    [document] = Core.run!("documents", %{schema: json}, records, hooked)
    struct!(Document, document)
  end

  @doc "`:custom` if the schema has `search_document/1`, else `:fields`."
  @spec document_source(module()) :: :fields | :custom
  def document_source(schema) do
    Schema.json!(schema)
    if custom?(schema), do: :custom, else: :fields
  end

  @doc false
  # The records as the core takes them: alone, or each with what its hook made of it.
  @spec hooked(module(), [map()]) :: {list(), boolean()}
  def hooked(schema, records) do
    if custom?(schema) do
      {Enum.map(records, &{&1, schema.search_document(&1)}), true}
    else
      {records, false}
    end
  end

  @doc false
  def custom?(schema), do: function_exported?(schema, :search_document, 1)
end
