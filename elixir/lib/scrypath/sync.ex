defmodule Scrypath.Sync do
  @moduledoc false

  alias Scrypath.{Core, Identity, Projection, Queue, Schema}

  @type result :: {:ok, map()} | {:error, term()}

  @spec upsert(module(), [map()], keyword()) :: result()
  def upsert(schema, records, options) do
    {way, layers} = Queue.route!(options)
    carry_out(way, upserting(schema, records, layers))
  end

  @spec delete_record(module(), map(), keyword()) :: result()
  def delete_record(schema, record, options) do
    {way, layers} = Queue.route!(options)

    if Identity.supports_custom_document_id?(schema) do
      request = request(schema, layers)
      ids = Identity.document_ids(schema, [record])
      carry_out(way, {"delete_documents", Map.put(request, :ids, ids), [], false})
    else
      carry_out(way, {"delete_records", request(schema, layers), [record], false})
    end
  end

  @spec delete_documents(module(), [term()], keyword()) :: result()
  def delete_documents(schema, ids, options) do
    {way, layers} = Queue.route!(options)
    carry_out(way, deleting(schema, ids, layers))
  end

  @doc "The write of records' documents, the hooks having run."
  @spec upserting(module(), [map()], map()) :: Queue.write()
  def upserting(schema, records, layers) do
    request = request(schema, layers)
    # Hooks are the application's code: a call that is wrong must not run it.
    if Projection.custom?(schema), do: Core.run!("resolve_config", layers)
    {records, hooked} = Projection.hooked(schema, records)
    {"sync_records", request, records, hooked}
  end

  @spec deleting(module(), [term()], map()) :: Queue.write()
  def deleting(schema, ids, layers) do
    {"delete_documents", Map.put(request(schema, layers), :ids, ids), [], false}
  end

  defp carry_out(:send, {operation, request, records, hooked}),
    do: Core.run(operation, request, records, hooked)

  defp carry_out({:enqueue, route}, write), do: Queue.enqueue(route, write)

  defp request(schema, layers), do: Map.merge(layers, %{schema: Schema.json!(schema), module: schema})
end
