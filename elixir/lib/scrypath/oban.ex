defmodule Scrypath.Oban do
  @moduledoc """
  Jobs as steps of an `Ecto.Multi`, committed with its other steps or not at all.

      note = Ecto.Changeset.apply_changes(changeset)

      Ecto.Multi.new()
      |> Ecto.Multi.update(:note, changeset)
      |> Scrypath.Oban.enqueue_upsert(:indexed, Note, [note], backend: Scrypath.Meilisearch, oban_queue: :search)
      |> MyApp.Repo.transaction()

  Add it after the step that writes the row: the row's lock is what orders the jobs of a record.

  Where `:oban` names an instance, or Oban is there and no `:repo` is given, the step is Oban's own and gives an
  `Oban.Job`. Otherwise the row is inserted through the repo that runs the multi, and the step gives what
  `Scrypath.sync_records/3` does. The mode is `:oban` whatever `:sync_mode` says; `:oban_queue` is required.

  A multi's records must be known when the step is added: of a record that an earlier step makes, call
  `Scrypath.sync_record/3` in an `Ecto.Multi.run/3`. In any other transaction, call `Scrypath.sync_record/3`.

  Both functions raise `ArgumentError` where Ecto is missing and where the call is wrong: bad records, no queue, a
  `:meilisearch_api_key` that only this call has, a `:connection` (the multi has one).
  """

  alias Scrypath.{Config, Optional, Queue, Schema, Sync}
  alias Scrypath.Queue.{Connection, Instance}

  @compile {:no_warn_undefined, [Ecto.Multi]}

  @doc """
  Adds a step that enqueues the documents of records. They are projected now, not when the multi runs; nothing is
  enqueued for an empty list.
  """
  @spec enqueue_upsert(multi :: struct(), name :: term(), Schema.t(), [struct() | map()], keyword()) ::
          struct()
  def enqueue_upsert(multi, name, schema, records, options)
      when is_atom(schema) and is_list(records) and is_list(options) do
    layers = layers!("enqueue_upsert", options)
    step(multi, name, layers, Sync.upserting(schema, records, layers))
  end

  @doc "Adds a step that enqueues the deletion of documents by their ids."
  @spec enqueue_delete(multi :: struct(), name :: term(), Schema.t(), ids :: [term()], keyword()) :: struct()
  def enqueue_delete(multi, name, schema, ids, options)
      when is_atom(schema) and is_list(ids) and is_list(options) do
    layers = layers!("enqueue_delete", options)
    step(multi, name, layers, Sync.deleting(schema, ids, layers))
  end

  defp layers!(function, options) do
    unless Optional.multi?() do
      raise ArgumentError,
            "Scrypath.Oban.#{function}/5 needs Ecto.Multi: add {:ecto, \"~> 3.10\"} to your dependencies"
    end

    if Keyword.keyword?(options) and Keyword.has_key?(options, :connection) do
      raise ArgumentError,
            "Scrypath.Oban.#{function}/5 takes no :connection: the repo that runs the multi is it"
    end

    Config.layers(options)
  end

  defp step(multi, name, layers, write) do
    route = Queue.route(layers)

    with {:oban, instance} <- route,
         {:ok, insert} <- Queue.insert!(route, write) do
      Instance.insert(instance, multi, name, insert)
    else
      # Made when it runs, since only then the database is known; of the same values, and so the same.
      _other ->
        Queue.check!(route, write)
        Ecto.Multi.run(multi, name, fn repo, _changes -> Queue.enqueue(Connection.new!(repo), write) end)
    end
  end
end
