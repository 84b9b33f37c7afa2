defmodule Scrypath.Related do
  @moduledoc false

  # One record changed, and documents of others with it. Now, or by a job.

  alias Scrypath.{Core, Identity, Queue, Schema, Sync}
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
        Sync.upsert(fan_out.target, resolve(fan_out, ids, schema, plan), options)

      {:enqueue, route} ->
        FanOut.tell_apart!(schema, plan.fan_out)
        # As records that have their ids, whatever made those.
        sources = for id <- ids, do: %{Scrypath.document_id_field(schema) => id}
        Queue.enqueue(route, {"sync_related", request, sources, false})
    end
  end

  defp resolve(_fan_out, [], _schema, _plan), do: []

  defp resolve(fan_out, ids, schema, plan) do
    ended = %{pending: plan.pending, document_count: length(ids), module: schema}

    try do
      FanOut.resolve(fan_out, ids)
    catch
      kind, reason ->
        raised = %{kind: kind, reason: reason, stacktrace: __STACKTRACE__}
        {:ok, _done} = Core.run("resolved", Map.put(ended, :raised, raised))
        :erlang.raise(kind, reason, __STACKTRACE__)
    else
      records ->
        {:ok, _done} = Core.run("resolved", Map.put(ended, :found, length(records)))
        records
    end
  end
end
