defmodule Scrypath.Sync do
  @moduledoc false

  alias Scrypath.{Config, Core, Identity, Projection, Schema}

  @type result :: {:ok, map()} | {:error, term()}

  @spec upsert(module(), [map()], keyword()) :: result()
  def upsert(schema, records, options) do
    request = request(schema, options)
    # Hooks are the application's code: a call that is wrong must not run it.
    if Projection.custom?(schema), do: Core.run!("resolve_config", Config.layers(options))
    {records, hooked} = Projection.hooked(schema, records)
    Core.run("sync_records", request, records, hooked)
  end

  @spec delete_record(module(), map(), keyword()) :: result()
  def delete_record(schema, record, options) do
    request = request(schema, options)

    if Identity.supports_custom_document_id?(schema) do
      delete_documents(schema, Identity.document_ids(schema, [record]), options)
    else
      Core.run("delete_records", request, [record])
    end
  end

  @spec delete_documents(module(), [term()], keyword()) :: result()
  def delete_documents(schema, ids, options) do
    Core.run("delete_documents", Map.put(request(schema, options), :ids, ids))
  end

  defp request(schema, options) do
    Map.merge(Config.layers(options), %{schema: Schema.json!(schema), module: schema})
  end
end
