defmodule Scrypath.Related do
  @moduledoc false

  # One record changed, and documents of others with it. Now, or by a job.

  alias Scrypath.{Config, Core, Identity, Optional, Queue, Schema, Sync}
  alias Scrypath.Related.FanOut

  @spec sync(module(), [map()], keyword()) :: {:ok, map()} | {:error, term()}
  def sync(schema, records, options) do
    {way, layers} = Queue.route!(options)
    request = Map.merge(layers, %{schema: Schema.json!(schema), module: schema})
    plan = Core.run!("plan_related", Map.put(request, :declared, FanOut.names(schema)))
    ids = Identity.document_ids(schema, records)

    case way do
      :send ->
        fan_out = FanOut.find(schema, plan.fan_out)
        Sync.upsert(fan_out.target, resolve(fan_out, ids, schema, plan, layers), options)

      {:enqueue, route} ->
        FanOut.tell_apart!(schema, plan.fan_out)
        # As records that have their ids, whatever made those.
        sources = for id <- ids, do: %{Scrypath.document_id_field(schema) => id}
        Queue.enqueue(route, {"sync_related", request, sources, false})
    end
  end

  defp resolve(_fan_out, [], _schema, _plan, _layers), do: []

  defp resolve(fan_out, ids, schema, plan, layers) do
    metadata = %{
      schema: schema,
      backend: :meilisearch,
      index: Core.run!("index_name", Map.put(layers, :schema, Schema.json!(schema))),
      sync_mode: plan.sync_mode,
      fan_out: String.to_existing_atom(plan.fan_out),
      document_count: length(ids)
    }

    metadata =
      case Config.host_option(layers, :repo, nil) do
        nil -> metadata
        repo -> Map.put(metadata, :repo, repo)
      end

    span(metadata, fn -> FanOut.resolve(fan_out, ids) end)
  end

  defp span(metadata, work) do
    if Optional.telemetry?() and function_exported?(:telemetry, :span, 3) do
      apply(:telemetry, :span, [
        [:scrypath, :sync, :related, :resolve],
        metadata,
        fn ->
          records = work.()
          {records, %{metadata | document_count: length(records)}}
        end
      ])
    else
      work.()
    end
  end
end
